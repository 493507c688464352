"""From what the network knew of a sentence to the chance that it is right.

A logistic score over the signals of ``reading_back``; ``isotonic`` then reads off the share of sentences of
like score that were right. Fitted on judged sentences, kept as JSON beside the weights, and good for those
weights alone. Knows numbers and names only: no network, no text.
"""

import json
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from typing import Any, Literal

import numpy as np
from scipy.optimize import isotonic_regression, minimize

from priorrg.errors import DataError, WeightsError

FEWEST = 50
"""Sentences that a calibration needs at least, right and wrong ones among them."""
_RIDGE = 1.0
"""Penalty on the squared weights of standardised signals: few sentences shall not make large weights."""

Method = Literal["isotonic", "logistic"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Calibration:
    """A fitted confidence, and what it was fitted on.

    ``steps`` are scores and shares right between which ``isotonic`` interpolates. ``judged_by`` says what
    right meant; ``network`` is the fingerprint of the weights, ``decoding`` the settings they wrote with.
    """

    method: Method
    signals: tuple[str, ...]
    centre: tuple[float, ...]
    spread: tuple[float, ...]
    weights: tuple[float, ...]
    bias: float
    steps: tuple[tuple[float, float], ...]
    fitted_on: str
    judged_by: str
    sentences: int
    right: int
    network: str
    decoding: Mapping[str, Any]

    def confidence(self, signals: Sequence[float]) -> float:
        """Return the chance, in 0..1, that a sentence with these signals is right."""
        score = self.bias + sum(
            weight * (value - centre) / spread
            for weight, value, centre, spread in zip(
                self.weights, signals, self.centre, self.spread, strict=True
            )
        )
        if self.method == "logistic":
            return float(1 / (1 + np.exp(-score)))
        return _between(self.steps, score)

    def to_json(self) -> str:
        return json.dumps(asdict(self), indent=1) + "\n"

    @classmethod
    def from_json(cls, text: str, source: str) -> "Calibration":
        """Read what ``to_json`` wrote; raise ``WeightsError`` naming ``source`` if it is none."""
        try:
            read = json.loads(text)
            known = {field.name: read[field.name] for field in fields(cls)}
            for name in ("signals", "centre", "spread", "weights"):
                known[name] = tuple(known[name])
            known["steps"] = tuple((float(score), float(share)) for score, share in known["steps"])
            made = cls(**known)
            made.confidence([0.0] * len(made.signals))
        except (ValueError, TypeError, KeyError, IndexError, AttributeError) as error:
            raise WeightsError(
                f"{source}: not a calibration ({type(error).__name__}: {error}); expected the file that "
                "`priorrg calibrate` writes. Run it again, or remove the file"
            ) from error
        return made


def fit(
    signals: Sequence[Sequence[float]],
    right: Sequence[bool],
    method: Method,
    names: Sequence[str],
    **facts: Any,
) -> Calibration:
    """Return the calibration of judged sentences; ``facts`` are the fields that say what it was fitted on.

    Raises ``DataError`` where there are too few sentences, or none that is right or none that is wrong.
    """
    count, good = len(right), sum(right)
    if count < FEWEST or good in (0, count):
        raise DataError(
            f"calibration: got {count} sentences that claim something, {good} of them right; expected "
            f"{FEWEST} or more, right and wrong ones. Use more validation studies"
        )
    values = np.asarray(signals, dtype=np.float64)
    centre, spread = values.mean(axis=0), values.std(axis=0)
    spread[spread == 0] = 1.0
    scaled, sign = (values - centre) / spread, np.where(right, 1.0, -1.0)

    def loss(weights: np.ndarray) -> float:
        margin = sign * (weights[0] + scaled @ weights[1:])
        return float(np.logaddexp(0, -margin).sum() + _RIDGE * np.square(weights[1:]).sum() / 2)

    found = minimize(loss, np.zeros(values.shape[1] + 1), method="L-BFGS-B").x
    scores = found[0] + scaled @ found[1:]
    return Calibration(
        method=method,
        signals=tuple(names),
        centre=tuple(centre.tolist()),
        spread=tuple(spread.tolist()),
        weights=tuple(found[1:].tolist()),
        bias=float(found[0]),
        steps=_steps(scores, np.asarray(right, dtype=np.float64)) if method == "isotonic" else (),
        sentences=count,
        right=good,
        **facts,
    )


def _steps(scores: np.ndarray, right: np.ndarray) -> tuple[tuple[float, float], ...]:
    """Return the ends of each level of the isotonic fit; no level is quite 0 or quite 1."""
    order = np.argsort(scores, kind="stable")
    ascending, levels = scores[order], isotonic_regression(right[order]).x
    surest = 1 / (len(right) + 2)
    levels = levels.clip(surest, 1 - surest)
    ends = np.flatnonzero(np.r_[True, np.diff(levels) != 0] | np.r_[np.diff(levels) != 0, True])
    return tuple(zip(ascending[ends].tolist(), levels[ends].tolist(), strict=True))


def _between(steps: Sequence[tuple[float, float]], score: float) -> float:
    """Interpolate; below the first and above the last step, their share."""
    after = bisect_right([at for at, _ in steps], score)
    if after == 0:
        return steps[0][1]
    if after == len(steps):
        return steps[-1][1]
    (low, share), (high, next_share) = steps[after - 1 : after + 1]
    return share + (next_share - share) * (score - low) / (high - low)
