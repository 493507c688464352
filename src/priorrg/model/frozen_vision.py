"""Read images through an encoder that does not train: some at a time, without gradients.

In training a processor reads through a copy of a Dinov2 whose linear layers are rounded and packed once, for
autocast would round its weights anew at every call. The copy belongs to no network: neither saved, moved nor
counted with it.
"""

from contextlib import nullcontext
from weakref import WeakKeyDictionary

import torch
from jaxtyping import Float
from torch import Tensor

from priorrg.model.activation import activate_in_place
from priorrg.model.device import can_round
from priorrg.model.inputs import VisionFeatures
from priorrg.model.packed_linear import pack, sharing_copy
from priorrg.model.streams import side_by_side
from priorrg.model.vision import ROUNDED_ATTENTION, ConvEncoder, DinoEncoder

_State = tuple[tuple[int, int], ...]
_copies: WeakKeyDictionary[DinoEncoder, tuple[_State, DinoEncoder]] = WeakKeyDictionary()


@torch.no_grad()
def read_in_parts(
    vision: DinoEncoder | ConvEncoder,
    pixels: Float[Tensor, "images channel size size"],
    at_once: int,
    *,
    with_layers: bool,
    half: bool,
    streams: int = 1,
) -> VisionFeatures:
    """Return the features of an encoder in evaluation that reads ``at_once`` images together.

    ``half``: under autocast they are kept in its half type, so that a stack of layers takes half the room; a
    processor that multiplies bfloat16 then reads through a ``rounded_copy`` of a Dinov2, and so many images side
    by side. ``streams``: parts that are read side by side at most.
    """
    device, weights = pixels.device.type, next(vision.parameters()).dtype
    halved = half and torch.is_autocast_enabled(device)
    kind = torch.get_autocast_dtype(device) if halved else weights
    shape = (vision.tokens, vision.width)
    last = pixels.new_empty(len(pixels), *shape, dtype=kind)
    layers = pixels.new_empty(len(pixels), vision.depth if with_layers else 0, *shape, dtype=kind)
    rounds = device == "cpu" and (weights, kind) == (torch.float32, torch.bfloat16) and can_round()
    reader: DinoEncoder | ConvEncoder = vision
    if rounds and isinstance(vision, DinoEncoder):
        reader, at_once, streams = rounded_copy(vision), 1, at_once

    def read(part: slice) -> None:
        with torch.autocast(device, enabled=False) if reader is not vision else nullcontext():
            last[part] = reader(pixels[part], with_layers, into=layers[part]).last

    parts = [slice(start, start + at_once) for start in range(0, len(pixels), at_once)]
    side_by_side(read, parts, streams)
    return VisionFeatures(last, layers)


def rounded_copy(vision: DinoEncoder) -> DinoEncoder:
    """Return the copy of a frozen encoder that rounds to bfloat16.

    Made anew when weights were loaded, moved or changed in place; what is done to their ``.data`` in place is not
    noticed.
    """
    state = tuple((weight.data_ptr(), weight._version) for weight in vision.parameters())
    kept = _copies.get(vision)
    if kept is not None and kept[0] == state:
        return kept[1]
    made = sharing_copy(vision)
    pack(made, "bf16")
    activate_in_place(made)
    made.backbone.set_attn_implementation(ROUNDED_ATTENTION)
    _copies[vision] = state, made
    return made
