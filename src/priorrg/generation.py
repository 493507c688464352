"""Batches of studies → report texts.

Decoding is the model's own, cleaning the tokenizer's; here is the order of work.
"""

from collections.abc import Callable, Iterator, Sequence

import torch

from priorrg.batching import Batcher
from priorrg.model.inputs import StudyBatch
from priorrg.model.network import PriorRGNetwork
from priorrg.no_comparison import NoComparison
from priorrg.settings import GenerationSettings
from priorrg.study import Study
from priorrg.tokenization import published_words, report_words

Progress = Callable[[int, int], None]
_CLEANING = {"spaces": report_words, "published": published_words}


def generate_reports(
    network: PriorRGNetwork,
    batcher: Batcher,
    studies: Sequence[Study],
    settings: GenerationSettings,
    progress: Progress | None = None,
) -> Iterator[tuple[Study, str]]:
    """Yield each study with its report, in the order given."""
    network.eval()
    device = next(network.parameters()).device
    for start in range(0, len(studies), settings.batch):
        rows = studies[start : start + settings.batch]
        with torch.inference_mode():
            batch = batcher(rows).to(device)
            ids = network.generate(
                batch,
                beams=settings.beams,
                max_tokens=settings.max_tokens,
                guarded=settings.guarded,
                forbids=no_comparison(batch, batcher, settings),
            )
        texts = _CLEANING[settings.cleaning](batcher.tokenizers.decoder, ids.cpu())
        yield from zip(rows, texts, strict=True)
        if progress is not None:
            progress(min(start + settings.batch, len(studies)), len(studies))


def no_comparison(
    batch: StudyBatch, batcher: Batcher, settings: GenerationSettings
) -> NoComparison | None:
    """Return what the search of ``batch`` must not write, ``None`` if anything is allowed."""
    if not settings.forbid_comparison:
        return None
    clean, tokenizer = _CLEANING[settings.cleaning], batcher.tokenizers.decoder
    return NoComparison(
        may_compare=batch.has_prior.tolist(),
        words=lambda ids: clean(tokenizer, torch.tensor([ids]))[0],
    )
