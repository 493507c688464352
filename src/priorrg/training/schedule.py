"""Optimizer and learning-rate schedule of a stage, from its settings."""

import math
from typing import Any

import torch
from torch import nn

from priorrg.settings import ScheduleSettings


def optimizer_and_schedule(
    groups: list[tuple[list[nn.Parameter], float]], settings: ScheduleSettings
) -> dict[str, Any]:
    """Return Lightning's optimizer dictionary for ``(parameters, learning rate)`` groups.

    Weight decay is left off vectors (biases, norms). Groups with learning rate 0 are frozen.
    """
    rows = []
    for parameters, rate in groups:
        for parameter in parameters:
            parameter.requires_grad_(rate > 0)
        if rate > 0:
            matrices = [p for p in parameters if p.ndim > 1]
            vectors = [p for p in parameters if p.ndim <= 1]
            rows.append({"params": matrices, "lr": rate, "weight_decay": settings.weight_decay})
            rows.append({"params": vectors, "lr": rate, "weight_decay": 0.0})
    optimizer = torch.optim.AdamW(
        [row for row in rows if row["params"]], fused=settings.precision == "32-true"
    )
    if settings.schedule == "plateau":
        plateau = torch.optim.lr_scheduler.ReduceLROnPlateau(optimizer, factor=0.1)
        return {"optimizer": optimizer, "lr_scheduler": {"scheduler": plateau, "monitor": "val_loss"}}
    factor = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: rate_factor(step, settings))
    return {"optimizer": optimizer, "lr_scheduler": {"scheduler": factor, "interval": "step"}}


def rate_factor(step: int, settings: ScheduleSettings) -> float:
    """Return the share of the full learning rate at an optimizer step: linear warm-up, then as set."""
    warmup = max(1, round(settings.warmup * settings.steps))
    if step < warmup:
        return (step + 1) / warmup
    if settings.schedule == "constant":
        return 1.0
    done = min(1.0, (step - warmup) / max(1, settings.steps - warmup))
    return 0.5 * (1 + math.cos(math.pi * done)) * 0.99 + 0.01
