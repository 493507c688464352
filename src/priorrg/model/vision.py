"""From pixels to image tokens: a Dinov2, or a small encoder that a laptop can train.

Knows tensors only: no files, no views, no prior.
Axes: images, layer (transformer blocks), token (class + patches, row by row), width; sizes in px.
"""

import math
from collections.abc import Sequence
from dataclasses import fields
from itertools import pairwise
from typing import Any, cast

import torch
from jaxtyping import Float
from torch import Tensor, nn
from transformers import AttentionInterface, Dinov2Config, Dinov2Model

from priorrg.errors import SettingsError, WeightsError
from priorrg.model.attention import attend, mix_rounded
from priorrg.model.config import NetworkConfig
from priorrg.model.inputs import VisionFeatures, no_layers

ROUNDED_ATTENTION = "priorrg_rounded"
"""What transformers calls ``mix_rounded``."""


def build_vision(config: NetworkConfig) -> "DinoEncoder | ConvEncoder":
    """Return the vision encoder that the configuration asks for, with fresh weights."""
    settings = config.model.vision
    if settings.backbone == "conv":
        return ConvEncoder(
            image_size=config.image_size,
            patch=settings.patch,
            width=settings.width,
            depth=settings.layers,
            heads=settings.heads,
        )
    if config.vision is None:
        raise WeightsError(
            f"vision backbone {settings.backbone!r}: got no configuration; expected its Dinov2 "
            "config.json in NetworkConfig.vision (see backbone_configs)"
        )
    return DinoEncoder(config.vision, config.image_size)


