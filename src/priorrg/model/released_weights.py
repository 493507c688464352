"""The published checkpoint's tensor names ⇄ ours.

Pure renaming of tensors by name: no file, no network. Every name is accounted for: it is renamed, it is
on the list of what is knowingly left out, or it is an error.
"""

import re
from collections import Counter
from collections.abc import Mapping, Sequence

import torch
from torch import Tensor

from priorrg.errors import WeightsError

_NAMES = (
    # (released, ours); {i} is a block's number, the rest of a name stays as it is.
    ("logit_scale", "contrast.log_scale"),
    ("vp_pos_embed", "study_encoder.view_embedding.weight"),
    ("temp_pos_embed", "study_encoder.temporal_embedding.weight"),
    ("image_encoder", "study_encoder.vision.backbone"),
    ("text_encoder.bert", "study_encoder.text.backbone"),
    ("image_projection.norm", "study_encoder.visual_projection.norm"),
    ("image_projection.head.0", "study_encoder.visual_projection.reduce"),
    ("image_projection.head.1", "study_encoder.visual_projection.batch_norm"),
    ("image_projection.head.3", "study_encoder.visual_projection.expand"),
    ("text_projection.head.0", "study_encoder.text_projection.reduce"),
    ("text_projection.head.1", "study_encoder.text_projection.batch_norm"),
    ("text_projection.head.3", "study_encoder.text_projection.expand"),
    ("layer_norm", "study_encoder.no_prior_norm"),
    ("layer_norm_fusion", "study_encoder.joint_norm"),
    ("layer_fusion.cbam.ca.se.0", "study_encoder.layer_fusion.channel_attention.squeeze"),
    ("layer_fusion.cbam.ca.se.2", "study_encoder.layer_fusion.channel_attention.excite"),
    ("layer_fusion.cbam.sa.conv", "study_encoder.layer_fusion.spatial_attention.conv"),
    ("layer_fusion.projection.0", "study_encoder.layer_fusion.reduce"),
    ("layer_fusion.projection.1", "study_encoder.layer_fusion.batch_norm"),
    ("layer_fusion.projection.3", "study_encoder.layer_fusion.merge"),
    ("temporal_fusion.norm", "study_encoder.temporal_fusion.norm"),
    (
        "temporal_fusion.layers.{i}.0.ln_1",
        "study_encoder.temporal_fusion.blocks.{i}.attention.current_norm",
    ),
    (
        "temporal_fusion.layers.{i}.0.ln_2",
        "study_encoder.temporal_fusion.blocks.{i}.attention.prior_norm",
    ),
    ("temporal_fusion.layers.{i}.0.fc_q", "study_encoder.temporal_fusion.blocks.{i}.attention.query"),
    ("temporal_fusion.layers.{i}.0.fc_k", "study_encoder.temporal_fusion.blocks.{i}.attention.key"),
    ("temporal_fusion.layers.{i}.0.fc_v", "study_encoder.temporal_fusion.blocks.{i}.attention.value"),
    ("temporal_fusion.layers.{i}.0.fc_o", "study_encoder.temporal_fusion.blocks.{i}.attention.output"),
    ("temporal_fusion.layers.{i}.1.net.0", "study_encoder.temporal_fusion.blocks.{i}.feed_forward.0"),
    ("temporal_fusion.layers.{i}.1.net.1", "study_encoder.temporal_fusion.blocks.{i}.feed_forward.1"),
    ("temporal_fusion.layers.{i}.1.net.4", "study_encoder.temporal_fusion.blocks.{i}.feed_forward.3"),
    ("perceiver.latents", "study_encoder.perceiver.latents"),
    ("perceiver.layers.{i}.0.norm", "study_encoder.perceiver.blocks.{i}.cross_attention.norm"),
    (
        "perceiver.layers.{i}.0.norm_context",
        "study_encoder.perceiver.blocks.{i}.cross_attention.data_norm",
    ),
    ("perceiver.layers.{i}.0.fn.to_q", "study_encoder.perceiver.blocks.{i}.cross_attention.query"),
    ("perceiver.layers.{i}.0.fn.to_kv", "study_encoder.perceiver.blocks.{i}.cross_attention.key_value"),
    ("perceiver.layers.{i}.0.fn.to_out", "study_encoder.perceiver.blocks.{i}.cross_attention.output"),
    ("perceiver.layers.{i}.1.norm", "study_encoder.perceiver.blocks.{i}.cross_feed_forward.norm"),
    ("perceiver.layers.{i}.1.fn.net.0", "study_encoder.perceiver.blocks.{i}.cross_feed_forward.widen"),
    ("perceiver.layers.{i}.1.fn.net.2", "study_encoder.perceiver.blocks.{i}.cross_feed_forward.narrow"),
    ("perceiver.layers.{i}.2.0.0.norm", "study_encoder.perceiver.blocks.{i}.self_attention.norm"),
    ("perceiver.layers.{i}.2.0.0.fn.to_q", "study_encoder.perceiver.blocks.{i}.self_attention.query"),
    (
        "perceiver.layers.{i}.2.0.0.fn.to_kv",
        "study_encoder.perceiver.blocks.{i}.self_attention.key_value",
    ),
    ("perceiver.layers.{i}.2.0.0.fn.to_out", "study_encoder.perceiver.blocks.{i}.self_attention.output"),
    ("perceiver.layers.{i}.2.0.1.norm", "study_encoder.perceiver.blocks.{i}.self_feed_forward.norm"),
    (
        "perceiver.layers.{i}.2.0.1.fn.net.0",
        "study_encoder.perceiver.blocks.{i}.self_feed_forward.widen",
    ),
    (
        "perceiver.layers.{i}.2.0.1.fn.net.2",
        "study_encoder.perceiver.blocks.{i}.self_feed_forward.narrow",
    ),
    ("text_decoder.encoder_decoder.decoder", "decoder.model"),
)
_DINOV2_NAMES = (
    # (transformers 4, transformers 5), inside a block
    ("attention.attention.query", "attention.q_proj"),
    ("attention.attention.key", "attention.k_proj"),
    ("attention.attention.value", "attention.v_proj"),
    ("attention.output.dense", "attention.o_proj"),
)
LEFT_OUT = {
    r"text_encoder\.(bert\.)?pooler\..*": "pooled output of the text encoder, never used",
    r"text_encoder\.cls\..*": "masked-language head of CXR-BERT, not part of the method",
    r"text_encoder\.cls_projection_head\..*": "projection head of CXR-BERT, not part of the method",
    r"text_encoder\.(bert\.)?embeddings\.(position_ids|token_type_ids)": "constant, made when built",
    r"text_decoder\..*\.(attn|crossattention)\.(masked_)?bias": "causal mask, made when built",
    r"text_decoder\.encoder_decoder\.decoder\.lm_head\.weight": "tied to the word embeddings",
}
"""Released names (as patterns) that are knowingly not imported, and why."""
OURS_ONLY = ("auxiliary.", "statement_rows.")
"""Beginnings of names that exist in ours alone and are left out of an export."""
_VISION, _DECODER = "image_encoder.", "text_decoder.encoder_decoder.decoder."
_DIMENSION_ADDED = ("vp_pos_embed", "temp_pos_embed")
"""Released as (rows, 1, width), ours (rows, width)."""


