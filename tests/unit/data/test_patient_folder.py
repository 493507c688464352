"""A folder of DICOM files → current, prior, and why."""

import os

import pytest
from dicom_files import ramp, write_dicom

from priorrg.data.dicom import read_header
from priorrg.data.patient_folder import check_prior, choose
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
    assert "do not show which earlier study is the nearest" in choice.reason


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


def test_a_prior_that_is_newer_or_another_patients_or_the_image_itself_is_refused(tmp_path):
    now = read_header(film(tmp_path / "now.dcm", 2, "20200310"))
    old = read_header(film(tmp_path / "old.dcm", 1, "20200301"))
    other = read_header(film(tmp_path / "other.dcm", 3, "20200301", PatientID="P2"))
    renamed = read_header(film(tmp_path / "name.dcm", 4, "20200301", PatientName="Roe^Jane"))
    undated = read_header(film(tmp_path / "undated.dcm", 5, ""))
    assert check_prior(now, old) == ()
    with pytest.raises(DataError, match="the prior is newer than the current image"):
        check_prior(old, now)
    with pytest.raises(DataError, match="the prior is the current image itself"):
        check_prior(now, now)
    with pytest.raises(
        DataError, match=r"other\.dcm: the prior is another patient's: PatientID differs"
    ):
        check_prior(now, other)
    assert check_prior(now, renamed) == ("the prior may be another patient's: PatientName differs",)
    assert check_prior(now, undated) == (
        "date and time do not show that the prior is the earlier image",
    )


def cut(path, size):
    """Leave the first ``size`` bytes of a file; a negative size takes that many off its end."""
    path.write_bytes(path.read_bytes()[:size])


def said(choice, words):
    return [remark for remark in choice.remarks if words in remark]


@pytest.mark.parametrize("name", ["new.dcm", "IMG00001", "1.2.840.10008.77", "new.IMA"])
@pytest.mark.parametrize("size", [0, 100, 200])
def test_files_of_which_nothing_can_be_read_may_hide_an_examination(tmp_path, name, size):
    film(tmp_path / "now.dcm", 2, "20200310")
    film(tmp_path / "old.dcm", 1, "20200301")
    assert "could be read" not in choose(tmp_path).reason
    cut(film(tmp_path / name, 3, "20200320"), size)
    choice = choose(tmp_path)
    assert names(choice) == ("now.dcm", "old.dcm")
    assert choice.reason.count("of those that could be read and dated") == 2
    assert len(said(choice, f"could not be read: {name}: ")) == 1
    assert said(choice, "a later or nearer examination may be missing")


@pytest.mark.parametrize("size", [540, 600, 660])
def test_a_file_cut_in_its_header_that_may_be_newer_is_no_reason_to_take_an_older_one(tmp_path, size):
    film(tmp_path / "now.dcm", 2, "20200310")
    cut(film(tmp_path / "new.dcm", 3, "20200320"), size)
    with pytest.raises(DataError, match=r"new\.dcm: may be of a later study than now\.dcm"):
        choose(tmp_path)


@pytest.mark.parametrize("size", [540, 660, -500])
def test_no_older_study_stands_in_for_a_nearest_one_that_cannot_be_read(tmp_path, size):
    film(tmp_path / "now.dcm", 3, "20200310")
    film(tmp_path / "old.dcm", 1, "20200301")
    cut(film(tmp_path / "near.dcm", 2, "20200305"), size)
    choice = choose(tmp_path)
    assert names(choice) == ("now.dcm", None)
    assert "near.dcm, of the nearest earlier study; an older study is not taken" in choice.reason
    assert len(said(choice, "near.dcm")) == 1


def test_no_older_study_stands_in_for_a_nearest_one_that_may_be_another_patients(tmp_path):
    film(tmp_path / "now.dcm", 3, "20200310")
    film(tmp_path / "old.dcm", 1, "20200301")
    film(tmp_path / "near.dcm", 2, "20200305", PatientName="Roe^Jane")
    choice = choose(tmp_path)
    assert choice.prior is None
    assert "PatientName differs (near.dcm" in choice.reason


