"""Scores of reports of one kind at a time: by view, sex, age, prior, context, time since the prior, observation.

Knows strings and numbers only.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from priorrg.language.claims import read_claims, summarize
from priorrg.language.observations import Observation, Polarity
from priorrg.metrics.estimates import Estimate, estimates
from priorrg.metrics.intervals import RESAMPLES
from priorrg.metrics.material import Material
from priorrg.metrics.tallies import Tallies

UNKNOWN = "unknown"
_MOST_NAMES = 12
"""Values of a column of names that get a group each; the rarer ones are taken together."""
_AGES = ((40, "under 40"), (60, "40 to 59"), (80, "60 to 79"), (float("inf"), "80 and over"))
_DAYS = (
    (8, "up to a week"),
    (31, "8 to 30 days"),
    (366, "31 days to a year"),
    (float("inf"), "over a year"),
)

Group = tuple[str, str, NDArray[np.bool_]]
"""A dimension, a name within it, and which reports belong to it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Subgroup:
    """The scores by name of the reports of one group."""

    dimension: str
    name: str
    reports: int
    patients: int
    scores: Mapping[str, Estimate]


def subgroups(
    material: Material, results: Sequence[Tallies], *, resamples: int = RESAMPLES
) -> list[Subgroup]:
    """Return the scores of each group of the dimensions that the table's columns tell apart.

    Groups of a dimension exclude each other, but those by observation: a report is in each whose observation
    its reference affirms. A dimension of one group says nothing and is left out. Patients are drawn within the
    group.
    """
    patients = material.patient_numbers
    found = []
    for dimension, name, member in groups(material):
        _, own = np.unique(patients[member], return_inverse=True)
        of_group = estimates([result.of(member) for result in results], own, resamples=resamples)
        scores = {key: value for scores in of_group for key, value in scores.items()}
        found.append(
            Subgroup(
                dimension=dimension,
                name=name,
                reports=int(member.sum()),
                patients=int(own.max()) + 1,
                scores=scores,
            )
        )
    return found


def groups(material: Material) -> Iterator[Group]:
    """Yield the groups that have reports, dimension by dimension."""
    columns = material.groups or {}
    if "view" in columns:
        yield from _apart("view", list(map(_name, columns["view"])))
    if "sex" in columns:
        yield from _apart("sex", list(map(_name, columns["sex"])))
    if "age" in columns:
        yield from _apart("age", _banded(columns["age"], _AGES), _order(_AGES))
    if material.given_prior is not None:
        said = ["with prior" if given else "without prior" for given in material.given_prior]
        yield from _apart("prior", said)
    context = [c for c in (material.indications, columns.get("history")) if c is not None]
    if context:
        rows = zip(*context, strict=True)
        said = ["with context" if any(map(str.strip, row)) else "without context" for row in rows]
        yield from _apart("context", said)
    if "days_since_prior" in columns:
        days = _banded(columns["days_since_prior"], _DAYS)
        yield from _apart("days since prior", days, _order(_DAYS), besides=UNKNOWN)
    if material.references is not None:
        yield from _by_observation(material.references)


def _apart(
    dimension: str, names: Sequence[str], order: Sequence[str] = (), *, besides: str = ""
) -> Iterator[Group]:
    """Yield a group for each name but ``besides``, in ``order`` or else the most frequent first."""
    each = np.array(names, dtype=object)
    there, count = np.unique(each[each != besides].astype(str), return_counts=True)
    ranked = [str(name) for name in there[np.argsort(-count, kind="stable")]]
    if order:
        ranked = [name for name in order if name in ranked]
    if len(ranked) < 2:
        return
    for name in ranked[:_MOST_NAMES]:
        yield dimension, name, each == name
    if rest := ranked[_MOST_NAMES:]:
        yield dimension, "others", np.isin(each.astype(str), rest)


def _name(text: str) -> str:
    return " ".join(text.split()).upper() or UNKNOWN


def _banded(values: Sequence[str], bands: Sequence[tuple[float, str]]) -> list[str]:
    return [_band(_number(value), bands) for value in values]


def _band(number: float | None, bands: Sequence[tuple[float, str]]) -> str:
    if number is None or not number >= 0:
        return UNKNOWN
    return next((name for end, name in bands if number < end), UNKNOWN)


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


def _order(bands: Sequence[tuple[float, str]]) -> list[str]:
    return [name for _, name in bands] + [UNKNOWN]


def _by_observation(references: Sequence[str]) -> Iterator[Group]:
    affirmed = list(map(affirmed_observations, references))
    for observation in Observation:
        member = np.array([observation in said for said in affirmed])
        if member.any():
            yield "observation", str(observation), member


def affirmed_observations(text: str) -> set[Observation]:
    """Return what a report says to be there, surely or possibly."""
    claims = summarize(read_claims(text)).values()
    return {claim.observation for claim in claims if claim.polarity is not Polarity.ABSENT}
