"""One training loop for every stage: Lightning's, walked in legs.

A leg is what lies between two checkpoints. Each leg is one Lightning epoch over its own stretch of the
stream, so that continuing after a crash is always continuing at a boundary, never inside an
accumulation window; what was lost since is computed again, to the same numbers.
"""

import logging
import signal
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path
from typing import Any

import lightning as L
import torch
from lightning.pytorch.trainer.states import TrainerStatus
from torch.utils.data import DataLoader, Dataset

from priorrg.stage_settings import ScheduleSettings
from priorrg.training.callbacks import Checkpoints, LossRecord, Progress, Ticker
from priorrg.training.loggers import make_logger
from priorrg.training.report_scores import SHORTFALL, ReportScores
from priorrg.training.stream import Leg, Stream, loader


class _Ready(Dataset[Any]):
    def __init__(self, batches: Sequence[Callable[[], Any]]) -> None:
        self.batches = batches

    def __len__(self) -> int:
        return len(self.batches)

    def __getitem__(self, i: int) -> Any:
        return self.batches[i]()


class LegData(L.LightningDataModule):
    """Hand Lightning the leg that it is in."""

    def __init__(
        self, stream: Stream, held_out: Sequence[Callable[[], Any]], lengths: list[int], workers: int
    ) -> None:
        super().__init__()
        self.stream, self.held_out, self.lengths, self.workers = stream, held_out, lengths, workers

    def train_dataloader(self) -> DataLoader[Any]:
        assert self.trainer is not None
        leg = min(self.trainer.current_epoch, len(self.lengths) - 1)
        start = sum(self.lengths[:leg])
        world, rank = self.trainer.world_size, self.trainer.global_rank
        return loader(Leg(self.stream, start, self.lengths[leg], rank, world), self.workers)

    def val_dataloader(self) -> DataLoader[Any]:
        return loader(_Ready(self.held_out), 0)


def leg_lengths(schedule: ScheduleSettings, per_pass: int) -> list[int]:
    """Return the micro-batches of each leg: cut every ``checkpoint_every`` steps and at every pass.

    A pass that ends inside an accumulation window is cut at that window's end.
    """
    passes = schedule.steps * schedule.accumulate // per_pass
    cuts = set(range(0, schedule.steps, schedule.checkpoint_every)) | {schedule.steps}
    cuts |= {-(-number * per_pass // schedule.accumulate) for number in range(passes + 1)}
    return [(b - a) * schedule.accumulate for a, b in pairwise(sorted(cuts))]


def fit_legs(
    module: L.LightningModule,
    stream: Stream,
    held_out: Sequence[Callable[[], Any]],
    schedule: ScheduleSettings,
    folder: Path,
    *,
    what: str,
    seed: int,
    workers: int = 0,
    logger: str = "none",
    judge: ReportScores | None = None,
    progress: Progress | None = None,
) -> Checkpoints:
    """Train to the end of the schedule, from ``folder``'s last checkpoint if there is one, and leave
    the module with the weights that ``judge`` likes best, else those of the best validation loss."""
    folder.mkdir(parents=True, exist_ok=True)
    checkpoints = Checkpoints(folder, schedule, "val_loss" if judge is None else SHORTFALL)
    lengths = leg_lengths(schedule, stream.per_pass)
    data = LegData(stream, held_out, lengths, workers)
    last = checkpoints.last_path if checkpoints.last_path.exists() else None
    with _quietly():
        trainer = L.Trainer(
            max_epochs=len(lengths),
            devices=1,
            precision=schedule.precision,
            accumulate_grad_batches=schedule.accumulate,
            gradient_clip_val=schedule.clip or None,
            reload_dataloaders_every_n_epochs=1,
            use_distributed_sampler=False,
            num_sanity_val_steps=0,
            enable_progress_bar=False,
            enable_model_summary=False,
            enable_checkpointing=False,
            log_every_n_steps=10,
            logger=make_logger(logger, folder),
            callbacks=[
                *([] if judge is None else [judge]),
                Ticker(what, schedule.steps, seed, progress),
                checkpoints,
                LossRecord(folder / "losses.jsonl"),
            ],
        )
        try:
            trainer.fit(module, data, ckpt_path=last, weights_only=True)
        except SystemExit:
            # The trainer swallows Ctrl-C, ignores it from then on, and leaves without a word.
            if trainer.state.status != TrainerStatus.INTERRUPTED:
                raise
            signal.signal(signal.SIGINT, signal.default_int_handler)
            raise KeyboardInterrupt from None
    if checkpoints.best_path.exists():
        module.load_state_dict(torch.load(checkpoints.best_path, map_location="cpu", weights_only=True))
    return checkpoints


@contextmanager
def _quietly() -> Iterator[None]:
    """Keep the trainer's greetings and advice from the terminal; its errors still come."""
    logs = [logging.getLogger(name) for name in ("lightning.pytorch", "lightning.fabric")]
    levels = [log.level for log in logs]
    for log in logs:
        log.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            # Batches come ready from the dataset, so the advice on workers and intervals does not apply.
            warnings.filterwarnings("ignore", message=".*does not have many workers.*")
            warnings.filterwarnings("ignore", message=".*number of training batches.*logging interval.*")
            # A frozen encoder is meant to be.
            warnings.filterwarnings("ignore", message=".*module.s. in eval mode.*")
            warnings.filterwarnings(
                "ignore", message=".*LeafSpec.*is deprecated", category=FutureWarning
            )
            yield
    finally:
        for log, level in zip(logs, levels, strict=True):
            log.setLevel(level)
