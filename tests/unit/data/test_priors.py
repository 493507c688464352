"""Which earlier study is the prior."""

from datetime import datetime

import pytest

from priorrg.data.priors import PriorOrder, StudyRecord, link
from priorrg.errors import DataError
from priorrg.study import Radiograph

IMAGE = [Radiograph(image_id="i")]


def record(study_id, day, hour=12, *, images=IMAGE, patient="p"):
    taken_at = datetime(2180, 1, day, hour) if day else None
    return StudyRecord(patient_id=patient, study_id=study_id, taken_at=taken_at, images=images)


def test_studies_link_by_time_and_not_by_id():
    links = link([record("9", 1), record("1", 3, 18), record("5", 2)])
    assert [links[s].prior_study_id for s in ("9", "5", "1")] == [None, "9", "5"]
    assert links["1"].days_since_prior == 1.25


def test_studies_at_one_moment_have_no_prior_and_are_nobodys_prior():
    links = link(
        [record("first", 1), record("a", 2), record("b", 2), record("next", 3), record("last", 4)]
    )
    reasons = {study: found.reason.value for study, found in links.items()}
    assert reasons == {
        "first": "first_study",
        "a": "same_time",
        "b": "same_time",
        "next": "prior_ambiguous",
        "last": "linked",
    }


def test_a_nearest_study_without_images_is_not_skipped_for_an_older_one():
    links = link([record("old", 1), record("lost", 2, images=[]), record("now", 3)])
    assert links["now"].reason == "prior_has_no_image"
    assert links["now"].prior_study_id is None


def test_an_undated_study_takes_no_part():
    links = link([record("undated", None), record("now", 3)])
    assert (links["undated"].reason, links["now"].reason) == ("no_date", "first_study")


def test_a_study_that_occurs_twice_is_refused():
    with pytest.raises(DataError, match="study 's' occurs twice"):
        link([record("s", 1), record("s", 2, patient="q")])


def test_by_study_id_the_next_smaller_id_with_an_image_is_the_prior_whatever_the_dates():
    records = [record("9", 1), record("10", 3), record("8", 2, images=[]), record("7", None)]
    links = link(records, PriorOrder.STUDY_ID)
    assert {s: links[s].prior_study_id for s in ("7", "8", "9", "10")} == {
        "7": None, "8": "7", "9": "7", "10": "9",
    }  # fmt: skip
    assert [links[s].reason.value for s in ("7", "10")] == ["first_study", "by_study_id"]
    assert links["10"].days_since_prior is None
    assert links == link(records[::-1], PriorOrder.STUDY_ID)
