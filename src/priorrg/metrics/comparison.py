"""Two systems on the same reports: which differences are real, in words.

Knows strings and numbers only.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from priorrg.errors import DataError
from priorrg.metrics.estimates import finite
from priorrg.metrics.intervals import LEVEL, RESAMPLES, holm, intervals, swap_tests
from priorrg.metrics.material import Material
from priorrg.metrics.metric import Measured, Options, label
from priorrg.metrics.score import measure, measure_imported
from priorrg.metrics.tallies import Numbers, Tallies


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One score of both systems. ``low`` and ``high``: the middle 95 % of the difference, by patients.

    ``p`` is that of a swap test by patients, ``corrected`` the same after Holm over all scores compared.
    """

    name: str
    value: float
    baseline: float
    low: float
    high: float
    p: float
    corrected: float

    @property
    def difference(self) -> float:
        return self.value - self.baseline

    @property
    def real(self) -> bool:
        return self.corrected <= 1 - LEVEL

    def as_json(self) -> dict[str, float | bool | str | None]:
        """Return it as JSON can hold it: what is not a number is null."""
        return {
            "value": finite(self.value),
            "baseline": finite(self.baseline),
            "difference": finite(self.difference),
            "low": finite(self.low),
            "high": finite(self.high),
            "p": finite(self.p),
            "p_holm": finite(self.corrected),
            "real": self.real,
            "words": self.words,
        }

    @property
    def words(self) -> str:
        """Return what the comparison says, in one line."""
        if self.p != self.p:
            return f"{label(self.name)}: not to be compared, one of the two has no such score"
        chance = (
            f"p {'<' if self.corrected < 0.001 else '='} {max(self.corrected, 0.001):.3f} after Holm"
        )
        if not self.real:
            return f"{label(self.name)}: no difference shown ({chance})"
        way = "higher" if self.difference > 0 else "lower"
        return f"{label(self.name)} is {way} by {abs(self.difference):.3g} ({chance}): real"


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """``pairs`` counts the reports that both systems have; ``alone`` those that only this or the other has."""

    pairs: int
    patients: int
    alone: tuple[int, int]
    differences: tuple[Difference, ...]
    notices: tuple[str, ...]


def compare(
    material: Material,
    baseline: Material,
    names: Sequence[str] | None = None,
    options: Options | None = None,
    *,
    measured: Sequence[Measured] | None = None,
    imports: Sequence[tuple[str, Path, Path]] = (),
    resamples: int = RESAMPLES,
) -> Comparison:
    """Compare two systems on the reports whose ids both have.

    Compared are the scores that a metric shows, without its variants: each further test costs the others.

    References, patients and truth are those of ``material``. ``measured`` is what the same metrics gave for
    ``material``, if that is known: it is taken where the baseline has all of its reports. Raises DataError if
    no id is in both. ``imports`` are tools with the file of their scores for each system.
    """
    places = {name: place for place, name in enumerate(baseline.ids)}
    ours = [place for place, name in enumerate(material.ids) if name in places]
    if not ours:
        raise DataError(
            f"baseline: none of its {len(places):,} ids is among the {len(material.ids):,} of the reports, such "
            f"as {material.ids[0]!r}; were both made from the same studies?"
        )
    first = material.of(ours)
    other = baseline.of([places[name] for name in first.ids])
    notices = _unlike(first, other) + tuple(f"baseline: {notice}" for notice in baseline.notices)
    other = replace(
        first,
        generated=other.generated,
        given_prior=other.given_prior if first.given_prior and other.given_prior else first.given_prior,
    )
    if measured is None or len(ours) < len(material.ids):
        measured = measure(first, names, options)
    pairs = [*zip(measured, measure(other, names, options), strict=True)]
    pairs += [
        (measure_imported(tool, one, first.ids), measure_imported(tool, two, first.ids))
        for tool, one, two in imports
    ]
    return Comparison(
        pairs=len(ours),
        patients=int(first.patient_numbers.max()) + 1,
        alone=(len(material.ids) - len(ours), len(places) - len(ours)),
        differences=_differences(pairs, first.patient_numbers, resamples),
        notices=notices,
    )


def _unlike(first: Material, other: Material) -> tuple[str, ...]:
    if first.references is None or other.references is None:
        return ()
    pairs = zip(first.references, other.references, strict=True)
    unlike = sum(" ".join(one.split()) != " ".join(two.split()) for one, two in pairs)
    if not unlike:
        return ()
    return (
        f"{unlike:,} references differ between the two tables; both systems are scored by those of the first",
    )


def _differences(
    pairs: Sequence[tuple[Measured, Measured]],
    patients: NDArray[np.intp],
    resamples: int,
) -> tuple[Difference, ...]:
    both = [
        (one.result, two.result, one.shown)
        for one, two in pairs
        if isinstance(one.result, Tallies) and isinstance(two.result, Tallies) and not one.suffix
    ]
    if not both:
        return ()
    ones, others = [one for one, _, _ in both], [two for _, two, _ in both]
    chances = swap_tests(ones, others, patients, resamples=resamples)
    ranges = intervals(list(map(_difference, ones, others)), patients, resamples=resamples)
    found = [
        Difference(
            name=name,
            value=float(value),
            baseline=float(baseline),
            low=float(low),
            high=float(high),
            p=float(p),
            corrected=float(p),
        )
        for (one, two, shown), p_values, (lows, highs) in zip(both, chances, ranges, strict=True)
        for name, value, baseline, low, high, p in zip(
            one.names, one.scores, two.scores, lows, highs, p_values, strict=True
        )
        if name in shown
    ]
    corrected = holm([difference.p for difference in found])
    return tuple(replace(d, corrected=p) for d, p in zip(found, corrected, strict=True))


def _difference(one: Tallies, two: Tallies) -> Tallies:
    """Return the tallies of the difference between two systems on the same reports."""
    width = one.rows.shape[1]

    def score(sums: Numbers) -> Numbers:
        return one.score(sums[..., :width]) - two.score(sums[..., width:])

    return Tallies(how=one.how, rows=np.concatenate([one.rows, two.rows], axis=1), score=score)
