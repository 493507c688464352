"""Fuse what every block of the vision encoder saw into one set of fine-detail tokens.

Knows tensors only. The blocks are taken as channels of an image that is token high and width wide.
Axes: images, layer (blocks), token, width.
"""

from collections.abc import Callable

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.utils.checkpoint import checkpoint

from priorrg.model.activation import in_vectors

_AT_ONCE = 2**15
"""Numbers of a layer that are worked on together where few are."""
_TRAINED_AT_ONCE, _TRAINED_AT_ONCE_ELSEWHERE = 2**19, 2**22
"""Numbers of a layer, of all images, that are worked on together where they are computed again: by a processor and
by an accelerator, which many short steps keep waiting."""


class ChannelAttention(nn.Module):
    """How much each block counts, from its mean and its maximum."""

    def __init__(self, layers: int, reduction: int = 4) -> None:
        super().__init__()
        hidden = max(layers // reduction, 1)
        self.squeeze = nn.Conv2d(layers, hidden, 1, bias=False)
        self.excite = nn.Conv2d(hidden, layers, 1, bias=False)

    def forward(
        self, stack: Float[Tensor, "images layer token width"]
    ) -> Float[Tensor, "images layer 1 1"]:
        """Return a weight between 0 and 1 per block."""
        mean = stack.mean(dim=(2, 3), keepdim=True)
        maximum = stack.amax(dim=(2, 3), keepdim=True)
        return torch.sigmoid(
            self.excite(self.squeeze(mean).relu()) + self.excite(self.squeeze(maximum).relu())
        )


class SpatialAttention(nn.Module):
    """How much each place counts, from the maximum and the mean over the blocks, in that order."""

    def __init__(self, kernel: int = 7) -> None:
        super().__init__()
        self.conv = nn.Conv2d(2, 1, kernel, padding=kernel // 2, bias=False)

    def forward(
        self, stack: Float[Tensor, "images layer token width"]
    ) -> Float[Tensor, "images 1 token width"]:
        """Return a weight between 0 and 1 per place."""
        return torch.sigmoid(self.compare(_pooled(stack)))

    def compare(
        self, pooled: Float[Tensor, "images 2 token width"]
    ) -> Float[Tensor, "images 1 token width"]:
        """Return what each place is beside its neighbours, from the maximum and the mean over the blocks."""
        # Channels last: with so few channels the other layout is four times slower on a processor.
        compared: Tensor = self.conv(pooled.contiguous(memory_format=torch.channels_last))
        return compared


class LayerFusion(nn.Module):
    """CBAM over the stack of blocks, beside an identity, then 1x1 convolutions down to one layer.

    ``few_at_once``: some tokens at a time, without gradients. What lies between stays near the processor's
    core, and a result does not depend on the number of threads.
    """

    few_at_once = False

    def __init__(self, layers: int) -> None:
        super().__init__()
        half = layers // 2 if layers > 3 else (layers + 1) // 2  # published ones have more than 3
        self.channel_attention = ChannelAttention(layers)
        self.spatial_attention = SpatialAttention()
        self.reduce = nn.Conv2d(layers, half, 1)
        self.batch_norm = nn.BatchNorm2d(half)
        self.merge = nn.Conv2d(half, 1, 1)

    def forward(
        self, stack: Float[Tensor, "images layer token width"], recompute: bool = False
    ) -> Float[Tensor, "images token width"]:
        """Return one fused token per place.

        ``recompute``, in training: some tokens at a time, and again in the backward pass, for each step on the
        way is as large as the stack.
        """
        if self.few_at_once:
            return self._by_few(stack)
        if recompute and self.training and torch.is_grad_enabled():
            mixed = self._in_parts(stack)
        else:
            mixed = self._mix(stack)
        return _per_place(self.merge, self.batch_norm(mixed).relu_()).squeeze(1)

    def _mix(
        self, stack: Float[Tensor, "images layer token width"]
    ) -> Float[Tensor, "images mixed token width"]:
        """Return what is left of each image's layers before the batch is looked at."""
        weighted = stack * self.channel_attention(stack)
        gate = self.spatial_attention(weighted)
        if torch.is_grad_enabled():
            return _per_place(self.reduce, stack + weighted * gate)
        # The same without two more copies of the stack: to fetch the memory took longer than to compute.
        return _per_place(self.reduce, weighted.mul_(gate).add_(stack))

    def _in_parts(
        self, stack: Float[Tensor, "images layer token width"]
    ) -> Float[Tensor, "images mixed token width"]:
        """Return what ``_mix`` does, of some tokens at a time; of these, inputs alone are kept."""
        channels = torch.cat([self.channel_attention(image) for image in torch.split(stack, 1)])
        at_once = _TRAINED_AT_ONCE if stack.device.type == "cpu" else _TRAINED_AT_ONCE_ELSEWHERE
        count = max(1, -(-stack[:, 0].numel() // at_once))
        # Chunks leave one gradient between them; slices would leave one as large as the whole each.
        parts = torch.chunk(stack, count, dim=2)
        pooled = [_again(_weighted_pools, part, channels) for part in parts]
        gate = torch.sigmoid(self.spatial_attention.compare(torch.cat(pooled, dim=2)))
        gates = torch.chunk(gate, count, dim=2)
        mixed = [
            _again(self._reduced, part, channels, at) for part, at in zip(parts, gates, strict=True)
        ]
        return torch.cat(mixed, dim=2)

    def _reduced(
        self,
        stack: Float[Tensor, "images layer token width"],
        channels: Float[Tensor, "images layer 1 1"],
        gate: Float[Tensor, "images 1 token width"],
    ) -> Float[Tensor, "images mixed token width"]:
        return _per_place(self.reduce, stack + stack * channels * gate)

    def _by_few(
        self, stack: Float[Tensor, "images layer token width"]
    ) -> Float[Tensor, "images token width"]:
        channels = self.channel_attention(stack)
        few = max(1, _AT_ONCE // stack.shape[3])
        parts = [slice(start, start + few) for start in range(0, stack.shape[2], few)]
        pooled = stack.new_empty(len(stack), 2, *stack.shape[2:])
        for part in parts:
            pooled[:, :, part] = _weighted_pools(stack[:, :, part], channels)
        gate = self.spatial_attention.compare(pooled).contiguous()
        in_vectors(torch.sigmoid_, gate.view(-1))
        fused = stack.new_empty(len(stack), *stack.shape[2:])
        for part in parts:
            layers = stack[:, :, part]
            mixed = _sum(self.reduce, (layers * channels).mul_(gate[:, :, part]).add_(layers))
            fused[:, part] = _sum(self.merge, self.batch_norm(mixed).relu_()).squeeze(1)
        return fused


def _again(part: Callable[..., Tensor], *inputs: Tensor) -> Tensor:
    """Return ``part(*inputs)``, computed again in the backward pass. Nothing in it is random."""
    made: Tensor = checkpoint(part, *inputs, use_reentrant=False, preserve_rng_state=False)
    return made


def _weighted_pools(
    stack: Float[Tensor, "images layer token width"], channels: Float[Tensor, "images layer 1 1"]
) -> Float[Tensor, "images 2 token width"]:
    return _pooled(stack * channels)


def _pooled(
    stack: Float[Tensor, "images layer token width"],
) -> Float[Tensor, "images 2 token width"]:
    return torch.cat([stack.amax(dim=1, keepdim=True), stack.mean(dim=1, keepdim=True)], dim=1)


def _sum(
    conv: nn.Conv2d, stack: Float[Tensor, "images layer token width"]
) -> Float[Tensor, "images mixed token width"]:
    """Return a 1x1 convolution, its layers added one after another: a product's order varies with threads."""
    weight = conv.weight.detach().squeeze(3)
    made = stack.new_zeros(len(stack), len(weight), *stack.shape[2:])
    if conv.bias is not None:
        made += conv.bias[:, None, None]
    for layer in range(stack.shape[1]):
        made.addcmul_(weight[:, layer, None], stack[:, layer, None])
    return made


def _per_place(
    conv: nn.Conv2d, stack: Float[Tensor, "images layer token width"]
) -> Float[Tensor, "images mixed token width"]:
    """Return a 1x1 convolution of the stack, as the matrix product that it is."""
    weight = conv.weight.flatten(1).expand(len(stack), -1, -1)
    bias = conv.bias if conv.bias is not None else weight.new_zeros(len(weight[0]))
    mixed = torch.baddbmm(bias[:, None], weight, stack.flatten(2))
    return mixed.view(len(stack), -1, *stack.shape[2:])
