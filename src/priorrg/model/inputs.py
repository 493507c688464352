"""What goes into the network: one batch of studies as tensors.

Knows tensors only: no files, no text, no dates.
Axes: batch (studies), n_prior (the studies that have a prior, in batch order), images, layer (blocks of
the vision encoder), token (class + patches, or words), width, slot (observation and side),
statement (affirmed, denied).
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields, replace
from typing import Any

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor


@dataclass(frozen=True)
class VisionFeatures:
    """What the vision encoder says of some images.

    ``last`` is its last hidden state, ``layers`` the output of every block without the embedding; none
    (``no_layers``) where they are not read: in stage 1, and of priors. May be cached where the encoder is
    frozen, in any floating type.
    """

    last: Float[Tensor, "images token width"]
    layers: Float[Tensor, "images layer token width"]

    def __len__(self) -> int:
        return self.last.shape[0]

    def map(self, change: Callable[[Tensor], Tensor]) -> "VisionFeatures":
        """Return the features with ``change`` applied to both tensors."""
        return VisionFeatures(change(self.last), change(self.layers))

    def to(self, device: torch.device | str, non_blocking: bool = False) -> "VisionFeatures":
        """Return the features on another device."""
        return self.map(lambda tensor: tensor.to(device, non_blocking=non_blocking))

    def pin_memory(self) -> "VisionFeatures":
        """Return the features in page-locked memory."""
        return self.map(Tensor.pin_memory)


def no_layers(last: Float[Tensor, "images token width"]) -> Float[Tensor, "images 0 token width"]:
    """Return the empty stack of layers that goes with a last hidden state."""
    return last.new_empty(len(last), 0, *last.shape[1:])


@dataclass(frozen=True, kw_only=True)
class StudyBatch:
    """Some studies, ready for the network.

    ``current`` and ``prior`` are normalised pixels of one channel, or cached features of a frozen
    encoder. ``prior`` holds only the rows for which ``has_prior`` is true, in their order; it may be
    empty. Masks are true at real tokens; texts are padded on the right. ``report_ids`` is the report as
    the text encoder reads it (stage 1); ``target_ids`` is what the decoder shall write, from first to
    last token (stage 2). ``study_key`` is equal for images of one study. ``observation_targets`` are 1
    or 0, ``change_targets`` are classes; both are -100 where nothing is asked.
    """

    current: Float[Tensor, "batch 1 size size"] | VisionFeatures
    prior: Float[Tensor, "n_prior 1 size size"] | VisionFeatures
    has_prior: Bool[Tensor, " batch"]
    current_view: Int[Tensor, " batch"]
    prior_view: Int[Tensor, " n_prior"]
    context_ids: Int[Tensor, "batch context_token"]
    context_mask: Bool[Tensor, "batch context_token"]
    study_key: Int[Tensor, " batch"] | None = None
    target_ids: Int[Tensor, "batch target_token"] | None = None
    target_mask: Bool[Tensor, "batch target_token"] | None = None
    report_ids: Int[Tensor, "batch report_token"] | None = None
    report_mask: Bool[Tensor, "batch report_token"] | None = None
    observation_targets: Float[Tensor, "batch slot statement"] | None = None
    change_targets: Int[Tensor, "batch slot"] | None = None

    def __len__(self) -> int:
        return self.has_prior.shape[0]

    def rows_with_prior(self) -> Int[Tensor, " n_prior"]:
        """Return the rows that the priors belong to; raise ``ValueError`` unless there is one for each."""
        rows = self.has_prior.nonzero().squeeze(1)
        if len(rows) != len(self.prior_view):
            raise ValueError(
                f"StudyBatch: has_prior is true for {len(rows)} rows, but priors are "
                f"{len(self.prior_view)}; expected one for each such row, in their order"
            )
        return rows

    def studies(self) -> Iterator["StudyBatch"]:
        """Yield the studies as batches of one, to be drafted: without padding, without targets."""
        self.rows_with_prior()
        place = 0
        for row, has_prior in enumerate(self.has_prior.tolist()):
            own, priors = slice(row, row + 1), slice(place, place + has_prior)
            words = slice(0, max(1, int(self.context_mask[row].sum())))
            yield StudyBatch(
                current=_rows(self.current, own),
                prior=_rows(self.prior, priors),
                has_prior=self.has_prior[own],
                current_view=self.current_view[own],
                prior_view=self.prior_view[priors],
                context_ids=self.context_ids[own, words],
                context_mask=self.context_mask[own, words],
            )
            place = priors.stop

    def to(self, device: torch.device | str, non_blocking: bool = False) -> "StudyBatch":
        """Return the batch on another device."""
        return self._map(lambda value: value.to(device, non_blocking=non_blocking))

    def pin_memory(self) -> "StudyBatch":
        """Return the batch in page-locked memory, for quick copies to an accelerator."""
        return self._map(lambda value: value.pin_memory())

    def _map(self, change: Callable[[Tensor | VisionFeatures], Tensor | VisionFeatures]) -> "StudyBatch":
        changed: dict[str, Any] = {}
        for field in fields(self):
            value = getattr(self, field.name)
            changed[field.name] = None if value is None else change(value)
        return replace(self, **changed)


def _rows(images: Tensor | VisionFeatures, rows: slice) -> Tensor | VisionFeatures:
    return (
        images.map(lambda tensor: tensor[rows]) if isinstance(images, VisionFeatures) else images[rows]
    )
