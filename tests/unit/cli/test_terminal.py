"""What verbs show alike."""

import pytest
from test_verbs import run

from priorrg.cli import terminal


@pytest.fixture
def narrow(monkeypatch):
    monkeypatch.setattr(terminal.screen, "width", 20)


def test_work_that_never_began_leaves_no_line(capsys):
    with pytest.raises(ValueError, match="refused"), terminal.bars():
        raise ValueError("refused")
    assert capsys.readouterr().err == ""


def test_work_that_began_is_shown(capsys):
    with terminal.bars() as progress:
        progress("studies", 3, 4)
    assert "3/4" in capsys.readouterr().err


def test_a_path_is_told_as_it_is(capsys, narrow, tmp_path):
    path = tmp_path / "a [bold]long[/] name of a file.csv"
    terminal.wrote(path, said="3 drafts")
    assert capsys.readouterr().out == f"3 drafts\nwrote {path}\n"


def test_verbs_that_write_end_with_what_they_wrote(monkeypatch, capsys, narrow, tmp_path):
    monkeypatch.chdir(tmp_path)
    raw, data = tmp_path / "raw", tmp_path / "data"
    phantom = ("phantom", raw, "--patients", 3, "--size", 64, "--workers", 1)
    for words, path in ((phantom, raw), (("prepare", "mimic-cxr", raw, data), data)):
        code, out, err = run(monkeypatch, capsys, *words)
        assert code == 0, err
        assert out.splitlines()[-1] == f"wrote {path}"
    study = next(raw.glob("files/*/*/s*.txt")).stem.removeprefix("s")
    code, out, err = run(monkeypatch, capsys, "data", "show", data, study, "--picture", "p.png")
    assert code == 0, err
    assert out.splitlines()[-1] == "wrote p.png"


@pytest.mark.slow
def test_a_table_of_reports_is_written_from_a_run_and_its_record_is_not_lost(
    monkeypatch, capsys, tmp_path, small_model, small_data
):
    monkeypatch.chdir(tmp_path)
    words = ("generate", small_model.parent, small_data, "--out", "r.csv")
    code, out, err = run(monkeypatch, capsys, *words)
    assert code == 0, err
    assert out.splitlines()[-1] == "wrote r.csv"
    (tmp_path / "r.csv").unlink()
    record = (tmp_path / "r.json").read_text()
    code, _, err = run(monkeypatch, capsys, *words)
    assert code == 2
    assert "r.json: is there already" in err
    assert (tmp_path / "r.json").read_text() == record
