"""A tree in MIMIC-CXR's shape → a prepared data set, and what is said when the tree is not right."""

import json
import shutil
import subprocess
import sys
from dataclasses import replace
from datetime import date, datetime, time
from pathlib import Path

import pytest
from dicom_files import ramp, write_dicom
from mimic_tree import Film, two_visits, write_tree

from priorrg.data import preparing
from priorrg.data.manifest import PreparedData
from priorrg.data.mimic_cxr import prepare
from priorrg.data.priors import PriorOrder
from priorrg.data.store import ImageStore
from priorrg.errors import DataError, StorageError, UsageError


def files_of(folder):
    return {p.name: p.read_bytes() for p in folder.iterdir()}


@pytest.mark.parametrize("packed", [False, True])
def test_a_study_has_its_prior_its_context_and_its_report(tmp_path, packed):
    root = write_tree(tmp_path / "root", two_visits(), packed=packed)
    later, side, first = prepare(root, tmp_path / "out").studies()
    assert (later.study_id, later.current.image_id, later.current.view) == ("50000001", "bb-new", "PA")
    assert (side.current.image_id, side.current.view) == ("cc-side", "LATERAL")
    assert later.prior == side.prior == first.current
    assert (later.prior_reason, later.days_since_prior) == ("linked", 2.5)
    assert (first.prior, first.prior_reason) == (None, "first_study")
    assert first.taken_at == datetime(2180, 5, 6, 6, 0, 0, 500_000)
    assert later.context.indication == "Cough."
    assert later.report.findings == "Lungs of 50000001 clear."
    assert later.split == "train"


def test_labels_sizes_and_origin_are_kept(tmp_path):
    root = write_tree(tmp_path / "root", two_visits())
    (root / "phantom-truth.csv").write_text("study_id\n")
    prepared = prepare(root, tmp_path / "out")
    assert prepared.labels()["50000001"]["Edema"] == -1.0
    assert prepared.labels()["50000001"]["No Finding"] is None
    assert set(prepared.image_table["width"]) == {48}
    assert (prepared.name, prepared.synthetic) == ("phantom", True)
    assert (prepared.folder / "phantom-truth.csv").read_text() == "study_id\n"
    assert prepared.image_path(prepared.images()[0]).is_file()
    card = json.loads((prepared.folder / "data.json").read_text())
    assert card["sources"][0]["file"] == "mimic-cxr-2.0.0-metadata.csv"
    assert card["counts"]["prior_reasons"] == {"first_study": 1, "linked": 1}


def test_reports_may_lie_under_another_root(tmp_path):
    root = write_tree(tmp_path / "root", two_visits())
    reports = tmp_path / "reports"
    for text in root.rglob("*.txt"):
        target = reports / text.relative_to(root / "files")
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.move(text, target)
    without = prepare(root, tmp_path / "without")
    assert without.card["dropped"]["reports_missing"] == 2
    with_reports = prepare(root, tmp_path / "with", reports_root=reports)
    assert with_reports.studies()[0].report.impression == "Normal."


@pytest.mark.parametrize(
    ("position", "meaning", "view"),
    [
        ("PA", "", "PA"),
        ("", "postero-anterior", "PA"),
        ("", "antero-posterior", "AP"),
        ("", "lateral", "LATERAL"),
        ("", "left lateral", "LL"),
        ("", "Lateral", "LATERAL"),
        ("", "", "unk"),
        ("", "abdomen", "unk"),
        ("AP", "lateral", "AP"),
        ("Erect", "", "ERECT"),
        ("PA LLD", "", "PA LLD"),
        ("XTABLE LATERAL", "", "XTABLE LATERAL"),
    ],
)
def test_the_view_is_the_position_else_that_of_the_code_else_unknown(tmp_path, position, meaning, view):
    film = replace(two_visits()[0], view=position, meaning=meaning)
    prepared = prepare(write_tree(tmp_path / "root", [film]), tmp_path / "out")
    assert prepared.images()[0].view == view


