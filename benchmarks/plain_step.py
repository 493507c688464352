"""One optimizer step of stage 1 or 2 at full size, plain or as the preset trains.

Plain: current and prior are encoded by a call each with all their hidden layers, everything is in single
precision and kept for the backward pass, and logits are computed of padding too. Fast: preset ``base``.
"""

from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import replace
from typing import Literal

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from priorrg.model.auxiliary import change_loss, observation_loss
from priorrg.model.inputs import StudyBatch, VisionFeatures
from priorrg.model.network import PriorRGNetwork
from priorrg.model.statement_rows import Statements
from priorrg.settings import Settings
from priorrg.stage_settings import AlignSettings, MemorySettings, ReportSettings
from priorrg.training.optimizer import build_optimizer

Way = Literal["plain", "fast"]


def optimizer_of(network: PriorRGNetwork, settings: Settings) -> torch.optim.Optimizer:
    """Return AdamW over all that trains, with its moments in memory as after a first step."""
    groups = network.parameter_groups()
    rate = settings.report.pretrained_learning_rate
    optimizer = build_optimizer(
        network,
        [(parameters, rate) for parameters in groups.values()],
        name="adamw",
        weight_decay=0.0,
        fused=False,
    )
    for parameter in network.parameters():
        parameter.grad = torch.zeros_like(parameter) if parameter.requires_grad else None
    optimizer.step()
    optimizer.zero_grad()
    return optimizer


def step(
    network: PriorRGNetwork,
    settings: Settings,
    batch: StudyBatch,
    stage: int,
    way: Way,
    optimizer: torch.optim.Optimizer,
    *,
    passed: Callable[[], None] = lambda: None,
) -> float:
    """Take one step and return its loss, which waits for the device.

    ``passed`` is called after the forward and after the backward pass.
    """
    loss = loss_of(network, settings, batch, stage, way)
    passed()
    torch.autograd.backward(loss)
    passed()
    nn.utils.clip_grad_norm_(network.parameters(), settings.report.clip)
    optimizer.step()
    optimizer.zero_grad()
    return loss.item()


def loss_of(
    network: PriorRGNetwork,
    settings: Settings,
    batch: StudyBatch,
    stage: int,
    way: Way,
    precision: str | None = None,
) -> Tensor:
    """Return the loss of one micro-batch; ``precision`` takes the place of the preset's."""
    if way == "plain":
        network.spare(MemorySettings())
        seen = replace(
            batch, current=encoded(network, batch.current), prior=encoded(network, batch.prior)
        )
        return network.align_loss(seen) if stage == 1 else _plain_report_loss(network, settings, seen)
    schedule: AlignSettings | ReportSettings = settings.align if stage == 1 else settings.report
    network.spare(schedule.memory)
    half = (precision or schedule.precision) == "bf16-mixed"
    device = batch.has_prior.device.type
    with torch.autocast(device, torch.bfloat16) if half else nullcontext():
        if stage == 1:
            return network.align_loss(batch)
        auxiliary = settings.report.auxiliary
        return network.report_loss(
            batch,
            auxiliary.observations,
            auxiliary.changes,
            positive_weight=auxiliary.positive_weight,
            change_weight=auxiliary.change_weight,
        )["loss"]


def encoded(network: PriorRGNetwork, images: Tensor | VisionFeatures) -> VisionFeatures:
    """Return the features of pixels with all their hidden layers."""
    assert isinstance(images, Tensor)
    return network.encode_images(images)


def _plain_report_loss(network: PriorRGNetwork, settings: Settings, batch: StudyBatch) -> Tensor:
    """Return stage 2's loss as METHOD says it: every logit, padding ignored."""
    auxiliary = settings.report.auxiliary
    memory = network.encode(batch).memory
    assert network.auxiliary is not None
    assert network.statement_rows is not None
    assert batch.target_ids is not None
    assert batch.target_mask is not None
    assert batch.observation_targets is not None
    assert batch.change_targets is not None
    logits = network.auxiliary(memory)
    stated = Statements.told(batch.observation_targets, batch.change_targets)
    rows = torch.cat([memory, network.statement_rows(stated)], dim=1)
    target = batch.target_ids[:, 1:].masked_fill(~batch.target_mask[:, 1:], -100)
    words = network.decoder.logits(rows, batch.target_ids[:, :-1])
    language = F.cross_entropy(words.flatten(0, 1), target.flatten(), ignore_index=-100)
    observations = observation_loss(
        logits.observations, batch.observation_targets, auxiliary.positive_weight
    )
    changes = change_loss(logits.changes, batch.change_targets, auxiliary.change_weight)
    return language + auxiliary.observations * observations + auxiliary.changes * changes
