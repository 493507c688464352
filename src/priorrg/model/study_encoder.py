"""From a study to memory, coarse to fine; shared by both stages.

Knows tensors only: no files, no text, no dates. A study's result never depends on the other studies of
its batch nor on padding (outside training, where batch normalisation looks at the batch).
Axes: batch, n_prior (studies with a prior), token (class + patches, or words), latent, width.
"""

from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor, nn

from priorrg.model.config import NetworkConfig
from priorrg.model.frozen_vision import read_in_parts
from priorrg.model.inputs import StudyBatch, VisionFeatures
from priorrg.model.layer_fusion import LayerFusion
from priorrg.model.perceiver import Perceiver
from priorrg.model.precision import full_precision
from priorrg.model.projection import Projection
from priorrg.model.recompute import run
from priorrg.model.temporal_fusion import TemporalFusion
from priorrg.model.text import TextEncoder
from priorrg.model.vision import build_vision
from priorrg.stage_settings import MemorySettings

CURRENT, PRIOR = 0, 1
"""Rows of the temporal embedding."""


@dataclass(frozen=True, kw_only=True)
class StudyMemory:
    """What the network holds of each study; ``memory`` is what a report is written from.

    What the method leaves out or nobody asked for is ``None``. ``context`` and ``report`` are zero at
    padding.
    """

    spatiotemporal: Float[Tensor, "batch token width"]
    spatiotemporal_latents: Float[Tensor, "batch latent width"]
    memory: Float[Tensor, "batch row width"]
    context: Float[Tensor, "batch context_token width"] | None = None
    context_mask: Bool[Tensor, "batch context_token"] | None = None
    context_latents: Float[Tensor, "batch latent width"] | None = None
    joint: Float[Tensor, "batch token width"] | None = None
    joint_latents: Float[Tensor, "batch latent width"] | None = None
    report: Float[Tensor, "batch report_token width"] | None = None


