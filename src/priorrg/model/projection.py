"""Bring image tokens and words to the shared width.

Knows tensors only. Tokens arrive without their batch: padding must be taken out before, because batch
normalisation would take it for data.
Axes: token (every real token of the batch), before, after (widths).
"""

from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional as F


class PointwiseConv(nn.Conv1d):
    """A 1x1 convolution over a sequence of tokens, computed as the matrix product that it is."""

    def __init__(self, before: int, after: int) -> None:
        super().__init__(before, after, 1)

    def forward(self, tokens: Float[Tensor, "token before"]) -> Float[Tensor, "token after"]:
        """Return every token at the new width."""
        return F.linear(tokens, self.weight.squeeze(-1), self.bias)


class Projection(nn.Module):
    """[LayerNorm] → 1x1 convolution to half the width → BatchNorm → ReLU → 1x1 convolution.

    Weights have the published shapes. Call it once per forward pass, on all tokens that share it: several
    calls would each leave their own statistics and mix what inference uses.
    """

    def __init__(self, before: int, after: int, *, normalise: bool) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(before) if normalise else nn.Identity()
        self.reduce = PointwiseConv(before, after // 2)
        self.batch_norm = nn.BatchNorm1d(after // 2)
        self.expand = PointwiseConv(after // 2, after)

    def forward(self, tokens: Float[Tensor, "token before"]) -> Float[Tensor, "token after"]:
        """Return every token at the new width; fewer than two tokens leave no statistics behind."""
        reduced = self.reduce(self.norm(tokens))
        if self.training and len(tokens) < 2:
            norm = self.batch_norm
            reduced = F.batch_norm(reduced, norm.running_mean, norm.running_var, norm.weight, norm.bias)
        else:
            reduced = self.batch_norm(reduced)
        expanded: Tensor = self.expand(F.relu(reduced))
        return expanded
