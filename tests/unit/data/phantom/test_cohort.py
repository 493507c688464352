"""The tree of files and the tables beside it."""

import csv
import hashlib
from collections import defaultdict
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from priorrg.data.phantom import cohort as cohort_module
from priorrg.data.phantom.cohort import PhantomSummary, assign_splits, write_phantom
from priorrg.data.phantom.patients import imagine_cohort, imagine_patient
from priorrg.data.phantom.tables import CHEXPERT, METADATA, SPLIT
from priorrg.errors import StorageError, UsageError
from priorrg.truth import COLUMNS

PATIENTS, SEED, SIZE = 5, 2, 64


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> PhantomSummary:
    return write_phantom(tmp_path_factory.mktemp("phantom") / "tree", PATIENTS, SEED, SIZE, workers=1)


def table(summary: PhantomSummary, name: str) -> list[dict[str, str]]:
    with (summary.folder / f"{name}.csv").open(newline="") as file:
        return list(csv.DictReader(file))


def digests(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def test_every_image_of_the_tables_lies_where_mimic_would_put_it(written: PhantomSummary) -> None:
    rows = table(written, "mimic-cxr-2.0.0-metadata")

    assert len(rows) == written.images
    for row in rows:
        patient, study = row["subject_id"], row["study_id"]
        home = written.folder / "files" / f"p{patient[:2]}" / f"p{patient}"
        assert (home / f"s{study}.txt").is_file()
        with Image.open(home / f"s{study}" / f"{row['dicom_id']}.jpg") as image:
            assert (image.mode, image.size) == ("L", (SIZE, SIZE))
    assert len(list(written.folder.rglob("*.jpg"))) == written.images
    assert len(list(written.folder.rglob("s*.txt"))) == written.studies


def test_the_tables_bear_the_archives_column_names(written: PhantomSummary) -> None:
    for name, header in (
        ("mimic-cxr-2.0.0-metadata", METADATA),
        ("mimic-cxr-2.0.0-split", SPLIT),
        ("mimic-cxr-2.0.0-chexpert", CHEXPERT),
        ("phantom-truth", COLUMNS),
    ):
        assert tuple(table(written, name)[0]) == header


def test_a_lost_date_is_empty_and_a_known_one_reads_back(written: PhantomSummary) -> None:
    visits = {s.visit.study_id: s.visit for p in imagine_cohort(PATIENTS, SEED) for s in p.studies}
    for row in table(written, "mimic-cxr-2.0.0-metadata"):
        taken = visits[row["study_id"]].taken_at
        if taken is None:
            assert row["StudyDate"] == row["StudyTime"] == ""
        else:
            assert row["StudyDate"] == taken.strftime("%Y%m%d")
            assert float(row["StudyTime"]) == pytest.approx(float(taken.strftime("%H%M%S.%f")))


def test_the_truth_has_a_row_for_every_slot_of_every_study(written: PhantomSummary) -> None:
    rows = table(written, "phantom-truth")
    by_study = defaultdict(list)
    for row in rows:
        by_study[row["study_id"]].append(row)

    assert len(by_study) == written.studies
    for study in by_study.values():
        assert len({(row["observation"], row["side"]) for row in study}) == len(study) == 14 + 5


def test_the_truth_agrees_with_itself(written: PhantomSummary) -> None:
    for row in table(written, "phantom-truth"):
        present, prior = row["present"] == "1", row["has_prior"] == "1"
        assert bool(row["prior_study_id"]) == prior
        assert prior or not row["change"]
        if row["change"] in ("new", "larger", "smaller", "unchanged"):
            assert present
        if row["change"] == "resolved":
            assert not present
        if not present:
            assert row["x0"] == ""
        if row["x0"]:
            x0, y0, x1, y1 = (int(row[k]) for k in ("x0", "y0", "x1", "y1"))
            assert 0 <= x0 < x1 <= SIZE
            assert 0 <= y0 < y1 <= SIZE


def test_nearly_everything_present_has_a_box(written: PhantomSummary) -> None:
    present = [row for row in table(written, "phantom-truth") if row["present"] == "1"]

    assert np.mean([row["x0"] != "" for row in present]) > 0.9


def test_labels_say_what_the_report_says(written: PhantomSummary) -> None:
    studies = {s.visit.study_id: s for p in imagine_cohort(PATIENTS, SEED) for s in p.studies}
    rows = table(written, "mimic-cxr-2.0.0-chexpert")

    assert len(rows) == written.studies
    for row in rows:
        scene = studies[row["study_id"]].scene
        assert (row["No Finding"] == "1.0") == (not scene.findings)
        assert (row["Support Devices"] == "1.0") == bool(scene.devices)
        assert {row[name] for name in CHEXPERT[2:]} <= {"1.0", "-1.0", "0.0", ""}


def test_the_files_do_not_depend_on_the_number_of_processes(
    written: PhantomSummary, tmp_path: Path
) -> None:
    other = write_phantom(tmp_path / "other", PATIENTS, SEED, SIZE, workers=2)

    assert digests(other.folder) == digests(written.folder)


def test_another_seed_gives_other_patients() -> None:
    assert imagine_patient(0, 1) == imagine_patient(0, 1)
    assert imagine_patient(0, 1) != imagine_patient(0, 2)
    assert imagine_patient(0, 1).patient_id != imagine_patient(0, 2).patient_id


def test_a_patient_does_not_depend_on_the_size_of_the_cohort() -> None:
    assert list(imagine_cohort(9, 1))[:4] == list(imagine_cohort(4, 1))


def test_splits_are_by_patient_and_none_is_empty() -> None:
    splits = assign_splits(200, 0)

    assert {name: splits.count(name) for name in set(splits)} == {
        "train": 152,
        "validate": 16,
        "test": 32,
    }
    assert set(assign_splits(3, 0)) == {"train", "validate", "test"}


def test_dicom_files_carry_the_same_facts(tmp_path: Path) -> None:
    from priorrg.data.dicom import read_header

    summary = write_phantom(tmp_path / "dicom", 1, SEED, SIZE, "dicom", workers=1)
    rows = {row["dicom_id"]: row for row in table(summary, "mimic-cxr-2.0.0-metadata")}

    for path in summary.folder.rglob("*.dcm"):
        header = read_header(path)
        assert header.patient_id == rows[path.stem]["subject_id"]
        assert header.view == rows[path.stem]["ViewPosition"]


def test_a_folder_with_files_is_never_written_over(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("keep")

    with pytest.raises(UsageError, match="holds files already"):
        write_phantom(tmp_path, 1, 0)
    assert (tmp_path / "mine.txt").read_text() == "keep"


@pytest.mark.parametrize(
    "wrong", [{"patients": 0}, {"seed": -1}, {"size": 8}, {"image_format": "bmp"}, {"size": 30_000}]
)
def test_impossible_numbers_are_refused(wrong: dict[str, object], tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="expected"):
        write_phantom(tmp_path / "out", **({"patients": 1, "seed": 0} | wrong))
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("failure", "seen"),
    [(OSError(28, "No space left"), StorageError), (KeyboardInterrupt(), KeyboardInterrupt)],
)
def test_a_failure_leaves_nothing_behind(failure, seen, tmp_path: Path, monkeypatch) -> None:
    def fail(*_: object) -> None:
        raise failure

    monkeypatch.setattr(cohort_module, "_write_tables", fail)

    with pytest.raises(seen):
        write_phantom(tmp_path / "out", 1, 0, 64, workers=1)
    assert list(tmp_path.iterdir()) == []


def test_progress_counts_patients_to_the_end(tmp_path: Path) -> None:
    heard: list[tuple[int, int]] = []

    write_phantom(tmp_path / "out", 2, 0, 64, progress=lambda *at: heard.append(at), workers=1)

    assert heard == [(1, 2), (2, 2)]
