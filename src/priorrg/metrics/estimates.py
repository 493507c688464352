"""A score as it is printed: its value, how sure it is, on how many reports it rests, how it was computed.

Knows numbers only.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from priorrg.metrics.intervals import RESAMPLES, intervals
from priorrg.metrics.tallies import Tallies


@dataclass(frozen=True, slots=True, kw_only=True)
class Plain:
    """Scores that are no function of sums over reports: they have no interval."""

    how: Mapping[str, str]
    values: Mapping[str, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """``low`` and ``high`` are the middle 95 %; what does not exist is not a number. ``n`` counts reports."""

    value: float
    low: float
    high: float
    n: int
    how: str

    def as_json(self) -> dict[str, float | int | str | None]:
        """Return it as JSON can hold it: what is not a number is null."""
        return {
            "value": finite(self.value),
            "low": finite(self.low),
            "high": finite(self.high),
            "n": self.n,
            "how": self.how,
        }


def finite(value: float) -> float | None:
    return value if math.isfinite(value) else None


def estimates(
    results: Sequence[Tallies | Plain], patients: NDArray[np.intp], *, resamples: int = RESAMPLES
) -> list[dict[str, Estimate]]:
    """Return the scores of each result by name; intervals of all are taken over the same draws of patients."""
    tallies = [result for result in results if isinstance(result, Tallies)]
    drawn = iter(intervals(tallies, patients, resamples=resamples) if tallies else ())
    found = []
    for result in results:
        if isinstance(result, Plain):
            found.append(_plain(result, len(patients)))
            continue
        columns = zip(result.how.items(), result.scores, *next(drawn), result.n, strict=True)
        found.append(
            {
                name: Estimate(value=float(value), low=float(low), high=float(high), n=int(n), how=how)
                for (name, how), value, low, high, n in columns
            }
        )
    return found


def _plain(result: Plain, reports: int) -> dict[str, Estimate]:
    return {
        name: Estimate(value=value, low=math.nan, high=math.nan, n=reports, how=result.how[name])
        for name, value in result.values.items()
    }
