"""From memory to report tokens: a GPT-2 that attends the memory.

Knows ids only: no strings, no tokenizer.
Axes: batch, row (of the memory), token, vocabulary, width.
"""

from dataclasses import fields
from typing import Any

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor, nn
from torch.nn import functional as F
from torch.utils.checkpoint import checkpoint
from transformers import GPT2Config, GPT2LMHeadModel

from priorrg.errors import WeightsError
from priorrg.model.beam_search import Forbids, beam_search
from priorrg.model.config import NetworkConfig
from priorrg.model.next_words import StartWriting, plainly
from priorrg.model.precision import full_precision
from priorrg.model.quick_words import quickly

_LOGITS_AT_ONCE = 256
"""Tokens whose logits are in memory together where activations are computed again."""


def decoder_config(config: NetworkConfig) -> GPT2Config:
    """Return the GPT-2 configuration, the backbone's or a small one, with cross-attention."""
    settings, width = config.model.decoder, config.model.width
    # No pad id: targets are padded on the right, where causal attention never looks from a real token.
    own: dict[str, Any] = {
        "vocab_size": config.vocabulary,
        "bos_token_id": config.bos_id,
        "eos_token_id": config.eos_id,
        "pad_token_id": None,
        "add_cross_attention": True,
    }
    if settings.backbone == "scratch":
        rate = settings.dropout
        return GPT2Config(
            n_embd=width,
            n_layer=settings.layers,
            n_head=settings.heads,
            n_positions=512,
            initializer_range=config.initializer_range,
            activation_function="gelu_pytorch_tanh",
            resid_pdrop=rate,
            embd_pdrop=rate,
            attn_pdrop=0.0,
            **own,
        )
    if config.decoder is None:
        raise WeightsError(
            f"decoder backbone {settings.backbone!r}: got no configuration; expected its GPT-2 "
            "config.json in NetworkConfig.decoder (see backbone_configs)"
        )
    known = {field.name for field in fields(GPT2Config)} - {"model_type"}
    kept = {key: value for key, value in config.decoder.items() if key in known}
    gpt2 = GPT2Config(**(kept | own))
    if gpt2.n_embd != width:
        raise WeightsError(
            f"decoder backbone {settings.backbone!r} is {gpt2.n_embd} wide; it attends the memory, so "
            f"model.width must be equal, got {width}"
        )
    return gpt2


class ReportDecoder(nn.Module):
    """Language-model loss and beam search over one GPT-2.

    ``quick``: how the search keeps keys and values, of the memory and of tokens; ``None`` decodes as
    transformers does.
    """

    def __init__(self, config: NetworkConfig) -> None:
        super().__init__()
        self.bos_id, self.eos_id, self.pad_id = config.bos_id, config.eos_id, config.pad_id
        self.recompute = False
        self.model = GPT2LMHeadModel(decoder_config(config))
        self.max_tokens: int = self.model.config.n_positions
        self.quick: torch.dtype | None = None
        normalised = config.model.decoder.normalise_memory
        self.memory_norm = nn.LayerNorm(config.model.width) if normalised else nn.Identity()

    def forward(
        self,
        memory: Float[Tensor, "batch row width"],
        ids: Int[Tensor, "batch token"],
        mask: Bool[Tensor, "batch token"],
    ) -> Float[Tensor, ""]:
        """Return the mean cross-entropy of every token after the first, padding ignored.

        Logits are computed of real tokens alone: a third of a batch may be padding, and they are the
        largest tensor of a step.
        """
        real = mask[:, 1:]
        target = ids[:, 1:][real]
        with full_precision(self):
            words = self._words(memory, ids[:, :-1])[real]
            if not (self.recompute and self.training and torch.is_grad_enabled()):
                return F.cross_entropy(self.model.lm_head(words).float(), target)
            total = words.new_zeros((), dtype=torch.float32)
            for start in range(0, len(target), _LOGITS_AT_ONCE):
                part = slice(start, start + _LOGITS_AT_ONCE)
                total = total + checkpoint(
                    self._surprise, words[part], target[part], use_reentrant=False
                )
        return total / len(target)

    @torch.no_grad()
    def generate(
        self,
        memory: Float[Tensor, "batch row width"],
        beams: int,
        max_tokens: int,
        forbids: Forbids | None = None,
    ) -> Int[Tensor, "batch token"]:
        """Return reports by beam search: the first token, words, the last token, then padding.

        ``max_tokens`` counts the first token; ``forbids`` is as ``beam_search`` takes it.
        """
        with full_precision(self):
            return beam_search(
                self._start_writing(),
                self.memory_norm(memory),
                beams=beams,
                max_tokens=min(max_tokens, self.max_tokens),
                bos_id=self.bos_id,
                eos_id=self.eos_id,
                pad_id=self.pad_id,
                forbids=forbids,
            )

    def _start_writing(self) -> StartWriting:
        return plainly(self.model) if self.quick is None else quickly(self.model, self.quick)

    def logits(
        self, memory: Float[Tensor, "batch row width"], ids: Int[Tensor, "batch token"]
    ) -> Float[Tensor, "batch token vocabulary"]:
        """Return the logits of the token that follows each of ``ids``."""
        with full_precision(self):
            logits: Tensor = self.model.lm_head(self._words(memory, ids))
        return logits

    def _words(
        self, memory: Float[Tensor, "batch row width"], ids: Int[Tensor, "batch token"]
    ) -> Float[Tensor, "batch token width"]:
        """Return what the output layer reads."""
        output = self.model.transformer(
            input_ids=ids,
            encoder_hidden_states=self.memory_norm(memory),
            use_cache=False,
            return_dict=True,
        )
        words: Tensor = output.last_hidden_state
        return words

    def _surprise(
        self, words: Float[Tensor, "token width"], target: Int[Tensor, " token"]
    ) -> Float[Tensor, ""]:
        return F.cross_entropy(self.model.lm_head(words).float(), target, reduction="sum")
