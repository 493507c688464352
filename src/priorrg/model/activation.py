"""Activations in the place of their inputs, in every bit the same whatever the number of threads and of rows.

PyTorch shares a tensor among threads by its size alone, and computes what is left of a share after whole vectors
by another function, which may differ in the last bit. Here shares are whole vectors, and so is the rest.
"""

from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from transformers.activations import GELUActivation, GELUTanh, NewGELUActivation, SiLUActivation

_VECTOR = 32
"""Numbers that are computed together, or a multiple of it, on any processor."""
_SERIAL = 2**14
"""So few numbers PyTorch shares among threads for no activation; a multiple of the vector."""

InPlace = Callable[[Tensor], Tensor]


class Gelu(nn.Module):
    """GELU of a linear layer's fresh output; ``approximate`` as PyTorch's.

    Threads share it in equal parts, if at all.
    """

    def __init__(self, approximate: str) -> None:
        super().__init__()
        self.approximate = approximate

    def forward(self, fresh: Tensor) -> Tensor:
        """Return the activations, in place where the input is contiguous."""
        fresh = fresh.contiguous()
        if fresh.device.type != "cpu":
            return self._activate(fresh)
        flat = fresh.view(-1)
        shared = len(flat) - len(flat) % (_VECTOR * torch.get_num_threads())
        if shared:
            self._activate(flat[:shared])
        in_vectors(self._activate, flat[shared:])
        return fresh

    def _activate(self, numbers: Tensor) -> Tensor:
        return torch.ops.aten.gelu_(numbers, approximate=self.approximate)  # type: ignore[no-any-return]


class Silu(nn.Module):
    """SiLU of a convolution's fresh output."""

    def forward(self, fresh: Tensor) -> Tensor:
        """Return the activations, in place where the input is contiguous with channels first or last."""
        if fresh.device.type != "cpu":
            return F.silu(fresh, inplace=True)
        if fresh.dim() == 4 and fresh.is_contiguous(memory_format=torch.channels_last):
            in_vectors(torch.ops.aten.silu_, fresh.permute(0, 2, 3, 1).view(-1))
            return fresh
        fresh = fresh.contiguous()
        in_vectors(torch.ops.aten.silu_, fresh.view(-1))
        return fresh


def activate_in_place(module: nn.Module) -> None:
    """Spare the activations of transformers and ours a copy, and GPT-2's the six calls it is written as."""
    for name, child in module.named_children():
        if isinstance(child, (NewGELUActivation, GELUTanh)):
            setattr(module, name, Gelu("tanh"))
        elif isinstance(child, GELUActivation):
            setattr(module, name, Gelu("none"))
        elif isinstance(child, nn.GELU):
            setattr(module, name, Gelu(child.approximate))
        elif isinstance(child, (nn.SiLU, SiLUActivation)):
            setattr(module, name, Silu())
        else:
            activate_in_place(child)


def in_vectors(activate: InPlace, flat: Tensor) -> None:
    """Activate numbers in place, on one thread, without gradients."""
    for numbers in torch.split(flat, _SERIAL):
        rest = len(numbers) % _VECTOR
        if not rest:
            activate(numbers)
            continue
        whole = numbers.new_zeros(len(numbers) + _VECTOR - rest)
        whole[: len(numbers)] = numbers
        numbers.copy_(activate(whole)[: len(numbers)])
