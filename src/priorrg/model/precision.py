"""Where rounding must not reach the words.

Knows modules only.
"""

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import nn


@contextmanager
def full_precision(module: nn.Module) -> Iterator[None]:
    """Outside training, compute as the weights are, whatever autocast is in force.

    How much padding and how many studies a batch has chooses the kernels, and these differ in the last
    bit. In bfloat16 that bit is large enough to change a word, so what sees padding or writes words does
    without it; the vision encoder, which is nearly all of the work, may round.
    """
    device = next(module.parameters()).device.type
    if module.training or not torch.is_autocast_enabled(device):
        yield
        return
    with torch.autocast(device, enabled=False):
        yield
