"""Looking at one study, and at what changed between two preparations."""

import json

import numpy as np
import polars as pl
import pytest
from mimic_tree import Film, two_visits, write_tree
from PIL import Image
from typer.testing import CliRunner

from priorrg.cli import app
from priorrg.data.differences import compare, summary
from priorrg.data.manifest import PreparedData
from priorrg.data.mimic_cxr import prepare
from priorrg.data.shown_study import shown_study, write_picture
from priorrg.errors import DataError, UsageError

RUN = CliRunner()
OTHER = Film(patient="10000099", study="59999999", image="dd", split="test")
FINDINGS = "Lungs of 50000001 clear."


@pytest.fixture
def data(tmp_path):
    return prepare(write_tree(tmp_path / "root", [*two_visits(), OTHER]), tmp_path / "data")


def run(*arguments):
    result = RUN.invoke(app, ["data", *map(str, arguments)], catch_exceptions=False)
    assert result.exit_code == 0
    return result.stdout


def rewrite(data, name, *changes):
    path = data.folder / name
    pl.read_parquet(path).with_columns(*changes).write_parquet(path)


def where(study, value, column):
    return pl.when(pl.col("study_id") == study).then(pl.lit(value)).otherwise(column).alias(column)


def panels(picture):
    """Return the mean grey of the left and right halves of each row of panels."""
    pixels = np.asarray(Image.open(picture), dtype=float)
    rows = round(pixels.shape[0] / 518)
    halves = [half for row in np.array_split(pixels, rows) for half in np.array_split(row, 2, axis=1)]
    return [half[100:400, 100:400].mean() for half in halves]


def test_a_picture_has_a_row_for_each_image_with_the_prior_beside_it(data, tmp_path):
    old, new, side = sorted((tmp_path / "root").rglob("*.jpg"), key=lambda path: path.stem)[:3]
    for path, grey in ((old, 40), (new, 90), (side, 140)):
        Image.fromarray(np.full((48, 40), grey, np.uint8)).save(path)
    write_picture(data, shown_study(data, "50000001"), tmp_path / "s.png")
    assert panels(tmp_path / "s.png") == pytest.approx([90, 40, 140, 40], abs=3)


def test_a_study_without_a_prior_shows_an_empty_panel(data, tmp_path):
    first = shown_study(data, "50000009")
    write_picture(data, first, tmp_path / "s.png")
    assert panels(tmp_path / "s.png")[1] > 200
    assert first.reason == "first_study: no dated study of the patient is earlier"
    assert first.interval == ""


def test_an_image_that_is_gone_is_a_panel_that_says_so(data, tmp_path):
    next((tmp_path / "root").rglob("aa-old.jpg")).unlink()
    write_picture(data, shown_study(data, "50000009"), tmp_path / "s.png")
    assert panels(tmp_path / "s.png")[0] > 200


def test_the_verb_tells_the_prior_its_date_and_why(data, tmp_path):
    picture = tmp_path / "new" / "s.png"
    shown = json.loads(run("show", data.folder, "50000001", "--json", "--picture", picture))
    assert picture.is_file()
    assert shown["prior study"] == "50000009"
    assert shown["prior taken at"] == "2180-05-06 06:00:00.500000"
    assert shown["prior"].startswith("linked: the most recent study")
    assert shown["indication"] == "Cough."


def test_without_picture_no_file_is_written(data):
    before = sorted(data.folder.iterdir())
    run("show", data.folder, "50000001")
    assert sorted(data.folder.iterdir()) == before


def test_a_study_of_texts_alone_is_shown_but_has_no_picture(data, tmp_path):
    images = pl.read_parquet(data.folder / "images.parquet")
    images.filter(pl.col("study_id") != "59999999").write_parquet(data.folder / "images.parquet")
    assert "Lungs of 59999999 clear." in run("show", data.folder, "59999999")
    with pytest.raises(UsageError, match="has no image"):
        write_picture(data, shown_study(data, "59999999"), tmp_path / "s.png")