STAGE_2_ONLY = ("decoder.", "study_encoder.layer_fusion.", "study_encoder.joint_norm.")
"""Beginnings of our names that a stage-1 checkpoint does not have."""


def left_out(name: str) -> str:
    """Return why a published tensor is not imported; empty if it is."""
    return next((why for pattern, why in LEFT_OUT.items() if re.fullmatch(pattern, name)), "")


def from_released(
    tensors: Mapping[str, Tensor],
    expected: Mapping[str, Tensor] | None = None,
    *,
    new: Sequence[str] = (),
    source: str = "published checkpoint",
) -> dict[str, Tensor]:
    """Return a published state under our names.

    ``expected`` is the state of the network that it is meant for, by our names (tensors without
    storage will do); names that begin with one of ``new`` may be missing. A stage-1 checkpoint gives only
    what stage 1 trains. Raises ``WeightsError`` naming every key that is neither known nor in
    ``LEFT_OUT``, and every one that ``expected`` misses or has in another shape.
    """
    renamed, unknown = {}, []
    for name, tensor in tensors.items():
        if left_out(name):
            continue
        ours = _rename(_with_bert_prefix(name), _FROM_RELEASED)
        if ours is None:
            unknown.append(name)
        else:
            ours = modern_dinov2(ours) if name.startswith(_VISION) else ours
            renamed[ours] = tensor.squeeze(1) if name in _DIMENSION_ADDED else tensor
    words, head = (tensors.get(f"{_DECODER}{name}.weight") for name in ("transformer.wte", "lm_head"))
    if words is not None and head is not None and not torch.equal(words, head):
        raise WeightsError(
            f"{source}: the decoder's lm_head.weight differs from its "
            "transformer.wte.weight; expected them tied, as the released model has them"
        )
    missing, misshapen = [], []
    for name, tensor in (expected or {}).items():
        if name not in renamed:
            missing += [] if name.startswith(tuple(new)) else [released_name(name)]
        elif renamed[name].shape != tensor.shape:
            shapes = f"{tuple(renamed[name].shape)} instead of {tuple(tensor.shape)}"
            misshapen.append(f"{released_name(name)} {shapes}")
        elif renamed[name].is_floating_point() != tensor.is_floating_point():
            misshapen.append(f"{released_name(name)} {renamed[name].dtype} instead of {tensor.dtype}")
    if expected is not None:
        unknown += [released_name(name) for name in renamed if name not in expected]
    faults = [
        f"{len(names)} {what}: {_listed(names)}"
        for what, names in (("missing", missing), ("unknown", unknown), ("misshapen", misshapen))
        if names
    ]
    if faults:
        raise WeightsError(
            f"{source}: {'; '.join(faults)}; expected the tensors of a published PriorRG network of these "
            "backbones. Do checkpoint and backbones belong together?"
        )
    return renamed


