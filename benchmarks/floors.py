"""What a path through stock PyTorch cannot do without: forwards of the encoder, bare products of decoding.

Two ways to compute it. ``stock``: transformers' encoder in that precision, and ``linear`` of PyTorch. ``tight``:
the quickest that was found for the same sums, which is what the modes themselves use.
"""

import copy
from collections.abc import Callable
from typing import Literal, cast

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from transformers.models.gpt2.modeling_gpt2 import GPT2Block

from priorrg.model.network import PriorRGNetwork
from priorrg.model.packed_linear import PackedLinear
from priorrg.model.quick import in_mode

Precision = Literal["fp32", "bf16"]
Way = Literal["stock", "tight"]
_TYPES: dict[Precision, torch.dtype] = {"fp32": torch.float32, "bf16": torch.bfloat16}
Product = Callable[[Tensor], Tensor]


class Floor:
    """The floor of one study with a prior. ``vision`` and ``decoding`` each do their part of the work once."""

    def __init__(self, network: PriorRGNetwork, precision: Precision, way: Way, rows: int) -> None:
        kind = _TYPES[precision] if way == "stock" else torch.float32
        vision = network.study_encoder.vision
        if way == "stock":
            self._vision: nn.Module = copy.deepcopy(vision).to(kind)
        else:
            self._vision = in_mode(network, precision).study_encoder.vision
        once, again = _matrices(network)
        self._kind = kind
        self._once = [_product(weight, precision, way, kind) for weight in once]
        self._again = [_product(weight, precision, way, kind) for weight in again]
        self._inputs = {
            before: torch.randn(rows, before).to(again[0].device, kind)
            for before in {weight.shape[1] for weight in again}
        }
        self.products = [product for product, _ in (*self._once, *self._again)]
        self._memory = torch.randn(1, once[0].shape[1]).to(once[0].device, kind)

    @torch.inference_mode()
    def vision(self, *pixels: Tensor) -> None:
        """Encode images, a call each."""
        for image in pixels:
            self._vision(image.to(self._kind), False)

    @torch.inference_mode()
    def decoding(self, memory_rows: int, tokens: int) -> None:
        """Multiply as a report of so many tokens does, in its order, and nothing else."""
        memory = self._memory.expand(memory_rows, -1)
        for product, _ in self._once:
            product(memory)
        for _ in range(tokens - 1):
            for product, before in self._again:
                product(self._inputs[before])


def _matrices(network: PriorRGNetwork) -> tuple[list[Tensor], list[Tensor]]:
    """Return the matrices (after, before) of a report, and those of every token."""
    blocks = cast(list[GPT2Block], list(network.decoder.model.transformer.h))
    again = [
        part.weight.t()
        for block in blocks
        for part in (
            block.attn.c_attn,
            block.attn.c_proj,
            block.crossattention.q_attn,
            block.crossattention.c_proj,
            block.mlp.c_fc,
            block.mlp.c_proj,
        )
    ]
    once = [block.crossattention.c_attn.weight.t() for block in blocks]
    return once, [*again, network.decoder.model.lm_head.weight]


def _product(weight: Tensor, precision: Precision, way: Way, kind: torch.dtype) -> tuple[Product, int]:
    before = weight.shape[1]
    if way == "tight":
        return PackedLinear(weight, None, precision), before
    matrix = weight.detach().to(kind).contiguous()
    return lambda rows: F.linear(rows, matrix), before