def test_a_broken_file_that_is_surely_older_costs_no_prior(tmp_path):
    film(tmp_path / "now.dcm", 3, "20200310")
    film(tmp_path / "near.dcm", 2, "20200305")
    cut(film(tmp_path / "old.dcm", 1, "20200301"), 660)
    choice = choose(tmp_path)
    assert names(choice) == ("now.dcm", "near.dcm")
    assert "could be read" not in choice.reason
    assert said(choice, "the file ends before its pixels") == [
        "could not be read: old.dcm: the file ends before its pixels; is it complete?"
    ]


def test_an_image_whose_pixels_are_broken_gives_way_to_another_of_its_study_alone(tmp_path):
    film(tmp_path / "old.dcm", 1, "20200301")
    cut(film(tmp_path / "now-pa.dcm", 2, "20200310"), -500)
    with pytest.raises(DataError, match=r"now-pa\.dcm: no image of the latest study can be read"):
        choose(tmp_path)
    film(tmp_path / "now-ap.dcm", 2, "20200310", ViewPosition="AP")
    choice = choose(tmp_path)
    assert names(choice) == ("now-ap.dcm", "old.dcm")
    assert said(choice, "could not be read: now-pa.dcm: the pixel data")


def test_a_film_without_a_date_may_be_the_later_one(tmp_path):
    film(tmp_path / "now.dcm", 2, "20200310")
    film(tmp_path / "old.dcm", 1, "20200301")
    film(tmp_path / "undated.dcm", 3, "")
    choice = choose(tmp_path)
    assert names(choice) == ("now.dcm", "old.dcm")
    assert said(choice, "1 file could not be read or dated: a later or nearer")
    assert said(choice, "left out: 1 file, it has no date (undated.dcm)")


def test_what_is_left_out_is_said_by_reason_with_the_names_of_a_few(tmp_path):
    film(tmp_path / "now.dcm", 2, "20200310")
    for number in range(5):
        film(tmp_path / f"ct{number}.dcm", 3, "20200320", Modality="CT")
    film(tmp_path / "state.dcm", 2, "20200310", Modality="PR", PixelData=b"")
    film(tmp_path / "deep" / "foot.dcm", 4, "20200320", BodyPartExamined="FOOT")
    (tmp_path / "film.png").write_bytes(b"")
    (tmp_path / "README").write_text("not DICOM")
    assert choose(tmp_path).remarks == (
        "left out: 1 file, a picture without date and patient, not DICOM (film.png)",
        "left out: 1 file, its body part is not the chest (deep/foot.dcm)",
        "left out: 5 files, modality is CT, not CR or DX (ct0.dcm, ct1.dcm, ct2.dcm, …)",
        "left out: 1 file, modality is PR, not CR or DX (state.dcm)",
    )


@pytest.mark.parametrize("attributes", [{"Modality": "CT"}, {"BodyPartExamined": "FOOT"}])
def test_a_strangers_file_is_noticed_even_if_it_is_no_chest_radiograph(tmp_path, attributes):
    film(tmp_path / "now.dcm", 1, "20200310")
    film(tmp_path / "other.dcm", 2, "20200301", PatientID="P2", **attributes)
    with pytest.raises(DataError, match="2 patients"):
        choose(tmp_path)


def test_many_unreadable_files_are_counted_beyond_the_first(tmp_path):
    film(tmp_path / "now.dcm", 1, "20200310")
    for number in range(14):
        (tmp_path / f"{number:02}.dcm").write_bytes(b"")
    choice = choose(tmp_path)
    assert len(said(choice, "could not be read: ")) == 11
    assert said(choice, "could not be read: 4 files more")


def test_a_folder_that_cannot_be_opened_and_a_link_to_nothing_are_said(tmp_path, monkeypatch):
    film(tmp_path / "now.dcm", 1, "20200310")
    (tmp_path / "shut").mkdir()
    (tmp_path / "link.dcm").symlink_to(tmp_path / "gone.dcm")
    scan = os.scandir

    def closed(path):
        if str(path).endswith("shut"):
            raise PermissionError(13, "Permission denied", str(path))
        return scan(path)

    monkeypatch.setattr(os, "scandir", closed)
    choice = choose(tmp_path)
    assert said(choice, "could not be read: shut: the folder cannot be opened")
    assert said(choice, "could not be read: link.dcm: ")
