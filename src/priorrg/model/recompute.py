"""Keep less until the backward pass: what lies inside a part is computed again when gradients ask for it.

Knows modules only.
"""

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from typing import Any

from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm
from torch.utils.checkpoint import checkpoint


def recomputed(module: nn.Module, *inputs: Any) -> Tensor:
    """Return ``module(*inputs)``, of which inputs and result alone are kept for the backward pass.

    Result, gradients, dropout and running statistics are those of a plain call.
    """
    output: Tensor = checkpoint(
        module,
        *inputs,
        use_reentrant=False,
        context_fn=lambda: (nullcontext(), _statistics_stand(module)),
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