@pytest.mark.parametrize(
    ("text", "clock"),
    [
        ("80556.875", time(8, 5, 56, 875_000)),
        ("180556", time(18, 5, 56)),
        ("556.5", time(0, 5, 56, 500_000)),
        ("0.0", time(0)),
        ("235959.999999", time(23, 59, 59, 999_999)),
    ],
)
def test_the_time_is_a_number_that_lost_its_leading_zeros(tmp_path, text, clock):
    film = replace(two_visits()[0], time=text)
    prepared = prepare(write_tree(tmp_path / "root", [film]), tmp_path / "out")
    assert prepared.studies()[0].taken_at == datetime.combine(date(2180, 5, 6), clock)


def test_a_fraction_of_a_second_orders_two_studies(tmp_path):
    films = [
        Film(patient="10000099", study="60000009", image="a", time="80556.125"),
        Film(patient="10000099", study="60000001", image="b", time="80556.5"),
    ]
    later, first = prepare(write_tree(tmp_path / "root", films), tmp_path / "out").studies()
    assert (later.prior.image_id, first.prior) == ("a", None)


def test_several_studies_with_one_timestamp_have_no_prior_and_are_none(tmp_path):
    films = [
        Film(patient="10000099", study=f"6000000{n}", image=f"i{n}", date=day)
        for n, day in enumerate(("21800101", "21800102", "21800102", "21800103", "21800104"))
    ]
    studies = prepare(write_tree(tmp_path / "root", films), tmp_path / "out").studies()
    assert [study.prior_reason for study in studies] == [
        "first_study",
        "same_time",
        "same_time",
        "prior_ambiguous",
        "linked",
    ]


def test_tables_of_release_2_1_0_may_bear_its_number(tmp_path):
    root = write_tree(tmp_path / "root", two_visits())
    for table in root.glob("*.csv"):
        table.rename(table.with_name(table.name.replace("2.0.0", "2.1.0")))
    prepared = prepare(root, tmp_path / "out")
    assert {entry["file"] for entry in prepared.card["sources"]} == {
        f"mimic-cxr-2.1.0-{table}.csv" for table in ("metadata", "split", "chexpert")
    }


def test_the_dicom_release_is_read_in_the_same_way(tmp_path):
    root = write_tree(tmp_path / "root", two_visits())
    for jpeg in root.rglob("*.jpg"):
        write_dicom(jpeg.with_suffix(".dcm"), ramp())
        jpeg.unlink()
    prepared = prepare(root, tmp_path / "out")
    assert [Path(image.location).suffix for image in prepared.images()] == [".dcm"] * 3
    assert len(ImageStore.open(prepared, 16, "pad")) == 3


def test_by_study_id_the_released_order_is_repeated_and_the_card_says_so(tmp_path):
    root = write_tree(tmp_path / "root", two_visits())
    prepared = prepare(root, tmp_path / "out", prior_order=PriorOrder.STUDY_ID)
    later, _, first = prepared.studies()
    assert (later.study_id, later.prior, later.prior_reason) == ("50000001", None, "first_study")
    assert (first.prior.image_id, first.prior_reason) == ("bb-new", "by_study_id")
    assert "for comparison only" in prepared.card["priors"]
    assert prepared.card["counts"]["priors_not_earlier"] == 1
    assert prepare(root, tmp_path / "other").card["counts"]["priors_not_earlier"] == 0


def test_priors_are_linked_before_anything_is_left_out(tmp_path):
    films = two_visits()
    gone = Film(
        patient="10000032", study="50000005", image="dd", date="21800507", time="10000", on_disk=False
    )
    no_report = replace(films[0], report=None)
    root = write_tree(tmp_path / "root", [no_report, gone, *films[1:]])
    prepared = prepare(root, tmp_path / "out")
    assert prepared.studies()[0].prior_reason == "prior_has_no_image"
    assert prepared.card["dropped"]["images_missing"] == 1
    assert prepared.card["dropped"]["studies_without_any_image"] == 1
    assert prepared.card["counts"]["studies"] == 3


