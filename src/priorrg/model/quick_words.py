"""The next words of a GPT-2, without what its own forward pass does again and again.

Keys and values of the memory are computed once and shared by all beams of a study, not copied for each. Those
of the tokens are only ever appended, all beams' side by side: a beam that goes on from another one gets its
ancestry as a mask, and nothing is moved. Same sums as the plain way, but for their order.
Axes: study (still searching), beam, head, slot (a token of a beam), row (of the memory), width.
"""

from typing import cast

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor
from torch.nn import functional as F
from transformers import GPT2LMHeadModel
from transformers.models.gpt2.modeling_gpt2 import GPT2Attention, GPT2Block

from priorrg.model.attention import mix_steadily, split_heads
from priorrg.model.next_words import StartWriting

_ROOM = 48
"""Slots that are added together, or as many as a step needs."""


class QuickWords:
    """What a GPT-2 remembers of the reports that it is writing. ``kind``: how keys and values are kept."""

    def __init__(
        self,
        model: GPT2LMHeadModel,
        memory: Float[Tensor, "study row width"],
        kind: torch.dtype,
    ) -> None:
        self._model, self._blocks = model, cast(list[GPT2Block], list(model.transformer.h))
        self._memory = [_memory_of(block.crossattention, memory, kind) for block in self._blocks]
        attention = self._blocks[0].attn
        none = memory.new_empty(len(memory), attention.num_heads, 0, attention.head_dim, dtype=kind)
        self._past = [(none, none) for _ in self._blocks]
        self._slots, self._tokens = 0, 0
        self._ancestry = torch.zeros(len(memory), 1, 0, dtype=torch.bool, device=memory.device)

    def __call__(self, last: Int[Tensor, "study beam"]) -> Float[Tensor, "study beam vocabulary"]:
        beams = last.shape[1]
        new = slice(self._slots, self._slots + beams)
        if new.stop > self._ancestry.shape[2]:
            self._make_room(max(_ROOM, new.stop - self._ancestry.shape[2]))
        self._ancestry[:, :, new] = torch.eye(beams, dtype=torch.bool, device=last.device)
        model = self._model.transformer
        place = torch.tensor(self._tokens, device=last.device)
        hidden = model.wte(last) + model.wpe(place)
        for block, past, memory in zip(self._blocks, self._past, self._memory, strict=True):
            hidden = hidden + self._look_back(block.attn, block.ln_1(hidden), past, new)
            cross = block.crossattention
            asked = split_heads(cross.q_attn(block.ln_cross_attn(hidden)), cross.num_heads)
            hidden = hidden + cross.c_proj(_read(cross, asked, *memory))
            hidden = hidden + block.mlp(block.ln_2(hidden))
        self._slots, self._tokens = new.stop, self._tokens + 1
        logits: Tensor = self._model.lm_head(model.ln_f(hidden))
        return logits

    def go_on(self, studies: Int[Tensor, " going_on"], parent: Int[Tensor, "going_on beam"]) -> None:
        if len(studies) < len(self._ancestry):
            self._ancestry = self._ancestry[studies]
            self._memory = [(key[studies], value[studies]) for key, value in self._memory]
            self._past = [(key[studies], value[studies]) for key, value in self._past]
        self._ancestry = self._ancestry.gather(
            1, parent.unsqueeze(2).expand(-1, -1, self._ancestry.shape[2])
        )

    def _look_back(
        self,
        attention: GPT2Attention,
        hidden: Float[Tensor, "study beam width"],
        past: tuple[Tensor, Tensor],
        new: slice,
    ) -> Float[Tensor, "study beam width"]:
        """Return what self-attention adds; the beams' own keys and values go to the slots ``new``."""
        heads = attention.num_heads
        query, *own = (split_heads(part, heads) for part in attention.c_attn(hidden).chunk(3, dim=-1))
        for kept, fresh in zip(past, own, strict=True):
            kept[:, :, new] = fresh
        read: Tensor = attention.c_proj(_read(attention, query, *past, self._ancestry))
        return read

    def _make_room(self, slots: int) -> None:
        """Add slots, which are nobody's ancestors yet: parts of larger tensors would be copied at each step."""
        self._past = [(_longer(key, slots), _longer(value, slots)) for key, value in self._past]
        self._ancestry = F.pad(self._ancestry, (0, slots))


def _longer(kept: Float[Tensor, "study head slot head_width"], slots: int) -> Tensor:
    return F.pad(kept, (0, 0, 0, slots))


def quickly(model: GPT2LMHeadModel, kind: torch.dtype) -> StartWriting:
    """Return what starts to write reports; ``kind`` as in ``QuickWords``."""
    return lambda memory: QuickWords(model, memory, kind)


def _memory_of(
    attention: GPT2Attention, memory: Float[Tensor, "study row width"], kind: torch.dtype
) -> tuple[Float[Tensor, "study head row head_width"], Float[Tensor, "study head row head_width"]]:
    """Return keys and values of the memory, of a study at a time: large rows need not lie together."""
    made = torch.cat([attention.c_attn(one[None]).to(kind) for one in memory])
    key, value = made.chunk(2, dim=-1)
    heads = attention.num_heads
    return split_heads(key, heads).contiguous(), split_heads(value, heads).contiguous()


def _read(
    attention: GPT2Attention,
    query: Float[Tensor, "study head beam head_width"],
    key: Float[Tensor, "study head slot head_width"],
    value: Float[Tensor, "study head slot head_width"],
    mask: Bool[Tensor, "study beam slot"] | None = None,
) -> Float[Tensor, "study beam width"]:
    allowed = None if mask is None else mask.unsqueeze(1)
    mixed = mix_steadily(query, key, value, attention.scaling, allowed)
    return mixed.transpose(1, 2).flatten(2)
