"""A table of reports becomes a table of labels."""

import csv
import json

import polars as pl
import pytest

from priorrg.errors import DataError, UsageError
from priorrg.label_table import label_table
from priorrg.language.label_grammar import OBSERVATIONS

REPORTS = ["Small left effusion. No pneumothorax.", "Opacity may be pneumonia.", ""]


def rows(path):
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


@pytest.fixture
def table(tmp_path):
    path = tmp_path / "reports.csv"
    pl.DataFrame({"study_id": ["a", "b", "c"], "text": REPORTS}).write_csv(path)
    return path


def test_each_row_has_its_id_and_fourteen_labels(table, tmp_path):
    assert label_table(table, "text", tmp_path / "out.csv", speculation=True) == 3
    first, second, empty = rows(tmp_path / "out.csv")
    assert list(first) == ["study_id", *OBSERVATIONS]
    assert (first["study_id"], first["Pleural Effusion"], first["Pneumothorax"]) == ("a", "1", "0")
    assert second["Pneumonia"] == "-1"
    assert first["Pneumonia"] == ""
    assert set(empty.values()) == {"c", ""}


def test_explained_labels_stand_beside_the_phrase_that_decided(table, tmp_path):
    label_table(table, "text", tmp_path / "out.csv", explain=True, speculation=True)
    first, second, _ = rows(tmp_path / "out.csv")
    assert first["Pneumothorax phrase"] == "No pneumothorax"
    assert second["Pneumonia phrase"] == "may be pneumonia"
    assert list(first)[1:3] == ["Atelectasis", "Atelectasis phrase"]


def test_speculation_is_left_out_unless_asked_for(table, tmp_path):
    label_table(table, "text", tmp_path / "out.csv")
    assert rows(tmp_path / "out.csv")[1]["Pneumonia"] == ""


@pytest.mark.parametrize("ending", ["jsonl", "parquet"])
def test_other_forms_of_table_give_the_same_labels(table, tmp_path, ending):
    other = tmp_path / f"reports.{ending}"
    frame = pl.read_csv(table)
    if ending == "parquet":
        frame.write_parquet(other)
    else:
        other.write_text("".join(json.dumps(row) + "\n" for row in frame.to_dicts()))
    label_table(table, "text", tmp_path / "one.csv")
    label_table(other, "text", tmp_path / "two.csv")
    assert (tmp_path / "one.csv").read_bytes() == (tmp_path / "two.csv").read_bytes()


def test_without_a_column_of_ids_rows_are_numbered(tmp_path):
    (tmp_path / "r.csv").write_text("text\nNo edema.\n")
    label_table(tmp_path / "r.csv", "text", tmp_path / "out.csv")
    assert rows(tmp_path / "out.csv")[0]["row"] == "1"


def test_a_column_that_is_not_there_is_answered_with_those_that_are(table, tmp_path):
    with pytest.raises(UsageError, match=r"no column 'report'; it has study_id, text"):
        label_table(table, "report", tmp_path / "out.csv")
    assert not (tmp_path / "out.csv").exists()


def test_a_row_that_cannot_be_read_leaves_the_old_table_as_it_was(tmp_path):
    (tmp_path / "bad.jsonl").write_text('{"text": "No edema."}\n{"text": \n')
    out = tmp_path / "out.csv"
    out.write_text("kept")
    with pytest.raises(DataError):
        label_table(tmp_path / "bad.jsonl", "text", out)
    assert out.read_text() == "kept"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["bad.jsonl", "out.csv"]
