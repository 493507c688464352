"""Is a sentence right? Its claims against what is known of the study.

Right is a sentence all of whose claims agree: what it affirms is there, on the side that it names (on
either, if it names none); what it denies is nowhere that it speaks of; the change that it states is the true
one. A finding without a stated change is not wrong for that. A sentence that claims nothing is neither right nor
wrong. Known is a phantom's truth, or what the reference report says: what that leaves out counts as absent.
Knows claims and plain rows only.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from priorrg.language.claims import read_claims, summarize
from priorrg.language.observations import Change, Claim, Observation, Polarity, Side, Slot
from priorrg.truth import TruthRow


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What is there, and how each thing changed, what is gone included."""

    present: frozenset[Slot]
    changes: Mapping[Slot, Change]


def known_of_truth(rows: Iterable[TruthRow]) -> Known:
    """Return what a phantom's truth says of one study."""
    rows = tuple(rows)
    return Known(
        present=frozenset((row.observation, row.side) for row in rows if row.present),
        changes={(row.observation, row.side): row.change for row in rows if row.change is not None},
    )


def known_of_report(reference: str) -> Known:
    """Return what a reference report says; what it holds possible counts as there."""
    said = summarize(read_claims(reference))
    return Known(
        present=frozenset(s for s, claim in said.items() if claim.polarity is not Polarity.ABSENT),
        changes={s: claim.change for s, claim in said.items() if claim.change is not None},
    )


def is_right(claims: Sequence[Claim], known: Known) -> bool | None:
    """Tell whether a sentence with these claims is right; ``None`` if it claims nothing."""
    return all(_agrees(claim, known) for claim in claims) if claims else None


def _agrees(claim: Claim, known: Known) -> bool:
    slots = _places(claim.observation, claim.side)
    there = any(slot in known.present for slot in slots)
    if claim.change is not None and all(known.changes.get(s) is not claim.change for s in slots):
        return False
    if claim.change is Change.RESOLVED:
        return True  # that it is gone from one side is said, not that the other is free
    return there != (claim.polarity is Polarity.ABSENT)


def _places(observation: Observation, side: Side) -> tuple[Slot, ...]:
    if side is not Side.NONE:
        return (observation, side), (observation, Side.NONE)
    return tuple((observation, each) for each in Side)
