"""Multi-head attention over projected queries, keys and values.

Knows tensors only. Used by the vision encoder, temporal fusion and the perceiver.
Axes: batch, query, key, inner (heads x head width).
"""

from jaxtyping import Bool, Float
from torch import Tensor
from torch.nn import functional as F


def attend(
    query: Float[Tensor, "batch query inner"],
    key: Float[Tensor, "batch key inner"],
    value: Float[Tensor, "batch key inner"],
    heads: int,
    key_mask: Bool[Tensor, "batch key"] | None = None,
) -> Float[Tensor, "batch query inner"]:
    """Return scaled dot-product attention; keys whose mask is false do not exist.

    A row without any key receives zeros: there is nothing to read.
    """
    attention_mask = None
    if key_mask is not None:
        some = key_mask.any(dim=1, keepdim=True)
        attention_mask = (key_mask | ~some)[:, None, None, :]
    mixed = F.scaled_dot_product_attention(
        _split(query, heads), _split(key, heads), _split(value, heads), attn_mask=attention_mask
    )
    merged = mixed.transpose(1, 2).reshape(query.shape)
    return merged if key_mask is None else merged * some[:, :, None]


def _split(
    tokens: Float[Tensor, "batch token inner"], heads: int
) -> Float[Tensor, "batch heads token head_width"]:
    batch, token, inner = tokens.shape
    return tokens.view(batch, token, heads, inner // heads).transpose(1, 2)
