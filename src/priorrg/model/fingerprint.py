"""Which weights are these: a digest to tell models, and what was made with them, apart."""

import hashlib

import torch
from torch import nn


def fingerprint(module: nn.Module) -> str:
    """Return the SHA-256 of every tensor of the module's state, by name, type, shape and bytes."""
    digest = hashlib.sha256()
    for name, tensor in sorted(module.state_dict().items()):
        array = tensor.detach().cpu().contiguous().view(-1)
        digest.update(f"{name} {tensor.dtype} {tuple(tensor.shape)}".encode())
        digest.update(array.view(dtype=torch.uint8).numpy() if array.numel() else b"")
    return digest.hexdigest()
