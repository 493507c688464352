"""First decide, then write: tell the decoder what is stated of each finding, one row of memory a slot.

A decoder that has to dig statements out of the memory learns the wording long before the facts, and
where it is in doubt the commonest wording decides. These rows say in one place what is stated. While it
learns, that is what the report states; when it reads, what the auxiliary head decides.
Axes: batch, slot (observation and side), statement (affirmed, denied), change (classes; 0 = none said,
the last = no longer there), width.
"""

from typing import NamedTuple

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor, nn
from torch.nn import functional as F

from priorrg.model.auxiliary import STATEMENTS, AuxiliaryLogits


class Statements(NamedTuple):
    """What is stated per slot: which statements (1 or 0), and which change (0 = none)."""

    observations: Float[Tensor, "batch slot statement"]
    changes: Int[Tensor, "batch slot"]

    @classmethod
    def decided(cls, logits: AuxiliaryLogits, may_change: Bool[Tensor, " batch"]) -> "Statements":
        """Return what the head leans to, of each slot one thing that a report can state.

        A slot is affirmed, denied or neither; what is affirmed may be anything but gone, what is neither
        may only be gone, what is denied does not change. No change where ``may_change`` is false.
        """
        affirm, deny = logits.observations.unbind(dim=-1)
        affirmed = (affirm > 0) & (affirm >= deny)
        denied = (deny > 0) & ~affirmed
        changes = logits.changes.argmax(dim=-1)
        gone = changes == logits.changes.shape[-1] - 1
        fits = torch.where(gone, ~affirmed & ~denied, affirmed) & may_change[:, None]
        observations = torch.stack([affirmed, denied], dim=-1)
        return cls(observations.to(logits.observations), changes * fits)

    @classmethod
    def told(
        cls, observations: Float[Tensor, "batch slot statement"], changes: Int[Tensor, "batch slot"]
    ) -> "Statements":
        """Return the targets of a report; what is not asked (-100) is not stated."""
        return cls(observations.clamp(min=0), changes.clamp(min=0))


class StatementRows(nn.Module):
    """One row a slot: which slot it is, and what is stated of it."""

    def __init__(self, width: int, slots: int, changes: int) -> None:
        super().__init__()
        self.changes = changes
        self.slot = nn.Embedding(slots, width)
        self.said = nn.Linear(STATEMENTS + changes, width, bias=False)
        self.norm = nn.LayerNorm(width)
        nn.init.normal_(self.slot.weight)
        nn.init.normal_(self.said.weight)

    def forward(self, statements: Statements) -> Float[Tensor, "batch slot width"]:
        """Return the rows."""
        kind = self.said.weight.dtype
        changes = F.one_hot(statements.changes, self.changes)
        said = torch.cat([statements.observations.to(kind), changes.to(kind)], dim=-1)
        rows: Tensor = self.norm(self.slot.weight + self.said(said))
        return rows