def test_dates_that_cannot_be_read_or_differ_leave_a_study_undated(tmp_path):
    films = [
        *two_visits(),
        Film(patient="10000099", study="60000001", image="ee", date=""),
        Film(patient="10000099", study="60000002", image="ff"),
        Film(patient="10000099", study="60000002", image="gg", time="90000"),
    ]
    prepared = prepare(write_tree(tmp_path / "root", films), tmp_path / "out")
    reasons = {study.study_id: study.prior_reason for study in prepared.studies()}
    assert (reasons["60000001"], reasons["60000002"]) == ("no_date", "no_date")
    assert prepared.card["dropped"]["studies_without_date"] == 1
    assert prepared.card["dropped"]["studies_with_differing_dates"] == 1


def test_the_order_of_the_rows_changes_nothing(tmp_path):
    films = two_visits()
    root = write_tree(tmp_path / "root", films)
    one = files_of(prepare(root, tmp_path / "a").folder)
    write_tree(tmp_path / "other", films[::-1])
    shutil.copy(tmp_path / "other" / "mimic-cxr-2.0.0-metadata.csv", root)
    two = files_of(prepare(root, tmp_path / "b").folder)
    assert one["images.parquet"] == two["images.parquet"]
    assert one["studies.parquet"] == two["studies.parquet"]


def test_without_a_split_table_whole_patients_are_drawn(tmp_path):
    root = write_tree(tmp_path / "root", two_visits(), without=["split", "chexpert"])
    prepared = prepare(root, tmp_path / "out")
    assert len({study.split for study in prepared.studies()}) == 1
    assert prepared.card["split"] == "drawn by patient, seed 0; too few patients for validate and test"
    assert prepared.labels() == {}


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"patient": "10000033"}, "belongs to patients"),
        ({"image": "aa-old"}, "dicom_id 'aa-old' occurs twice"),
        ({"split": "test"}, "is in split"),
        ({"study": "50000003", "split": "test"}, "patient '10000032' is in split"),
        ({"split": "dev"}, "split is 'dev'; expected train, validate, test"),
    ],
)
def test_contradictions_in_the_tables_are_refused(tmp_path, change, words):
    first, second, third = two_visits()
    root = write_tree(tmp_path / "root", [first, second, replace(third, **change)])
    with pytest.raises(DataError) as caught:
        prepare(root, tmp_path / "out")
    assert words in str(caught.value)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("table", "row", "words"),
    [
        ("split", "aa-old,50000009,10000032,test", "'aa-old' is in split 'test' and 'train'"),
        ("chexpert", "10000032,50000009" + ",0.0" * 14, "'50000009' is labelled in two ways"),
    ],
)
def test_rows_that_contradict_another_are_refused_and_repeated_ones_taken_once(
    tmp_path, table, row, words
):
    root = write_tree(tmp_path / "root", two_visits())
    whole = prepare(root, tmp_path / "out")
    path = root / f"mimic-cxr-2.0.0-{table}.csv"
    header, first, *rest = path.read_text().splitlines()
    path.write_text("\n".join([header, first, *rest, first, ""]))
    assert prepare(root, tmp_path / "out").fingerprint == whole.fingerprint
    path.write_text("\n".join([header, first, *rest, row, ""]))
    with pytest.raises(DataError, match=words):
        prepare(root, tmp_path / "out")


def test_studies_of_which_a_cut_split_table_says_nothing_are_counted(tmp_path):
    root = write_tree(tmp_path / "root", two_visits())
    path = root / "mimic-cxr-2.0.0-split.csv"
    header, first, *_ = path.read_text().splitlines()
    path.write_text(f"{header}\n{first}\n")
    assert prepare(root, tmp_path / "out").card["dropped"]["studies_without_split"] == 1


