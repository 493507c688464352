"""What happens between steps: checkpoints, the loss record, progress.

A checkpoint is written whole or not at all (temporary name, then rename), always between two optimizer
steps, so that no accumulation window is ever cut.
"""

import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import lightning as L
import torch

from priorrg.errors import TrainingError
from priorrg.stage_settings import ScheduleSettings
from priorrg.storage import disk_errors, new_file

Progress = Callable[[str, int, int], None]
"""Called with (what is being done, done, total)."""


_PLATEAU_FACTOR = 0.1


class Checkpoints(L.Callback):
    """Write ``last.ckpt`` after every leg and ``best.ckpt`` when the validation loss improves.

    ``watched`` names what stands for that loss: what the module, or a callback before, logs under it.
    ``last.ckpt`` is the whole state of training, ``best.ckpt`` the module's weights alone. What follows
    from a validation without improvement is done here, before the checkpoint is written, so that a run
    that continues does the same: after ``plateau_patience`` of them the learning rate becomes a tenth
    (schedule ``plateau``), after ``early_stopping`` training ends.
    """

    def __init__(self, folder: Path, schedule: ScheduleSettings, watched: str = "val_loss") -> None:
        self.folder, self.schedule, self.watched = folder, schedule, watched
        self.best, self.waited, self.waited_at_rate = math.inf, 0, 0

    @property
    def last_path(self) -> Path:
        return self.folder / "last.ckpt"

    @property
    def best_path(self) -> Path:
        return self.folder / "best.ckpt"

    def state_dict(self) -> dict[str, Any]:
        return {"best": self.best, "waited": self.waited, "waited_at_rate": self.waited_at_rate}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        self.best, self.waited = state_dict["best"], state_dict["waited"]
        self.waited_at_rate = state_dict["waited_at_rate"]

    @property
    def exhausted(self) -> bool:
        """Whether the validation loss has not improved for too long."""
        return 0 < self.schedule.early_stopping <= self.waited

    def on_train_start(self, trainer: L.Trainer, pl_module: L.LightningModule) -> None:
        trainer.should_stop = self.exhausted  # a run that stopped early has nothing to go on with

    def on_train_epoch_end(self, trainer: L.Trainer, pl_module: L.LightningModule) -> None:
        loss = trainer.callback_metrics.get(self.watched)
        improved = loss is not None and float(loss) < self.best
        if loss is not None:
            self.best = min(self.best, float(loss))
            self.waited = 0 if improved else self.waited + 1
            self.waited_at_rate = 0 if improved else self.waited_at_rate + 1
        if self.schedule.schedule == "plateau" and self.waited_at_rate >= self.schedule.plateau_patience:
            self.waited_at_rate = 0
            for group in (g for optimizer in trainer.optimizers for g in optimizer.param_groups):
                group["lr"] *= _PLATEAU_FACTOR
        trainer.should_stop = self.exhausted
        if improved and trainer.is_global_zero:
            # Before last.ckpt: a crash between the two repeats this leg and improves again.
            with new_file(self.best_path) as temporary, temporary.open("wb") as file:
                torch.save(pl_module.state_dict(), file)
        if trainer.is_global_zero:
            with new_file(self.last_path) as temporary:
                trainer.save_checkpoint(temporary)
        else:
            trainer.save_checkpoint(self.last_path)  # a part of saving that other processes have


class LossRecord(L.Callback):
    """Append each optimizer step's losses to ``losses.jsonl``; a resumed run overwrites from its step on.

    A loss that is not a number ends the training with ``TrainingError``.
    """

    def __init__(self, path: Path) -> None:
        self.path, self.count = path, 0
        self.sums: dict[str, float] = {}

    def on_train_start(self, trainer: L.Trainer, pl_module: L.LightningModule) -> None:
        if not trainer.is_global_zero or not self.path.exists():
            return
        kept = [row for row in read_losses(self.path) if row["step"] <= trainer.global_step]
        with new_file(self.path) as temporary:
            temporary.write_text("".join(json.dumps(row) + "\n" for row in kept))

    def on_train_batch_end(
        self, trainer: L.Trainer, pl_module: L.LightningModule, outputs: Any, batch: Any, batch_idx: int
    ) -> None:
        losses = {"loss": outputs["loss"], **outputs.get("parts", {})}
        for name, value in losses.items():
            self.sums[name] = self.sums.get(name, 0.0) + float(value.detach())
        self.count += 1
        if self.count < trainer.accumulate_grad_batches:
            return
        # Lightning divides the returned loss by the window, so the sum is the window's mean.
        row = {n: v if n == "loss" else v / self.count for n, v in self.sums.items()}
        self.sums, self.count = {}, 0
        if not math.isfinite(row["loss"]):
            raise TrainingError(
                f"{self.path}: the loss of step {trainer.global_step} is {row['loss']}; expected a number. "
                "Lower learning_rate, or train in 32-true, and start in a new --out"
            )
        self._append(trainer, row)

    def on_validation_end(self, trainer: L.Trainer, pl_module: L.LightningModule) -> None:
        found = trainer.callback_metrics.items()
        losses = {name: float(value) for name, value in found if name.startswith("val_")}
        if losses:
            self._append(trainer, losses)

    def _append(self, trainer: L.Trainer, losses: dict[str, float]) -> None:
        if trainer.is_global_zero:
            with disk_errors(self.path), self.path.open("a") as file:
                file.write(json.dumps({"step": trainer.global_step, **losses}) + "\n")


def read_losses(path: Path) -> list[dict[str, float]]:
    """Return the rows of a loss record; a line cut off by a crash is dropped."""
    rows = []
    for line in path.read_text().splitlines():
        try:
            rows.append(json.loads(line))
        except json.JSONDecodeError:
            continue
    return rows


class Ticker(L.Callback):
    """Report progress in optimizer steps, and seed each leg by its number.

    Seeding per leg makes dropout a function of the position too: a run that continues draws what the
    unbroken run drew.
    """

    def __init__(self, what: str, steps: int, seed: int, progress: Progress | None) -> None:
        self.what, self.steps, self.seed, self.progress = what, steps, seed, progress

    def on_train_epoch_start(self, trainer: L.Trainer, pl_module: L.LightningModule) -> None:
        torch.manual_seed((self.seed * 1_000_003 + trainer.current_epoch) * 1_009 + trainer.global_rank)

    def on_train_batch_end(
        self, trainer: L.Trainer, pl_module: L.LightningModule, outputs: Any, batch: Any, batch_idx: int
    ) -> None:
        if self.progress is not None and trainer.is_global_zero:
            self.progress(self.what, trainer.global_step, self.steps)
