"""``priorrg label`` as it is typed."""

import pytest
from tests.unit.cli.test_verbs import fails, run


@pytest.fixture
def reports(tmp_path):
    path = tmp_path / "reports.csv"
    path.write_text("id,reference\n7,No pneumothorax.\n")
    return path


def test_labels_are_written_and_the_count_told(monkeypatch, capsys, tmp_path, reports):
    out = tmp_path / "labels.csv"
    code, said, _ = run(
        monkeypatch, capsys, "label", reports, "--column", "reference", "--out", out, "--explain"
    )
    assert code == 0
    assert "1 reports labelled by rules" in " ".join(said.split())
    assert ",0,No pneumothorax," in out.read_text()


def test_a_table_that_is_there_is_replaced_on_request_alone(monkeypatch, capsys, tmp_path, reports):
    out = tmp_path / "labels.csv"
    out.write_text("mine")
    words = ("label", reports, "--column", "reference", "--out", out)
    assert "--overwrite" in fails(monkeypatch, capsys, 2, *words)
    assert out.read_text() == "mine"
    assert run(monkeypatch, capsys, *words, "--overwrite")[0] == 0
    assert out.read_text() != "mine"


def test_a_missing_column_is_one_line_that_names_the_others(monkeypatch, capsys, tmp_path, reports):
    code, _, err = run(
        monkeypatch, capsys, "label", reports, "--column", "text", "--out", tmp_path / "o.csv"
    )
    assert code == 2
    assert "it has id, reference" in " ".join(err.split())