class DinoEncoder(nn.Module):
    """A Hugging Face Dinov2; grey pixels are shown to it as three equal channels."""

    def __init__(self, config: dict[str, Any], image_size: int) -> None:
        super().__init__()
        known = {field.name for field in fields(Dinov2Config)} - {"model_type"}
        dino = Dinov2Config(**{key: value for key, value in config.items() if key in known})
        # A position is learned per patch: another size interpolates them, as the backbone does.
        self.backbone = Dinov2Model(dino)
        self.width: int = dino.hidden_size
        self.depth: int = dino.num_hidden_layers
        self.tokens: int = 1 + (image_size // cast(int, dino.patch_size)) ** 2

    def forward(
        self,
        pixels: Float[Tensor, "images channel size size"],
        with_layers: bool = True,
        into: Float[Tensor, "images layer token width"] | None = None,
    ) -> VisionFeatures:
        """Return the last hidden state and every block's output of one- or three-channel pixels.

        ``with_layers`` false returns none of the blocks' outputs, and keeps none. ``into`` is where they are put,
        without gradients.
        """
        output = self.backbone(
            pixel_values=pixels.expand(-1, 3, -1, -1), output_hidden_states=with_layers, return_dict=True
        )
        last = output.last_hidden_state
        if not with_layers:
            return VisionFeatures(last, no_layers(last))
        return VisionFeatures(last, _stacked(output.hidden_states[1:], into))


def _stacked(layers: Sequence[Tensor], into: Tensor | None) -> Tensor:
    """Return the blocks' outputs side by side, in ``into`` if it is given, whatever its type."""
    if into is None:
        return torch.stack(tuple(layers), dim=1)
    for row, layer in enumerate(layers):
        into[:, row] = layer
    return into


class ConvEncoder(nn.Module):
    """A residual convolutional stem down to the patch grid, then a few transformer blocks.

    The stand-in for a pre-trained backbone in small presets: convolutions see edges and small findings
    after few examples, which patches alone do not. ``patch`` is the stem's stride in px.
    """

    def __init__(self, *, image_size: int, patch: int, width: int, depth: int, heads: int) -> None:
        super().__init__()
        stages = int(math.log2(patch)) if patch > 1 else 0
        if stages < 1 or 2**stages != patch or image_size % patch:
            raise SettingsError(
                f"model.vision.patch: got {patch} px at image.size {image_size} px; "
                "expected a power of two that divides the image size"
            )
        if width % heads:
            raise SettingsError(
                f"model.vision.width: got {width}, expected a multiple of heads = {heads}"
            )
        self.width, self.depth, self.tokens = width, depth, 1 + (image_size // patch) ** 2
        self.stem = ConvStem(stages, width)
        self.class_token = nn.Parameter(torch.empty(1, 1, width))
        self.positions = nn.Parameter(torch.empty(1, self.tokens, width))
        nn.init.trunc_normal_(self.class_token, std=0.02)
        nn.init.trunc_normal_(self.positions, std=0.02)
        self.blocks = nn.ModuleList(TransformerBlock(width, heads) for _ in range(depth))
        self.norm = nn.LayerNorm(width)

    def forward(
        self,
        pixels: Float[Tensor, "images 1 size size"],
        with_layers: bool = True,
        into: Float[Tensor, "images layer token width"] | None = None,
    ) -> VisionFeatures:
        """Return the normalised last output and every block's, as ``DinoEncoder`` does."""
        patches = self.stem(pixels).flatten(2).transpose(1, 2)
        tokens = (
            torch.cat([self.class_token.expand(len(patches), -1, -1), patches], dim=1) + self.positions
        )
        layers = []
        for block in self.blocks:
            tokens = block(tokens)
            if with_layers:
                layers.append(tokens)
        last = self.norm(tokens)
        return VisionFeatures(last, _stacked(layers, into) if with_layers else no_layers(last))


class ConvStem(nn.Module):
    """Stages of half the resolution each; few channels while the image is large."""

    def __init__(self, stages: int, width: int) -> None:
        super().__init__()
        channels = [1] + [min(16 * 2**stage, width) for stage in range(stages)]
        layers: list[nn.Module] = []
        for before, after in pairwise(channels):
            layers += [_convolution(before, after, stride=2), nn.SiLU(), ResidualBlock(after)]
        self.layers = nn.Sequential(*layers)
        self.expand = nn.Conv2d(channels[-1], width, 1)
        # The quicker layout on a processor where channels are few.
        self.to(memory_format=torch.channels_last)  # type: ignore[call-overload]

    def forward(
        self, pixels: Float[Tensor, "images 1 size size"]
    ) -> Float[Tensor, "images width row column"]:
        """Return one vector per patch."""
        features: Tensor = self.expand(self.layers(pixels))
        return features


class ResidualBlock(nn.Module):
    """Two 3x3 convolutions beside an identity; starts as the identity."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.first = _convolution(channels, channels)
        self.second = _convolution(channels, channels)
        self.activate = nn.SiLU()
        nn.init.zeros_(self.second[1].weight)  # type: ignore[arg-type]

    def forward(
        self, features: Float[Tensor, "images channel row column"]
    ) -> Float[Tensor, "images channel row column"]:
        """Return the features with what the block adds."""
        fused: Tensor = self.activate(features + self.second(self.activate(self.first(features))))
        return fused


class TransformerBlock(nn.Module):
    """Pre-norm self-attention and feed-forward."""

    rounded = False  # as in ``attend``

    def __init__(self, width: int, heads: int, ratio: int = 4) -> None:
        super().__init__()
        self.heads = heads
        self.attention_norm = nn.LayerNorm(width)
        self.query_key_value = nn.Linear(width, 3 * width)
        self.attention_output = nn.Linear(width, width)
        self.feed_forward = nn.Sequential(
            nn.LayerNorm(width),
            nn.Linear(width, ratio * width),
            nn.GELU(),
            nn.Linear(ratio * width, width),
        )

    def forward(
        self, tokens: Float[Tensor, "images token width"]
    ) -> Float[Tensor, "images token width"]:
        """Return the tokens after one block."""
        query, key, value = self.query_key_value(self.attention_norm(tokens)).chunk(3, dim=-1)
        mixed = attend(query, key, value, self.heads, rounded=self.rounded)
        tokens = tokens + self.attention_output(mixed)
        after: Tensor = tokens + self.feed_forward(tokens)
        return after


def _convolution(before: int, after: int, stride: int = 1) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(before, after, 3, stride=stride, padding=1, bias=False), nn.BatchNorm2d(after)
    )


def _rounded(
    _: nn.Module,
    query: Tensor,
    key: Tensor,
    value: Tensor,
    attention_mask: Tensor | None,
    scaling: float,
    **__: Any,
) -> tuple[Tensor, None]:
    """Return rounded attention as transformers asks for it, (batch, query, heads, head width)."""
    return mix_rounded(query, key, value, scaling, attention_mask).transpose(1, 2), None


AttentionInterface.register(ROUNDED_ATTENTION, _rounded)
