"""What reports state of change, whatever is true: for interventions on the prior.

A study that is its own prior should be "unchanged"; with current and prior exchanged, every change
should turn round. Devices are left out. Knows strings only.
"""

from collections.abc import Sequence

from priorrg.errors import DataError
from priorrg.language.claims import read_claims, summarize
from priorrg.language.observations import DEVICES, INVERSE, Change, Slot
from priorrg.metrics.counts import share


def stated_changes(text: str) -> dict[Slot, Change]:
    """Return the change that a report states of each finding and side."""
    return {
        slot: claim.change
        for slot, claim in summarize(read_claims(text)).items()
        if claim.change is not None and slot[0] not in DEVICES
    }


def change_shares(texts: Sequence[str]) -> dict[str, float]:
    """Return how many changes are stated, and the share of each kind among them.

    Keys: ``stated_changes``, ``stated_new`` … ``stated_resolved``, and ``stated_new_or_resolved``;
    shares are not numbers where nothing is stated.
    """
    stated = [change for text in texts for change in stated_changes(text).values()]
    shares = {f"stated_{change}": share(stated.count(change), len(stated)) for change in Change}
    both = stated.count(Change.NEW) + stated.count(Change.RESOLVED)
    return {
        "stated_changes": float(len(stated)),
        **shares,
        "stated_new_or_resolved": share(both, len(stated)),
    }


def compare_changes(before: Sequence[str], after: Sequence[str]) -> dict[str, float]:
    """Return what became of the changes stated in ``before`` when an intervention gave ``after``.

    Texts are in the order of the same studies. ``stated_inverted`` is the share of the new, larger,
    smaller and resolved of ``before`` whose slot in ``after`` states the inverse; ``stated_kept`` the
    same, and ``invertible_changes`` their count. The shares of ``change_shares`` are those of ``after``.
    """
    if len(before) != len(after):
        raise DataError(
            f"compare_changes: got {len(before)} and {len(after)} reports; expected the same studies"
        )
    inverted = kept = invertible = 0
    for first, second in zip(before, after, strict=True):
        now = stated_changes(second)
        for slot, change in stated_changes(first).items():
            if change in INVERSE:
                invertible += 1
                inverted += now.get(slot) is INVERSE[change]
                kept += now.get(slot) is change
    return {
        **change_shares(after),
        "invertible_changes": float(invertible),
        "stated_inverted": share(inverted, invertible),
        "stated_kept": share(kept, invertible),
    }
