"""Condense any number of tokens into a fixed number of latents.

Knows tensors only; the same perceiver reads context, spatiotemporal and fine-detail tokens.
Axes: batch, latent, token, width.
"""

import torch
from jaxtyping import Bool, Float
from torch import Tensor, nn

from priorrg.model.attention import attend
from priorrg.settings import PerceiverSettings


class LatentAttention(nn.Module):
    """Latents read from data, or from themselves where no data norm is asked for."""

    rounded = False  # as in ``attend``

    def __init__(self, width: int, heads: int, head_width: int, *, reads_data: bool) -> None:
        super().__init__()
        inner = heads * head_width
        self.heads = heads
        self.norm = nn.LayerNorm(width)
        self.data_norm = nn.LayerNorm(width) if reads_data else None
        self.query = nn.Linear(width, inner, bias=False)
        self.key_value = nn.Linear(width, 2 * inner, bias=False)
        self.output = nn.Linear(inner, width)

    def forward(
        self,
        latents: Float[Tensor, "batch latent width"],
        data: Float[Tensor, "batch token width"] | None = None,
        mask: Bool[Tensor, "batch token"] | None = None,
    ) -> Float[Tensor, "batch latent width"]:
        """Return what the latents read; tokens whose mask is false do not exist."""
        latents = self.norm(latents)
        source = latents if data is None or self.data_norm is None else self.data_norm(data)
        key, value = self.key_value(source).chunk(2, dim=-1)
        mixed = attend(self.query(latents), key, value, self.heads, mask, rounded=self.rounded)
        read: Tensor = self.output(mixed)
        return read


class GatedFeedForward(nn.Module):
    """LayerNorm → GEGLU of four times the width → back."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(width)
        self.widen = nn.Linear(width, 8 * width)
        self.activate = nn.GELU()
        self.narrow = nn.Linear(4 * width, width)

    def forward(
        self, latents: Float[Tensor, "batch latent width"]
    ) -> Float[Tensor, "batch latent width"]:
        """Return what the layer adds."""
        value, gate = self.widen(self.norm(latents)).chunk(2, dim=-1)
        added: Tensor = self.narrow(value * self.activate(gate))
        return added


class PerceiverBlock(nn.Module):
    """Read the data, think, exchange among latents, think; each beside an identity."""

    def __init__(self, width: int, heads: int, head_width: int) -> None:
        super().__init__()
        self.cross_attention = LatentAttention(width, heads, head_width, reads_data=True)
        self.cross_feed_forward = GatedFeedForward(width)
        self.self_attention = LatentAttention(width, heads, head_width, reads_data=False)
        self.self_feed_forward = GatedFeedForward(width)

    def forward(
        self,
        latents: Float[Tensor, "batch latent width"],
        data: Float[Tensor, "batch token width"],
        mask: Bool[Tensor, "batch token"] | None = None,
    ) -> Float[Tensor, "batch latent width"]:
        """Return the latents after one block."""
        latents = latents + self.cross_attention(latents, data, mask)
        latents = latents + self.cross_feed_forward(latents)
        latents = latents + self.self_attention(latents)
        exchanged: Tensor = latents + self.self_feed_forward(latents)
        return exchanged


class Perceiver(nn.Module):
    """Learned latents and the blocks through which they read."""

    def __init__(self, width: int, settings: PerceiverSettings) -> None:
        super().__init__()
        self.latents = nn.Parameter(torch.empty(settings.latents, width))
        nn.init.normal_(self.latents, std=0.02)
        self.blocks = nn.ModuleList(
            PerceiverBlock(width, settings.heads, settings.head_width) for _ in range(settings.layers)
        )

    def forward(
        self,
        data: Float[Tensor, "batch token width"],
        mask: Bool[Tensor, "batch token"] | None = None,
        start: Float[Tensor, "batch latent width"] | None = None,
    ) -> Float[Tensor, "batch latent width"]:
        """Return the latents after reading ``data``, from ``start`` or else from the learned ones."""
        latents = self.latents.expand(len(data), -1, -1) if start is None else start
        for block in self.blocks:
            latents = block(latents, data, mask)
        return latents
