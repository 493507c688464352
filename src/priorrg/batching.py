"""The bridge: studies → StudyBatch.

Here texts become ids, images become normalised pixels (or features that a frozen encoder gave before),
and what is missing becomes a mask. Above it everything is tensors, below it everything is studies.
Axes: batch, token, slot (observation × side).
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Protocol

import numpy as np
import torch
from jaxtyping import UInt8
from torch import Tensor

from priorrg.language.claims import read_claims, summarize
from priorrg.language.observations import SLOTS, Change, Claim, Polarity, Side, Slot
from priorrg.model.inputs import StudyBatch, VisionFeatures
from priorrg.settings import Settings
from priorrg.study import Radiograph, Study
from priorrg.tokenization import Tokenizers, context_text, report_text

CHANGE_CLASSES = (None, *Change)
"""Targets of the change head: nothing said, then the five changes, what is no longer there last."""


PixelSource = Callable[[Radiograph], UInt8[np.ndarray, "size size"]]
"""Where the grey square of a radiograph comes from: the packed store, or a file just read."""


class FeatureSource(Protocol):
    """Where features come from, if not of pixels. Nothing reads the hidden layers of a prior."""

    def __call__(self, radiographs: Sequence[Radiograph], *, prior: bool = False) -> VisionFeatures: ...


def target_text(study: Study, target: str) -> str:
    """Return the text that the decoder learns to write; ``target`` as in DataSettings."""
    if target == "findings":
        return study.report.findings
    if target == "impression":
        return study.report.impression
    parts = (("FINDINGS: ", study.report.findings), ("IMPRESSION: ", study.report.impression))
    return " ".join(mark + text for mark, text in parts if text)


@dataclass(frozen=True, slots=True, kw_only=True)
class Batcher:
    """Turn studies into a batch. One of ``pixels`` and ``features`` must be given."""

    settings: Settings
    tokenizers: Tokenizers
    pixels: PixelSource | None = None
    features: FeatureSource | None = None

    def __call__(
        self, studies: Sequence[Study], *, with_target: bool = False, with_report: bool = False
    ) -> StudyBatch:
        """Return the batch of ``studies``, with stage 2's target or stage 1's report on request."""
        method, data = self.settings.method, self.settings.data
        priors = [s.prior if method.use_prior else None for s in studies]
        given = [p for p in priors if p is not None]
        context_ids, context_mask = self._context(studies, with_report=with_report)
        extra: dict[str, Tensor] = {}
        if with_target:
            texts = [target_text(s, data.target) for s in studies]
            extra["target_ids"], extra["target_mask"] = self.targets(texts)
            extra["observation_targets"], extra["change_targets"] = auxiliary_targets(
                texts, has_prior=[p is not None for p in priors]
            )
        if with_report:
            texts = [report_text(target_text(s, data.target)) for s in studies]
            extra["report_ids"], extra["report_mask"] = self._encode(
                texts, self.settings.align.max_report_tokens
            )
        return StudyBatch(
            current=self.images([s.current for s in studies]),
            prior=self.images(given, prior=True),
            has_prior=torch.tensor([p is not None for p in priors]),
            current_view=self._views([s.current for s in studies]),
            prior_view=self._views(given),
            context_ids=context_ids,
            context_mask=context_mask,
            study_key=_study_keys(studies),
            **extra,
        )

    def images(
        self, radiographs: Sequence[Radiograph], *, prior: bool = False
    ) -> Tensor | VisionFeatures:
        """Return features or normalised pixels ``(images, 1, size, size)``; are they priors?"""
        if self.features is not None:
            return self.features(radiographs, prior=prior)
        if self.pixels is None:
            raise TypeError("a Batcher needs a source of pixels or of features")
        image = self.settings.image
        if not radiographs:
            return torch.empty(0, 1, image.size, image.size)
        grey = torch.from_numpy(np.stack([self.pixels(r) for r in radiographs]))
        return normalise(grey, image.mean, image.std)

    def _views(self, radiographs: Sequence[Radiograph]) -> Tensor:
        rows = {view: row for row, view in enumerate(self.settings.model.views)}
        return torch.tensor([rows.get(r.view, rows["unk"]) for r in radiographs], dtype=torch.long)

    def _context(self, studies: Sequence[Study], *, with_report: bool) -> tuple[Tensor, Tensor]:
        limit = self.settings.context.max_tokens
        if with_report:
            limit = min(limit, self.settings.align.max_report_tokens)
        return self._encode([context_text(s.context) for s in studies], limit)

    def _encode(self, texts: Sequence[str], limit: int) -> tuple[Tensor, Tensor]:
        encoded = self.tokenizers.context(
            list(texts), padding=True, truncation=True, max_length=limit, return_tensors="pt"
        )
        return encoded["input_ids"], encoded["attention_mask"].bool()

    def targets(self, texts: Sequence[str]) -> tuple[Tensor, Tensor]:
        """Return ids and mask ``(batch, token)`` of what the decoder shall write, first and last token too."""
        tokenizer = self.tokenizers.decoder
        limit = self.settings.generation.max_tokens
        first, last = tokenizer.bos_token_id, tokenizer.eos_token_id
        published = self.settings.data.target_form == "published"
        texts = [f" {text} " if published else text for text in texts]
        rows = [
            [first, *ids, last][:limit] if published else [first, *ids[: limit - 2], last]
            for ids in tokenizer(texts, add_special_tokens=False)["input_ids"]
        ]
        width = max(len(row) for row in rows)
        ids = torch.full((len(rows), width), tokenizer.pad_token_id)
        mask = torch.zeros(len(rows), width, dtype=torch.bool)
        for i, row in enumerate(rows):
            ids[i, : len(row)] = torch.tensor(row)
            mask[i, : len(row)] = True
        return ids, mask


def normalise(grey: Tensor, mean: float, std: float) -> Tensor:
    """Return uint8 pixels ``(images, size, size)`` as normalised float ``(images, 1, size, size)``."""
    return ((grey.float() / 255 - mean) / std).unsqueeze(1)


def auxiliary_targets(texts: Sequence[str], has_prior: Sequence[bool]) -> tuple[Tensor, Tensor]:
    """Read from reference texts what the memory must know, one target per slot.

    Returns observation targets ``(batch, slot, statement)`` in {0, 1}, the statements being affirmed and
    denied, and change classes ``(batch, slot)``; without a prior nothing is said of change.
    """
    observations = torch.zeros(len(texts), len(SLOTS), 2)
    changes = torch.zeros(len(texts), len(SLOTS), dtype=torch.long)
    for row, text in enumerate(texts):
        present, changed = _slots_of(text)
        observations[row] = torch.tensor(present)
        if has_prior[row]:
            changes[row] = torch.tensor(changed)
    return observations, changes


@lru_cache(maxsize=500_000)
def _slots_of(text: str) -> tuple[tuple[tuple[float, float], ...], tuple[int, ...]]:
    claims = summarize(read_claims(text))
    found = [claims.get(slot) or _sideless_denial(claims, slot) for slot in SLOTS]
    statements = tuple((float(_affirms(claim)), float(_denies(claim))) for claim in found)
    return statements, tuple(CHANGE_CLASSES.index(claim.change if claim else None) for claim in found)


def _sideless_denial(claims: Mapping[Slot, Claim], slot: Slot) -> Claim | None:
    """A denial without a side speaks of both; an affirmation without a side says nothing of either."""
    claim = claims.get((slot[0], Side.NONE))
    return claim if claim is not None and claim.polarity is Polarity.ABSENT else None


def _affirms(claim: Claim | None) -> bool:
    return claim is not None and claim.polarity is not Polarity.ABSENT


def _denies(claim: Claim | None) -> bool:
    """What has resolved is a change, not a denial."""
    return (
        claim is not None and claim.polarity is Polarity.ABSENT and claim.change is not Change.RESOLVED
    )


def _study_keys(studies: Sequence[Study]) -> Tensor:
    keys: dict[str, int] = {}
    return torch.tensor([keys.setdefault(s.study_id, len(keys)) for s in studies])
