"""Multi-head attention over projected queries, keys and values.

Knows tensors only. Used by the vision encoder, temporal fusion, the perceiver and the quick decoder.
Axes: batch, query, key, inner (heads x head width).
"""

from itertools import product
from typing import Any

import torch
from jaxtyping import Bool, Float
from torch import Tensor
from torch.nn import functional as F

from priorrg.model.device import can_round

_AT_ONCE = 2**20
"""Scores of a head that are in memory together where attention is rounded: what a processor's core keeps near."""


def attend(
    query: Float[Tensor, "batch query inner"],
    key: Float[Tensor, "batch key inner"],
    value: Float[Tensor, "batch key inner"],
    heads: int,
    key_mask: Bool[Tensor, "batch key"] | None = None,
    *,
    rounded: bool = False,
) -> Float[Tensor, "batch query inner"]:
    """Return scaled dot-product attention; keys whose mask is false do not exist.

    A row without any key receives zeros: there is nothing to read. ``rounded`` is as in ``mix_rounded``.
    """
    mask = None
    if key_mask is not None:
        some = key_mask.any(dim=1, keepdim=True)
        mask = (key_mask | ~some)[:, None, None, :]
    parts = split_heads(query, heads), split_heads(key, heads), split_heads(value, heads)
    scale = parts[0].shape[-1] ** -0.5
    if rounded:
        mixed = mix_rounded(*parts, scale, mask)
    elif mask is None and _trains_in_halves(*parts):
        mixed = HeadByHead.apply(*parts, scale)  # type: ignore[no-untyped-call]
    else:
        mixed = F.scaled_dot_product_attention(*parts, attn_mask=mask)
    merged = mixed.transpose(1, 2).reshape(query.shape)
    return merged if key_mask is None else merged * some[:, :, None]


def mix_rounded(
    query: Float[Tensor, "batch heads query head_width"],
    key: Float[Tensor, "batch heads key head_width"],
    value: Float[Tensor, "batch heads key head_width"],
    scale: float,
    mask: Bool[Tensor, "batch 1 #query key"] | None = None,
) -> Float[Tensor, "batch heads query head_width"]:
    """Return attention with queries, keys, scores and values rounded to bfloat16, in single precision.

    On a processor many scores are worked on a head and some queries at a time, so that they stay near it.
    """
    key, value = key.bfloat16(), value.bfloat16()
    on_processor = query.device.type == "cpu"
    if on_processor and (mask is not None or not _many_scores(query, key)):
        return mix_steadily(query, key, value, scale, mask).float()
    query = (query * scale).bfloat16()
    if not on_processor:
        return F.scaled_dot_product_attention(query, key, value, attn_mask=mask, scale=1.0).float()
    mixed = query.new_empty(query.shape, dtype=torch.float32)
    _mix_by_head(query, key, value, mixed)
    return mixed


class HeadByHead(torch.autograd.Function):
    """Attention of many queries whose scores are worked on a head at a time, and again in the backward pass.

    In the inputs' precision, scores too. What keys, or values in the backward pass, have in common changes no
    result, and is taken off before it costs digits.
    """

    @staticmethod
    def forward(ctx: Any, query: Tensor, key: Tensor, value: Tensor, scale: float) -> Tensor:
        """Return what the queries read; all are (batch, heads, token, head width)."""
        key = _centred(key)
        ctx.save_for_backward(query, key, value)
        ctx.scale = scale
        mixed = torch.empty_like(query)
        _mix_by_head(query * scale, key, value, mixed)
        return mixed

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, Tensor, Tensor, None]:
        """Return the gradients of queries, keys and values."""
        query, key, value = ctx.saved_tensors
        of_query, of_key, of_value = (torch.empty_like(part) for part in (query, key, value))
        scaled, value = query * ctx.scale, _centred(value)
        for at in product(range(len(query)), range(query.shape[1])):
            weights = (scaled[at] @ key[at].t()).softmax(dim=-1)
            of_value[at] = weights.t() @ gradient[at]
            of_weights = gradient[at] @ value[at].t()
            of_scores = torch._softmax_backward_data(of_weights, weights, -1, weights.dtype)
            of_query[at] = (of_scores @ key[at]) * ctx.scale
            of_key[at] = of_scores.t() @ scaled[at]
        return of_query, of_key, of_value, None


def _centred(tokens: Tensor) -> Tensor:
    return tokens - tokens.mean(dim=2, keepdim=True)


def _trains_in_halves(query: Tensor, key: Tensor, value: Tensor) -> bool:
    """Is this attention of many scores that a processor trains in bfloat16? Drafting has its modes."""
    halves = all(part.dtype == torch.bfloat16 for part in (query, key, value))
    trains = torch.is_grad_enabled() and query.device.type == "cpu"
    return trains and halves and _many_scores(query, key) and can_round()


def _many_scores(query: Tensor, key: Tensor) -> bool:
    return query.shape[2] * key.shape[2] > _AT_ONCE // 4


def _mix_by_head(query: Tensor, key: Tensor, value: Tensor, mixed: Tensor) -> None:
    """Write what scaled queries read, a head and some queries at a time."""
    parts = -(-query.shape[2] * key.shape[2] // _AT_ONCE)
    for at in product(range(len(query)), range(query.shape[1])):
        turned, read = key[at].t(), value[at]
        for asked, made in zip(query[at].chunk(parts), mixed[at].chunk(parts), strict=True):
            made.copy_((asked @ turned).softmax(dim=-1) @ read)


def mix_steadily(
    query: Float[Tensor, "batch heads query head_width"],
    key: Float[Tensor, "batch heads key head_width"],
    value: Float[Tensor, "batch heads key head_width"],
    scale: float,
    mask: Bool[Tensor, "batch 1 #query key"] | None = None,
) -> Float[Tensor, "batch heads query head_width"]:
    """Return attention of few queries, bit by bit the same whatever the batch, in the keys' precision.

    PyTorch's own shares the keys among threads by how much work a batch is, which changes the order of sums.
    """
    scores = (query * scale).to(key.dtype) @ key.transpose(2, 3)
    if mask is not None:
        scores = scores.masked_fill_(~mask, -torch.inf)
    return (scores.softmax(dim=-1) @ value).to(query.dtype)


def split_heads(
    tokens: Float[Tensor, "batch token inner"], heads: int
) -> Float[Tensor, "batch heads token head_width"]:
    """Return the tokens with their width shared out among heads, as a view."""
    batch, token, inner = tokens.shape
    return tokens.view(batch, token, heads, inner // heads).transpose(1, 2)
