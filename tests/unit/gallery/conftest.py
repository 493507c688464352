"""Invented cases for the page: three studies, truth by hand, images of noise."""

import numpy as np
import pytest

from priorrg.gallery.cases import Case
from priorrg.language.observations import SLOTS, Change, Observation, Side
from priorrg.truth import TruthRow

EFFUSION, HEART = Observation.EFFUSION, Observation.CARDIOMEGALY


def truth_of(**present):
    """Return a row for every slot; keyword ``left_effusion=Change.LARGER`` makes that one present."""
    slots = {
        "left_effusion": (EFFUSION, Side.LEFT),
        "right_effusion": (EFFUSION, Side.RIGHT),
        "heart": (HEART, Side.NONE),
        "tube": (Observation.ENDOTRACHEAL_TUBE, Side.NONE),
    }
    states = {slots[name]: change for name, change in present.items()}
    return tuple(
        TruthRow(
            study_id="s1",
            observation=observation,
            side=side,
            present=(observation, side) in states and states[observation, side] is not Change.RESOLVED,
            change=states.get((observation, side)),
            box=(10, 40, 30, 60) if (observation, side) in states else None,
        )
        for observation, side in SLOTS
    )


@pytest.fixture
def images():
    pixels = np.random.default_rng(5).integers(0, 256, (256, 256), dtype=np.uint8)
    return lambda image_id: np.roll(pixels, len(image_id))


@pytest.fixture
def case():
    return Case(
        study_id="s1",
        patient_id="p1",
        view="PA",
        current_image="i1",
        prior_image="i0",
        days_since_prior=12.0,
        indication="Evaluate for effusion.",
        history="Heart failure.",
        reference="Left pleural effusion, smaller.",
        generated="Left pleural effusion, larger.",
        image_size=(256, 256),
        truth=truth_of(left_effusion=Change.SMALLER),
        shown_as="worst",
    )


@pytest.fixture
def truth():
    return truth_of
