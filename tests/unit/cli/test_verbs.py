"""Every verb explains itself, and every failure is one line with an exit code."""

import errno
import json
import sys

import numpy as np
import pytest
from PIL import Image
from tests.conftest import QUICK_MODES
from typer.main import get_command

from priorrg.cli import app, main
from priorrg.data.dicom_writing import write_radiograph
from priorrg.model_folder import settings_yaml


def run(monkeypatch, capsys, *arguments):
    monkeypatch.setattr(sys, "argv", ["priorrg", *map(str, arguments)])
    try:
        main()
        code = 0
    except SystemExit as stop:
        code = stop.code if isinstance(stop.code, int) else int(bool(stop.code))
    out = capsys.readouterr()
    return code, out.out, out.err


def verbs():
    for name, command in get_command(app).commands.items():
        yield from ((name, sub) for sub in getattr(command, "commands", {None: None}))


@pytest.mark.parametrize(("verb", "sub"), list(verbs()))
def test_every_verb_has_help_with_an_example(monkeypatch, capsys, verb, sub):
    code, out, _ = run(monkeypatch, capsys, *filter(None, (verb, sub)), "--help")
    assert code == 0
    assert "Example:" in out
    assert "priorrg" in out


def fails(monkeypatch, capsys, code, *arguments):
    found, _, err = run(monkeypatch, capsys, *arguments)
    lines = [line for line in err.splitlines() if line.strip()]
    assert found == code, err
    assert len(lines) == 1, err
    assert lines[0].startswith("error:")
    return lines[0]


def bad_files(folder):
    (folder / "empty.png").write_bytes(b"")
    (folder / "text.png").write_text("not an image")
    Image.fromarray(np.zeros((1, 1), np.uint8)).save(folder / "one.png")
    whole = folder / "whole.png"
    Image.fromarray(np.random.default_rng(0).integers(0, 255, (200, 200), np.uint8)).save(whole)
    (folder / "cut.png").write_bytes(whole.read_bytes()[:9000])
    whole.unlink()
    write_radiograph(
        folder / "cut.dcm",
        np.zeros((64, 64), np.uint8) + 9,
        patient_id="1",
        study_id="2",
        image_id="3",
        taken_at=None,
        view="PA",
    )
    (folder / "cut.dcm").write_bytes((folder / "cut.dcm").read_bytes()[:2000])


@pytest.mark.slow
@pytest.mark.parametrize("name", ["empty.png", "text.png", "one.png", "cut.png", "cut.dcm"])
def test_an_unusable_image_is_named_with_what_to_do(monkeypatch, capsys, tmp_path, small_model, name):
    bad_files(tmp_path)
    line = fails(monkeypatch, capsys, 1, "report", tmp_path / name, "--model", small_model)
    assert name in line


@pytest.mark.slow
def test_an_enormous_image_is_refused_before_it_is_decoded(monkeypatch, capsys, tmp_path, small_model):
    Image.new("1", (30_000, 30_000)).save(tmp_path / "huge.png")
    line = fails(monkeypatch, capsys, 1, "report", tmp_path / "huge.png", "--model", small_model)
    assert "megapixels" in line


@pytest.mark.slow
def test_a_report_is_drafted_and_marked_as_a_draft(monkeypatch, capsys, tmp_path, small_model):
    Image.fromarray(np.random.default_rng(0).integers(0, 255, (90, 80), np.uint8)).save(
        tmp_path / "a.png"
    )
    code, out, _ = run(monkeypatch, capsys, "report", tmp_path / "a.png", "--model", small_model)
    assert code == 0
    flat = " ".join(out.split())
    assert "not for diagnosis" in flat
    assert "meaningless" in flat
    assert "prior none" in flat


@pytest.mark.slow
@pytest.mark.parametrize(
    ("options", "mode"),
    [((), "fp32"), (("--exact",), "exact"), (("--mode", QUICK_MODES[-1]), QUICK_MODES[-1])],
)
def test_a_draft_says_in_which_mode_it_was_made(
    monkeypatch, capsys, tmp_path, small_model, options, mode
):
    Image.fromarray(np.random.default_rng(0).integers(0, 255, (90, 70), np.uint8)).save(
        tmp_path / "a.png"
    )
    asked = ("report", tmp_path / "a.png", "--model", small_model, "--view", "PA", *options)
    code, out, _ = run(monkeypatch, capsys, *asked, "--json")
    assert code == 0
    assert json.loads(out)["model"]["mode"] == mode
    assert f"mode {mode}" in run(monkeypatch, capsys, *asked)[1]


def test_two_modes_at_once_are_wrong_use(monkeypatch, capsys, tmp_path):
    line = fails(monkeypatch, capsys, 2, "report", tmp_path, "--exact", "--mode", "bf16")
    assert "--exact and --mode bf16" in line