def test_a_picture_of_another_kind_is_wrong_use(data, tmp_path):
    with pytest.raises(UsageError, match=r"ends in \.png"):
        write_picture(data, shown_study(data, "50000001"), tmp_path / "s.jpg")


def test_the_same_data_prepared_twice_do_not_differ(data, tmp_path):
    again = prepare(tmp_path / "root", tmp_path / "again")
    assert not compare(data, again)
    assert run("diff", data.folder, again.folder).strip() == "no differences"
    assert json.loads(run("diff", data.folder, again.folder, "--json"))["differ"] is False


def test_studies_and_images_that_came_and_went_are_named(data, tmp_path):
    fewer = prepare(write_tree(tmp_path / "fewer", two_visits()), tmp_path / "less")
    found = compare(data, fewer)
    assert (found.studies_removed.count, found.studies_removed.examples) == (1, ("59999999",))
    assert found.images_removed.examples == ("dd",)
    assert compare(fewer, data).studies_added.examples == ("59999999",)
    assert "studies removed: 1 (59999999)" in summary(found)


def test_a_changed_date_changes_the_prior_and_both_are_told(data, tmp_path):
    early, *rest = two_visits()
    late = Film(**{f: getattr(early, f) for f in early.__dataclass_fields__} | {"date": "21810101"})
    moved = prepare(write_tree(tmp_path / "moved", [late, *rest, OTHER]), tmp_path / "after")
    found = compare(data, moved)
    assert found.prior_reasons == {"first_study → linked": 1, "linked → first_study": 1}
    assert {c.name: c.count for c in found.study_columns}["prior_study_id"] == 2
    assert any(
        line.startswith("mimic-cxr-2.0.0-metadata.csv: changed (SHA-256") for line in found.sources
    )


def test_splits_labels_and_image_facts_are_compared(data, tmp_path):
    again = prepare(tmp_path / "root", tmp_path / "again")
    rewrite(again, "studies.parquet", where("59999999", "train", "split"))
    rewrite(again, "labels.parquet", where("59999999", 1.0, "Edema"))
    rewrite(again, "images.parquet", where("59999999", "AP", "view"))
    found = compare(data, PreparedData(again.folder))
    assert found.splits == {"test → train": 1}
    assert [(c.name, c.examples) for c in found.label_columns] == [("Edema", (("59999999", -1.0, 1.0),))]
    assert [(c.name, c.examples) for c in found.image_columns] == [("view", (("dd", "PA", "AP"),))]


def test_a_last_paragraph_is_a_text_of_the_report(data, tmp_path):
    again = prepare(tmp_path / "root", tmp_path / "again")
    rewrite(again, "studies.parquet", where("50000001", "A letter.", "last_paragraph"))
    told = run("diff", data.folder, again.folder)
    assert "last_paragraph changed: 1" in told
    assert "A letter." not in told
    assert "A letter." in run("show", again.folder, "50000001")


def test_tables_that_are_damaged_cannot_be_compared(data, tmp_path):
    again = prepare(tmp_path / "root", tmp_path / "again")
    (again.folder / "labels.parquet").write_bytes(b"PAR1")
    with pytest.raises(DataError, match=r"labels\.parquet: not readable as Parquet"):
        compare(data, PreparedData(again.folder))


def test_a_changed_text_is_counted_but_shown_only_when_asked_for(data, tmp_path):
    again = prepare(tmp_path / "root", tmp_path / "again")
    rewrite(again, "studies.parquet", where("50000001", "Something else.", "findings"))
    for options in ([], ["--json"]):
        told = run("diff", data.folder, again.folder, *options)
        assert "50000001" in told
        assert "Something else" not in told
        assert FINDINGS not in told
        assert "Something else." in run("diff", data.folder, again.folder, "--texts", *options)


def test_examples_are_limited(data, tmp_path):
    again = prepare(tmp_path / "root", tmp_path / "again")
    rewrite(again, "studies.parquet", pl.lit("M").alias("sex"))
    (sex,) = compare(data, PreparedData(again.folder), examples=2).study_columns
    assert (sex.count, len(sex.examples)) == (3, 2)
