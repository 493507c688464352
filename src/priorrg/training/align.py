"""Stage 1: let image with prior and context agree with the report."""

from typing import Any

import lightning as L
from torch import Tensor

from priorrg.model.inputs import StudyBatch
from priorrg.model.network import PriorRGNetwork
from priorrg.settings import Settings
from priorrg.training.schedule import optimizer_and_schedule


class AlignModule(L.LightningModule):
    """Contrastive pre-training (METHOD: symmetric, multi-positive); the vision encoder is frozen."""

    def __init__(self, network: PriorRGNetwork, settings: Settings) -> None:
        super().__init__()
        self.network, self.settings = network, settings
        network.spare(settings.align.memory)

    def training_step(self, batch: StudyBatch, _: int) -> dict[str, Any]:
        loss = self.network.align_loss(batch)
        self.log("train_loss", loss, batch_size=len(batch.has_prior))
        return {"loss": loss}

    def validation_step(self, batch: StudyBatch, _: int) -> Tensor:
        loss = self.network.align_loss(batch)
        self.log("val_loss", loss, batch_size=len(batch.has_prior), sync_dist=True)
        return loss

    def configure_optimizers(self) -> Any:
        groups = self.network.parameter_groups()
        rate = self.settings.align.learning_rate
        return optimizer_and_schedule(
            self, [(groups["pretrained"] + groups["embeddings"], rate)], self.settings.align
        )
