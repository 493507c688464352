"""Teach the decoder to write reports from their own statements, before it gets to see anything.

What a report states is read out of it (``language/``), told to the decoder in statement rows, and the
report is to be written from that. No image takes part, so it is quick, and any text will do. A small
decoder learns here what a pretrained one brings along: wording, and to say all that it is told, once.
"""

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import lightning as L
import numpy as np
from torch import Tensor

from priorrg.batching import Batcher, auxiliary_targets
from priorrg.model.network import PriorRGNetwork
from priorrg.settings import Settings
from priorrg.training.callbacks import Progress
from priorrg.training.fit import fit_legs
from priorrg.training.schedule import optimizer_and_schedule
from priorrg.training.stream import Stream


class Texts(NamedTuple):
    """Report ids and mask ``(batch, token)`` with what they state: ``(batch, slot, …)``."""

    ids: Tensor
    mask: Tensor
    observations: Tensor
    changes: Tensor


class WriteModule(L.LightningModule):
    """Cross-entropy of reports, given their statements."""

    def __init__(self, network: PriorRGNetwork, settings: Settings) -> None:
        super().__init__()
        self.network, self.settings = network, settings

    def training_step(self, batch: Texts, _: int) -> dict[str, Any]:
        loss = self.network.writing_loss(*batch)
        self.log("train_loss", loss, batch_size=len(batch.ids))
        return {"loss": loss}

    def validation_step(self, batch: Texts, _: int) -> Tensor:
        loss = self.network.writing_loss(*batch)
        self.log("val_loss", loss, batch_size=len(batch.ids), sync_dist=True)
        return loss

    def configure_optimizers(self) -> Any:
        stage = self.settings.writing
        groups = [(self.network.parameter_groups()["decoder"], stage.learning_rate)]
        return optimizer_and_schedule(self, groups, stage)


def train_writer(
    network: PriorRGNetwork,
    batcher: Batcher,
    train: Sequence[str],
    validate: Sequence[str],
    settings: Settings,
    folder: Path,
    *,
    logger: str = "none",
    progress: Progress | None = None,
) -> None:
    """Train ``network``'s decoder and statement rows in place on the texts of ``train``."""
    stage = settings.writing

    def load(texts: Sequence[str]) -> Texts:
        ids, mask = batcher.targets(texts)
        # A text that speaks of no change says so of every slot, with a prior or without.
        return Texts(ids, mask, *auxiliary_targets(texts, has_prior=[True] * len(texts)))

    def draw(rows: Sequence[int], _: np.random.Generator) -> Texts:
        return load([train[i] for i in rows])

    held_out = [validate[i : i + stage.batch] for i in range(0, len(validate), stage.batch)]
    fit_legs(
        WriteModule(network, settings),
        Stream(len(train), stage.batch, settings.seed, draw),
        [partial(load, texts) for texts in held_out],
        stage,
        folder,
        what="learning to write",
        seed=settings.seed,
        workers=settings.data.workers,
        logger=logger,
        progress=progress,
    )
