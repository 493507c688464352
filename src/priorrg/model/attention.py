"""Multi-head attention over projected queries, keys and values.

Knows tensors only. Used by the vision encoder, temporal fusion, the perceiver and the quick decoder.
Axes: batch, query, key, inner (heads x head width).
"""

import torch
from jaxtyping import Bool, Float
from torch import Tensor
from torch.nn import functional as F

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
    if rounded:
        mixed = mix_rounded(*parts, parts[0].shape[-1] ** -0.5, mask)
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
    if on_processor and (query.shape[2] * key.shape[2] <= _AT_ONCE // 4 or mask is not None):
        return mix_steadily(query, key, value, scale, mask).float()
    query = (query * scale).bfloat16()
    if not on_processor:
        return F.scaled_dot_product_attention(query, key, value, attn_mask=mask, scale=1.0).float()
    mixed = query.new_empty(query.shape, dtype=torch.float32)
    parts = -(-query.shape[2] * key.shape[2] // _AT_ONCE)
    for row in range(len(query)):
        for head in range(query.shape[1]):
            turned, read = key[row, head].t(), value[row, head]
            for asked, made in zip(
                query[row, head].chunk(parts), mixed[row, head].chunk(parts), strict=True
            ):
                made.copy_((asked @ turned).softmax(dim=-1) @ read)
    return mixed


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
