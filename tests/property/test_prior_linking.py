"""What holds for priors whatever the patients' histories."""

from datetime import datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from priorrg.data.priors import PriorReason, StudyRecord, link, prior_image
from priorrg.study import Radiograph

START = datetime(2150, 1, 1)
VIEWS = ("PA", "AP", "LATERAL", "LL", "unk")
IMAGE = Radiograph(image_id="i")


@st.composite
def cohorts(draw, prefix=""):
    """Draw studies of a few patients on few dates, so that ties and gaps are common."""
    studies = draw(
        st.lists(
            st.tuples(st.sampled_from("abc"), st.none() | st.integers(0, 6), st.booleans()), max_size=14
        )
    )
    return [
        StudyRecord(
            patient_id=prefix + patient,
            study_id=f"{prefix}{number}",
            taken_at=None if hours is None else START + timedelta(hours=7 * hours),
            images=[IMAGE] * has_image,
        )
        for number, (patient, hours, has_image) in enumerate(studies)
    ]


@given(cohorts(), st.randoms(use_true_random=False))
def test_the_order_of_studies_plays_no_part(cohort, random):
    shuffled = cohort.copy()
    random.shuffle(shuffled)
    assert link(cohort) == link(shuffled)


@given(cohorts(), cohorts(prefix="other-"))
def test_other_patients_change_nothing(cohort, others):
    alone, together = link(cohort), link([*others, *cohort])
    assert alone == {study: together[study] for study in alone}


@given(cohorts(), st.integers(0, 6))
def test_later_studies_of_the_same_patient_change_nothing(cohort, hours):
    then = START + timedelta(hours=7 * hours)
    until = [s for s in cohort if s.taken_at is None or s.taken_at <= then]
    alone, together = link(until), link(cohort)
    assert alone == {study: together[study] for study in alone}


@given(cohorts())
def test_a_prior_is_the_same_patients_nearest_strictly_earlier_study(cohort):
    by_id = {study.study_id: study for study in cohort}
    for study_id, found in link(cohort).items():
        study = by_id[study_id]
        mine = [s for s in cohort if s.patient_id == study.patient_id and s.taken_at is not None]
        if found.prior_study_id is None:
            assert found.reason != PriorReason.LINKED
            assert found.days_since_prior is None
            continue
        prior = by_id[found.prior_study_id]
        assert found.reason == PriorReason.LINKED
        assert prior.patient_id == study.patient_id
        assert prior.images
        assert prior.taken_at < study.taken_at
        assert not [s for s in mine if prior.taken_at < s.taken_at < study.taken_at]
        assert [s for s in mine if s.taken_at == prior.taken_at] == [prior]
        assert found.days_since_prior == (study.taken_at - prior.taken_at) / timedelta(days=1)


@given(cohorts())
def test_every_study_without_a_prior_has_the_reason_that_its_dates_give(cohort):
    for study_id, found in link(cohort).items():
        study = next(s for s in cohort if s.study_id == study_id)
        mine = [
            s.taken_at for s in cohort if s.patient_id == study.patient_id and s.taken_at is not None
        ]
        earlier = [t for t in mine if study.taken_at is not None and t < study.taken_at]
        if study.taken_at is None:
            assert found.reason == PriorReason.NO_DATE
        elif mine.count(study.taken_at) > 1:
            assert found.reason == PriorReason.SAME_TIME
        elif not earlier:
            assert found.reason == PriorReason.FIRST_STUDY
        elif earlier.count(max(earlier)) > 1:
            assert found.reason == PriorReason.PRIOR_AMBIGUOUS
        else:
            assert found.reason in (PriorReason.LINKED, PriorReason.PRIOR_HAS_NO_IMAGE)


@settings(max_examples=50)
@given(
    st.sampled_from(VIEWS),
    st.lists(st.sampled_from(VIEWS), max_size=5),
    st.randoms(use_true_random=False),
)
def test_the_prior_image_has_the_same_view_if_any_then_pa_then_ap(view, views, random):
    images = [Radiograph(image_id=str(number), view=v) for number, v in enumerate(views)]
    shuffled = images.copy()
    random.shuffle(shuffled)
    chosen = prior_image(view, shuffled)
    expected = next((v for v in (view, "PA", "AP") if v in views), views[0] if views else None)
    if expected is None:
        assert chosen is None
    else:
        rivals = [i for i in images if i.view == expected] if expected in (view, "PA", "AP") else images
        assert chosen == rivals[0]
