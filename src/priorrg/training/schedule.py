"""Optimizer and learning-rate schedule of a stage, from its settings."""

import math
from collections.abc import Iterable
from typing import Any

import torch
from torch import nn

from priorrg.stage_settings import ScheduleSettings
from priorrg.training.optimizer import Group, build_optimizer


def optimizer_and_schedule(
    module: nn.Module, groups: Iterable[Group], settings: ScheduleSettings
) -> dict[str, Any]:
    """Return Lightning's optimizer dictionary for groups of parameters of ``module``."""
    optimizer = build_optimizer(
        module,
        groups,
        name=settings.optimizer,
        weight_decay=settings.weight_decay,
        fused=settings.precision == "32-true",
    )
    if settings.schedule == "plateau":
        return {"optimizer": optimizer}  # the callback Checkpoints lowers the rate
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
