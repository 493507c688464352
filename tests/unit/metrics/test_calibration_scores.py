"""Ranking and calibration of confidences, on numbers worked out by hand and against a second library."""

import math

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from priorrg.metrics.calibration import auroc, calibration_error, reliability


def test_the_ranking_score_is_that_of_an_independent_library():
    random = np.random.default_rng(0)
    sure = random.random(300).round(2)  # with ties
    right = random.random(300) < sure
    assert auroc(sure.tolist(), right.tolist()) == pytest.approx(roc_auc_score(right, sure))


def test_without_wrong_ones_there_is_no_ranking():
    assert math.isnan(auroc([0.2, 0.3], [True, True]))


def test_the_error_is_the_mean_distance_over_bins_of_equal_count():
    sure = [0.9, 0.9, 0.2, 0.2]
    right = [True, False, False, False]
    assert calibration_error(sure, right, bins=2) == pytest.approx((0.4 + 0.2) / 2)


def test_bins_ascend_and_hold_all_values_in_equal_counts():
    bins = reliability([0.5, 0.1, 0.9, 0.7, 0.3], [True, False, True, True, False], bins=2)
    assert [part.count for part in bins] == [3, 2]
    assert bins[0].confidence == pytest.approx(0.3)
    assert bins[1].right == 1.0


def test_no_value_at_all_has_no_error():
    assert math.isnan(calibration_error([], []))
