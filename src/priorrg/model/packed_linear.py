"""Linear layers whose weights lie in memory as the processor multiplies them best.

Through oneDNN, as PyTorch has it. A row of the result does not depend on the other rows: the kernels go
through every row alike, but for a single row, which is therefore never alone. Inputs and results are single
precision; what happens between is the mode's. No gradients. On an accelerator nothing is packed, and rows may
depend on how many there are in the last bit.
Axes: row, before, after (widths).
"""

import copy
from typing import TypeVar

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional as F
from transformers.pytorch_utils import Conv1D

from priorrg.model.projection import PointwiseConv
from priorrg.settings import Mode

Module = TypeVar("Module", bound=nn.Module)

_ZERO = 128
"""What stands for zero in an activation of 8 bits without sign."""
_STEPS = 127
"""Steps of 8 bits on either side of zero."""
_AT_ONCE = 2**19
"""Numbers that are rounded to steps together."""
_LEAST = torch.finfo(torch.float32).tiny


class PackedLinear(nn.Module):
    """A linear layer; ``mode`` says what is multiplied.

    fp32: single precision. bf16: inputs and weights are rounded to bfloat16, sums are single precision and
    rounded. int8: weights are rounded to 255 steps of each output's largest, inputs to 255 steps of each row's
    largest; sums are exact.
    """

    def __init__(
        self, weight: Float[Tensor, "after before"], bias: Float[Tensor, " after"] | None, mode: Mode
    ) -> None:
        super().__init__()
        self.mode, self.after = mode, weight.shape[0]
        self.bias = None if bias is None else bias.detach()
        weight = weight.detach()
        self.packed = _can_pack(weight.device)
        if mode == "int8":
            self.scale = (weight.abs().amax(dim=1) / _STEPS).clamp(min=_LEAST)
            steps = (weight / self.scale[:, None]).round().to(torch.int8).contiguous()
            self.weight = torch.ops.onednn.qlinear_prepack(steps, None)
            self.zeros = torch.zeros(self.after, dtype=torch.int64)
            return
        self.kind = torch.bfloat16 if mode == "bf16" else torch.float32
        self.weight = weight.to(self.kind).contiguous()
        if self.packed:
            self.weight = torch.ops.mkldnn._reorder_linear_weight(self.weight, None)
        if self.bias is not None:
            self.bias = self.bias.to(self.kind)

    def forward(self, tokens: Float[Tensor, "*row before"]) -> Float[Tensor, "*row after"]:
        """Return every row at the new width."""
        if not tokens.numel():
            return tokens.new_empty(*tokens.shape[:-1], self.after)
        if tokens.numel() == tokens.shape[-1]:
            return self._multiplied(tokens.expand(2, *tokens.shape[1:]))[:1]
        return self._multiplied(tokens)

    def _multiplied(self, rows: Tensor) -> Tensor:
        if self.mode == "int8":
            return self._by_steps(rows)
        rows = rows.to(self.kind).contiguous()
        if not self.packed:
            return F.linear(rows, self.weight, self.bias).float()
        made: Tensor = torch.ops.mkldnn._linear_pointwise(rows, self.weight, self.bias, "none", [], "")
        return made.float()

    def _by_steps(self, rows: Tensor) -> Tensor:
        steps = torch.empty(rows.shape, dtype=torch.uint8)
        step = torch.empty(*rows.shape[:-1], 1)
        if rows.numel() <= _AT_ONCE:
            _in_steps(rows, steps, step)
        else:  # what lies between is too large to be fetched anew each time
            flat = rows.flatten(0, -2), steps.flatten(0, -2), step.flatten(0, -2)
            parts = (torch.split(tensor, max(1, _AT_ONCE // rows.shape[-1])) for tensor in flat)
            for some in zip(*parts, strict=True):
                _in_steps(*some)
        made: Tensor = torch.ops.onednn.qlinear_pointwise(
            steps, 1.0, _ZERO, self.weight, self.scale, self.zeros, None,
            1.0, 0, torch.float32, "none", [], "",
        )  # fmt: skip
        made.mul_(step)
        return made if self.bias is None else made.add_(self.bias)


def _can_pack(device: torch.device) -> bool:
    return device.type == "cpu" and torch._C._has_mkldnn


def _in_steps(rows: Tensor, steps: Tensor, step: Tensor) -> None:
    """Write rows as steps of 8 bits, and how large each row's are."""
    largest = torch.maximum(rows.amax(dim=-1, keepdim=True), rows.amin(dim=-1, keepdim=True).neg_())
    torch.div(largest, _STEPS, out=step).clamp_min_(_LEAST)
    steps.copy_((rows / step).round_().add_(_ZERO))


def sharing_copy(module: Module) -> Module:
    """Return a copy of a module, to be packed, that shares all its weights and buffers."""
    shared = {id(tensor): tensor for tensor in (*module.parameters(), *module.buffers())}
    return copy.deepcopy(module, shared)


def pack(module: nn.Module, mode: Mode) -> None:
    """Put packed layers in the place of all linear layers of a module, GPT-2's included.

    Projections are not rounded: everything that is seen goes through them.
    """
    for name, child in module.named_children():
        if isinstance(child, nn.Linear):
            setattr(module, name, PackedLinear(child.weight, child.bias, mode))
        elif isinstance(child, Conv1D):
            setattr(module, name, PackedLinear(child.weight.t(), child.bias, mode))
        elif isinstance(child, PointwiseConv):
            setattr(module, name, PackedLinear(child.weight.squeeze(-1), child.bias, "fp32"))
        else:
            pack(child, mode)
