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
    """Return the sizes of a published state; raise ``WeightsError`` where this is none."""

    def shape(name: str) -> tuple[int, ...]:
        if name not in tensors:
            raise WeightsError(
                f"{source}: has no tensor {name}; expected a published PriorRG checkpoint of stage 1 or 2. "
                "Is it another model's?"
            )
        return tuple(tensors[name].shape)

    def count(beginning: str) -> int:
        numbers = re.compile(re.escape(beginning) + r"(\d+)\.")
        found = [int(match[1]) for match in map(numbers.match, tensors) if match]
        return max(found, default=-1) + 1

    bert = "text_encoder.bert." if count("text_encoder.bert.encoder.layer.") else "text_encoder."
    width = shape("temp_pos_embed")[-1]
    vocabulary, text_width = shape(f"{bert}embeddings.word_embeddings.weight")
    decoder_layers = count(f"{_DECODER}h.")
    return ReleasedSizes(
        width=width,
        views=shape("vp_pos_embed")[0],
        vision_width=shape("image_encoder.embeddings.cls_token")[-1],
        vision_layers=count("image_encoder.encoder.layer."),
        text_width=text_width,
        text_layers=count(f"{bert}encoder.layer."),
        vocabulary=vocabulary,
        fusion_layers=count("temporal_fusion.layers."),
        fusion_heads=shape("temporal_fusion.layers.0.0.fc_q.weight")[0] // (width // 4),
        perceiver_layers=count("perceiver.layers."),
        perceiver_heads=shape("perceiver.layers.0.0.fn.to_q.weight")[0] // HEAD_WIDTH,
        latents=shape("perceiver.latents")[0],
        decoder_width=shape(f"{_DECODER}wte.weight")[1] if decoder_layers else 0,
        decoder_layers=decoder_layers,
    )
