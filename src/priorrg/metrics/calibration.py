"""Does confidence mean what it says? Ranking of right before wrong, and confidence against share right.

Knows numbers only.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.stats import rankdata

BINS = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Bin:
    """Sentences of like confidence: how many, their mean confidence, the share that is right."""

    count: int
    confidence: float
    right: float


def auroc(confidence: Sequence[float], right: Sequence[bool]) -> float:
    """Return how often a right one is surer than a wrong one, ties counting half.

    Not a number if there are none of either.
    """
    correct = np.asarray(right, dtype=bool)
    good, bad = int(correct.sum()), int((~correct).sum())
    if not good or not bad:
        return float("nan")
    ranks = rankdata(np.asarray(confidence, dtype=float))
    return float((ranks[correct].sum() - good * (good + 1) / 2) / (good * bad))


def reliability(confidence: Sequence[float], right: Sequence[bool], bins: int = BINS) -> list[Bin]:
    """Return bins of equal count, from least to most confident; fewer where there are fewer values."""
    values, correct = np.asarray(confidence, dtype=float), np.asarray(right, dtype=float)
    order = np.argsort(values, kind="stable")
    return [
        Bin(count=len(part), confidence=float(values[part].mean()), right=float(correct[part].mean()))
        for part in np.array_split(order, bins)
        if len(part)
    ]


def calibration_error(confidence: Sequence[float], right: Sequence[bool], bins: int = BINS) -> float:
    """Return the expected calibration error: the mean distance of confidence from the share that is right.

    Over bins of equal count, each by its count. Not a number without any value.
    """
    parts = reliability(confidence, right, bins)
    if not parts:
        return float("nan")
    return sum(b.count * abs(b.confidence - b.right) for b in parts) / sum(b.count for b in parts)
