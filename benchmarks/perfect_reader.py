"""Readers that need no network: the ceiling and a floor of change F1.

The perfect reader knows the true severities of both films, blurred to the model's own visibility, and
subtracts them by rule. That visibility is estimated from what the model mentioned: a finding is seen
when its severity plus noise passes a threshold.
"""

import math
from collections.abc import Sequence

import numpy as np
from scipy.optimize import minimize
from scipy.stats import norm

from priorrg.language.claims import read_claims, summarize
from priorrg.language.observations import DEVICES, Change, Observation, Polarity, Side
from priorrg.phantom_trial import Scores, Trial
from priorrg.truth import TruthRow

_MOVED = 0.075
"""Difference of severity, halfway between drift and step, above which a finding has moved."""
_STARTS = ((0.1, 0.05), (0.1, 0.3), (0.5, 0.3))
"""Thresholds and noises from which the likeliest are looked for."""


def visibility(trial: Trial, texts: Sequence[str]) -> dict[Observation, tuple[float, float]]:
    """Return threshold and noise (in severity) per finding, by maximum likelihood of what was mentioned."""
    seen: dict[Observation, list[tuple[float, bool]]] = {}
    for study, text in zip(trial.studies, texts, strict=True):
        said = {s for s, c in summarize(read_claims(text)).items() if c.polarity is not Polarity.ABSENT}
        for row in trial.truth[study.study_id]:
            if row.observation not in DEVICES:
                pair = (row.severity or 0.0, (row.observation, row.side) in said)
                seen.setdefault(row.observation, []).append(pair)
    return {observation: _fit(pairs) for observation, pairs in seen.items()}


def _fit(pairs: Sequence[tuple[float, bool]]) -> tuple[float, float]:
    severity = np.array([s for s, _ in pairs])
    mentioned = np.array([m for _, m in pairs])

    def loss(parameters: np.ndarray) -> float:
        clearly = (severity - parameters[0]) / math.exp(parameters[1])
        return -float(np.where(mentioned, norm.logcdf(clearly), norm.logsf(clearly)).sum())

    starts = [np.array([threshold, math.log(noise)]) for threshold, noise in _STARTS]
    best = min(
        (minimize(loss, start, method="Nelder-Mead") for start in starts), key=lambda fit: fit.fun
    )
    return float(best.x[0]), float(math.exp(best.x[1]))


def perfect_reader(trial: Trial, texts: Sequence[str], seed: int = 0) -> Scores:
    """Score what subtraction of the blurred truth says; the blur of each finding is in the result."""
    blur = visibility(trial, texts)
    rng = np.random.default_rng([seed, 77])
    reports = []
    for study in trial.studies:
        sentences = []
        for row in trial.truth[study.study_id]:
            if row.observation in DEVICES:
                continue
            threshold, noise = blur[row.observation]
            now = (row.severity or 0.0) + rng.normal(0, noise)
            before = (row.prior_severity or 0.0) + rng.normal(0, noise)
            sentences.append(_sentence(row, now, before if row.has_prior else None, threshold))
        reports.append(" ".join(filter(None, sentences)))
    spread = {f"noise_{o.replace(' ', '_')}": noise for o, (_, noise) in blur.items()}
    return {**trial.score(reports), **spread}


def always_unchanged(trial: Trial) -> Scores:
    """Score a reader who sees every finding and calls each unchanged."""
    return trial.score(
        [
            " ".join(
                _words(row, Change.UNCHANGED if row.has_prior else None)
                for row in trial.truth[study.study_id]
                if row.present and row.observation not in DEVICES
            )
            for study in trial.studies
        ]
    )


def _sentence(row: TruthRow, now: float, before: float | None, threshold: float) -> str:
    if before is None:
        return _words(row, None) if now >= threshold else ""
    if now < threshold:
        return _words(row, Change.RESOLVED) if before >= threshold else ""
    if before < threshold:
        return _words(row, Change.NEW)
    if abs(now - before) < _MOVED:
        return _words(row, Change.UNCHANGED)
    return _words(row, Change.LARGER if now > before else Change.SMALLER)


def _words(row: TruthRow, change: Change | None) -> str:
    side = "" if row.side is Side.NONE else f"{row.side} "
    said = {
        None: "There is {}.",
        Change.UNCHANGED: "{} is unchanged.",
        Change.NEW: "There is new {}.",
        Change.LARGER: "{} has increased.",
        Change.SMALLER: "{} has decreased.",
        Change.RESOLVED: "{} has resolved.",
    }[change]
    return said.format(f"{side}{row.observation}")