def test_a_root_that_is_not_mimic_is_refused(tmp_path):
    with pytest.raises(UsageError, match="no such folder"):
        prepare(tmp_path / "none", tmp_path / "out")
    (tmp_path / "root").mkdir()
    with pytest.raises(DataError, match="metadata"):
        prepare(tmp_path / "root", tmp_path / "out")
    (tmp_path / "root" / "mimic-cxr-2.0.0-metadata.csv").write_text("dicom_id,study_id\na,b\n")
    with pytest.raises(
        DataError, match="column subject_id, StudyDate, StudyTime, ViewPosition is missing"
    ):
        prepare(tmp_path / "root", tmp_path / "out")
    (tmp_path / "root" / "mimic-cxr-2.0.0-metadata.csv").write_text("")
    with pytest.raises(DataError, match="not readable as CSV"):
        prepare(tmp_path / "root", tmp_path / "out")


def test_a_tree_without_any_image_is_refused(tmp_path):
    root = write_tree(tmp_path / "root", [replace(film, on_disk=False) for film in two_visits()])
    with pytest.raises(DataError, match="none of the images"):
        prepare(root, tmp_path / "out")


def test_only_a_preparation_of_the_same_root_is_replaced(tmp_path):
    root = write_tree(tmp_path / "root", two_visits())
    prepare(root, tmp_path / "out")
    (tmp_path / "out" / "stale").write_text("")
    prepare(root, tmp_path / "out")
    assert not (tmp_path / "out" / "stale").exists()
    other = write_tree(tmp_path / "other", two_visits())
    with pytest.raises(UsageError, match="is not empty"):
        prepare(other, tmp_path / "out")
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.txt").write_text("")
    with pytest.raises(UsageError, match="is not empty"):
        prepare(root, tmp_path / "mine")
    assert [p.name for p in (tmp_path / "mine").iterdir()] == ["thesis.txt"]


@pytest.mark.parametrize(
    ("error", "seen"),
    [(OSError(28, "No space left"), StorageError), (KeyboardInterrupt(), KeyboardInterrupt)],
)
def test_an_interruption_leaves_the_former_data_set_whole(tmp_path, monkeypatch, error, seen):
    root = write_tree(tmp_path / "root", two_visits())
    before = files_of(prepare(root, tmp_path / "out").folder)

    def fail(*_):
        raise error

    monkeypatch.setattr(preparing, "write_card", fail)
    with pytest.raises(seen):
        prepare(root, tmp_path / "out")
    assert files_of(tmp_path / "out") == before
    assert sorted(p.name for p in tmp_path.iterdir()) == ["out", "root"]


STOPS_BEFORE_THE_END = """
import sys
from priorrg.data import preparing
from priorrg.data.mimic_cxr import prepare

def stop(folder):
    print(folder, flush=True)
    sys.stdin.read()

preparing.write_data_card = stop
prepare(sys.argv[1], sys.argv[2])
"""


def test_a_preparation_that_was_killed_leaves_the_former_one_whole_and_goes_again(tmp_path):
    root, out = write_tree(tmp_path / "root", two_visits()), tmp_path / "out"
    script = tmp_path / "stops.py"
    script.write_text(STOPS_BEFORE_THE_END)
    whole = files_of(prepare(root, out).folder)
    killed = subprocess.Popen(
        [sys.executable, script, root, out], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    half_written = Path(killed.stdout.readline().strip())
    killed.kill()
    killed.communicate()
    assert (half_written / "studies.parquet").is_file()
    assert files_of(out) == whole
    assert files_of(prepare(root, out).folder) == whole
    assert {path.name for path in tmp_path.iterdir()} == {"root", "out", "stops.py"}


def test_progress_counts_every_study(tmp_path):
    seen = []
    root = write_tree(tmp_path / "root", two_visits())
    prepare(root, tmp_path / "out", progress=lambda done, total: seen.append((done, total)))
    assert seen[-1] == (2, 2)


def test_a_prepared_data_set_opens_again_from_its_folder(tmp_path):
    prepared = prepare(write_tree(tmp_path / "root", two_visits()), tmp_path / "out")
    assert PreparedData(tmp_path / "out").studies() == prepared.studies()
