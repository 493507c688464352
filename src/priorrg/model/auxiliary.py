"""What does the memory know? Heads that name observations and changes, and their loss.

Knows tensors and slots by number only: which observation and side a slot is, the caller knows.
Axes: batch, row (of the memory), slot (observation and side), statement (affirmed, denied), change
(classes, 0 = none said), width.
"""

from typing import NamedTuple

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn
from torch.nn import functional as F

STATEMENTS = 2
"""What can be said of a slot: affirmed, denied. Neither is silence."""


class AuxiliaryLogits(NamedTuple):
    """Unnormalised answers per slot: does the report affirm or deny it, and how did it change?"""

    observations: Float[Tensor, "batch slot statement"]
    changes: Float[Tensor, "batch slot change"]


class AuxiliaryHeads(nn.Module):
    """One linear answer per slot, from the mean of the memory's rows.

    Deliberately weak: what it can tell, the memory says plainly, and the decoder can read it. A head
    that thinks for itself learns the same from a memory that stays tangled.
    """

    def __init__(self, width: int, slots: int, changes: int) -> None:
        super().__init__()
        self.slots = slots
        self.norm = nn.LayerNorm(width)
        self.answer = nn.Linear(width, slots * (STATEMENTS + changes))

    def forward(self, memory: Float[Tensor, "batch row width"]) -> AuxiliaryLogits:
        """Return the logits of every slot."""
        answer = self.answer(self.norm(memory.mean(dim=1))).unflatten(1, (self.slots, -1))
        return AuxiliaryLogits(answer[..., :STATEMENTS], answer[..., STATEMENTS:])


def observation_loss(
    logits: Float[Tensor, " batch *slot"],
    targets: Float[Tensor, " batch *slot"],
    positive_weight: float = 1.0,
) -> Float[Tensor, ""]:
    """Return the mean binary cross-entropy over asked targets (1 or 0; -100 is not asked).

    Positives count ``positive_weight`` times: most findings are rare. Nothing asked gives 0.
    """
    asked = targets >= 0
    weight = torch.tensor(positive_weight, dtype=logits.dtype, device=logits.device)
    each = F.binary_cross_entropy_with_logits(
        logits, targets.clamp(min=0).to(logits.dtype), pos_weight=weight, reduction="none"
    )
    return (each * asked).sum() / asked.sum().clamp(min=1)


def change_loss(
    logits: Float[Tensor, "batch slot change"],
    targets: Int[Tensor, "batch slot"],
    change_weight: float | Float[Tensor, " change"] = 1.0,
) -> Float[Tensor, ""]:
    """Return the weighted mean cross-entropy over asked targets (-100 is not asked).

    ``change_weight`` is the weight of every class but "none", or one weight per class. Nothing asked
    gives 0.
    """
    weight = torch.as_tensor(change_weight, dtype=logits.dtype, device=logits.device)
    if weight.ndim == 0:
        weight = torch.cat([weight.new_ones(1), weight.expand(logits.shape[-1] - 1)])
    asked = targets != -100
    target = targets.masked_fill(~asked, 0)
    each = F.cross_entropy(logits.flatten(0, 1), target.flatten(), reduction="none") * asked.flatten()
    counts = weight[target.flatten()] * asked.flatten()
    return (each * weight[target.flatten()]).sum() / counts.sum().clamp(min=1e-6)
