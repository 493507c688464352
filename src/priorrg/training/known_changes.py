"""Pairs whose change is known without a report: an image beside itself, and two images exchanged.

They teach the change head alone; nobody wrote a report of them. They hold on any data set: nothing
changes between an image and itself, and what was new has resolved when time runs backwards.
"""

from collections.abc import Sequence
from dataclasses import replace
from enum import Enum

import numpy as np
import torch

from priorrg.batching import CHANGE_CLASSES
from priorrg.language.observations import INVERSE, Change
from priorrg.model.inputs import StudyBatch
from priorrg.stage_settings import AuxiliarySettings
from priorrg.study import Study

NOT_ASKED = -100
"""Target of what has no part in a loss."""


class Known(Enum):
    """Why a pair's change is known."""

    ITSELF = "an image beside itself"
    EXCHANGED = "current and prior exchanged"


_EXCHANGED = torch.tensor(
    [CHANGE_CLASSES.index(INVERSE.get(c, c) if c else None) for c in CHANGE_CLASSES]
)
_UNCHANGED = CHANGE_CLASSES.index(Change.UNCHANGED)


def known_pairs(
    studies: Sequence[Study], settings: AuxiliarySettings, generator: np.random.Generator
) -> list[tuple[Study, Known]]:
    """Return further pairs made of ``studies``, at the rates of ``settings``; reports stay beside them."""
    pairs = []
    for study, (itself, exchanged) in zip(studies, generator.random((len(studies), 2)), strict=True):
        if itself < settings.self_pairs:
            pairs.append((replace(study, prior=study.current), Known.ITSELF))
        if study.prior is not None and exchanged < settings.exchanged_pairs:
            backwards = replace(study, current=study.prior, prior=study.current)
            pairs.append((backwards, Known.EXCHANGED))
    return pairs


def teach_change_alone(batch: StudyBatch, known: Sequence[Known]) -> StudyBatch:
    """Return ``batch`` with the targets of its last rows, which are ``known`` pairs, made true.

    Those rows have no text to write and no observation to name; their changes follow from what the
    report says of the pair that they were made of.
    """
    if not known:
        return batch
    if batch.target_mask is None or batch.observation_targets is None or batch.change_targets is None:
        raise ValueError("StudyBatch: known pairs need the targets of stage 2")
    mask, observations, changes = (
        tensor.clone() for tensor in (batch.target_mask, batch.observation_targets, batch.change_targets)
    )
    first = len(batch) - len(known)
    affirmed = observations[first:, :, 0] == 1
    itself = torch.tensor([kind is Known.ITSELF for kind in known])[:, None]
    changes[first:] = torch.where(
        itself, torch.where(affirmed, _UNCHANGED, 0), _EXCHANGED[changes[first:]]
    )
    mask[first:] = False
    observations[first:] = NOT_ASKED
    return replace(batch, target_mask=mask, observation_targets=observations, change_targets=changes)
