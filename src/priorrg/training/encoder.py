"""Label pre-training of the small vision encoder: the stand-in for RAD-DINO.

Each token votes for each label; a study has a label if some token is convinced. Rebuilding the patch
from its token keeps extent and density in the features, which labels alone would let go.
Axes: batch, token, label, pixel of a patch.
"""

from typing import Any, NamedTuple

import lightning as L
import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

from priorrg.model.inputs import VisionFeatures
from priorrg.settings import Settings
from priorrg.training.schedule import optimizer_and_schedule

_THUMB = 4
"""Side, in cells, of the thumbnail of each patch that a token must rebuild."""


class LabelledImages(NamedTuple):
    """Normalised pixels ``(batch, 1, size, size)`` and labels ``(batch, label)``, 1 or 0."""

    pixels: Tensor
    labels: Tensor


class EncoderModule(L.LightningModule):
    """Train ``vision`` to see the labels and to keep what the patch looks like."""

    def __init__(
        self, vision: nn.Module, width: int, positive_weight: Float[Tensor, " label"], settings: Settings
    ) -> None:
        super().__init__()
        self.vision, self.settings = vision, settings
        self.votes = nn.Linear(width, len(positive_weight))
        self.overview = nn.Linear(width, len(positive_weight))
        self.rebuild = nn.Linear(width, _THUMB * _THUMB)
        self.positive_weight: Tensor
        self.register_buffer("positive_weight", positive_weight)
        nn.init.constant_(self.votes.bias, -4.0)

    def logits(self, features: VisionFeatures) -> Float[Tensor, "batch label"]:
        tokens = features.last
        convinced = torch.logsumexp(self.votes(tokens[:, 1:]).float(), dim=1)
        logits: Tensor = convinced + self.overview(tokens[:, 0]).float()
        return logits

    def losses(self, batch: LabelledImages) -> tuple[Tensor, Tensor]:
        """Return the label loss and the rebuilding loss."""
        features = self.vision(batch.pixels)
        label = F.binary_cross_entropy_with_logits(
            self.logits(features), batch.labels, pos_weight=self.positive_weight
        )
        grid = round((features.last.shape[1] - 1) ** 0.5)
        thumbs = F.adaptive_avg_pool2d(batch.pixels, grid * _THUMB)
        target = (
            thumbs.unfold(2, _THUMB, _THUMB).unfold(3, _THUMB, _THUMB)[:, 0].flatten(1, 2).flatten(2)
        )
        rebuilt = self.rebuild(features.last[:, 1:])
        return label, F.mse_loss(rebuilt.float(), target)

    def training_step(self, batch: LabelledImages, _: int) -> dict[str, Any]:
        shifted = _shifted(batch.pixels, self.settings.encoder.shift)
        label, rebuilding = self.losses(LabelledImages(shifted, batch.labels))
        loss = label + self.settings.encoder.reconstruction * rebuilding
        return {"loss": loss, "parts": {"label": label.detach(), "rebuilding": rebuilding.detach()}}

    def validation_step(self, batch: LabelledImages, _: int) -> Tensor:
        label, rebuilding = self.losses(batch)
        loss = label + self.settings.encoder.reconstruction * rebuilding
        self.log("val_loss", loss, batch_size=len(batch.pixels), sync_dist=True)
        return loss

    def configure_optimizers(self) -> Any:
        stage = self.settings.encoder
        return optimizer_and_schedule(self, [(list(self.parameters()), stage.learning_rate)], stage)


def _shifted(pixels: Tensor, limit: int) -> Tensor:
    """Shift each image by up to ``limit`` px and vary its exposure a little. Never flipped: side would lie."""
    if limit == 0:
        return pixels
    count, _, height, width = pixels.shape
    padded = F.pad(pixels, (limit,) * 4, mode="replicate")
    x, y = torch.randint(0, 2 * limit + 1, (2, count)).tolist()
    cut = torch.stack([padded[i, :, y[i] : y[i] + height, x[i] : x[i] + width] for i in range(count)])
    gain = 1 + 0.1 * torch.randn(count, 1, 1, 1, device=pixels.device)
    offset = 0.1 * torch.randn(count, 1, 1, 1, device=pixels.device)
    return cut * gain + offset
