"""Texts by column, whatever the form of the table."""

import gzip
import json

import polars as pl
import pytest

from priorrg.errors import DataError, UsageError
from priorrg.text_tables import column_names, count_rows, read_columns, read_texts

ROWS = [("a", "No effusion,\nor so."), ("b", ""), ("c", 'He said "new".')]


def written(folder, kind):
    path = folder / f"reports.{kind}"
    table = pl.DataFrame(ROWS, schema=["study_id", "text"], orient="row")
    if kind == "parquet":
        table.with_columns(pl.col("text").replace("", None)).write_parquet(path)
    elif kind == "csv":
        table.write_csv(path)
    elif kind == "csv.gz":
        path.write_bytes(gzip.compress(table.write_csv().encode()))
    else:
        lines = [json.dumps({"study_id": i, "text": text or None}) for i, text in ROWS]
        path.write_text("\n".join(lines) + "\n\n")
    return path


@pytest.mark.parametrize("kind", ["csv", "csv.gz", "jsonl", "parquet"])
def test_every_form_gives_the_same_rows(tmp_path, kind):
    path = written(tmp_path, kind)
    assert column_names(path) == ["study_id", "text"]
    assert count_rows(path) == 3
    assert list(read_texts(path, "text")) == ROWS
    assert next(read_columns(path, ["text", "study_id", "text"])) == (ROWS[0][1], "a", ROWS[0][1])


@pytest.mark.parametrize("kind", ["csv", "jsonl", "parquet"])
def test_a_column_that_is_not_there_names_those_that_are(tmp_path, kind):
    with pytest.raises(UsageError, match="no column 'report'; it has study_id, text"):
        read_columns(written(tmp_path, kind), ["report"])


def test_what_is_missing_or_no_text_comes_as_text(tmp_path):
    path = tmp_path / "mixed.jsonl"
    path.write_text('{"id": 7, "text": NaN}\n{"id": 8.0}\n{"id": "x", "text": 3.5}\n{"text": ["a"]}\n')
    assert list(read_texts(path, "text")) == [("7", ""), ("8", ""), ("x", "3.5"), ("", "['a']")]
    numbers = tmp_path / "mixed.parquet"
    pl.DataFrame({"text": [1.0, float("nan"), None]}).write_parquet(numbers)
    assert list(read_texts(numbers, "text")) == [("1", "1"), ("2", ""), ("3", "")]
    cells = tmp_path / "mixed.csv"
    cells.write_text("id,text\n1,nan\n2\n\n3,NaN\n")
    assert list(read_texts(cells, "text")) == [("1", ""), ("2", ""), ("3", "")]


def test_old_encodings_and_byte_order_marks_are_read(tmp_path):
    old, marked = tmp_path / "old.csv", tmp_path / "marked.csv"
    old.write_bytes("text\nRöntgen\n".encode("cp1252"))
    marked.write_text("text\nRöntgen\n", encoding="utf-8-sig")
    for path in (old, marked):
        assert list(read_texts(path, "text")) == [("1", "Röntgen")]


def test_rows_that_are_torn_are_named(tmp_path):
    path = tmp_path / "torn.csv"
    path.write_text("id,text\n1,fine\n2,no effusion, no edema\n")
    with pytest.raises(DataError, match="row 2 has 3 cells; expected 2"):
        list(read_texts(path, "text"))
    lines = tmp_path / "torn.jsonl"
    lines.write_text('{"id": 1, "text": "fine"}\n{"id": 2, "te')
    with pytest.raises(DataError, match="line 2 is not JSON"):
        list(read_texts(lines, "text"))
    for name in ("torn.parquet", "torn.csv.gz"):
        (tmp_path / name).write_bytes(b"PAR1 and no more")
        with pytest.raises(DataError, match="not readable as a table"):
            read_texts(tmp_path / name, "text")


def test_a_file_that_is_not_there_or_of_another_kind_is_wrong_use(tmp_path):
    with pytest.raises(UsageError, match="no such file"):
        read_texts(tmp_path / "none.csv", "text")
    with pytest.raises(UsageError, match=r"expected \.csv"):
        read_texts(tmp_path / "reports.xlsx", "text")


def test_a_large_table_is_read_in_parts(tmp_path, monkeypatch):
    monkeypatch.setattr("priorrg.text_tables._AT_ONCE", 7)
    path = tmp_path / "large.parquet"
    pl.DataFrame({"text": [f"text {i}" for i in range(50)]}).write_parquet(path)
    assert [text for _, text in read_texts(path, "text")] == [f"text {i}" for i in range(50)]
