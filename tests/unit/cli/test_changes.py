"""``priorrg changes``."""

import polars as pl
import pytest
from test_verbs import fails, run


@pytest.fixture
def table(tmp_path):
    path = tmp_path / "reports.csv"
    pl.DataFrame({"id": [1, 2], "text": ["Clear. Left effusion, larger.", "No new nodule."]}).write_csv(
        path
    )
    return path


def test_the_verb_explains_with_the_whole_sentence(monkeypatch, capsys, table, tmp_path):
    out = tmp_path / "changes.csv"
    code, said, _ = run(
        monkeypatch, capsys, "changes", table, "--column", "text", "--out", out, "--explain"
    )
    assert code == 0
    assert "1 changes stated by 1 of 2 reports" in " ".join(said.split())
    assert pl.read_csv(out)["text"][0] == "Left effusion, larger."


def test_the_verb_replaces_a_table_only_when_told_to(monkeypatch, capsys, table, tmp_path):
    out = tmp_path / "changes.csv"
    out.write_text("somebody's work\n")
    asked = ("changes", table, "--column", "text", "--out", out)
    assert "--overwrite" in fails(monkeypatch, capsys, 2, *asked)
    assert out.read_text() == "somebody's work\n"
    assert run(monkeypatch, capsys, *asked, "--overwrite")[0] == 0
    assert pl.read_csv(out)["change"][0] == "larger"


def test_the_verb_names_the_columns_there_are(monkeypatch, capsys, table, tmp_path):
    line = fails(monkeypatch, capsys, 2, "changes", table, "--column", "x", "--out", tmp_path / "o.csv")
    assert "it has id, text" in line
