"""Train a small network with dropout; die by SIGKILL at a given micro-batch if told to."""

import os
import signal
import sys
from pathlib import Path

import lightning as L
import torch
from torch import nn

from priorrg.stage_settings import ScheduleSettings
from priorrg.training.fit import fit_legs
from priorrg.training.schedule import optimizer_and_schedule
from priorrg.training.stream import Stream


class Small(L.LightningModule):
    def __init__(self, die_at: int) -> None:
        super().__init__()
        self.net = nn.Sequential(nn.Linear(6, 16), nn.BatchNorm1d(16), nn.Dropout(0.5), nn.Linear(16, 1))
        self.die_at, self.seen = die_at, 0

    def training_step(self, batch, index):
        self.seen += 1
        if self.seen == self.die_at:
            os.kill(os.getpid(), signal.SIGKILL)
        return {"loss": self.net(batch).square().mean()}

    def validation_step(self, batch, index):
        # With a plateau the loss never improves after the first leg, so that the rate falls.
        rising = float(self.trainer.current_epoch) if SCHEDULE.schedule == "plateau" else 0.0
        self.log("val_loss", self.net(batch).square().mean() + 100 * rising, batch_size=len(batch))

    def configure_optimizers(self):
        return optimizer_and_schedule(self, [(list(self.parameters()), 1e-2)], SCHEDULE)


SCHEDULE = ScheduleSettings(
    steps=14,
    batch=4,
    accumulate=3,
    checkpoint_every=4,
    optimizer="muon",
    schedule=sys.argv[3],
    plateau_patience=1,
)


def main() -> None:
    folder, die_at = Path(sys.argv[1]), int(sys.argv[2])
    torch.manual_seed(0)
    data = torch.randn(50, 6, generator=torch.Generator().manual_seed(1))

    def load(rows, generator):
        return data[list(rows)] + 0.1 * torch.from_numpy(generator.normal(size=(len(rows), 6))).float()

    fit_legs(
        Small(die_at),
        Stream(50, SCHEDULE.batch, 5, load),
        [lambda: data[:8]],
        SCHEDULE,
        folder,
        what="training",
        seed=5,
        workers=2,
    )


if __name__ == "__main__":
    main()
