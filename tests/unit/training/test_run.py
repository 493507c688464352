"""The training verbs on a small phantom."""

import os
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import replace
from functools import partial

import pytest
import torch
from tests.conftest import SMALL, needs_rounding
from transformers import Dinov2Config, Dinov2Model

from priorrg.data.manifest import PreparedData
from priorrg.data.mimic_cxr import prepare
from priorrg.data.phantom.cohort import write_phantom
from priorrg.errors import UsageError
from priorrg.model import frozen_vision
from priorrg.model_folder import ModelFolder
from priorrg.settings import load_settings
from priorrg.training import run
from priorrg.training.callbacks import read_losses
from priorrg.training.run_folder import RunFolder

pytestmark = pytest.mark.slow

KILLED = """
import os, signal, sys
from pathlib import Path
from priorrg.settings import load_settings
from priorrg.training import run
from priorrg.training.report import ReportModule

data, stage1, out, die_at, *changes = sys.argv[1:]
step = ReportModule.training_step
seen = 0

def counted(self, batch, index):
    global seen
    seen += 1
    if seen == int(die_at):
        os.kill(os.getpid(), signal.SIGKILL)
    return step(self, batch, index)

ReportModule.training_step = counted
run.train(Path(data), Path(stage1), Path(out), load_settings("tiny", changes))
"""


def test_a_finished_run_is_not_trained_again(small_data, small_stage1, small_settings):
    before = (small_stage1 / "model" / "model.safetensors").stat().st_mtime_ns
    run.pretrain(small_data, small_settings, small_stage1)
    assert (small_stage1 / "model" / "model.safetensors").stat().st_mtime_ns == before


def test_a_run_of_other_settings_is_refused_by_name(small_data, small_stage1, small_settings):
    other = replace(small_settings, seed=9)
    with pytest.raises(UsageError, match="seed was 0, got 9"):
        run.pretrain(small_data, other, small_stage1)


def test_a_folder_that_is_no_run_is_left_alone(small_data, small_settings, tmp_path):
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(UsageError, match="in the way"):
        run.pretrain(small_data, small_settings, tmp_path)
    assert [p.name for p in tmp_path.iterdir()] == ["notes.txt"]


def test_the_model_knows_where_it_comes_from(small_model):
    provenance = ModelFolder.load(small_model).provenance
    assert provenance.synthetic
    assert provenance.trained_on == "phantom"
    assert provenance.stage == "train"
    assert provenance.training_studies > 20


def test_stage_two_killed_inside_a_window_repeats_the_unbroken_losses(
    small_data, small_stage1, tmp_path
):
    changes = [*SMALL, "report.accumulate=2", "data.workers=2", "report.checkpoint_every=2"]

    def train(out, die_at):
        command = [sys.executable, "-c", KILLED, small_data, small_stage1, out, str(die_at), *changes]
        return subprocess.run(command, capture_output=True, text=True, env=dict(os.environ))

    whole = train(tmp_path / "whole", 0)
    assert whole.returncode == 0, whole.stderr
    assert train(tmp_path / "broken", 7).returncode == -signal.SIGKILL
    again = train(tmp_path / "broken", 0)
    assert again.returncode == 0, again.stderr
    one, other = (
        read_losses(tmp_path / name / "report" / "losses.jsonl") for name in ("whole", "broken")
    )
    assert other == one
    assert len([row for row in one if "loss" in row]) == 6


def test_ctrl_c_in_training_says_so_and_what_to_do(small_data, tmp_path):
    out = tmp_path / "run"
    command = [sys.executable, "-m", "priorrg", "pretrain", small_data, "--preset", "tiny", "--out", out]
    for change in (*SMALL, "align.steps=100000", "align.checkpoint_every=2"):
        command += ["--set", change]
    losses = out / "align" / "losses.jsonl"
    with subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        # Whoever runs the tests in the background has Ctrl-C ignored, and children inherit that.
        preexec_fn=partial(signal.signal, signal.SIGINT, signal.SIG_DFL),
    ) as training:
        try:
            while training.poll() is None and not (losses.exists() and read_losses(losses)):
                time.sleep(0.1)
            training.send_signal(signal.SIGINT)
            _, err = training.communicate(timeout=120)
        finally:
            training.kill()
    assert training.returncode == 130, err
    # After the progress bars.
    assert err.strip().splitlines()[-1].startswith("error: interrupted; nothing is half-written")
    assert "Traceback" not in err


def test_a_run_that_starts_from_another_model_is_refused(small_data, small_stage1, small_model):
    settings = ModelFolder.load(small_model).settings
    with pytest.raises(UsageError, match=r"was started from .*stage1, got .*model"):
        run.train(small_data, small_model, small_model.parent, settings)


