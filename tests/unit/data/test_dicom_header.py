"""Whose, when, which view: what is read from a DICOM header, and the files that are written."""

from datetime import datetime

import numpy as np
import pydicom
import pytest
from dicom_files import ramp, write_dicom

from priorrg.data.dicom import read_header, read_radiograph
from priorrg.data.dicom_writing import uid_from, write_radiograph
from priorrg.data.mimic_jpg import equalise_histogram
from priorrg.errors import ImageError, StorageError, UsageError


def coded(value="", meaning="", scheme="SCT"):
    item = pydicom.Dataset()
    item.CodeValue, item.CodeMeaning, item.CodingSchemeDesignator = value, meaning, scheme
    return pydicom.Sequence([item])


@pytest.mark.parametrize(
    ("attributes", "view"),
    [
        ({"ViewPosition": "AP"}, "AP"),
        ({"ViewPosition": "", "ViewCodeSequence": coded("272479007", "postero-anterior")}, "PA"),
        ({"ViewPosition": None, "ViewCodeSequence": coded("399348003")}, "AP"),
        ({"ViewPosition": None, "ViewCodeSequence": coded("399173006")}, "LATERAL"),
        ({"ViewPosition": None, "ViewCodeSequence": coded("R-10206", "Antero-posterior")}, "AP"),
        ({"ViewPosition": None, "ViewCodeSequence": coded("1", "oblique")}, "unk"),
        ({"ViewPosition": None}, "unk"),
    ],
)
def test_the_view_comes_from_view_position_then_from_its_code(tmp_path, attributes, view):
    assert read_header(write_dicom(tmp_path / "a.dcm", ramp(), **attributes)).view == view


def test_descriptions_of_what_was_done_are_no_clinical_question(tmp_path):
    done = {
        "StudyDescription": "CHEST PA AND LAT",
        "SeriesDescription": "CHEST PA",
        "RequestedProcedureDescription": "XR CHEST 2 VIEWS",
    }
    assert read_header(write_dicom(tmp_path / "a.dcm", ramp(), **done)).context == ()
    asked = write_dicom(tmp_path / "b.dcm", ramp(), **done, ReasonForStudy="Cough, pneumonia?")
    assert [(f.source, f.text) for f in read_header(asked).context] == [
        ("ReasonForStudy", "Cough, pneumonia?")
    ]


@pytest.mark.parametrize("implicit", [True, False])
def test_a_file_that_ends_anywhere_in_its_header_says_nothing_wrong(tmp_path, implicit):
    path = write_dicom(tmp_path / "a.dcm", ramp(), PatientID="P123456", implicit=implicit)
    whole, content = read_header(path), path.read_bytes()
    assert whole.complete
    ends = 0
    for end in range(len(content) - 2600):
        path.write_bytes(content[:end])
        try:
            cut = read_header(path)
        except ImageError:
            continue
        ends += 1
        for name in ("patient_id", "study_uid", "modality", "body_part", "birth_date", "sex"):
            assert getattr(cut, name) in ("", getattr(whole, name)), (end, name)
        assert cut.taken_at is None or cut.taken_at.date() == whole.taken_at.date()
        assert cut.has_time is False or cut.taken_at in (None, whole.taken_at)
        assert not cut.complete
        assert cut.may_be_chest
    assert ends > 300


def test_context_fields_say_where_they_came_from(tmp_path):
    request = pydicom.Dataset()
    request.ReasonForTheRequestedProcedure = "Fever, pneumonia?"
    header = read_header(
        write_dicom(
            tmp_path / "a.dcm",
            ramp(),
            AdditionalPatientHistory="Smoker",
            StudyDescription="Thorax pa",
            RequestAttributesSequence=pydicom.Sequence([request]),
        )
    )
    assert [(field.source, field.text) for field in header.context] == [
        ("AdditionalPatientHistory", "Smoker"),
        ("RequestAttributesSequence.ReasonForTheRequestedProcedure", "Fever, pneumonia?"),
    ]


