"""A run that is killed goes on as if nothing had happened."""

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from priorrg.settings import ScheduleSettings
from priorrg.training.callbacks import read_losses
from priorrg.training.fit import leg_lengths
from priorrg.training.stream import Leg, Stream

SCRIPT = Path(__file__).with_name("kill_script.py")


def train(folder: Path, die_at: int = 0) -> int:
    done = subprocess.run([sys.executable, SCRIPT, folder, str(die_at)], capture_output=True, text=True)
    if die_at == 0:
        assert done.returncode == 0, done.stderr
    return done.returncode


def losses(folder: Path) -> dict[int, float]:
    return {row["step"]: row["loss"] for row in read_losses(folder / "losses.jsonl") if "loss" in row}


@pytest.mark.slow
def test_a_killed_run_repeats_every_later_loss_of_the_unbroken_run(tmp_path):
    train(tmp_path / "whole")
    # Micro-batch 26 lies inside the ninth accumulation window of three, in the third leg.
    assert train(tmp_path / "broken", die_at=26) == -signal.SIGKILL
    before = losses(tmp_path / "broken")
    assert 0 < len(before) < 14
    assert train(tmp_path / "broken", die_at=7) == -signal.SIGKILL
    train(tmp_path / "broken")

    whole, broken = losses(tmp_path / "whole"), losses(tmp_path / "broken")
    assert sorted(whole) == list(range(1, 15))
    assert broken == whole
    assert not list((tmp_path / "broken").glob("*.tmp"))


def test_legs_are_cut_between_optimizer_steps_and_cover_the_schedule():
    schedule = ScheduleSettings(steps=10, batch=4, accumulate=2, checkpoint_every=4)
    lengths = leg_lengths(schedule, per_pass=6)
    assert sum(lengths) == 20
    assert all(length % 2 == 0 for length in lengths)
    assert max(lengths) <= 8


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