@pytest.mark.slow
def test_the_evidence_of_each_sentence_is_shown_and_machine_readable(
    monkeypatch, capsys, tmp_path, small_model
):
    grey = np.random.default_rng(0).integers(0, 255, (90, 80), np.uint8)
    Image.fromarray(grey).save(tmp_path / "a.png")
    code, out, _ = run(
        monkeypatch, capsys, "report", tmp_path / "a.png", "--model", small_model, "--json",
        "--evidence", tmp_path / "maps",
    )  # fmt: skip
    assert code == 0
    sentences = json.loads(out)["sentences"]
    pictures = sorted(path.name for path in (tmp_path / "maps").iterdir())
    assert pictures == [f"sentence-{n:02d}-current.png" for n in range(1, len(sentences) + 1)]
    with Image.open(tmp_path / "maps" / pictures[0]) as picture:
        assert picture.size == (80, 90)
    assert sentences[0]["evidence"][0]["box"] == pytest.approx([-5, 0, 85, 90], abs=1)


def test_a_missing_file_is_wrong_use(monkeypatch, capsys, tmp_path):
    assert "no such file" in fails(monkeypatch, capsys, 2, "report", tmp_path / "gone.png")


@pytest.mark.slow
@pytest.mark.parametrize("option", ["--view", "--prior-view"])
def test_an_unknown_view_lists_those_that_exist(monkeypatch, capsys, tmp_path, small_model, option):
    Image.new("L", (90, 80)).save(tmp_path / "a.png")
    line = fails(
        monkeypatch, capsys, 2, "report", tmp_path / "a.png", "--model", small_model, option, "SIDEWAYS"
    )
    assert f"{option.strip('-').replace('-', ' ')} 'SIDEWAYS'" in line
    assert "LATERAL, LL, or unk for any other" in line


def test_a_report_is_refused_before_the_model_is_loaded(monkeypatch, capsys, tmp_path, small_settings):
    model = tmp_path / "model"
    (model / "tokenizer").mkdir(parents=True)
    for name in ("config.json", "model.safetensors", "provenance.json"):
        (model / name).write_text("not to be opened")
    (model / "settings.yaml").write_text(settings_yaml(small_settings))
    film, broken = tmp_path / "a.png", tmp_path / "b.png"
    Image.new("L", (90, 80)).save(film)
    broken.write_bytes(b"")
    for code, arguments, words in (
        (2, [film, "--view", "SIDEWAYS"], "view 'SIDEWAYS'"),
        (2, [film, "--prior-view", "pa"], "there is no prior image"),
        (1, [film, "--prior", broken], "the file is empty"),
        (1, [film, "--prior", film], "is the current image itself"),
        (2, [film, "--device", "cuda:99"], "device 'cuda:99'"),
    ):
        assert words in fails(monkeypatch, capsys, code, "report", *arguments, "--model", model)


def test_training_from_nothing_says_what_was_expected(monkeypatch, capsys, tmp_path):
    line = fails(
        monkeypatch, capsys, 2, "train", tmp_path, "--from", tmp_path / "no", "--out", tmp_path / "o"
    )
    assert "priorrg pretrain" in line
    assert not (tmp_path / "o").exists()


def test_an_unprepared_folder_is_wrong_use(monkeypatch, capsys, tmp_path):
    line = fails(monkeypatch, capsys, 2, "pretrain", tmp_path, "--out", tmp_path / "run")
    assert "priorrg prepare" in line


def test_the_full_size_preset_says_which_backbone_files_to_put_where(
    monkeypatch, capsys, tmp_path, small_data
):
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    changes = [
        "--set",
        f"model.vision.backbone={tmp_path}",
        "--set",
        f"model.decoder.backbone={tmp_path}",
    ]
    code, _, err = run(
        monkeypatch,
        capsys,
        "pretrain",
        small_data,
        "--preset",
        "base",
        "--out",
        tmp_path / "run",
        *changes,
    )
    assert code == 1
    assert "expected tokenizer.json" in err.strip().splitlines()[-1]


@pytest.mark.parametrize(
    ("error", "code"), [(KeyboardInterrupt(), 130), (OSError(errno.ENOSPC, "No space"), 1)]
)
def test_an_interrupt_and_a_full_disk_end_in_one_line(monkeypatch, capsys, tmp_path, error, code):
    def stop(*arguments, **options):
        raise error

    monkeypatch.setattr("priorrg.data.mimic_cxr.prepare", stop)
    fails(monkeypatch, capsys, code, "prepare", "mimic-cxr", tmp_path, tmp_path / "out")
