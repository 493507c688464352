"""A folder of DICOM files → current, prior, and why."""

import pytest
from dicom_files import ramp, write_dicom

from priorrg.data.dicom import read_header
from priorrg.data.patient_folder import check_order, choose
from priorrg.errors import DataError, UsageError


def film(path, study, day, **attributes):
    return write_dicom(
        path, ramp(), **{"StudyInstanceUID": f"2.25.{study}", "StudyDate": day, **attributes}
    )


def names(choice):
    return choice.current.path.name, choice.prior.path.name if choice.prior else None


def test_the_latest_study_is_current_and_the_nearest_earlier_one_its_prior(tmp_path):
    film(tmp_path / "z.dcm", 1, "20200301")
    film(tmp_path / "deep" / "a.dcm", 2, "20200310")
    film(tmp_path / "m.dcm", 3, "20200305")
    choice = choose(tmp_path)
    assert names(choice) == ("a.dcm", "m.dcm")
    assert "5 days before" in choice.reason
    assert {c.path.name: c.verdict for c in choice.considered}[
        "z.dcm"
    ] == "another image or study is nearer"


def test_frontal_images_are_preferred_and_the_prior_has_the_same_view(tmp_path):
    film(tmp_path / "now-side.dcm", 2, "20200310", ViewPosition="LATERAL")
    film(tmp_path / "now-ap.dcm", 2, "20200310", ViewPosition="AP")
    film(tmp_path / "old-pa.dcm", 1, "20200301", ViewPosition="PA")
    film(tmp_path / "old-ap.dcm", 1, "20200301", ViewPosition="AP")
    assert names(choose(tmp_path)) == ("now-ap.dcm", "old-ap.dcm")


def test_two_studies_of_one_day_are_ordered_by_time(tmp_path):
    film(tmp_path / "a.dcm", 1, "20200310", StudyTime="083000")
    film(tmp_path / "b.dcm", 2, "20200310", StudyTime="083000.5")
    assert names(choose(tmp_path)) == ("b.dcm", "a.dcm")


@pytest.mark.parametrize(
    ("attributes", "words"),
    [
        ({"PatientName": "Roe^Jane"}, "PatientName differs"),
        ({"PatientBirthDate": "19510101"}, "PatientBirthDate differs"),
        ({"PatientSex": "M"}, "PatientSex differs"),
        ({"IssuerOfPatientID": "Elsewhere"}, "IssuerOfPatientID differs"),
        ({"StudyDate": ""}, "it has no date"),
        ({"StudyDate": "20200310", "StudyInstanceUID": "2.25.2"}, "no other study"),
    ],
)
def test_a_doubtful_prior_is_no_prior_and_the_reason_is_said(tmp_path, attributes, words):
    film(tmp_path / "now.dcm", 2, "20200310")
    film(tmp_path / "old.dcm", 1, "20200301", **{"ViewPosition": "LATERAL", **attributes})
    choice = choose(tmp_path)
    assert names(choice) == ("now.dcm", None)
    assert f"no prior: {words}" in choice.reason.replace("not surely the same patient: ", "")


def test_two_earlier_studies_at_one_moment_are_no_prior(tmp_path):
    film(tmp_path / "now.dcm", 3, "20200310")
    film(tmp_path / "a.dcm", 1, "20200301")
    film(tmp_path / "b.dcm", 2, "20200301")
    choice = choose(tmp_path)
    assert choice.prior is None
    assert "same date and time" in choice.reason


def test_other_images_in_the_folder_are_passed_over(tmp_path):
    film(tmp_path / "now.dcm", 2, "20200310")
    film(tmp_path / "ct.dcm", 3, "20200320", Modality="CT")
    film(tmp_path / "foot.dcm", 4, "20200320", BodyPartExamined="FOOT")
    film(tmp_path / "raw.dcm", 5, "20200320", PresentationIntentType="FOR PROCESSING")
    (tmp_path / "notes.txt").write_text("not DICOM")
    choice = choose(tmp_path)
    assert names(choice) == ("now.dcm", None)
    verdicts = {c.path.name: c.verdict for c in choice.considered}
    assert verdicts["ct.dcm"] == "modality is CT, not CR or DX"
    assert verdicts["foot.dcm"] == "its body part is not the chest"


def test_an_image_without_any_date_stands_alone(tmp_path):
    film(tmp_path / "now.dcm", 1, "")
    choice = choose(tmp_path)
    assert "no prior: the current image has no date" in choice.reason


def test_folders_that_do_not_decide_are_refused(tmp_path):
    (tmp_path / "empty").mkdir()
    with pytest.raises(UsageError, match="the folder is empty"):
        choose(tmp_path / "empty")
    with pytest.raises(UsageError, match="no such folder"):
        choose(tmp_path / "none")
    (tmp_path / "text").mkdir()
    (tmp_path / "text" / "a.txt").write_text("a")
    with pytest.raises(UsageError, match="holds no DICOM file"):
        choose(tmp_path / "text")
    film(tmp_path / "ct" / "a.dcm", 1, "20200310", Modality="CT")
    with pytest.raises(UsageError, match="modality is CT"):
        choose(tmp_path / "ct")
    film(tmp_path / "two" / "a.dcm", 1, "20200310")
    film(tmp_path / "two" / "b.dcm", 2, "20200310", PatientID="P2")
    with pytest.raises(DataError, match="2 patients"):
        choose(tmp_path / "two")
    film(tmp_path / "tie" / "a.dcm", 1, "20200310", StudyTime="")
    film(tmp_path / "tie" / "b.dcm", 2, "20200310")
    with pytest.raises(DataError, match="which of 2 studies is the latest"):
        choose(tmp_path / "tie")


def test_no_reason_names_the_patient(tmp_path):
    film(tmp_path / "now.dcm", 2, "20200310", PatientName="Sentinel^Zebra")
    film(tmp_path / "old.dcm", 1, "20200301")
    choice = choose(tmp_path)
    assert not any(word in repr(choice) for word in ("Sentinel", "Doe", "1950"))


def test_a_prior_that_is_newer_than_the_current_image_is_refused(tmp_path):
    now = read_header(film(tmp_path / "now.dcm", 2, "20200310"))
    old = read_header(film(tmp_path / "old.dcm", 1, "20200301"))
    other = read_header(film(tmp_path / "other.dcm", 3, "20200301", PatientID="P2"))
    assert check_order(now, old) == ()
    with pytest.raises(DataError, match="the prior is newer than the current image"):
        check_order(old, now)
    assert check_order(now, now) == ("date and time do not show that the prior is the earlier image",)
    assert check_order(now, other) == ("the prior may be another patient's: PatientID differs",)
