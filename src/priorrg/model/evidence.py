"""Where in the images does a number come from that the network computes?

The gradient of the number with respect to the vision features, times how much a patch differs from the
image's mean patch, summed over channels and over all blocks that are read; what speaks against the number
is left out. ``benchmarks/confidence.py`` compares this with other ways.
Knows tensors only: what the number means, the caller knows.
Axes: image, layer, token (class + patches, row by row), width; row and column of the patch grid.
"""

from dataclasses import replace
from math import isqrt

import torch
from jaxtyping import Float
from torch import Tensor

from priorrg.model.inputs import StudyBatch, VisionFeatures
from priorrg.model.network import PriorRGNetwork


def watched(network: PriorRGNetwork, batch: StudyBatch) -> StudyBatch:
    """Return the batch with its images as vision features, of which ``evidence`` can be asked."""

    def features(images: Tensor | VisionFeatures) -> VisionFeatures:
        with torch.no_grad():
            if isinstance(images, Tensor) and len(images):
                images = network.encode_images(images)
            elif isinstance(images, Tensor):
                images = _none_like(current)
        return images.map(lambda tensor: tensor.detach().requires_grad_())

    current = features(batch.current)
    return replace(batch, current=current, prior=features(batch.prior))


def evidence(
    score: Float[Tensor, ""], batch: StudyBatch
) -> tuple[Float[Tensor, "image row column"], Float[Tensor, "prior row column"]]:
    """Return the maps of all current and all prior images of a ``watched`` batch, none below zero.

    They are in the units of the score. The graph of the score is kept, so that more can be asked.
    """
    assert isinstance(batch.current, VisionFeatures)
    assert isinstance(batch.prior, VisionFeatures)
    leaves = [batch.current.last, batch.current.layers, batch.prior.last, batch.prior.layers]
    grads = torch.autograd.grad(score, leaves, retain_graph=True, materialize_grads=True)
    return (
        attribution(batch.current, VisionFeatures(*grads[:2])),
        attribution(batch.prior, VisionFeatures(*grads[2:])),
    )


def attribution(features: VisionFeatures, gradient: VisionFeatures) -> Float[Tensor, "image row column"]:
    """Return how much each patch, unlike the mean patch of its image, adds to the score; never below zero."""
    last = _added(features.last, gradient.last)
    layers = _added(features.layers, gradient.layers).sum(dim=1)
    side = isqrt(last.shape[1])
    return (last + layers).clamp(min=0).reshape(-1, side, side).detach()


def _added(
    features: Float[Tensor, "*image token width"], gradient: Float[Tensor, "*image token width"]
) -> Float[Tensor, "*image patch"]:
    patches = features[..., 1:, :]
    unlike = patches - patches.mean(dim=-2, keepdim=True)
    return (gradient[..., 1:, :] * unlike).sum(dim=-1)


def _none_like(features: VisionFeatures) -> VisionFeatures:
    return features.map(lambda tensor: tensor[:0])
