"""How large a published checkpoint is: read from the shapes of its tensors, not believed.

Knows published names and shapes, no configuration and no values.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from torch import Tensor

from priorrg.errors import WeightsError

HEAD_WIDTH = 64
"""Width of each head of the published perceiver, whatever the model's width."""
_DECODER = "text_decoder.encoder_decoder.decoder.transformer."


@dataclass(frozen=True, slots=True, kw_only=True)
class ReleasedSizes:
    """Sizes of a published network.

    ``width`` is D of the method, ``vocabulary`` the rows of the text encoder's word embeddings.
    ``decoder_width`` and ``decoder_layers`` are 0 in a stage-1 checkpoint, which has no decoder.
    """

    width: int
    views: int
    vision_width: int
    vision_layers: int
    text_width: int
    text_layers: int
    vocabulary: int
    fusion_layers: int
    fusion_heads: int
    perceiver_layers: int
    perceiver_heads: int
    latents: int
    decoder_width: int
    decoder_layers: int

    @property
    def stage(self) -> int:
        """1 (aligned with reports) or 2 (able to write them)."""
        return 2 if self.decoder_layers else 1


def released_sizes(tensors: Mapping[str, Tensor], source: str = "checkpoint") -> ReleasedSizes:
    """Return the sizes of a published state; raise ``WeightsError`` where this is none.

    Every tensor that gives a size and is missing or has another number of dimensions is named.
    """
    bert = (
        "text_encoder.bert." if _count(tensors, "text_encoder.bert.encoder.layer.") else "text_encoder."
    )
    words = f"{bert}embeddings.word_embeddings.weight"
    query, latent_query = "temporal_fusion.layers.0.0.fc_q.weight", "perceiver.layers.0.0.fn.to_q.weight"
    decoder_layers = _count(tensors, f"{_DECODER}h.")
    giving = {
        "vp_pos_embed": 3,
        "temp_pos_embed": 3,
        "image_encoder.embeddings.cls_token": 3,
        words: 2,
        query: 2,
        latent_query: 2,
        "perceiver.latents": 2,
    }
    if decoder_layers:
        giving[f"{_DECODER}wte.weight"] = 2
    _check_ranks(tensors, giving, source)
    width = tensors["temp_pos_embed"].shape[-1]
    return ReleasedSizes(
        width=width,
        views=len(tensors["vp_pos_embed"]),
        vision_width=tensors["image_encoder.embeddings.cls_token"].shape[-1],
        vision_layers=_count(tensors, "image_encoder.encoder.layer."),
        text_width=tensors[words].shape[1],
        text_layers=_count(tensors, f"{bert}encoder.layer."),
        vocabulary=len(tensors[words]),
        fusion_layers=_count(tensors, "temporal_fusion.layers."),
        fusion_heads=len(tensors[query]) // max(width // 4, 1),
        perceiver_layers=_count(tensors, "perceiver.layers."),
        perceiver_heads=len(tensors[latent_query]) // HEAD_WIDTH,
        latents=len(tensors["perceiver.latents"]),
        decoder_width=tensors[f"{_DECODER}wte.weight"].shape[1] if decoder_layers else 0,
        decoder_layers=decoder_layers,
    )


def _count(tensors: Mapping[str, Tensor], beginning: str) -> int:
    numbers = re.compile(re.escape(beginning) + r"(\d+)\.")
    found = [int(match[1]) for match in map(numbers.match, tensors) if match]
    return max(found, default=-1) + 1


def _check_ranks(tensors: Mapping[str, Tensor], giving: Mapping[str, int], source: str) -> None:
    missing = [name for name in giving if name not in tensors]
    misshapen = [
        f"{name} {tuple(tensors[name].shape)}: expected {rank} dimensions, none of them empty"
        for name, rank in giving.items()
        if name in tensors and (tensors[name].dim() != rank or not tensors[name].numel())
    ]
    if not missing and not misshapen:
        return
    faults = [f"has no tensor {', '.join(missing)}"] * bool(missing) + misshapen
    raise WeightsError(
        f"{source}: {'; '.join(faults)}; expected a published PriorRG checkpoint of stage 1 or 2. "
        "Is it another model's?"
    )
