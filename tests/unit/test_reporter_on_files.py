"""Whatever people have on disk is read: every DICOM sample, and patients' consecutive films.

The real radiographs lie outside the repository; without them, equivalent generated files are read.
"""

import csv
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from priorrg import PriorRG
from priorrg.data.dicom import read_header
from priorrg.data.dicom_writing import write_radiograph
from priorrg.data.manifest import PreparedData
from priorrg.data.pixels import read_grey

pytestmark = pytest.mark.slow

REAL = Path(__file__).parents[3] / "shared" / "data"


@pytest.fixture(scope="module")
def model(small_model):
    return PriorRG.from_pretrained(small_model)


@pytest.fixture(scope="module")
def patients(small_data):
    """Films of three phantom patients, in the order in which they were taken."""
    prepared = PreparedData(small_data)
    films: dict[str, list[Path]] = {}
    for study in sorted(prepared.studies(views="frontal"), key=lambda s: str(s.taken_at)):
        films.setdefault(study.patient_id, []).append(prepared.image_path(study.current))
    return [own for own in films.values() if len(own) > 2][:3]


def is_a_marked_draft(draft):
    return "not for diagnosis" in draft.notice and "meaningless" in draft.notice


def dicom_files(folder, films):
    """One DICOM file a film, a day apart; patients one beside the other."""
    for patient, own in enumerate(films):
        for day, film in enumerate(own):
            write_radiograph(
                folder / f"{patient}-{day}.dcm",
                np.asarray(Image.open(film).convert("L")),
                patient_id=str(patient),
                study_id=f"{patient}-{day}",
                image_id=f"{patient}-{day}",
                taken_at=datetime(2020, 1, 1) + timedelta(days=day),
                view="AP",
            )
    return sorted(folder.glob("*.dcm"))


def check_dicom(model, paths):
    for path in paths:
        draft = model.report(path)
        assert is_a_marked_draft(draft), path
        header = read_header(path)
        assert draft.view == header.view
        grey = read_grey(path)
        assert grey.dtype == np.uint8
        assert grey.std() > 10, f"{path}: flat"


def check_pairs(model, pairs):
    for before, now in pairs:
        draft = model.report(now, prior=before, view="AP", prior_view="AP")
        assert is_a_marked_draft(draft), now
        assert (draft.current, draft.prior) == (str(now), str(before))
        assert [remark for remark in draft.remarks if "calibrate" not in remark] == []


def test_every_generated_dicom_file_is_read(model, patients, tmp_path):
    check_dicom(model, dicom_files(tmp_path, patients))


def test_consecutive_generated_films_are_read_as_pairs(model, patients):
    check_pairs(model, [pair for own in patients for pair in pairwise(own)])


def test_a_folder_of_dated_files_takes_the_latest_and_the_one_before(model, patients, tmp_path):
    files = dicom_files(tmp_path, patients[:1])
    draft = model.report(tmp_path)
    assert (draft.current, draft.prior) == (str(files[-1]), str(files[-2]))


@pytest.mark.skipif(not REAL.is_dir(), reason="the generated cases above run instead")
def test_every_real_dicom_sample_is_read(model):
    paths = sorted((REAL / "dicom").glob("*.dcm"))
    assert len(paths) >= 4
    check_dicom(model, paths)


@pytest.mark.skipif(not REAL.is_dir(), reason="the generated cases above run instead")
def test_all_consecutive_real_films_are_read_as_pairs(model):
    with (REAL / "hannover" / "studies.csv").open(newline="") as file:
        rows = sorted(csv.DictReader(file), key=lambda row: (row["patient_id"], int(row["days"])))
    pairs = [
        (REAL / "hannover" / before["file"], REAL / "hannover" / now["file"])
        for before, now in pairwise(rows)
        if before["patient_id"] == now["patient_id"]
    ]
    assert len(pairs) == 65
    check_pairs(model, pairs)
