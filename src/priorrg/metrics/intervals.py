"""How sure a score is, and whether two systems differ: by drawing and by swapping whole patients.

Reports of one patient resemble each other, so patients are drawn, never reports. Knows numbers only.
"""

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from priorrg.metrics.tallies import Numbers, Tallies

RESAMPLES = 2000
LEVEL = 0.95
_AT_ONCE = 1 << 23
"""Numbers of a block of draws: 64 MiB."""
_ROUNDING = 1e-12


def intervals(
    tallies: Sequence[Tallies], patients: NDArray[np.intp], *, seed: int = 0, resamples: int = RESAMPLES
) -> list[tuple[Numbers, Numbers]]:
    """Return low and high (names) of the middle 95 % of ``resamples`` draws of patients, for every metric.

    ``patients`` (reports,) numbers each report's patient from 0. All metrics see the same draws. A draw in
    which a score does not exist is passed over; the interval is not a number if it exists in none, or if there
    is only one patient: it would have no width, and say that the score is certain.
    """
    if not patients.any():
        return [(np.full(len(t.names), np.nan), np.full(len(t.names), np.nan)) for t in tallies]
    sums = np.concatenate([_by_patient(t.rows, patients) for t in tallies], axis=1)
    rng = np.random.default_rng(seed)
    even = np.full(len(sums), 1 / len(sums))
    drawn = np.concatenate(
        [rng.multinomial(len(sums), even, size) @ sums for size in _blocks(resamples, len(sums))]
    )
    edges = np.cumsum([t.rows.shape[1] for t in tallies])[:-1]
    parts = np.split(drawn, edges, axis=1)
    return [_middle(t.score(part)) for t, part in zip(tallies, parts, strict=True)]


def swap_tests(
    first: Sequence[Tallies],
    second: Sequence[Tallies],
    patients: NDArray[np.intp],
    *,
    seed: int = 0,
    resamples: int = RESAMPLES,
) -> list[Numbers]:
    """Return p (names) of no difference between two systems on the same reports, for every metric.

    The two systems' reports are exchanged patient by patient at random; p = (k + 1) / (n + 1), k counting the
    exchanges with at least the observed difference, either way, or in which a score does not exist.
    """
    ones = np.concatenate([_by_patient(t.rows, patients) for t in first], axis=1)
    others = np.concatenate([_by_patient(t.rows, patients) for t in second], axis=1)
    rng = np.random.default_rng(seed)
    moved = np.concatenate(
        [
            rng.integers(0, 2, (size, len(ones))).astype(np.float64) @ (others - ones)
            for size in _blocks(resamples, len(ones))
        ]
    )
    result, at = [], 0
    for one in first:
        columns = slice(at, at := at + one.rows.shape[1])
        total, other = ones[:, columns].sum(axis=0), others[:, columns].sum(axis=0)
        observed = np.abs(one.score(total) - one.score(other))
        exchanged = np.abs(one.score(total + moved[:, columns]) - one.score(other - moved[:, columns]))
        reached = (~(exchanged < observed - _ROUNDING)).sum(axis=0)
        result.append(np.where(np.isnan(observed), np.nan, (reached + 1) / (resamples + 1)))
    return result


def holm(p: Sequence[float]) -> list[float]:
    """Return the p values corrected by Holm for there being several; those that are no numbers do not count."""
    known = sorted((value, number) for number, value in enumerate(p) if value == value)
    corrected, least = list(p), 0.0
    for rank, (value, number) in enumerate(known):
        least = max(least, min(1.0, value * (len(known) - rank)))
        corrected[number] = least
    return corrected


def _by_patient(rows: Numbers, patients: NDArray[np.intp]) -> Numbers:
    sums = np.zeros((int(patients.max()) + 1, rows.shape[1]))
    np.add.at(sums, patients, rows)
    return sums


def _blocks(resamples: int, patients: int) -> Iterator[int]:
    """Yield sizes of blocks of draws that fit into memory, together ``resamples``."""
    size = max(1, _AT_ONCE // max(patients, 1))
    for start in range(0, resamples, size):
        yield min(size, resamples - start)


def _middle(scores: Numbers) -> tuple[Numbers, Numbers]:
    tail = (1 - LEVEL) / 2
    found = np.full((2, scores.shape[1]), np.nan)
    for name in range(scores.shape[1]):
        known = scores[~np.isnan(scores[:, name]), name]
        if len(known):
            found[:, name] = np.quantile(known, (tail, 1 - tail))
    return found[0], found[1]
