"""Keep less until the backward pass: what lies inside a part is computed again when gradients ask for it.

Knows modules only.
"""

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm
from torch.utils.checkpoint import checkpoint


def run(part: nn.Module, *inputs: Any, recompute: bool) -> Tensor:
    """Return ``part(*inputs)``; ``recompute``: in training, inputs and result alone are kept of it.

    Result, gradients, dropout and running statistics are the same either way.
    """
    if not (recompute and part.training and torch.is_grad_enabled()):
        made: Tensor = part(*inputs)
        return made
    output: Tensor = checkpoint(
        part,
        *inputs,
        use_reentrant=False,
        context_fn=lambda: (nullcontext(), _statistics_stand(part)),
    )
    return output


@contextmanager
def _statistics_stand(module: nn.Module) -> Iterator[None]:
    """Let batch normalisation see its batch without counting it: it was counted the first time."""
    norms = [part for part in module.modules() if isinstance(part, _BatchNorm)]
    before = [(norm.momentum, norm.num_batches_tracked) for norm in norms]
    for norm in norms:
        norm.momentum = 0.0
        if norm.num_batches_tracked is not None:
            norm.num_batches_tracked = norm.num_batches_tracked.clone()
    try:
        yield
    finally:
        for norm, (momentum, counted) in zip(norms, before, strict=True):
            norm.momentum, norm.num_batches_tracked = momentum, counted
