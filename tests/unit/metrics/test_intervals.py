"""Intervals and paired tests over patients."""

import numpy as np
import pytest

from priorrg.metrics.intervals import holm, intervals, swap_tests
from priorrg.metrics.tallies import mean_tallies

HOW = {"share": "mean"}


def means(values):
    return mean_tallies(HOW, np.asarray(values, dtype=float)[:, None])


def test_the_interval_of_a_mean_is_that_of_its_standard_error():
    values = np.random.default_rng(1).normal(3.0, 2.0, 400)
    [(low, high)] = intervals([means(values)], np.arange(400))
    error = values.std() / 20
    assert low[0] == pytest.approx(values.mean() - 1.96 * error, abs=0.2 * error)
    assert high[0] == pytest.approx(values.mean() + 1.96 * error, abs=0.2 * error)


def test_reports_of_one_patient_that_agree_are_not_more_patients():
    values = np.random.default_rng(1).normal(0.0, 1.0, 100)
    [once] = intervals([means(values)], np.arange(100))
    [fourfold] = intervals([means(np.repeat(values, 4))], np.repeat(np.arange(100), 4))
    np.testing.assert_allclose(fourfold, once)


def test_the_same_draws_serve_every_metric_and_a_seed_repeats_them():
    values = np.random.default_rng(1).normal(0.0, 1.0, 50)
    one, two = means(values), means(values * 2)
    both = intervals([one, two], np.arange(50))
    assert both[1][0] == pytest.approx(2 * both[0][0])
    assert intervals([one], np.arange(50), seed=0)[0][0] == both[0][0]
    assert intervals([one], np.arange(50), seed=1)[0][0] != both[0][0]


def test_a_score_that_exists_nowhere_has_no_interval():
    [(low, high)] = intervals([means([np.nan, np.nan])], np.arange(2))
    assert np.isnan([low[0], high[0]]).all()


def test_one_patient_alone_does_not_make_a_score_certain():
    [(low, high)] = intervals([means([1.0, 0.0])], np.zeros(2, dtype=int))
    assert np.isnan([low[0], high[0]]).all()


def test_exchanges_without_a_score_prove_no_difference():
    one, other = means([1.0, np.nan]), means([np.nan, 0.0])
    assert swap_tests([one], [other], np.arange(2))[0][0] > 0.9


def test_a_system_does_not_differ_from_itself():
    one = means(np.arange(20.0))
    assert swap_tests([one], [one], np.arange(20))[0][0] == 1.0


def test_a_constant_lead_is_found_in_every_exchange_but_the_full_ones():
    one = np.random.default_rng(0).normal(0.0, 1.0, 40)
    p = swap_tests([means(one)], [means(one + 1.0)], np.arange(40))[0][0]
    assert p == pytest.approx(1 / 2001)


def test_a_lead_that_rests_on_one_patient_is_no_lead():
    one = np.zeros(60)
    other = one.copy()
    other[:30] = 1.0
    patients = np.repeat([0, 1], 30)
    assert swap_tests([means(one)], [means(other)], patients)[0][0] == 1.0


def test_random_systems_are_called_different_as_often_as_the_level_says():
    rng = np.random.default_rng(3)
    found = [
        swap_tests(
            [means(rng.normal(size=30))], [means(rng.normal(size=30))], np.arange(30), resamples=199
        )[0][0]
        for _ in range(300)
    ]
    assert 0.02 < np.mean(np.array(found) <= 0.05) < 0.09


def test_holm_multiplies_the_smallest_by_all_and_keeps_the_order():
    assert holm([0.04, 0.01, float("nan"), 0.03]) == pytest.approx(
        [0.06, 0.03, float("nan"), 0.06], nan_ok=True
    )
    assert holm([0.9, 0.8]) == [1.0, 1.0]
