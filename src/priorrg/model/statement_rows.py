"""Tell the decoder what is believed of each finding: one row of memory a slot.

A decoder that has to dig statements out of the memory learns the wording long before the facts. These
rows say in one place what the auxiliary head believes, so that the words can follow it.
Axes: batch, slot (observation and side), statement (affirmed, denied), change (classes, 0 = none said),
width.
"""

from typing import NamedTuple

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor, nn
from torch.nn import functional as F

from priorrg.model.auxiliary import STATEMENTS, AuxiliaryLogits


class Beliefs(NamedTuple):
    """Probabilities per slot: of each statement by itself, and over the classes of change."""

    statements: Float[Tensor, "batch slot statement"]
    changes: Float[Tensor, "batch slot change"]

    @classmethod
    def of(cls, logits: AuxiliaryLogits, has_prior: Bool[Tensor, " batch"]) -> "Beliefs":
        """Return what the head believes; of change, without a prior, nothing."""
        changes = logits.changes.softmax(dim=-1)
        none = F.one_hot(torch.zeros_like(changes[..., 0], dtype=torch.long), changes.shape[-1])
        return cls(
            logits.observations.sigmoid(),
            torch.where(has_prior[:, None, None], changes, none.to(changes.dtype)),
        )

    @classmethod
    def certain(
        cls,
        observations: Float[Tensor, "batch slot statement"],
        changes: Int[Tensor, "batch slot"],
        classes: int,
    ) -> "Beliefs":
        """Return targets (1 or 0, and classes of change) as beliefs without doubt."""
        return cls(observations, F.one_hot(changes, classes).to(observations.dtype))


class StatementRows(nn.Module):
    """One row a slot: which slot it is, and a mixture of what may be said of it."""

    def __init__(self, width: int, slots: int, changes: int) -> None:
        super().__init__()
        self.slot = nn.Embedding(slots, width)
        self.said = nn.Linear(STATEMENTS + changes, width, bias=False)
        self.norm = nn.LayerNorm(width)
        nn.init.normal_(self.slot.weight)
        nn.init.normal_(self.said.weight)

    def forward(self, beliefs: Beliefs) -> Float[Tensor, "batch slot width"]:
        """Return the rows."""
        said = self.said(torch.cat([beliefs.statements, beliefs.changes], dim=-1))
        rows: Tensor = self.norm(self.slot.weight + said)
        return rows
