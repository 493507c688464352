"""What is dropped at random never makes the target a lie."""

from dataclasses import replace

import numpy as np
import pytest

from priorrg.settings import DataSettings
from priorrg.study import ClinicalContext, Radiograph, Report, Study
from priorrg.training.dropping import drop_inputs, lacks_its_prior

ALWAYS = DataSettings(drop_prior=1.0, drop_context=1.0)


def study(findings: str, impression: str = "") -> Study:
    return Study(
        study_id="s1",
        patient_id="p1",
        current=Radiograph(image_id="now", view="PA"),
        prior=Radiograph(image_id="before", view="PA"),
        days_since_prior=31.0,
        prior_reason="linked",
        context=ClinicalContext(indication="Effusion?"),
        report=Report(findings=findings, impression=impression),
    )


def dropped(findings: str, impression: str = "") -> Study:
    return drop_inputs(study(findings, impression), ALWAYS, np.random.default_rng(0))


@pytest.mark.parametrize(
    "findings",
    [
        "The right pleural effusion has increased.",
        "There is a new left pneumothorax.",
        "The lungs are clear, as on the prior study.",
        "The left pleural effusion has resolved.",
        "Stable moderate cardiomegaly.",
    ],
)
def test_a_report_that_speaks_of_change_keeps_its_prior(findings):
    assert dropped(findings).prior is not None
    assert dropped("There is a right pleural effusion.", impression=findings).prior is not None


def test_a_report_of_one_moment_may_lose_its_prior_and_its_question():
    left = dropped("There is a right pleural effusion.")
    assert (left.prior, left.days_since_prior, left.prior_reason) == (None, None, "dropped")
    assert not left.context


def test_a_denial_keeps_the_question_that_made_it_worth_saying():
    assert dropped("There is no pleural effusion.").context
    assert not dropped("The left pleural effusion has resolved.").context


def test_the_share_that_is_dropped_is_the_one_asked_for():
    generator = np.random.default_rng(0)
    half = DataSettings(drop_prior=0.5, drop_context=0.1)
    seen = [drop_inputs(study("There is cardiomegaly."), half, generator) for _ in range(2000)]
    assert sum(s.prior is None for s in seen) / 2000 == pytest.approx(0.5, abs=0.04)
    assert sum(not s.context for s in seen) / 2000 == pytest.approx(0.1, abs=0.03)


def test_a_study_whose_prior_cannot_be_read_teaches_only_what_is_still_true():
    unreadable = replace(study("Cardiomegaly."), prior=None, prior_reason="prior_unreadable")
    assert not lacks_its_prior(unreadable)
    assert lacks_its_prior(replace(unreadable, report=Report(findings="Increased cardiomegaly.")))
    assert not lacks_its_prior(study("Increased cardiomegaly."))
