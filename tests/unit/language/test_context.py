"""Mentions of a prior, and what an indication asks for."""

import pytest

from priorrg.language.claims import asked_observations, mentions_prior
from priorrg.language.observations import Observation


@pytest.mark.parametrize(
    "text",
    [
        "Compared to the prior study, no change.",
        "No new consolidation.",
        "The effusion has increased.",
        "Heart remains enlarged.",
        "Since the previous radiograph the tube was removed.",
        "Interval removal of the line.",
        "Unchanged.",
        "Again seen is a nodule.",
        "The pneumothorax is no longer visible.",
        "The tube has been advanced.",
    ],
)
def test_a_comparison_is_noticed(text: str) -> None:
    assert mentions_prior(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Small left effusion.",
        "Elevated right hemidiaphragm.",
        "Bilateral effusions, left greater than right.",
        "The effusion is larger on the right than on the left.",
        "No prior studies are available for comparison.",
        "Comparison: None.",
        "Prior sternotomy.",
        "Evidence of prior granulomatous disease.",
        "Low lung volumes.",
        "The heart is enlarged.",
        "Increased interstitial markings.",
        "Degenerative changes of the spine.",
        "Chronic deformity of the left clavicle.",
    ],
)
def test_what_one_film_alone_shows_is_no_comparison(text: str) -> None:
    assert not mentions_prior(text)


@pytest.mark.parametrize(
    ("indication", "asked"),
    [
        ("", set()),
        ("Evaluate for effusion.", {Observation.EFFUSION}),
        ("r/o pneumonia", {Observation.CONSOLIDATION}),
        ("Rule out pneumothorax or rib fracture", {Observation.PNEUMOTHORAX, Observation.FRACTURE}),
        ("62 year old man with dyspnea, effusion?", {Observation.EFFUSION}),
        ("? pneumothorax", {Observation.PNEUMOTHORAX}),
        ("Cough and fever. Question of pneumonia.", {Observation.CONSOLIDATION}),
        ("Concern for pulmonary edema", {Observation.EDEMA}),
        ("Assess for CHF", {Observation.EDEMA}),
        ("Look for nodule", {Observation.NODULE}),
        ("History of pleural effusion, evaluate for pneumonia.", {Observation.CONSOLIDATION}),
        ("Known cardiomegaly. Evaluate for edema.", {Observation.EDEMA}),
        ("History of pleural effusion.", set()),
        ("Shortness of breath.", set()),
        ("Status post chest tube removal, evaluate for pneumothorax", {Observation.PNEUMOTHORAX}),
        ("Evaluate heart size", {Observation.CARDIOMEGALY}),
        ("Pneumothorax.", {Observation.PNEUMOTHORAX}),
        ("Interval change in effusion", {Observation.EFFUSION}),
        ("ET tube placement", {Observation.ENDOTRACHEAL_TUBE}),
    ],
)
def test_an_indication_asks_for_what_is_in_question_and_not_for_what_is_known(
    indication: str, asked: set[Observation]
) -> None:
    assert asked_observations(indication) == asked