@pytest.mark.parametrize(
    ("day", "clock", "taken_at", "has_time"),
    [
        ("20200310", "101530.25", datetime(2020, 3, 10, 10, 15, 30, 250_000), True),
        ("20200310", "1015", datetime(2020, 3, 10, 10, 15), True),
        ("20200310", "", datetime(2020, 3, 10), False),
        ("", "101530", None, True),
        ("20201310", "101530", None, True),
    ],
)
def test_date_and_time_are_read_as_far_as_they_go(tmp_path, day, clock, taken_at, has_time):
    header = read_header(write_dicom(tmp_path / "a.dcm", ramp(), StudyDate=day, StudyTime=clock))
    assert (header.taken_at, header.has_time) == (taken_at, has_time)


@pytest.mark.parametrize(
    ("attributes", "words"),
    [
        ({}, ""),
        ({"Modality": "CT"}, "modality is CT"),
        ({"SOPClassUID": "1.2.840.10008.5.1.4.1.1.7"}, "secondary capture"),
        ({"PresentationIntentType": "FOR PROCESSING"}, "raw detector values"),
        ({"ImageType": ["DERIVED", "PRIMARY"]}, "derived"),
        ({"ImageType": ["DERIVED", "PRIMARY"], "DerivationCodeSequence": coded("113040")}, ""),
        ({"BodyPartExamined": "FOOT"}, "not the chest"),
        ({"BodyPartExamined": None}, "nothing says which body part"),
        ({"BodyPartExamined": None, "ProcedureCodeSequence": coded("1", "XR Chest 2 views")}, ""),
    ],
)
def test_a_chest_radiograph_is_told_from_other_images(tmp_path, attributes, words):
    objection = read_header(write_dicom(tmp_path / "a.dcm", ramp(), **attributes)).objection()
    assert words in objection
    assert bool(objection) == bool(words)


def test_the_facts_of_a_patient_do_not_show_in_a_printed_header(tmp_path):
    shown = repr(read_header(write_dicom(tmp_path / "a.dcm", ramp(), StudyDescription="Secret")))
    assert not any(value in shown for value in ("P1", "Doe", "1950", "Secret", "2020"))


def test_a_written_radiograph_reads_back_with_its_facts(tmp_path):
    pixels = ramp(bits=8).astype(np.uint8)[:31, :33]
    taken_at = datetime(2180, 5, 6, 8, 5, 56, 875_000)
    path = tmp_path / "new" / "a.dcm"
    write_radiograph(
        path, pixels, patient_id="p1", study_id="s1", image_id="i1", taken_at=taken_at, view="LATERAL"
    )
    header = read_header(path)
    assert (header.patient_id, header.view, header.taken_at) == ("p1", "LATERAL", taken_at)
    assert header.image_uid == uid_from("image", "i1")
    assert header.objection() == ""
    scaled = (pixels / pixels.max() * 255).astype(np.uint8)
    assert np.array_equal(read_radiograph(path), equalise_histogram(scaled))
    assert [entry.name for entry in path.parent.iterdir()] == ["a.dcm"]


def test_the_same_input_writes_the_same_bytes_and_an_undated_file_stays_undated(tmp_path):
    for name in ("a.dcm", "b.dcm"):
        write_radiograph(
            tmp_path / name,
            ramp(bits=8).astype(np.uint8),
            patient_id="p",
            study_id="s",
            image_id="i",
            taken_at=None,
        )
    assert (tmp_path / "a.dcm").read_bytes() == (tmp_path / "b.dcm").read_bytes()
    header = read_header(tmp_path / "a.dcm")
    assert (header.taken_at, header.view) == (None, "unk")


def test_writing_refuses_other_arrays_and_unwritable_places(tmp_path):
    names = {"patient_id": "p", "study_id": "s", "image_id": "i", "taken_at": None}
    with pytest.raises(UsageError, match="expected uint8"):
        write_radiograph(tmp_path / "a.dcm", ramp(), **names)
    (tmp_path / "file").write_text("")
    with pytest.raises(StorageError, match="cannot be written"):
        write_radiograph(tmp_path / "file" / "a.dcm", np.zeros((20, 20), dtype=np.uint8), **names)


@pytest.mark.parametrize(
    "content", [b"", b"DICM", b"\0" * 128 + b"DICM", b"\0" * 128 + b"DICM\2\0\0\0UL"]
)
def test_what_is_not_dicom_is_refused(tmp_path, content):
    path = tmp_path / "a.dcm"
    path.write_bytes(content)
    with pytest.raises(ImageError, match=r"a\.dcm"):
        read_radiograph(path)
