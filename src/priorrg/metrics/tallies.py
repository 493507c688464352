"""What a metric counts in each report, such that sums over reports give its scores.

All that follows, intervals, subgroups and paired tests, needs these sums alone. Knows numbers only.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Self

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Tallies:
    """``rows`` (reports, columns); ``score`` maps sums (…, columns) to scores (…, names), in one call for many.

    ``how`` says for each name how it was computed, as it stands in result files. A score is not a number where
    it does not exist, such as a recall where nothing is to be found. ``counted`` (reports, names) tells which
    reports a score rests on; ``None``: all of them.
    """

    how: Mapping[str, str]
    rows: Numbers
    score: Callable[[Numbers], Numbers]
    counted: NDArray[np.bool_] | None = None

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(self.how)

    @property
    def scores(self) -> Numbers:
        """The scores (names) of all reports."""
        return self.score(self.rows.sum(axis=0))

    @property
    def n(self) -> NDArray[np.intp]:
        """How many reports each score (names) rests on."""
        if self.counted is None:
            return np.full(len(self.how), len(self.rows))
        reports: NDArray[np.intp] = self.counted.sum(axis=0)
        return reports

    def of(self, chosen: NDArray[np.bool_] | NDArray[np.intp]) -> Self:
        """Return the tallies of some reports alone."""
        counted = None if self.counted is None else self.counted[chosen]
        return replace(self, rows=self.rows[chosen], counted=counted)


def mean_tallies(how: Mapping[str, str], values: Numbers) -> Tallies:
    """Return the tallies of plain means: ``values`` (reports, names), not a number where there is none."""
    known = ~np.isnan(values)
    rows = np.concatenate([np.where(known, values, 0.0), known.astype(np.float64)], axis=1)
    return Tallies(how=how, rows=rows, score=_means, counted=known)


def ratio(part: Numbers, whole: Numbers) -> Numbers:
    """Return ``part / whole``; not a number where there is no whole."""
    nothing = np.full(np.broadcast(part, whole).shape, np.nan)
    divided: Numbers = np.divide(part, whole, out=nothing, where=whole != 0)
    return divided


def mean_of_known(values: Numbers) -> Numbers:
    """Return the mean over the last axis of those values that exist; not a number where none does."""
    known = ~np.isnan(values)
    return ratio(np.where(known, values, 0.0).sum(axis=-1), known.sum(axis=-1).astype(np.float64))


def _means(sums: Numbers) -> Numbers:
    half = sums.shape[-1] // 2
    return ratio(sums[..., :half], sums[..., half:])