def released_name(ours: str) -> str:
    """Return the published name of a tensor; raise ``WeightsError`` if it has none."""
    theirs = _rename(ours, _TO_RELEASED)
    if theirs is None:
        raise WeightsError(
            f"{ours}: has no published name; expected a network of Dinov2, Bert and GPT-2"
        )
    return legacy_dinov2(theirs) if theirs.startswith(_VISION) else theirs


def _listed(names: Sequence[str]) -> str:
    """Return every name, those that differ only in a block's number as one, with their count."""
    groups = Counter(re.sub(r"\.\d+(?=\.)", ".*", name, count=1) for name in names)
    first = {re.sub(r"\.\d+(?=\.)", ".*", name, count=1): name for name in reversed(names)}
    return ", ".join(f"{group} ({n})" if n > 1 else first[group] for group, n in sorted(groups.items()))


def to_released(tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Return our state under the published names, the decoder's tied output layer included.

    Auxiliary heads have no place there. Raises ``WeightsError`` naming every key that has none either.
    """
    renamed, unknown = {}, []
    for name, tensor in tensors.items():
        if name.startswith(OURS_ONLY):
            continue
        theirs = _rename(name, _TO_RELEASED)
        if theirs is None:
            unknown.append(name)
        else:
            theirs = legacy_dinov2(theirs) if theirs.startswith(_VISION) else theirs
            renamed[theirs] = tensor.unsqueeze(1) if theirs in _DIMENSION_ADDED else tensor
    if unknown:
        raise WeightsError(
            f"export: {len(unknown)} tensors have no published name: {', '.join(sorted(unknown)[:8])}"
            f"{' …' if len(unknown) > 8 else ''}; expected a network of Dinov2, Bert and GPT-2"
        )
    words = renamed.get(f"{_DECODER}transformer.wte.weight")
    if words is not None:
        renamed[f"{_DECODER}lm_head.weight"] = words
    return renamed


def modern_dinov2(name: str) -> str:
    """Return the name of a Dinov2's tensor as transformers 5 has it."""
    return _replace_in_block(name, _DINOV2_NAMES)


def legacy_dinov2(name: str) -> str:
    """Return the name of a Dinov2's tensor as transformers 4 has it."""
    return _replace_in_block(name, tuple((old, new) for new, old in _DINOV2_NAMES))


def _replace_in_block(name: str, pairs: tuple[tuple[str, str], ...]) -> str:
    for old, new in pairs:
        name = re.sub(rf"(encoder\.layer\.\d+\.){re.escape(old)}\.", rf"\g<1>{new}.", name)
    return name


def _with_bert_prefix(name: str) -> str:
    """A text encoder may be stored as a plain Bert or as a class around one."""
    return re.sub(r"^text_encoder\.(embeddings|encoder)\.", r"text_encoder.bert.\1.", name)


def _compiled(pairs: list[tuple[str, str]]) -> list[tuple[re.Pattern[str], str]]:
    return [
        (
            re.compile(re.escape(old).replace(r"\{i\}", r"(?P<i>\d+)") + r"(?P<rest>\..+)?"),
            new.replace("{i}", r"\g<i>") + r"\g<rest>",
        )
        for old, new in pairs
    ]


def _rename(name: str, table: list[tuple[re.Pattern[str], str]]) -> str | None:
    for pattern, template in table:
        match = pattern.fullmatch(name)
        if match:
            return match.expand(template)
    return None


_FROM_RELEASED = _compiled([(theirs, ours) for theirs, ours in _NAMES])
_TO_RELEASED = _compiled([(ours, theirs) for theirs, ours in _NAMES])
