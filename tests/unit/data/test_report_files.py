"""Report files as they come: missing, empty, huge, in another encoding."""

import pytest
from mimic_tree import two_visits, write_tree

from priorrg.data import mimic_cxr, report_files
from priorrg.data.mimic_cxr import prepare
from priorrg.data.report_files import MOST_BYTES

TEXT = " FINAL REPORT\n FINDINGS: Große Lunge, 5 µm.\n\n IMPRESSION: Normal.\n"
FIRST = "files/p10/p10000032/s50000009.txt"


@pytest.fixture
def root(tmp_path):
    return write_tree(tmp_path / "root", two_visits())


def first_study(root, out):
    """Return the prepared row of the study whose report was tampered with, and the counts."""
    prepared = prepare(root, out)
    assert len(prepared.study_table) == 2
    rows = {row["study_id"]: row for row in prepared.study_table.iter_rows(named=True)}
    assert rows["50000001"]["findings"] == "Lungs of 50000001 clear."
    return rows["50000009"], prepared.card["dropped"]


@pytest.mark.parametrize(
    "content",
    [
        TEXT.encode(),
        b"\xef\xbb\xbf" + TEXT.encode(),
        TEXT.encode("latin-1"),
        TEXT.replace("\n", "\r\n").encode(),
        TEXT.replace("\n", "\r").encode("cp1252"),
        TEXT.encode("utf-16"),
    ],
    ids=["UTF-8", "byte-order mark", "Latin-1", "CRLF", "CR", "UTF-16"],
)
def test_a_report_reads_the_same_in_every_encoding(root, tmp_path, content):
    (root / FIRST).write_bytes(content)
    row, dropped = first_study(root, tmp_path / "out")
    assert (row["findings"], row["impression"]) == ("Große Lunge, 5 µm.", "Normal.")
    assert not any(count for fault, count in dropped.items() if fault.startswith("reports_"))


def test_an_empty_report_is_counted_and_its_study_kept(root, tmp_path):
    for content in (b"", b" \r\n\n"):
        (root / FIRST).write_bytes(content)
        row, dropped = first_study(root, tmp_path / "out")
        assert (row["findings"], dropped["reports_empty"], dropped["reports_missing"]) == ("", 1, 0)


def test_a_text_of_a_gigabyte_is_counted_and_not_read(root, tmp_path):
    with (root / FIRST).open("r+b") as file:
        file.truncate(1 << 30)
    row, dropped = first_study(root, tmp_path / "out")
    assert (row["findings"], dropped["reports_too_large"]) == ("", 1)


def test_a_report_of_zeros_or_of_an_image_is_counted_as_no_text(root, tmp_path):
    image = next((root / FIRST).with_suffix("").glob("*.jpg")).read_bytes()
    for content in (TEXT.encode() + bytes(4096), image):
        (root / FIRST).write_bytes(content)
        row, dropped = first_study(root, tmp_path / "out")
        assert (row["findings"], row["last_paragraph"]) == ("", "")
        assert dropped["reports_not_text"] == 1


def test_a_long_report_within_the_limit_is_read_whole(root, tmp_path):
    (root / FIRST).write_text(TEXT + " IMPRESSION: Last." + " " * (MOST_BYTES - 200))
    row, _ = first_study(root, tmp_path / "out")
    assert row["impression"] == "Normal. Last."


def test_a_folder_in_the_place_of_a_report_is_counted(root, tmp_path):
    (root / FIRST).unlink()
    (root / FIRST).mkdir()
    row, dropped = first_study(root, tmp_path / "out")
    assert (row["findings"], dropped["reports_not_a_file"]) == ("", 1)


def test_processes_give_the_same_tables_as_one(root, tmp_path, monkeypatch):
    monkeypatch.setattr(mimic_cxr, "_AT_ONCE", 1)
    tables = [
        [(prepare(root, tmp_path / f"{n}", workers=n).folder / name).read_bytes() for name in NAMES]
        for n in (0, 1, 2)
    ]
    assert tables[0] == tables[1] == tables[2]


def test_a_slow_disk_read_by_threads_gives_the_same_tables(root, tmp_path, monkeypatch):
    monkeypatch.setattr(report_files, "_TRIED", 1)
    tables = []
    for seconds in (1e9, 0.0):
        monkeypatch.setattr(report_files, "_SLOW", seconds)
        prepared = prepare(root, tmp_path / f"{seconds}")
        tables.append([(prepared.folder / name).read_bytes() for name in NAMES])
    assert tables[0] == tables[1]


NAMES = ("studies.parquet", "images.parquet", "labels.parquet")
