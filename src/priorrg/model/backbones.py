"""Pre-trained backbones for a network: Dinov2, Bert and GPT-2 by hub id or folder, never remote code.

Knows configurations and tensors; which tokenizer goes with them is the caller's business.
"""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from priorrg.errors import WeightsError
from priorrg.model.hub import CONFIG_FILE, fetch, fetch_tensors
from priorrg.model.network import PriorRGNetwork
from priorrg.model.released_weights import modern_dinov2
from priorrg.settings import ModelSettings


@dataclass(frozen=True, kw_only=True)
class Backbone:
    """One kind of backbone: how its files are recognised and how its tensors are named.

    ``own`` is the setting's word for a small one without files. ``drops`` are names (patterns) that are
    not needed, ``new`` those that may be missing and start fresh, ``words`` the embedding that may be
    shorter than ours because tokens were added.
    """

    own: str
    family: str
    model_types: tuple[str, ...]
    prefix: str
    drops: str
    new: str
    words: str = ""

    def what(self, part: str) -> str:
        return f"the {self.family} of model.{part}.backbone"


BACKBONES = {
    "vision": Backbone(
        own="conv",
        family="Dinov2",
        model_types=("dinov2",),
        prefix="dinov2.",
        drops=r"classifier\..*",
        new=r"embeddings\.mask_token",
    ),
    "text": Backbone(
        own="scratch",
        family="Bert",
        model_types=("bert", "cxr-bert"),
        prefix="bert.",
        drops=r"(cls|pooler|cls_projection_head|classifier)\..*|embeddings\.(position|token_type)_ids",
        new=r"(?!)",
        words="embeddings.word_embeddings.weight",
    ),
    "decoder": Backbone(
        own="scratch",
        family="GPT-2",
        model_types=("gpt2",),
        prefix="transformer.",
        drops=r"lm_head\.weight|h\.\d+\.attn\.(masked_)?bias",
        new=r"h\.\d+\.(crossattention|ln_cross_attn)\..*",
        words="wte.weight",
    ),
}


def backbone_configs(settings: ModelSettings, **options: Any) -> dict[str, dict[str, Any] | None]:
    """Return ``vision``, ``text`` and ``decoder`` of a ``NetworkConfig``; ``None`` for small ones.

    ``options`` are the hub's (``revision``, ``token``, ``local_files_only``). Raises ``WeightsError``.
    """
    configs: dict[str, dict[str, Any] | None] = {}
    for part, kind in BACKBONES.items():
        source = getattr(settings, part).backbone
        configs[part] = None if source == kind.own else _config(source, part, kind, options)
    return configs


def load_backbones(
    network: PriorRGNetwork, *, keep_words: bool = True, only: str = "", **options: Any
) -> list[str]:
    """Put pre-trained weights into a new network; return the backbones loaded, as they are named.

    ``only`` is vision, text or decoder, where the others are not wanted.
    ``keep_words`` false leaves the text encoder's word embeddings fresh: for a context tokenizer that is
    not its own. Added tokens and the decoder's cross-attention start fresh. Raises ``WeightsError``
    naming files or keys.
    """
    targets: dict[str, nn.Module] = {
        "vision": network.study_encoder.vision,
        "text": network.study_encoder.text,
        "decoder": network.decoder,
    }
    loaded = []
    for part, kind in BACKBONES.items():
        source = getattr(network.config.model, part).backbone
        if source == kind.own or (only and part != only):
            continue
        target = targets[part].get_submodule("model.transformer" if part == "decoder" else "backbone")
        drops = kind.drops
        if part == "text":
            drops += _beyond(network.config.model.text.layers)
            drops += "" if keep_words else f"|{re.escape(kind.words)}"
        tensors = _named(fetch_tensors(source, kind.what(part), **options), kind, drops)
        _fill(target, tensors, kind, source, may_lack_words=part == "text" and not keep_words)
        loaded.append(source)
    return loaded


def _config(source: str, part: str, kind: Backbone, options: dict[str, Any]) -> dict[str, Any]:
    path = fetch(source, CONFIG_FILE, kind.what(part), **options)
    try:
        config = json.loads(path.read_text())
        found = config.get("model_type")
    except (ValueError, AttributeError) as error:
        raise WeightsError(
            f"{path}: not a JSON object; expected a {kind.family} configuration"
        ) from error
    if found not in kind.model_types:
        raise WeightsError(
            f"{path}: model_type is {found!r}; model.{part}.backbone takes a {kind.family} "
            f"({' or '.join(kind.model_types)})"
        )
    return {str(key): value for key, value in config.items()}


def _beyond(layers: int) -> str:
    """Return a pattern for the blocks from number ``layers`` on."""
    kept = "|".join(str(layer) for layer in range(layers))
    return rf"|encoder\.layer\.(?!(?:{kept})\.)\d+\..*"


def _named(tensors: dict[str, Tensor], kind: Backbone, drops: str) -> dict[str, Tensor]:
    rename: Callable[[str], str] = modern_dinov2 if kind.family == "Dinov2" else str
    plain = {name.removeprefix(kind.prefix): tensor for name, tensor in tensors.items()}
    return {rename(name): tensor for name, tensor in plain.items() if not re.fullmatch(drops, name)}


@torch.no_grad()
def _fill(
    target: nn.Module, tensors: dict[str, Tensor], kind: Backbone, source: str, *, may_lack_words: bool
) -> None:
    own = target.state_dict()
    words = tensors.get(kind.words)
    if (
        words is not None
        and words.shape[1:] == own[kind.words].shape[1:]
        and len(words) < len(own[kind.words])
    ):
        tensors[kind.words] = torch.cat([words.to(own[kind.words]), own[kind.words][len(words) :]])
    fresh = kind.new + (f"|{re.escape(kind.words)}" if may_lack_words else "")
    lacking = [name for name in own if name not in tensors and not re.fullmatch(fresh, name)]
    unknown = [name for name in tensors if name not in own]
    misshapen = [name for name in own if name in tensors and tensors[name].shape != own[name].shape]
    faults = [
        f"{len(names)} {what}: {', '.join(names[:6])}{' …' if len(names) > 6 else ''}"
        for what, names in (("missing", lacking), ("unknown", unknown), ("misshapen", misshapen))
        if names
    ]
    if faults:
        raise WeightsError(
            f"{source}: {'; '.join(faults)}; expected the {kind.family} of its config.json"
        )
    target.load_state_dict(tensors, strict=False)
