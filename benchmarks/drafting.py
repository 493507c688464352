"""What the parts of the speed benchmark share: a draft at full size, its time, and a row of the result."""

import time
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from priorrg.model.inputs import StudyBatch
from priorrg.model.network import PriorRGNetwork
from priorrg.settings import Mode

BEAMS, TOKENS = 3, 100
QUICK: tuple[Mode, ...] = ("fp32", "bf16", "int8")


def quick_modes(device: str) -> tuple[Mode, ...]:
    """Return the quick modes that there are on a device."""
    return QUICK if device == "cpu" else QUICK[:2]


def generate(
    network: PriorRGNetwork, batch: StudyBatch, beams: int = BEAMS, tokens: int = TOKENS
) -> Tensor:
    """Return the ids of the reports of a batch."""
    with torch.inference_mode():
        return network.generate(batch, beams=beams, max_tokens=tokens)


def seconds(work: Callable[[], Any]) -> float:
    """Return how long some work takes, the device's included."""
    began = time.perf_counter()
    work()
    if torch.cuda.is_available():
        torch.cuda.synchronize()
    return time.perf_counter() - began


def row(
    value: float,
    reference: float,
    ratio: float,
    target: float | None = None,
    met: bool | None = None,
) -> dict[str, Any]:
    """Return a row of the result file; without a target it is only reported."""
    numbers = {"value": round(value, 3), "reference": round(reference, 3), "ratio": round(ratio, 2)}
    return numbers | ({} if target is None else {"target": target, "met": met})
