"""Longitudinal change concordance by rules: is each change of the reference told as it is there?

Propositions (finding, change) of both texts are matched one to one, anchored on the finding of the
reference; devices are left out. What the generated report states beyond the reference is no part of this
score. Knows strings and numbers only.
"""

from collections.abc import Sequence

import numpy as np

from priorrg.language.change_propositions import DEVICE_NAMES, read_changes
from priorrg.language.observations import Change
from priorrg.metrics.tallies import Numbers, Tallies, mean_of_known, ratio

Stated = tuple[str, Change]
Pair = tuple[Change, Change | None]
"""What the reference says, and what the generated report says of the same; ``None``: nothing."""
_COARSE = {Change.NEW: Change.LARGER, Change.RESOLVED: Change.SMALLER}
_FINE_LABELS = tuple(Change)
_COARSE_LABELS = tuple(label for label in Change if label not in _COARSE)
_HOW = (
    "changes of findings (no devices) by rules, matched one to one on the reference's finding, exact label "
    "first, then direction; unmatched is none"
)


def stated_changes(text: str) -> list[Stated]:
    """Return finding and change of what ``text`` states, each pair once, without devices and sides."""
    stated = ((one.finding, one.change) for one in read_changes(text) if one.finding not in DEVICE_NAMES)
    return list(dict.fromkeys(stated))


def matched(said: Sequence[Stated], true: Sequence[Stated]) -> list[Pair]:
    """Return each change of the reference ``true`` with the one it is matched with, in its order."""
    free = list(said)
    partners: dict[int, Change] = {}
    for fits in (_same, _same_direction, _any):
        for number, (finding, change) in enumerate(true):
            if number in partners:
                continue
            found = next((one for one in free if one[0] == finding and fits(one[1], change)), None)
            if found is not None:
                partners[number] = found[1]
                free.remove(found)
    return [(change, partners.get(number)) for number, (_, change) in enumerate(true)]


def lcc(generated: Sequence[str], references: Sequence[str]) -> Tallies:
    """Return the concordance of changes, one text of each kind per report.

    Names: ``lcc_fine`` (macro F1 over new, larger, smaller, unchanged, resolved), ``lcc_coarse`` (over larger,
    smaller, unchanged; new counts as larger, resolved as smaller), ``lcc_omission`` (share of the reference's
    changes of which the generated report states none). A label that neither side has is left out of the mean.
    """
    width = 3 * (len(_FINE_LABELS) + len(_COARSE_LABELS)) + 2
    rows = np.zeros((len(generated), width))
    for row, text, true in zip(rows, generated, references, strict=True):
        pairs = matched(stated_changes(text), stated_changes(true))
        row[:] = [*_counts(pairs, _FINE_LABELS), *_counts(_coarse(pairs), _COARSE_LABELS),
                  sum(said is None for _, said in pairs), len(pairs)]  # fmt: skip
    return Tallies(
        how={
            "lcc_fine": f"macro F1 over 5 labels; {_HOW}",
            "lcc_coarse": f"macro F1 over 3 labels (new is larger, resolved is smaller); {_HOW}",
            "lcc_omission": f"share of the reference's changes that are unmatched; {_HOW}",
        },
        rows=rows,
        score=_score,
        counted=np.repeat(rows[:, -1:] > 0, 3, axis=1),
    )


def _same(said: Change, true: Change) -> bool:
    return said is true


def _same_direction(said: Change, true: Change) -> bool:
    return _COARSE.get(said, said) is _COARSE.get(true, true)


def _any(said: Change, true: Change) -> bool:  # noqa: ARG001
    return True


def _coarse(pairs: Sequence[Pair]) -> list[Pair]:
    return [(_COARSE.get(t, t), None if s is None else _COARSE.get(s, s)) for t, s in pairs]


def _counts(pairs: Sequence[Pair], labels: Sequence[Change]) -> list[int]:
    """Hits of each label, then how often it is true, then how often it is said."""
    return [
        *(sum(true is said is label for true, said in pairs) for label in labels),
        *(sum(true is label for true, _ in pairs) for label in labels),
        *(sum(said is label for _, said in pairs) for label in labels),
    ]


def _score(sums: Numbers) -> Numbers:
    edge = 3 * len(_FINE_LABELS)
    fine = _macro(sums[..., :edge], len(_FINE_LABELS))
    coarse = _macro(sums[..., edge:-2], len(_COARSE_LABELS))
    return np.stack([fine, coarse, ratio(sums[..., -2], sums[..., -1])], axis=-1)


def _macro(sums: Numbers, labels: int) -> Numbers:
    hits, true, said = (sums[..., part * labels : (part + 1) * labels] for part in range(3))
    return mean_of_known(ratio(2 * hits, true + said))
