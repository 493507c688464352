"""Muon: momentum whose every step is orthogonalised, so that all directions of a matrix move alike.

As ``torch.optim.Muon`` with ``adjust_lr_fn="match_rms_adamw"``, and two things that one refuses: kernels
of convolutions count as matrices (output channels x all else), and matrices of one shape are turned
together, which on a processor halves the time. Source: Jordan et al. 2024 (the iteration), Moonshot 2025
(the size of the step).
"""

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor

_COEFFICIENTS = (3.4445, -4.7750, 2.0315)
_ITERATIONS = 5
_STEP_SIZE = 0.2
"""Root mean square of AdamW's steps, which Muon's are given too: one learning rate serves both."""


class Muon(torch.optim.Optimizer):
    """Nesterov momentum, orthogonalised; decoupled weight decay. Every parameter has two axes or more."""

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 1e-3,
        *,
        momentum: float = 0.95,
        weight_decay: float = 0.0,
    ) -> None:
        super().__init__(params, {"lr": lr, "momentum": momentum, "weight_decay": weight_decay})

    @torch.no_grad()
    def step(self, closure: Any = None) -> Any:
        """Move every parameter that has a gradient."""
        loss = None
        if closure is not None:
            with torch.enable_grad():
                loss = closure()
        for group in self.param_groups:
            by_shape: dict[tuple[int, ...], list[tuple[Tensor, Tensor]]] = defaultdict(list)
            for parameter in group["params"]:
                if parameter.grad is not None:
                    matrix = self._direction(parameter, parameter.grad, group["momentum"])
                    by_shape[tuple(matrix.shape)].append((parameter, matrix))
            for shape, pairs in by_shape.items():
                turned = orthogonalised(torch.stack([matrix for _, matrix in pairs]))
                size = group["lr"] * _STEP_SIZE * max(shape) ** 0.5
                for (parameter, _), step in zip(pairs, turned, strict=True):
                    parameter.mul_(1 - group["lr"] * group["weight_decay"])
                    parameter.add_(step.reshape(parameter.shape).to(parameter.dtype), alpha=-size)
        return loss

    def _direction(
        self, parameter: Tensor, gradient: Tensor, momentum: float
    ) -> Float[Tensor, "row column"]:
        state = self.state[parameter]
        if "momentum" not in state:
            state["momentum"] = torch.zeros_like(gradient)
        state["momentum"].lerp_(gradient, 1 - momentum)
        return gradient.lerp(state["momentum"], momentum).flatten(1)


def orthogonalised(
    matrices: Float[Tensor, "matrix row column"],
) -> Float[Tensor, "matrix row column"]:
    """Return each matrix with all its singular values near 1, by Newton-Schulz iteration in bfloat16."""
    a, b, c = _COEFFICIENTS
    tall = matrices.shape[1] > matrices.shape[2]
    x = (matrices.mT if tall else matrices).bfloat16()
    x = x / x.norm(dim=(1, 2), keepdim=True).clamp(min=1e-7)
    for _ in range(_ITERATIONS):
        gram = x @ x.mT
        x = torch.baddbmm(x, torch.baddbmm(gram, gram, gram, beta=b, alpha=c), x, beta=a)
    return x.mT if tall else x
