"""How probable is each token as the next one of a report? Asked by the beam search, step by step.

Knows a GPT-2, ids and the memory that it reads: no strings, no search. Here is the plain way, the model's own
forward pass; ``quick_words`` has the quick one.
Axes: study (still searching), beam, token, vocabulary, row (of the memory), width.
"""

from collections.abc import Callable
from typing import Protocol, cast

import torch
from jaxtyping import Float, Int
from torch import Tensor
from transformers import GPT2LMHeadModel
from transformers.cache_utils import Cache


class NextWords(Protocol):
    """What a decoder remembers of the reports that it is writing."""

    def __call__(self, last: Int[Tensor, "study beam"]) -> Float[Tensor, "study beam vocabulary"]:
        """Return the logits of the token that follows ``last``, the newest token of each beam."""
        ...

    def go_on(self, studies: Int[Tensor, " going_on"], parent: Int[Tensor, "going_on beam"]) -> None:
        """Forget all but ``studies``, of which each beam goes on from its ``parent``."""
        ...


StartWriting = Callable[[Float[Tensor, "study row width"]], NextWords]


class PlainWords:
    """The forward pass of transformers with its own cache; every beam has a copy of its study's memory."""

    def __init__(self, model: GPT2LMHeadModel, memory: Float[Tensor, "study row width"]) -> None:
        self._model, self._memory, self._beams = model, memory, 1
        self._cache: Cache | None = None

    def __call__(self, last: Int[Tensor, "study beam"]) -> Float[Tensor, "study beam vocabulary"]:
        self._beams = last.shape[1]
        output = self._model(
            input_ids=last.reshape(-1, 1),
            encoder_hidden_states=self._memory.repeat_interleave(self._beams, dim=0),
            past_key_values=self._cache,
            use_cache=True,
        )
        self._cache = output.past_key_values
        logits: Tensor = output.logits
        return logits[:, -1].view(*last.shape, -1)

    def go_on(self, studies: Int[Tensor, " going_on"], parent: Int[Tensor, "going_on beam"]) -> None:
        rows = parent + self._beams * studies.unsqueeze(1)
        self._memory = self._memory[studies]
        assert self._cache is not None
        self._cache.reorder_cache(cast(torch.LongTensor, rows.flatten()))


def plainly(model: GPT2LMHeadModel) -> StartWriting:
    """Return what starts to write with a model as transformers computes it."""
    return lambda memory: PlainWords(model, memory)
