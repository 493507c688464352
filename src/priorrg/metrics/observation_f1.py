"""F1 of the observations that a labeler finds in reports and in references, as sums over reports.

Whatever the labeler: rules, CheXbert, or labels of another tool. Knows names and truth values only.
"""

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from priorrg.metrics.tallies import Numbers, Tallies, ratio

FIVE = ("Cardiomegaly", "Edema", "Consolidation", "Atelectasis", "Pleural Effusion")
"""The observations of the 5-class scores, those that CheXpert's own test set was compared on."""
_KINDS = ("micro_f1", "macro_f1", "weighted_f1", "micro_precision", "micro_recall")
_ABSENT = "an observation that is in no report and no reference counts as 0"

Flags = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, kw_only=True)
class Findings:
    """What counts as found under one convention: ``found`` and ``true`` are (reports, observations).

    ``suffix`` ends the names of its scores, ``said`` is the convention in words.
    """

    found: Flags
    true: Flags
    said: str
    suffix: str = ""


def f1_tallies(
    prefix: str,
    observations: Sequence[str],
    conventions: Sequence[Findings],
    groups: Mapping[str, Sequence[str]],
    *,
    counted: Flags | None = None,
) -> Tallies:
    """Return F1, precision and recall over all pairs of report and observation, and means of the observations' F1.

    Names are ``PREFIX_GROUP_micro_f1`` and so on for each group of observations, and ``PREFIX_f1_OBSERVATION``
    for each one, which is not a number where neither reports nor references have it. In a macro F1 that is 0, as
    in scikit-learn, by which published tables are made. ``counted`` (reports,) leaves out the others.
    """
    places = {name: [observations.index(member) for member in group] for name, group in groups.items()}
    how: dict[str, str] = {}
    rows = []
    for convention in conventions:
        found, true = convention.found, convention.true
        rows.append(np.stack([found & true, found & ~true, ~found & true], axis=2))
        for group, members in places.items():
            for kind in _KINDS:
                name = "_".join(filter(None, (prefix, group, kind)))
                how[name + convention.suffix] = _said(kind, len(members), convention.said)
        for observation in observations:
            name = f"{prefix}_f1_{slug(observation)}{convention.suffix}"
            how[name] = f"F1 of {observation} over reports; {convention.said}"
    columns = np.stack(rows, axis=1).astype(np.float64)
    if counted is not None:
        columns[~counted] = 0.0

    def score(sums: Numbers) -> Numbers:
        """Sums are (…, convention × observation × hits, alarms, misses)."""
        apart = sums.reshape(*sums.shape[:-1], len(conventions), len(observations), 3)
        return np.concatenate(
            [
                _scores(apart[..., number, :, :], list(places.values()))
                for number in range(len(conventions))
            ],
            axis=-1,
        )

    names = len(how)
    return Tallies(
        how=how,
        rows=columns.reshape(len(columns), math.prod(columns.shape[1:])),
        score=score,
        counted=None if counted is None else np.repeat(counted[:, None], names, axis=1),
    )


def slug(observation: str) -> str:
    """Return the name of an observation as it stands in names of scores: ``pleural_effusion``."""
    return re.sub(r"\W+", "_", observation.lower()).strip("_")


def _said(kind: str, size: int, convention: str) -> str:
    average, _, score = kind.partition("_")
    score = "F1" if score == "f1" else score
    if average == "micro":
        return f"{score} over all pairs of report and observation, {size} observations; {convention}"
    weights = ", each as often as references have it" * (average == "weighted")
    return f"mean {score} of {size} observations{weights}, {_ABSENT}; {convention}"


def _scores(counts: Numbers, groups: Sequence[Sequence[int]]) -> Numbers:
    """Map counts (…, observation, 3) to scores: those of each group, then the F1 of each observation."""
    single = _f1(counts)
    parts = []
    for members in groups:
        chosen = counts[..., members, :]
        total = chosen.sum(axis=-2)
        hits, alarms, misses = (total[..., place] for place in range(3))
        each = np.nan_to_num(single[..., members])
        held = chosen[..., 0] + chosen[..., 2]
        weighted = ratio((each * held).sum(axis=-1), hits + misses)
        parts += [_f1(total), each.mean(axis=-1), weighted]
        parts += [ratio(hits, hits + alarms), ratio(hits, hits + misses)]
    return np.concatenate([np.stack(parts, axis=-1), single], axis=-1)


def _f1(counts: Numbers) -> Numbers:
    hits, alarms, misses = (counts[..., place] for place in range(3))
    return ratio(2 * hits, 2 * hits + alarms + misses)
