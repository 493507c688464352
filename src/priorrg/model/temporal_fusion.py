"""Let the current radiograph look at the prior one.

Knows tensors only: no files, no text, no dates. Which study has a prior is decided by the caller.
Axes: batch (studies with a prior), token (class + patches), width.
"""

from jaxtyping import Float
from torch import Tensor, nn

from priorrg.model.attention import attend
from priorrg.model.recompute import run


class TemporalAttention(nn.Module):
    """Cross-attention from current to prior; every head is a quarter of the width."""

    rounded = False  # as in ``attend``

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        inner = heads * (width // 4)
        self.heads = heads
        self.current_norm = nn.LayerNorm(width)
        self.prior_norm = nn.LayerNorm(width)
        self.query = nn.Linear(width, inner)
        self.key = nn.Linear(width, inner)
        self.value = nn.Linear(width, inner)
        self.output = nn.Linear(inner, width)

    def forward(
        self, current: Float[Tensor, "batch token width"], prior: Float[Tensor, "batch other width"]
    ) -> Float[Tensor, "batch token width"]:
        """Return what the current tokens read from the prior."""
        prior = self.prior_norm(prior)
        query = self.query(self.current_norm(current))
        mixed = attend(query, self.key(prior), self.value(prior), self.heads, rounded=self.rounded)
        read: Tensor = self.output(mixed)
        return read


class TemporalFusionBlock(nn.Module):
    """Read the prior, then think it over; both beside an identity."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.attention = TemporalAttention(width, heads)
        self.feed_forward = nn.Sequential(
            nn.LayerNorm(width), nn.Linear(width, width), nn.GELU(), nn.Linear(width, width)
        )

    def forward(
        self, current: Float[Tensor, "batch token width"], prior: Float[Tensor, "batch other width"]
    ) -> Float[Tensor, "batch token width"]:
        """Return the current tokens after one block."""
        current = current + self.attention(current, prior)
        thought: Tensor = current + self.feed_forward(current)
        return thought


class TemporalFusion(nn.Module):
    """Blocks of cross-attention from the current to the prior tokens, and a final norm."""

    def __init__(self, width: int, layers: int, heads: int) -> None:
        super().__init__()
        self.blocks = nn.ModuleList(TemporalFusionBlock(width, heads) for _ in range(layers))
        self.norm = nn.LayerNorm(width)

    def forward(
        self,
        current: Float[Tensor, "batch token width"],
        prior: Float[Tensor, "batch other width"],
        *,
        recompute: bool = False,
    ) -> Float[Tensor, "batch token width"]:
        """Return the current tokens, enriched by what changed. The batch may be empty.

        ``recompute`` keeps of each block its inputs alone, as ``run`` does.
        """
        for block in self.blocks:
            current = run(block, current, prior, recompute=recompute)
        fused: Tensor = self.norm(current)
        return fused