class StudyEncoder(nn.Module):
    """Encoders, projections, fusions and the perceiver, in the order of the published method.

    ``streams``: images, or studies to draft, that are worked on side by side at most.
    """

    def __init__(self, config: NetworkConfig) -> None:
        super().__init__()
        model, width = config.model, config.model.width
        self.method = config.method
        self.vision_frozen = model.vision.frozen
        self.spares = MemorySettings()
        self.streams = 1
        self.vision = build_vision(config)
        self.text = TextEncoder(config)
        self.visual_projection = Projection(self.vision.width, width, normalise=True)
        self.text_projection = Projection(self.text.width, width, normalise=False)
        self.view_embedding = nn.Embedding(len(model.views), self.vision.width)
        self.temporal_embedding = nn.Embedding(2, width)
        for embedding in (self.view_embedding, self.temporal_embedding):
            nn.init.normal_(embedding.weight, std=0.02)
        self.temporal_fusion = TemporalFusion(
            width, model.temporal_fusion.layers, model.temporal_fusion.heads
        )
        self.no_prior_norm = nn.LayerNorm(width)
        self.layer_fusion = LayerFusion(self.vision.depth)
        self.joint_norm = nn.LayerNorm(width)
        self.perceiver = Perceiver(width, model.perceiver)
        if self.vision_frozen:
            self.vision.requires_grad_(False).eval()

    def train(self, mode: bool = True) -> "StudyEncoder":
        """Switch to training; a frozen vision encoder stays in evaluation."""
        super().train(mode)
        if self.vision_frozen:
            self.vision.eval()
        return self

    def encode_images(
        self, pixels: Float[Tensor, "images channel size size"], with_layers: bool = True
    ) -> VisionFeatures:
        """Return the vision encoder's features, without gradients where it is frozen.

        ``with_layers`` false leaves the hidden layers out.
        """
        at_once = self.spares.images_at_once
        if at_once and (self.vision_frozen or not torch.is_grad_enabled()):
            return read_in_parts(
                self.vision,
                pixels,
                at_once,
                with_layers=with_layers,
                half=self.training and self.vision_frozen,
                streams=self.streams,
            )
        with torch.set_grad_enabled(torch.is_grad_enabled() and not self.vision_frozen):
            features: VisionFeatures = self.vision(pixels, with_layers)
        return features

    def forward(
        self, batch: StudyBatch, with_joint: bool = True, with_report: bool = False
    ) -> StudyMemory:
        """Return the memory of every study.

        ``with_joint`` adds the fine detail of the hidden layers (stage 2); ``with_report`` reads the
        report through the text encoder as well (stage 1).
        """
        spatiotemporal, joint = self._see(batch, with_joint and self.method.use_hidden)
        guided, kind = self.method.coarse_to_fine, self.view_embedding.weight.dtype
        with full_precision(self):
            context, report = self._read(batch, with_report)
            mask = None if context is None else batch.context_mask
            c = None if context is None else self._run(self.perceiver, context, mask)
            s = self._run(self.perceiver, spatiotemporal.to(kind), None, c if guided else None)
            j = (
                None
                if joint is None
                else self._run(self.perceiver, joint.to(kind), None, s if guided else None)
            )
        return StudyMemory(
            spatiotemporal=spatiotemporal,
            spatiotemporal_latents=s,
            memory=torch.cat([part for part in (c, s, j) if part is not None], dim=1),
            context=context,
            context_mask=mask,
            context_latents=c,
            joint=joint,
            joint_latents=j,
            report=report,
        )

    def _see(
        self, batch: StudyBatch, with_joint: bool
    ) -> tuple[Float[Tensor, "batch token width"], Float[Tensor, "batch token width"] | None]:
        """Return the spatiotemporal and, if asked for, the fine-detail tokens."""
        current, prior, rows = self._features(batch, with_joint)
        studies, priors = len(current), len(prior)
        view = self.view_embedding(batch.current_view)[:, None]
        paths = [current.last + view]
        if priors:
            paths.append(prior.last + self.view_embedding(batch.prior_view)[:, None])
        if with_joint:
            paths.append(self._run(self.layer_fusion, current.layers, self.spares.recompute) + view)
        tokens = torch.cat(paths)
        flat = self._run(self.visual_projection, tokens.flatten(0, 1))
        projected = flat.view(*tokens.shape[:2], -1)

        now = projected[:studies] + self.temporal_embedding.weight[CURRENT]
        before = projected[studies : studies + priors] + self.temporal_embedding.weight[PRIOR]
        alone = self.no_prior_norm(now)
        fused = self.temporal_fusion(now[rows], before, recompute=self.spares.recompute)
        spatiotemporal = alone.index_copy(0, rows, fused.to(alone.dtype))
        if not with_joint:
            return spatiotemporal, None
        detail = projected[studies + priors :] + self.temporal_embedding.weight[CURRENT]
        return spatiotemporal, self.joint_norm(detail)

    def _run(self, part: nn.Module, *inputs: Tensor | int | None) -> Tensor:
        """Return what a part makes of its inputs; in training, its insides are kept or not, as is set."""
        return run(part, *inputs, recompute=self.spares.recompute)

    def _features(
        self, batch: StudyBatch, with_layers: bool
    ) -> tuple[VisionFeatures, VisionFeatures, Int[Tensor, " n_prior"]]:
        """Return the features of current and prior images, and the rows that the priors belong to."""
        rows = batch.rows_with_prior()
        kind = self.view_embedding.weight.dtype
        current, prior = batch.current, batch.prior
        if not self.method.use_prior:
            rows, prior = rows[:0], prior.map(_none) if isinstance(prior, VisionFeatures) else prior[:0]
        if isinstance(current, Tensor) and isinstance(prior, Tensor):
            current, prior = self._look(current, prior, with_layers)
        elif isinstance(current, Tensor) or isinstance(prior, Tensor):
            raise ValueError(
                "StudyBatch: current and prior must both be pixels or both be VisionFeatures"
            )
        if self.method.prior_pixels == "blank":
            prior = prior.map(torch.zeros_like)
        if self.training and torch.is_autocast_enabled(batch.has_prior.device.type):
            return current, prior, rows  # each part casts as it needs
        return current.map(lambda x: x.to(kind)), prior.map(lambda x: x.to(kind)), rows

    def _look(
        self,
        current: Float[Tensor, "batch channel size size"],
        prior: Float[Tensor, "n_prior channel size size"],
        with_layers: bool,
    ) -> tuple[VisionFeatures, VisionFeatures]:
        """Return the features of current and prior pixels; nothing reads the hidden layers of a prior."""
        if self.vision_frozen and self.spares.images_at_once:
            return self.encode_images(current, with_layers), self.encode_images(prior, False)
        # One call: the encoder's own batch statistics, if it trains, are those of all images.
        both = self.encode_images(torch.cat([current, prior]), with_layers)
        return both.map(lambda x: x[: len(current)]), both.map(lambda x: x[len(current) :])

    def _read(
        self, batch: StudyBatch, with_report: bool
    ) -> tuple[
        Float[Tensor, "batch context_token width"] | None,
        Float[Tensor, "batch report_token width"] | None,
    ]:
        """Return the projected words of context and report, zero at padding."""
        texts: list[tuple[Tensor, Tensor]] = []
        if self.method.use_context:
            texts.append((batch.context_ids, batch.context_mask))
        if with_report:
            if batch.report_ids is None or batch.report_mask is None:
                raise ValueError("StudyBatch: stage 1 needs report_ids and report_mask")
            texts.append((batch.report_ids, batch.report_mask))
        words = [self._run(self.text, ids, mask) for ids, mask in texts]
        if not words:
            return None, None
        real = torch.cat([vectors[mask] for vectors, (_, mask) in zip(words, texts, strict=True)])
        projected = iter(self.text_projection(real).split([int(mask.sum()) for _, mask in texts]))
        padded = [_scatter(next(projected), mask) for _, mask in texts]
        return padded[0] if self.method.use_context else None, padded[-1] if with_report else None


def _scatter(
    tokens: Float[Tensor, "real width"], mask: Bool[Tensor, "batch token"]
) -> Float[Tensor, "batch token width"]:
    """Return the tokens at the places where the mask is true, zeros elsewhere."""
    padded = tokens.new_zeros(*mask.shape, tokens.shape[-1])
    return padded.masked_scatter(mask[:, :, None], tokens)


def _none(tensor: Tensor) -> Tensor:
    return tensor[:0]
