"""How the benchmark of confidence and evidence counts."""

import numpy as np
import pytest
from benchmarks.evidence import Masses
from benchmarks.reliability_picture import reliability_picture

from priorrg.language.observations import Claim, Observation, Side
from priorrg.metrics.calibration import reliability

NODULE = [Claim(observation=Observation.NODULE, side=Side.LEFT)]
EDEMA = [Claim(observation=Observation.EDEMA)]


def test_the_mass_in_the_box_is_set_against_the_boxes_share_of_the_image():
    masses = Masses()
    inside = np.array([[1.0, 0.0], [0.0, 0.0]])
    masses.add(np.array([[3.0, 1.0], [0.0, 0.0]]), inside, NODULE)
    masses.add(np.array([[1.0, 1.0], [1.0, 1.0]]), inside, EDEMA)
    assert masses.row(frozenset({Observation.NODULE}))["lift"] == pytest.approx(0.75 / 0.25)
    assert masses.row()["mass"] == pytest.approx((0.75 + 0.25) / 2)


def test_a_map_of_nothing_counts_as_an_even_one():
    masses = Masses()
    masses.add(np.zeros((2, 2)), np.array([[1.0, 0.5], [0.0, 0.0]]), NODULE)
    assert masses.row()["lift"] == 1


def test_the_plot_has_a_dot_for_each_bin():
    picture = reliability_picture(reliability([0.2, 0.9, 0.8, 0.4], [False, True, True, False], bins=2))
    assert picture.count("<circle") == 2
    assert "4 sentences, 2 bins" in picture
