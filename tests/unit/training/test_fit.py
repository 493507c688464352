"""A run that is killed goes on as if nothing had happened."""

import errno
import signal
import socket
import subprocess
import sys
from itertools import accumulate as accumulate_sums
from pathlib import Path
from typing import Any

import lightning as L
import pytest
import torch

from priorrg.errors import SettingsError, StorageError, TrainingError
from priorrg.settings import load_settings
from priorrg.stage_settings import ScheduleSettings
from priorrg.training.callbacks import read_losses
from priorrg.training.fit import fit_legs, leg_lengths
from priorrg.training.stream import Leg, Stream

SCRIPT = Path(__file__).with_name("kill_script.py")


def train(folder: Path, die_at: int = 0, schedule: str = "cosine") -> int:
    command = [sys.executable, SCRIPT, folder, str(die_at), schedule]
    done = subprocess.run(command, capture_output=True, text=True)
    if die_at == 0:
        assert done.returncode == 0, done.stderr
    return done.returncode


def losses(folder: Path) -> dict[int, float]:
    return {row["step"]: row["loss"] for row in read_losses(folder / "losses.jsonl") if "loss" in row}


@pytest.mark.slow
@pytest.mark.parametrize("schedule", ["cosine", "plateau"])
def test_a_killed_run_repeats_every_later_loss_of_the_unbroken_run(tmp_path, schedule):
    train(tmp_path / "whole", schedule=schedule)
    # Micro-batch 26 lies inside the ninth accumulation window of three, in the third leg.
    assert train(tmp_path / "broken", 26, schedule) == -signal.SIGKILL
    before = losses(tmp_path / "broken")
    assert 0 < len(before) < 14
    assert train(tmp_path / "broken", 7, schedule) == -signal.SIGKILL
    train(tmp_path / "broken", schedule=schedule)

    whole, broken = losses(tmp_path / "whole"), losses(tmp_path / "broken")
    assert sorted(whole) == list(range(1, 15))
    assert broken == whole
    assert not list((tmp_path / "broken").glob(".*"))


def test_legs_are_cut_between_optimizer_steps_and_cover_the_schedule():
    schedule = ScheduleSettings(steps=10, batch=4, accumulate=2, checkpoint_every=4)
    # Seven micro-batches a pass: the first ends inside step 4, the second with step 7.
    assert leg_lengths(schedule, per_pass=7) == [8, 6, 2, 4]


@pytest.mark.parametrize("per_pass", [1, 2, 3, 7, 19, 20, 21, 1000])
@pytest.mark.parametrize("accumulate", [1, 2, 3])
def test_a_checkpoint_follows_every_pass_however_short(per_pass, accumulate):
    schedule = ScheduleSettings(steps=20, batch=4, accumulate=accumulate, checkpoint_every=9)
    lengths = leg_lengths(schedule, per_pass)
    ends = set(accumulate_sums(lengths))
    assert max(ends) == 20 * accumulate
    assert all(end % accumulate == 0 for end in ends)
    assert {9 * accumulate, 18 * accumulate} <= ends
    for passed in range(per_pass, 20 * accumulate + 1, per_pass):
        assert any(passed <= end < passed + accumulate for end in ends)


def test_every_study_is_seen_once_a_pass_in_an_order_that_differs_between_passes():
    stream = Stream(12, 4, seed=3, load=lambda rows, generator: list(rows))
    first = [i for m in range(3) for i in stream[m]]
    second = [i for m in range(3, 6) for i in stream[m]]
    assert sorted(first) == sorted(second) == list(range(12))
    assert first != second


def test_two_processes_share_the_stream_without_overlap():
    stream = Stream(16, 4, seed=3, load=lambda rows, generator: list(rows))
    alone = [stream[m] for m in range(4)]
    shared = [Leg(stream, 0, 2, rank, world=2)[i] for i in range(2) for rank in range(2)]
    assert shared == alone


class Drifting(L.LightningModule):
    """A module whose validation loss never improves after the first leg."""

    def __init__(self, loss: float = 1.0) -> None:
        super().__init__()
        self.weight, self.loss, self.legs = torch.nn.Parameter(torch.ones(1)), loss, 0

    def training_step(self, batch, index):
        return {"loss": (self.weight * self.loss).sum()}

    def validation_step(self, batch, index):
        self.legs += 1
        self.log("val_loss", float(self.trainer.current_epoch), batch_size=1)

    def configure_optimizers(self):
        return torch.optim.SGD(self.parameters(), lr=0.0)


def drift(folder: Path, module: Drifting, **schedule: Any) -> None:
    stream = Stream(8, 2, seed=0, load=lambda rows, generator: torch.ones(2))
    settings = ScheduleSettings(steps=40, batch=2, checkpoint_every=2, **schedule)
    fit_legs(module, stream, [lambda: torch.ones(2)], settings, folder, what="training", seed=0)


def test_training_stops_early_and_does_not_go_on_when_it_is_started_again(tmp_path):
    first, again = Drifting(), Drifting()
    drift(tmp_path, first, early_stopping=3)
    drift(tmp_path, again, early_stopping=3)
    assert (first.legs, again.legs) == (4, 0)
    assert max(row["step"] for row in read_losses(tmp_path / "losses.jsonl")) == 8


def test_on_a_plateau_the_learning_rate_falls_to_a_tenth_each_time(tmp_path):
    module = Drifting()
    module.configure_optimizers = lambda: torch.optim.SGD(module.parameters(), lr=1.0)
    drift(tmp_path, module, schedule="plateau", plateau_patience=5)
    rates = [group["lr"] for group in module.optimizers().param_groups]
    # 20 validations, of which 19 do not improve: after 5, 10 and 15 of them.
    assert rates == pytest.approx([1e-3])


def test_a_plateau_that_training_would_not_live_to_see_is_refused():
    with pytest.raises(SettingsError, match="early_stopping 5 ends training before plateau_patience 5"):
        load_settings(
            "tiny",
            ["report.schedule=plateau", "report.early_stopping=5", "report.plateau_patience=5"],
        )


def test_a_loss_that_is_not_a_number_ends_the_training_and_names_the_step(tmp_path):
    with pytest.raises(TrainingError, match=r"the loss of step 1 is nan; .* Lower learning_rate"):
        drift(tmp_path, Drifting(float("nan")))


def test_what_a_killed_attempt_left_half_written_is_swept_away(tmp_path):
    gone = subprocess.run([sys.executable, "-c", "import os; print(os.getpid())"], capture_output=True)
    owner = f"{socket.gethostname()}-{int(gone.stdout)}"
    (tmp_path / f".last.ckpt.{owner}-01234567.part").write_bytes(b"half")
    drift(tmp_path, Drifting())
    assert sorted(path.name for path in tmp_path.iterdir()) == ["best.ckpt", "last.ckpt", "losses.jsonl"]


@pytest.mark.parametrize("name", ["last.ckpt", "best.ckpt", "losses.jsonl"])
def test_a_full_disk_stops_training_in_one_line(tmp_path, monkeypatch, name):
    whole = Path.open

    def refuse(path: Path, *arguments, **options):
        if name in path.name and arguments[0] in ("a", "wb"):
            raise OSError(errno.ENOSPC, "No space left on device")
        return whole(path, *arguments, **options)

    monkeypatch.setattr(Path, "open", refuse)
    monkeypatch.setattr(
        L.Trainer, "save_checkpoint", lambda trainer, path: Path(path).open("wb").close()
    )
    with pytest.raises(StorageError, match=f"{name}: cannot be written; the disk is full"):
        drift(tmp_path, Drifting())
    assert not list(tmp_path.glob(".*"))
