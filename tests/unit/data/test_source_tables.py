"""Tables and JSON as they come: any encoding, any line ends, and never half of a file for the whole."""

import gzip

import pytest

from priorrg.data.source_tables import read_csv, read_json
from priorrg.errors import DataError

TEXT = 'study,findings,view\n1,"clear, small",PA\n2,Große Lunge,AP\n'
ROWS = [("1", "clear, small", "PA"), ("2", "Große Lunge", "AP")]
COLUMNS = ("study", "findings", "view")
GIGABYTE = 1 << 30


def refused(path):
    """Return what is said of a file that is no good, which is one line and names it."""
    with pytest.raises(DataError) as caught:
        read_json(path, "a list") if path.suffix == ".json" else read_csv(path, COLUMNS)
    assert str(caught.value).startswith(f"{path}: ")
    assert len(str(caught.value).splitlines()) == 1
    return str(caught.value)


@pytest.mark.parametrize("packed", [False, True], ids=["csv", "csv.gz"])
@pytest.mark.parametrize(
    "content",
    [
        TEXT.encode(),
        b"\xef\xbb\xbf" + TEXT.encode(),
        TEXT.encode("latin-1"),
        TEXT.encode("utf-16"),
        b"\xfe\xff" + TEXT.encode("utf-16-be"),
        TEXT.replace("\n", "\r\n").encode(),
        TEXT.replace("\n", "\r").encode(),
        TEXT.replace("\n", "\r").encode("cp1252"),
        TEXT.removesuffix("\n").encode(),
    ],
    ids=[
        "UTF-8", "byte-order mark", "Latin-1", "UTF-16", "UTF-16 big-endian", "CRLF", "CR", "CR and Latin-1",
        "no last line end",
    ],
)  # fmt: skip
def test_a_table_reads_the_same_in_every_encoding_and_with_every_line_end(tmp_path, content, packed):
    path = tmp_path / ("a.csv.gz" if packed else "a.csv")
    path.write_bytes(gzip.compress(content) if packed else content)
    assert read_csv(path, COLUMNS).rows() == ROWS


@pytest.mark.parametrize("lost", [1 + len(",AP"), 1 + len("Große Lunge,AP")])
def test_a_table_that_breaks_off_within_a_row_is_refused(tmp_path, lost):
    path = tmp_path / "a.csv"
    path.write_text(TEXT[:-lost], encoding="utf-8")
    assert "breaks off within its last row" in refused(path)
    path.write_text(TEXT[: TEXT.index(" small")], encoding="utf-8")
    assert "copy it again from its source" in refused(path)


def test_a_table_of_long_texts_that_breaks_off_anywhere_is_refused(tmp_path):
    path = tmp_path / "a.csv"
    row = '1,"FINDINGS:\nthe ""lungs"", clear.\nEnd",PA\n'
    whole = f"study,findings,view\n{row}{row}"
    rest = [whole[:end] for end in range(len(whole) - len(row) + 1, len(whole) - len("PA\n"))]
    for content in rest:
        path.write_text(content, encoding="utf-8")
        assert "copy it again from its source" in refused(path)


def test_a_last_cell_of_several_lines_is_no_broken_row(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text('study,findings,view\n1,clear,"PA\nupright"', encoding="utf-8")
    assert read_csv(path, COLUMNS).rows() == [("1", "clear", "PA\nupright")]


@pytest.mark.parametrize("kept", [5, 100, -4])
def test_a_packed_table_that_is_cut_is_refused(tmp_path, kept):
    path = tmp_path / "a.csv.gz"
    path.write_bytes(gzip.compress(TEXT.encode() * 1000)[:kept])
    assert "copy it again from its source" in refused(path)


def test_a_packed_table_with_a_changed_byte_is_refused(tmp_path):
    path = tmp_path / "a.csv.gz"
    content = bytearray(gzip.compress(TEXT.encode() * 1000))
    content[100] ^= 255
    path.write_bytes(content)
    assert "copy it again from its source" in refused(path)


@pytest.mark.parametrize(("name", "content"), [("a.csv", TEXT), ("a.json", '[{"id": 1}]')])
def test_a_file_whose_end_was_never_fetched_is_refused_unread(tmp_path, name, content):
    path = tmp_path / name
    path.write_text(content, encoding="utf-8")
    with path.open("r+b") as file:
        file.truncate(GIGABYTE)
    assert "ends in bytes of zero" in refused(path)


def test_columns_of_another_table_are_told_in_one_line_that_ends(tmp_path):
    path = tmp_path / "a.csv"
    names = ['"two\nlines"', "bell\a", "long" * 100, *(f"column{number}" for number in range(500))]
    path.write_text(",".join(names) + "\n", encoding="utf-8")
    said = refused(path)
    assert "found two lines, bell, longlong" in said
    assert "and 483 more" in said
    assert len(said) < 700
