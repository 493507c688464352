"""Stage 1's loss: image and report of a study find each other among all others.

Knows tensors only. Gathers across processes where there are several.
Axes: batch (this process), world (all processes), width.
"""

import math
from typing import Any

import torch
from jaxtyping import Float, Int, Shaped
from torch import Tensor, distributed, nn
from torch.nn import functional as F

MAX_LOG_SCALE = math.log(100)


class ContrastiveLoss(nn.Module):
    """Symmetric InfoNCE with several positives and a learned scale.

    All rows with the same study key are positives of each other; each row of the target matrix sums to
    1. Deviation: the scale is clamped at 100 and negatives come from all processes (released: unclamped,
    local only).
    """

    def __init__(self) -> None:
        super().__init__()
        self.log_scale = nn.Parameter(torch.tensor(math.log(1 / 0.07)))

    def forward(
        self,
        image: Float[Tensor, "batch width"],
        text: Float[Tensor, "batch width"],
        study_key: Int[Tensor, " batch"],
    ) -> Float[Tensor, ""]:
        """Return the loss of L2-normalised embeddings, the same on every process."""
        image, text, study_key = gather(image), gather(text), gather(study_key)
        scale = self.log_scale.clamp(max=MAX_LOG_SCALE).exp()
        logits = scale * image @ text.T
        same = (study_key[:, None] == study_key[None, :]).to(logits.dtype)
        target = same / same.sum(dim=1, keepdim=True)
        return (F.cross_entropy(logits, target) + F.cross_entropy(logits.T, target)) / 2


def gather(rows: Shaped[Tensor, " batch *rest"]) -> Shaped[Tensor, " world *rest"]:
    """Return the rows of all processes, in their order; gradients flow back to where rows came from.

    Processes may hold different numbers of rows.
    """
    if (
        not (distributed.is_available() and distributed.is_initialized())
        or distributed.get_world_size() == 1
    ):
        return rows
    gathered: Tensor = _Gather.apply(rows)  # type: ignore[no-untyped-call]  # untyped in torch
    return gathered


class _Gather(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, rows: Tensor) -> Tensor:
        world = distributed.get_world_size()
        count = torch.tensor([len(rows)], device=rows.device)
        counts = [torch.empty_like(count) for _ in range(world)]
        distributed.all_gather(counts, count)
        sizes = [int(size) for size in counts]
        padded = rows.new_zeros(max(sizes), *rows.shape[1:])
        padded[: len(rows)] = rows
        parts = [torch.empty_like(padded) for _ in range(world)]
        distributed.all_gather(parts, padded)
        ctx.start = sum(sizes[: distributed.get_rank()])
        ctx.size = len(rows)
        return torch.cat([part[:size] for part, size in zip(parts, sizes, strict=True)])

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> Tensor:
        # Every process computed the whole loss: its share of the gradient is the sum over them, which
        # the average taken over processes (DDP) turns into the gradient of that one loss.
        total = gradients[0].contiguous().clone()
        distributed.all_reduce(total)
        return total[ctx.start : ctx.start + ctx.size]
