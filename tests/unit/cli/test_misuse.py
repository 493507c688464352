"""A command line that cannot be read is one line that says how it could be."""

import pytest
from test_verbs import fails, run


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("repot now.png", "no such command 'repot'. Did you mean 'report'?"),
        ("prepare mimic a b", "Did you mean 'mimic-cxr', 'mimic-abn'?"),
        ("report now.png --modle m", "--model"),
        ("report", "missing argument 'image'"),
        ("report now.png --model", "requires an argument"),
        ("demo --patients five", "invalid value for '--patients'"),
        ("demo --patients five", "got 'five'"),
        ("prepare iu-xray a b --form foo", "'foo' is not one of 'xml', 'kaggle', 'community'"),
    ],
)
def test_misuse_is_one_line_that_names_the_near_word(monkeypatch, capsys, words, said):
    line = fails(monkeypatch, capsys, 2, *words.split())
    assert said in line
    assert "--help`" in line


def test_a_verb_of_verbs_alone_shows_its_help(monkeypatch, capsys):
    code, out, err = run(monkeypatch, capsys, "data")
    assert code == 2
    assert "verify" in out + err


def test_the_version_is_told(monkeypatch, capsys):
    code, out, _ = run(monkeypatch, capsys, "--version")
    assert code == 0
    assert out.startswith("priorrg 0.")


@pytest.mark.parametrize(
    "words",
    [
        "generate missing data --out r.csv",
        "train data --from missing --out run",
        "report . --model missing",
        "pretrain data --out run --set report.stpes=3",
        "phantom . --seed -1",
    ],
)
def test_a_refusal_is_all_that_is_printed(monkeypatch, capsys, tmp_path, words):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "file").touch()
    code, out, err = run(monkeypatch, capsys, *words.split())
    assert code in (1, 2)
    assert out == ""
    assert err.startswith("error: ")
    assert err.count("\n") == 1


def test_a_demonstration_takes_no_folder_of_others(monkeypatch, capsys, tmp_path):
    (tmp_path / "index.html").write_text("mine")
    began = "priorrg.demonstration.write_phantom"
    monkeypatch.setattr(began, lambda *_, **__: pytest.fail("began to draw patients"))
    line = fails(monkeypatch, capsys, 2, "demo", "--out", tmp_path)
    assert "holds files already and no demonstration" in line
    assert [path.name for path in tmp_path.iterdir()] == ["index.html"]


@pytest.mark.parametrize(
    "words",
    ["generate m d --out there.csv", "export-weights m there.ckpt", "data show d 1 --picture there.png"],
)
def test_a_file_that_is_there_is_replaced_only_on_request(monkeypatch, capsys, tmp_path, words):
    monkeypatch.chdir(tmp_path)
    name = next(word for word in words.split() if word.startswith("there"))
    (tmp_path / name).write_text("mine")
    line = fails(monkeypatch, capsys, 2, *words.split())
    assert f"{name}: is there already" in line
    assert (tmp_path / name).read_text() == "mine"
    code, _, err = run(monkeypatch, capsys, *words.split(), "--overwrite")
    assert code
    assert "is there already" not in err
    assert (tmp_path / name).read_text() == "mine"
