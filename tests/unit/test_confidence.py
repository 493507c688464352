"""From signals to the chance of being right."""

import numpy as np
import pytest

from priorrg.confidence import Calibration, fit
from priorrg.errors import DataError, WeightsError
from priorrg.metrics.calibration import auroc, calibration_error

FACTS = {"fitted_on": "x", "judged_by": "y", "network": "abc", "decoding": {"beams": 1}}
NAMES = ("told", "noise", "nothing")


def sentences(count: int, seed: int):
    """Return signals of which the first tells how likely a sentence is right, and whether it is."""
    random = np.random.default_rng(seed)
    told = random.normal(size=count)
    chance = 0.3 + 0.65 / (1 + np.exp(-4 * told))  # not logistic: it starts at 0.3
    right = random.random(count) < chance
    return np.stack([told, random.normal(size=count), np.zeros(count)], axis=1).tolist(), right.tolist()


@pytest.mark.parametrize(("method", "bound"), [("isotonic", 0.04), ("logistic", 0.1)])
def test_confidence_holds_on_sentences_that_were_not_fitted(method, bound):
    calibration = fit(*sentences(2000, 0), method, NAMES, **FACTS)
    signals, right = sentences(4000, 1)
    sure = [calibration.confidence(one) for one in signals]
    assert all(0 < value < 1 for value in sure)
    assert auroc(sure, right) > 0.7
    assert calibration_error(sure, right) < bound


def test_isotonic_mends_a_curve_that_is_not_logistic():
    signals, right = sentences(8000, 1)
    errors = {}
    for method in ("isotonic", "logistic"):
        calibration = fit(*sentences(8000, 0), method, NAMES, **FACTS)
        errors[method] = calibration_error([calibration.confidence(one) for one in signals], right)
    assert errors["isotonic"] < errors["logistic"]


@pytest.mark.parametrize("method", ["isotonic", "logistic"])
def test_a_calibration_read_from_its_file_is_the_same(method):
    calibration = fit(*sentences(200, 0), method, NAMES, **FACTS)
    again = Calibration.from_json(calibration.to_json(), "confidence.json")
    assert again == calibration
    assert again.confidence([0.3, 0.0, 0.0]) == calibration.confidence([0.3, 0.0, 0.0])


def test_more_evidence_is_never_less_confidence():
    calibration = fit(*sentences(300, 0), "isotonic", ("told",) * 3, **FACTS)
    sure = [calibration.confidence([value, 0.0, 0.0]) for value in np.linspace(-9, 9, 400)]
    assert sure == sorted(sure)


def test_too_few_sentences_or_none_that_is_wrong_are_refused():
    signals, right = sentences(49, 0)
    with pytest.raises(DataError, match="49 sentences"):
        fit(signals, right, "logistic", NAMES, **FACTS)
    with pytest.raises(DataError, match="60 of them right"):
        fit(signals[:30] * 2, [True] * 60, "logistic", NAMES, **FACTS)


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"method": "isotonic"}'])
def test_a_file_that_is_no_calibration_is_named_in_one_line(text):
    with pytest.raises(WeightsError, match=r"confidence\.json: not a calibration") as caught:
        Calibration.from_json(text, "confidence.json")
    assert "\n" not in str(caught.value)
