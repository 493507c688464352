"""Temporal entity match: do generated report and reference use the same words of change?

Words only: "no increase" and "increase" match. Knows strings and numbers only.
"""

import re
from collections.abc import Sequence

import numpy as np

from priorrg.metrics.tallies import Numbers, Tallies, ratio

WORDS = (
    "bigger", "change", "cleared", "constant", "decrease", "decreased", "decreasing", "elevated",
    "elevation", "enlarged", "enlargement", "enlarging", "expanded", "greater", "growing", "improved",
    "improvement", "improving", "increase", "increased", "increasing", "larger", "new", "persistence",
    "persistent", "persisting", "progression", "progressive", "reduced", "removal", "resolution", "resolved",
    "resolving", "smaller", "stability", "stable", "stably", "unchanged", "unfolded", "worse", "worsen",
    "worsened", "worsening", "unaltered",
)  # fmt: skip
"""The published list of the literature on temporal reports."""
EPSILON = 1e-10
_WORD = re.compile(rf"\b(?:{'|'.join(sorted(WORDS, key=len, reverse=True))})\b")
_HOW = "F1 of the sets of 44 words of change, whole words, case ignored"


def words_of_change(text: str) -> frozenset[str]:
    """Return the words of change that stand in ``text``, in lower case."""
    return frozenset(_WORD.findall(text.lower()))


def tem(generated: Sequence[str], references: Sequence[str]) -> Tallies:
    """Return the temporal entity match, one text of each kind per report.

    Of a report whose two texts have no such word it is 1, of one whose reference alone has none 1e-10. Names:
    ``tem`` (mean over reports), ``tem_nonempty_reference`` (over those whose reference has such a word),
    ``tem_global`` (words of all reports pooled).
    """
    words = zip(map(words_of_change, generated), map(words_of_change, references), strict=True)
    rows = np.array([_row(said, true) for said, true in words]).reshape(len(generated), 6)
    return Tallies(
        how={
            "tem": f"{_HOW}, mean over reports; both empty 1, only the reference empty 1e-10",
            "tem_nonempty_reference": f"{_HOW}, mean over reports whose reference has such a word",
            "tem_global": f"{_HOW}, all reports pooled",
        },
        rows=rows,
        score=_score,
        counted=np.stack([rows[:, 1] > 0, rows[:, 3] > 0, rows[:, 5] > 0], axis=1),
    )


def _row(said: frozenset[str], true: frozenset[str]) -> tuple[float, ...]:
    """F1, reports, F1 where the reference has words, reports that do, shared words, words of both."""
    shared, both = len(said & true), len(said) + len(true)
    if true:
        f1 = 2 * shared / (both + EPSILON)
        return f1, 1.0, f1, 1.0, float(shared), float(both)
    return EPSILON if said else 1.0, 1.0, 0.0, 0.0, 0.0, float(both)


def _score(sums: Numbers) -> Numbers:
    pooled = ratio(2 * sums[..., 4], sums[..., 5])
    return np.stack(
        [ratio(sums[..., 0], sums[..., 1]), ratio(sums[..., 2], sums[..., 3]), pooled], axis=-1
    )
