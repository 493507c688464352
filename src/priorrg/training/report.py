"""Stage 2: write the report from the memory."""

from typing import Any

import lightning as L
from torch import Tensor

from priorrg.model.inputs import StudyBatch
from priorrg.model.network import PriorRGNetwork
from priorrg.settings import Settings
from priorrg.training.schedule import optimizer_and_schedule


class ReportModule(L.LightningModule):
    """Cross-entropy on the report's tokens, with the optional auxiliary loss on the memory."""

    def __init__(self, network: PriorRGNetwork, settings: Settings) -> None:
        super().__init__()
        self.network, self.settings = network, settings
        network.spare(settings.report.memory)

    def training_step(self, batch: StudyBatch, _: int) -> dict[str, Any]:
        losses = self._losses(batch, told=True)
        self.log("train_loss", losses["loss"], batch_size=len(batch.has_prior))
        return {
            "loss": losses["loss"],
            "parts": {n: v.detach() for n, v in losses.items() if n != "loss"},
        }

    def validation_step(self, batch: StudyBatch, _: int) -> Tensor:
        losses = self._losses(batch, told=False)
        for name, value in losses.items():
            self.log(f"val_{name}", value, batch_size=len(batch.has_prior), sync_dist=True)
        return losses["loss"]

    def _losses(self, batch: StudyBatch, *, told: bool) -> dict[str, Tensor]:
        auxiliary = self.settings.report.auxiliary
        return self.network.report_loss(
            batch,
            auxiliary.observations,
            auxiliary.changes,
            positive_weight=auxiliary.positive_weight,
            change_weight=auxiliary.change_weight,
            told=told,
        )

    def configure_optimizers(self) -> Any:
        groups, stage = self.network.parameter_groups(), self.settings.report
        embeddings_rate = 0.0 if stage.freeze_embeddings else stage.pretrained_learning_rate
        return optimizer_and_schedule(
            self,
            [
                (groups["pretrained"], stage.pretrained_learning_rate),
                (groups["embeddings"], embeddings_rate),
                (groups["decoder"] + groups["auxiliary"], stage.learning_rate),
            ],
            stage,
        )
