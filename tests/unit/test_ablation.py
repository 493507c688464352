"""Interventions take away or exchange exactly what they say."""

from dataclasses import replace

import pytest

from priorrg.ablation import INTERVENTIONS
from priorrg.errors import UsageError
from priorrg.study import ClinicalContext, Radiograph, Report, Study


def studies():
    rows = []
    for patient in range(6):
        for visit in range(3):
            image = Radiograph(image_id=f"{patient}-{visit}", view="PA")
            prior = Radiograph(image_id=f"{patient}-{visit - 1}", view="AP") if visit else None
            rows.append(
                Study(
                    patient_id=str(patient),
                    study_id=f"s{patient}-{visit}",
                    current=image,
                    prior=prior,
                    context=ClinicalContext(indication=f"question {patient}"),
                    report=Report(findings=f"findings {patient} {visit}"),
                )
            )
    return rows


def test_every_intervention_leaves_identity_and_reference_alone():
    for name, intervene in INTERVENTIONS.items():
        for before, after in zip(studies(), intervene(studies(), 0), strict=True):
            assert (before.study_id, before.report) == (after.study_id, after.report), name


def test_a_wrong_prior_is_always_another_patients_and_only_where_there_was_one():
    for before, after in zip(studies(), INTERVENTIONS["wrong_prior"](studies(), 3), strict=True):
        assert (after.prior is None) == (before.prior is None)
        if after.prior is not None:
            assert after.prior.image_id.split("-")[0] != before.patient_id
            assert after.current == before.current


def test_a_shuffled_image_is_always_another_patients():
    for after in INTERVENTIONS["shuffled_image"](studies(), 3):
        assert after.current.image_id.split("-")[0] != after.patient_id


def test_swapping_twice_gives_back_the_study():
    swap = INTERVENTIONS["swapped"]
    assert swap(swap(studies(), 0), 0) == studies()
    changed = swap(studies(), 0)[1]
    assert (changed.current.image_id, changed.prior.image_id) == ("0-0", "0-1")


def test_withholding_the_prior_leaves_no_trace_of_it():
    for after in INTERVENTIONS["without_prior"](studies(), 0):
        assert after.prior is None
        assert after.days_since_prior is None


def test_self_prior_shows_the_same_film_twice():
    for after in INTERVENTIONS["self_prior"](studies(), 0):
        assert after.prior in (None, after.current)


def test_without_context_nothing_of_the_question_is_left():
    assert not any(s.context for s in INTERVENTIONS["without_context"](studies(), 0))


def test_a_wrong_context_is_always_another_patients_and_only_where_there_was_one():
    some = studies()
    some[4] = replace(some[4], context=ClinicalContext())
    for before, after in zip(some, INTERVENTIONS["wrong_context"](some, 3), strict=True):
        assert bool(after.context) == bool(before.context)
        assert not after.context or after.context != before.context
        assert (after.current, after.prior) == (before.current, before.prior)


def test_a_patient_with_more_than_half_of_the_studies_still_gets_strangers_alone():
    some = studies()[:4]
    for after in INTERVENTIONS["shuffled_image"](some, 0):
        assert after.current.image_id.split("-")[0] != after.patient_id


@pytest.mark.parametrize("row", ["wrong_prior", "wrong_context", "shuffled_image"])
def test_without_strangers_nobodys_film_is_passed_off_as_a_strangers(row):
    with pytest.raises(UsageError, match=r"all . inputs are one patient's"):
        INTERVENTIONS[row](studies()[:3], 0)
