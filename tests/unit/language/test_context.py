"""Mentions of a prior, and what an indication asks for."""

import pytest

from priorrg.language.claims import asked_observations, mentions_prior
from priorrg.language.observations import Observation

O = Observation  # noqa: E741


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
        ("Evaluate for effusion.", {O.EFFUSION}),
        ("r/o pneumonia", {O.CONSOLIDATION}),
        ("Rule out pneumothorax or rib fracture", {O.PNEUMOTHORAX, O.FRACTURE}),
        ("62 year old man with dyspnea, effusion?", {O.EFFUSION}),
        ("? pneumothorax", {O.PNEUMOTHORAX}),
        ("Cough and fever. Question of pneumonia.", {O.CONSOLIDATION}),
        ("Concern for pulmonary edema", {O.EDEMA}),
        ("Assess for CHF", {O.EDEMA}),
        ("Look for nodule", {O.NODULE}),
        ("History of pleural effusion, evaluate for pneumonia.", {O.CONSOLIDATION}),
        ("Known cardiomegaly. Evaluate for edema.", {O.EDEMA}),
        ("History of pleural effusion.", set()),
        ("Shortness of breath.", set()),
        ("Status post chest tube removal, evaluate for pneumothorax", {O.PNEUMOTHORAX}),
        ("Evaluate heart size", {O.CARDIOMEGALY}),
        ("Pneumothorax.", {O.PNEUMOTHORAX}),
        ("Interval change in effusion", {O.EFFUSION}),
        ("ET tube placement", {O.ENDOTRACHEAL_TUBE}),
    ],
)
def test_an_indication_asks_for_what_is_in_question_and_not_for_what_is_known(
    indication: str, asked: set[Observation]
) -> None:
    assert asked_observations(indication) == asked
