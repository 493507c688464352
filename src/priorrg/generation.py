"""Batches of studies → report texts.

Decoding is the model's own, cleaning the tokenizer's; here is the order of work.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

import torch

from priorrg.batching import Batcher
from priorrg.model.inputs import StudyBatch
from priorrg.model.network import PriorRGNetwork
from priorrg.model.quick import in_mode
from priorrg.no_comparison import NoComparison
from priorrg.seen_images import SeenImages
from priorrg.settings import GenerationSettings
from priorrg.study import Study
from priorrg.tokenization import published_words, report_words

Progress = Callable[[int, int], None]
Words = Callable[[Sequence[int]], str]
_CLEANING = {"spaces": report_words, "published": published_words}


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """A report as it was written. ``ids`` go from the first token to the last, without padding."""

    study: Study
    ids: tuple[int, ...]
    text: str


def generate_reports(
    network: PriorRGNetwork,
    batcher: Batcher,
    studies: Sequence[Study],
    settings: GenerationSettings,
    progress: Progress | None = None,
) -> Iterator[tuple[Study, str]]:
    """Yield each study with its report, in the order given."""
    for written in write_reports(network, batcher, studies, settings, progress):
        yield written.study, written.text


def write_reports(
    network: PriorRGNetwork,
    batcher: Batcher,
    studies: Sequence[Study],
    settings: GenerationSettings,
    progress: Progress | None = None,
) -> Iterator[Written]:
    """Yield the report of each study with its tokens, in the order given."""
    network = in_mode(network.eval(), settings.mode)
    batcher = seeing_once(network, batcher)
    device = next(network.parameters()).device
    words = report_reader(batcher, settings)
    for start in range(0, len(studies), settings.batch):
        rows = studies[start : start + settings.batch]
        with torch.inference_mode():
            batch = batcher(rows).to(device)
            found = network.generate(
                batch,
                beams=settings.beams,
                max_tokens=settings.max_tokens,
                guarded=settings.guarded,
                forbids=no_comparison(batch, words, settings),
            ).tolist()
        for study, ids in zip(rows, found, strict=True):
            kept = _unpadded(ids, batcher.tokenizers.decoder.pad_token_id)
            yield Written(study=study, ids=kept, text=words(kept))
        if progress is not None:
            progress(min(start + settings.batch, len(studies)), len(studies))


def seeing_once(network: PriorRGNetwork, batcher: Batcher) -> Batcher:
    """Return a batcher that hands on features of each image, computed once; not in mode exact."""
    if network.mode == "exact" or batcher.features is not None:
        return batcher
    return replace(batcher, features=SeenImages(network, batcher.images))


def report_reader(batcher: Batcher, settings: GenerationSettings) -> Words:
    """Return what turns the ids of a report, whole or not, into the text that a reader gets."""
    clean, tokenizer = _CLEANING[settings.cleaning], batcher.tokenizers.decoder
    return lambda ids: clean(tokenizer, torch.tensor([ids]))[0]


def no_comparison(batch: StudyBatch, words: Words, settings: GenerationSettings) -> NoComparison | None:
    """Return what the search of ``batch`` must not write, ``None`` if anything is allowed."""
    if not settings.forbid_comparison:
        return None
    return NoComparison(may_compare=batch.has_prior.tolist(), words=words)


def _unpadded(ids: Sequence[int], pad: int) -> tuple[int, ...]:
    end = len(ids)
    while end and ids[end - 1] == pad:
        end -= 1
    return tuple(ids[:end])