def test_data_that_is_not_there_starts_no_run(small_settings, tmp_path):
    with pytest.raises(UsageError, match="no prepared data set"):
        run.pretrain(tmp_path / "typo", small_settings, tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_a_run_killed_before_its_record_was_written_can_be_started(small_data, small_settings, tmp_path):
    folder = tmp_path / "run"
    RunFolder(folder, stage="pretrain", settings=small_settings, data=PreparedData(small_data))
    (folder / "run.json").unlink()
    (folder / "settings.yaml").write_text("half")
    again = RunFolder(folder, stage="pretrain", settings=small_settings, data=PreparedData(small_data))
    assert not again.finished
    RunFolder(folder, stage="pretrain", settings=small_settings, data=PreparedData(small_data))


@pytest.mark.parametrize(
    "switch",
    [
        "use_context=false",
        "use_prior=false",
        "use_hidden=false",
        "coarse_to_fine=false",
        "prior_pixels=blank",
    ],
)
def test_each_part_of_the_method_can_be_switched_off_in_training(
    small_data, small_stage1, tmp_path, switch
):
    # Every study lends a known pair, where the model compares at all.
    always = ("report.auxiliary.self_pairs=1", "report.auxiliary.exchanged_pairs=1")
    settings = load_settings("tiny", [*SMALL, *always, "report.steps=2", f"method.{switch}"])
    model = run.train(small_data, small_stage1, tmp_path / "run", settings)
    assert ModelFolder.load(model).network.config.method == settings.method


def test_a_start_that_was_trained_anew_in_between_is_refused(
    small_data, small_stage1, small_settings, tmp_path
):
    start = tmp_path / "stage1"
    shutil.copytree(small_stage1, start)
    run.train(small_data, start, tmp_path / "run", small_settings)
    other = ModelFolder.load(start / "model")
    other.network.study_encoder.joint_norm.bias.data += 1.0
    other.save(start / "model")
    with pytest.raises(UsageError, match=r"stage1 was trained anew since the run was started"):
        run.train(small_data, start, tmp_path / "run", small_settings)


def test_data_prepared_anew_in_between_is_refused(small_phantom, small_settings, tmp_path):
    prepare(small_phantom, tmp_path / "data")
    folder = tmp_path / "run"
    RunFolder(folder, stage="pretrain", settings=small_settings, data=PreparedData(tmp_path / "data"))
    (folder / "align").mkdir()
    (folder / "align" / "last.ckpt").write_bytes(b"")
    shutil.rmtree(tmp_path / "data")
    prepare(write_other_phantom(tmp_path), tmp_path / "data")
    with pytest.raises(UsageError, match="data was prepared anew since the run was started"):
        RunFolder(
            folder, stage="pretrain", settings=small_settings, data=PreparedData(tmp_path / "data")
        )


def write_other_phantom(folder):
    write_phantom(folder / "other", 6, seed=4, size=64, workers=1)
    return folder / "other"


def test_a_run_that_spares_memory_has_the_losses_of_one_that_does_not(
    small_data, small_stage1, tmp_path
):
    losses = []
    for number, memory in enumerate(("false", "true")):
        settings = load_settings(
            "tiny",
            (
                *SMALL,
                "model.vision.cached=false",
                "report.steps=3",
                "report.select_on=loss",
                f"report.memory.recompute={memory}",
                f"report.memory.images_at_once={3 * number}",
            ),
        )
        run.train(small_data, small_stage1, tmp_path / memory, settings)
        rows = read_losses(tmp_path / memory / "report" / "losses.jsonl")
        losses.append([row["loss"] for row in rows if "loss" in row])
    assert len(losses[0]) == 3
    assert losses[1] == pytest.approx(losses[0], rel=1e-4)


@needs_rounding
def test_a_run_on_a_frozen_dinov2_that_reads_through_a_rounded_copy_learns_as_one_that_does_not(
    small_data, tmp_path, monkeypatch
):
    dino = Dinov2Config(
        hidden_size=16, num_hidden_layers=2, num_attention_heads=2, image_size=32, patch_size=16
    )
    torch.manual_seed(0)
    Dinov2Model(dino).save_pretrained(tmp_path / "dino")
    copied, made = frozen_vision.rounded_copy, []
    monkeypatch.setattr(
        frozen_vision, "rounded_copy", lambda vision: made.append(copied(vision)) or made[-1]
    )
    losses = []
    for at_once in (0, 4):
        both = ("precision=bf16-mixed", f"memory.images_at_once={at_once}")
        settings = load_settings(
            "tiny",
            (
                *SMALL,
                f"model.vision.backbone={tmp_path / 'dino'}",
                "model.vision.cached=false",
                "encoder.steps=0",
                "report.select_on=loss",
                *(f"{stage}.{setting}" for stage in ("align", "report") for setting in both),
            ),
        )
        out = tmp_path / f"{at_once} at once"
        run.pretrain(small_data, settings, out / "stage1")
        run.train(small_data, out / "stage1", out / "stage2", settings)
        stages = [out / "stage1" / "align", out / "stage2" / "report"]
        rows = [row for stage in stages for row in read_losses(stage / "losses.jsonl")]
        losses.append([row["loss"] for row in rows if "loss" in row])
        assert bool(made) == bool(at_once)
    assert len(losses[0]) == 10
    assert losses[1] == pytest.approx(losses[0], rel=1e-2)
    assert losses[1] != losses[0]
    assert len(set(map(id, made))) == 2  # one for each stage
