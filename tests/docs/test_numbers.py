"""Numbers in the documents are those of the committed result files."""

import pytest

from benchmarks import document


@pytest.mark.parametrize("name", document.DOCUMENTS)
def test_every_cell_is_the_measured_number(name):
    text = (document.ROOT / name).read_text()
    assert document.filled(text) == text, "run `make docs`"


@pytest.mark.parametrize("name", document.DOCUMENTS)
def test_no_marker_is_mistyped(name):
    text = (document.ROOT / name).read_text()
    assert text.count("<!--") == len(document.tables(text))


def test_tables_are_found_and_a_wrong_cell_is_mended():
    text = (document.ROOT / "README.md").read_text()
    assert "<!-- from benchmarks/results/demo.json -->" in text
    measured = next(line for line in text.splitlines() if line.startswith("| full |"))
    assert document.filled(text.replace(measured, "| full | 9 | 9 | 9 | 9 | 9 |")) == text


def test_a_row_of_several_seeds_shows_mean_and_range(tmp_path, monkeypatch):
    (tmp_path / "r.json").write_text(
        '{"rows": {"a_seed0": {"change_f1": 0.25}, "a_seed1": {"change_f1": 0.75}, "b": {"change_f1": null}}}'
    )
    monkeypatch.setattr(document, "ROOT", tmp_path)
    table = "<!-- from r.json -->\n\n| row | change F1 |\n| --- | --- |\n| a | |\n| b | |\n"
    lines = document.filled(table).splitlines()
    assert lines[-2:] == ["| a | 0.500 (0.250–0.750) |", "| b | – |"]


def test_a_row_that_was_not_measured_is_an_error(tmp_path, monkeypatch):
    (tmp_path / "r.json").write_text('{"rows": {"b": {"change_f1": 0.5}}}')
    monkeypatch.setattr(document, "ROOT", tmp_path)
    with pytest.raises(KeyError, match="not in the result file"):
        document.filled("<!-- from r.json -->\n\n| row | change F1 |\n| --- | --- |\n| a | |\n")
