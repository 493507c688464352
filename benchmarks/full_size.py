"""A network of preset ``base``'s size with random weights, and batches of the shape that it trains on.

Sizes are those of RAD-DINO, CXR-BERT and DistilGPT2; no file of theirs is needed. Texts are random ids of
lengths like those of reports and clinical questions.
"""

from typing import Any

import torch
from torch import Tensor

from priorrg.batching import CHANGE_CLASSES
from priorrg.language.observations import SLOTS
from priorrg.model.config import NetworkConfig
from priorrg.model.inputs import StudyBatch
from priorrg.model.network import PriorRGNetwork
from priorrg.settings import Settings, load_settings

DINO: dict[str, Any] = {
    "hidden_size": 768,
    "num_hidden_layers": 12,
    "num_attention_heads": 12,
    "patch_size": 14,
    "image_size": 518,
}
BERT: dict[str, Any] = {"vocab_size": 30_522, "num_hidden_layers": 12}
GPT2: dict[str, Any] = {"n_layer": 6}
_WORDS, _VOCABULARY = 30_522, 50_264
_CONTEXT, _REPORT, _TARGET = (12, 60), (40, 100), (40, 100)
"""Least and most tokens of clinical question, report in stage 1 and target in stage 2."""


def full_size(seed: int = 0) -> tuple[PriorRGNetwork, Settings]:
    """Return the network in training and the settings of preset ``base``."""
    settings = load_settings("base")
    torch.manual_seed(seed)
    network = PriorRGNetwork(
        NetworkConfig(
            model=settings.model,
            method=settings.method,
            image_size=settings.image.size,
            vision=DINO,
            text=BERT,
            decoder=GPT2,
            vocabulary=_VOCABULARY,
            context_vocabulary=_WORDS,
            bos_id=50_256,
            eos_id=50_256,
            pad_id=50_257,
            context_pad_id=0,
            auxiliary_slots=len(SLOTS),
            auxiliary_changes=len(CHANGE_CLASSES),
        )
    )
    return network.train(), settings


def full_size_batch(settings: Settings, studies: int, priors: int, seed: int = 0) -> StudyBatch:
    """Return a batch for both stages; the first ``priors`` of its ``studies`` have a prior."""
    random = torch.Generator().manual_seed(seed)
    size = settings.image.size

    def texts(least: int, most: int, words: int) -> tuple[Tensor, Tensor]:
        lengths = torch.randint(least, most + 1, (studies,), generator=random)
        mask = torch.arange(int(lengths.max())) < lengths[:, None]
        return torch.randint(1, words, mask.shape, generator=random).masked_fill(~mask, 0), mask

    context, context_mask = texts(*_CONTEXT, _WORDS)
    report, report_mask = texts(*_REPORT, _WORDS)
    target, target_mask = texts(*_TARGET, _VOCABULARY)
    return StudyBatch(
        current=torch.randn(studies, 1, size, size, generator=random),
        prior=torch.randn(priors, 1, size, size, generator=random),
        has_prior=torch.arange(studies) < priors,
        current_view=torch.zeros(studies, dtype=torch.long),
        prior_view=torch.zeros(priors, dtype=torch.long),
        context_ids=context,
        context_mask=context_mask,
        study_key=torch.arange(studies),
        target_ids=target,
        target_mask=target_mask,
        report_ids=report,
        report_mask=report_mask,
        observation_targets=torch.randint(0, 2, (studies, len(SLOTS), 2), generator=random).float(),
        change_targets=torch.randint(0, len(CHANGE_CLASSES), (studies, len(SLOTS)), generator=random),
    )
