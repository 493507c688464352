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
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise UsageError(
            f"device {name!r}: not to be had ({reason}); expected auto, cpu, cuda or cuda:0, cuda:1, …"
        ) from error
    return device
