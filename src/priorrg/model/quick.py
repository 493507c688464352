"""A network that drafts reports quicker than the method's plain formulas do, and how much it rounds for that.

What a mode changes is said in ``settings.Mode``; weights and results are those of the network it is made
of, but for rounding. Made for drafting: packed layers have no gradients.
"""

import torch
from transformers import activations

from priorrg.errors import UsageError
from priorrg.model.activation import activate_in_place
from priorrg.model.device import can_round
from priorrg.model.network import PriorRGNetwork
from priorrg.model.packed_linear import pack, sharing_copy
from priorrg.model.perceiver import LatentAttention
from priorrg.model.streams import MOST
from priorrg.model.study_encoder import StudyEncoder
from priorrg.model.temporal_fusion import TemporalAttention
from priorrg.model.vision import ROUNDED_ATTENTION, DinoEncoder, TransformerBlock
from priorrg.settings import Mode
from priorrg.stage_settings import MemorySettings


def in_mode(network: PriorRGNetwork, mode: Mode) -> PriorRGNetwork:
    """Return a network of the same weights that drafts in ``mode``; the network itself where it does already.

    It shares what is not packed, so neither may be moved or trained on; make another one then. Raises
    ``UsageError`` for a mode that this machine cannot compute.
    """
    if mode == network.mode:
        return network
    if network.mode != "exact":
        raise ValueError(
            f"network drafts in mode {network.mode}; expected an exact one. Make mode {mode} of what it came from"
        )
    weight = next(network.parameters())
    device = weight.device
    if weight.dtype != torch.float32:
        raise ValueError(
            f"network is {weight.dtype}; expected torch.float32. Call .float(), or draft in mode exact"
        )
    check_mode(mode, device)
    quick = sharing_copy(network.eval())
    quick.mode = mode
    rounded = mode != "fp32"
    quick.decoder.quick = torch.bfloat16 if rounded else torch.float32
    for deciding in (quick.auxiliary, quick.statement_rows):
        if deciding is not None:
            pack(deciding, "fp32")
    pack(quick, mode)
    on_processor = device.type == "cpu"
    activate_in_place(quick)
    if on_processor:  # an image is work enough for a processor, and then it is always the same work
        quick.spare(MemorySettings(images_at_once=1))
        quick.one_by_one = True
        quick.study_encoder.layer_fusion.few_at_once = True
        quick.study_encoder.streams = MOST if _same_on_any_threads(quick.study_encoder) else 1
    if rounded:
        _round_attention(quick)
    return quick


def check_mode(mode: Mode, device: torch.device) -> None:
    """Raise ``UsageError`` where ``device`` cannot compute in ``mode``."""
    if device.type != "cpu":
        if mode == "int8":
            raise UsageError(
                f"mode int8 on {device}: is for processors; expected exact, fp32 or bf16 there"
            )
        return
    if mode in ("exact", "fp32"):
        return
    if not torch._C._has_mkldnn:
        raise UsageError(f"mode {mode}: this PyTorch was built without oneDNN; expected exact or fp32")
    if mode == "bf16" and not can_round():
        raise UsageError("mode bf16: this processor multiplies no bfloat16; expected mode exact or fp32")
    if mode == "int8" and not torch.cpu._is_vnni_supported():
        raise UsageError(
            "mode int8: this processor has no AVX-512 VNNI; expected mode exact, fp32 or bf16"
        )


def _same_on_any_threads(encoder: StudyEncoder) -> bool:
    """Do all parts of an encoder compute the same in every bit, however many threads they have?

    The convolutions of a small encoder do not, which is also too quick to gain from streams; of an activation
    that is not replaced it is not known.
    """
    ours = isinstance(encoder.vision, DinoEncoder)
    return ours and not any(type(part).__module__ == activations.__name__ for part in encoder.modules())


def _round_attention(network: PriorRGNetwork) -> None:
    for module in network.modules():
        if isinstance(module, (TransformerBlock, TemporalAttention, LatentAttention)):
            module.rounded = True
    vision = network.study_encoder.vision
    if isinstance(vision, DinoEncoder):
        vision.backbone.set_attn_implementation(ROUNDED_ATTENTION)
