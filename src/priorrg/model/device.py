"""Where a network computes."""

import torch

from priorrg.errors import UsageError


def pick_device(name: str = "auto") -> torch.device:
    """Return the device of that name; ``auto`` takes a CUDA device where there is one, else the CPU.

    Raises ``UsageError`` for a name that PyTorch does not know or a device that is not there.
    """
    if name == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    try:
        device = torch.device(name)
        torch.empty(0, device=device)
    except (RuntimeError, AssertionError, NotImplementedError) as error:
        raise UsageError(
            f"device {name!r}: not to be had; this machine has {_here()}, and auto takes the best of them"
        ) from error
    return device


def _here() -> str:
    cards = [f"cuda:{number}" for number in range(torch.cuda.device_count())]
    return ", ".join(["cpu", *cards]) if cards else "cpu alone"


def can_round() -> bool:
    """Does this processor multiply bfloat16? Others emulate it, slowly."""
    return torch._C._has_mkldnn and bool(torch.ops.mkldnn._is_mkldnn_bf16_supported())
