"""The published checkpoint → a model folder.

Sizes come from the checkpoint, kinds and tokenizer from the backbones' folders; every tensor is accounted
for before anything is written.
"""

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from priorrg.errors import UsageError, WeightsError
from priorrg.model.backbones import backbone_configs, load_backbones
from priorrg.model.config import NetworkConfig
from priorrg.model.hub import read_checkpoint
from priorrg.model.network import PriorRGNetwork
from priorrg.model.released_sizes import HEAD_WIDTH, ReleasedSizes, released_sizes
from priorrg.model.released_weights import STAGE_2_ONLY, from_released, left_out
from priorrg.model_folder import write_model_folder
from priorrg.provenance import (
    PRETRAIN,
    TRAIN,
    Provenance,
    code_commit,
    licences_of,
    software_versions,
)
from priorrg.released_backbones import backbone_names, check_builds, find_backbones, image_settings
from priorrg.settings import Settings, load_settings, override, settings_from
from priorrg.storage import file_sha256, is_empty
from priorrg.study import UNKNOWN_VIEW
from priorrg.tokenization import Tokenizers, released_tokenizer


@dataclass(frozen=True, slots=True, kw_only=True)
class Import:
    """What an import did.

    ``tensors`` and ``parameters`` count what was taken over, ``left_out`` names what was not and why,
    ``fresh`` says what begins anew. ``unusual`` are sizes other than the published ones: nothing but the
    checkpoint itself says how many layers it should have.
    """

    folder: str
    stage: int
    tensors: int
    parameters: int
    sizes: ReleasedSizes
    unusual: tuple[str, ...]
    backbones: dict[str, str]
    left_out: dict[str, str]
    fresh: str
    sha256: str


def import_weights(
    checkpoint: Path,
    out: Path,
    *,
    backbones: Path | None = None,
    views: Path | None = None,
    changes: Iterable[str] = (),
    progress: Callable[[int, int], None] | None = None,
) -> Import:
    """Write the published ``checkpoint`` as the model folder ``out``; say what was done.

    ``checkpoint`` is Lightning's file of stage 1 or 2, a bare state dict or safetensors; ``backbones`` a
    folder that holds the three backbones' folders (configuration, tokenizer, image processor), found by
    their ``model_type``; one that is not there is fetched by the hub id of preset ``released``. ``views``
    is the authors' JSON of view position → row. ``changes`` are settings, as in ``--set``. ``progress``
    gets (steps done, steps in all). Raises ``WeightsError`` or ``UsageError`` before anything is written.
    """
    tick = progress or _untold
    if not is_empty(out):
        raise UsageError(f"{out}: is not empty; choose a new folder for the imported model")
    if not checkpoint.is_file():
        raise UsageError(f"{checkpoint}: no such file; expected a published PriorRG checkpoint")
    tick(0, 4)
    tensors = read_checkpoint(checkpoint)
    tick(1, 4)
    sizes = released_sizes(tensors, str(checkpoint))
    settings = _settings(sizes, backbones, views, changes)
    tokenizers = _tokenizers(settings, sizes)
    config = _network_config(settings, tokenizers, sizes)
    check_builds(config)
    with torch.device("meta"):
        expected = PriorRGNetwork(config).weights()
    new = STAGE_2_ONLY if sizes.stage == 1 else ()
    taken = from_released(tensors, expected, new=new, source=str(checkpoint))
    weights, fresh = (taken, "") if sizes.stage == 2 else _completed(taken, config, settings)
    tick(2, 4)
    sha256 = file_sha256(checkpoint)
    tick(3, 4)
    settings, named = _without_paths(settings), backbone_names(settings)
    config = replace(config, model=settings.model)
    write_model_folder(
        out, config, weights, tokenizers, settings, _provenance(settings, sizes, checkpoint, sha256)
    )
    tick(4, 4)
    return Import(
        folder=str(out),
        stage=sizes.stage,
        tensors=len(taken),
        parameters=sum(t.numel() for t in taken.values() if t.is_floating_point()),
        sizes=sizes,
        unusual=_unusual(sizes),
        backbones=named,
        left_out={name: why for name in tensors if (why := left_out(name))},
        fresh=fresh,
        sha256=sha256,
    )


def read_views(path: Path) -> tuple[str, ...]:
    """Return the view positions in the order of their rows, from the authors' JSON ``{view: row}``."""
    try:
        rows = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise UsageError(f"{path}: no such file; expected a JSON of view position → row") from None
    except (ValueError, OSError) as error:
        raise WeightsError(
            f"{path}: not readable as JSON ({type(error).__name__}); expected {{view: row}}"
        ) from error
    if not isinstance(rows, dict) or sorted(rows.values(), key=str) != sorted(range(len(rows)), key=str):
        raise WeightsError(f"{path}: expected {{view: row}} with the rows 0 to the number of views - 1")
    if UNKNOWN_VIEW not in rows:
        raise WeightsError(
            f"{path}: has no view {UNKNOWN_VIEW!r}, which unknown views are read as; got {', '.join(rows)}"
        )
    return tuple(sorted(rows, key=lambda view: int(rows[view])))


def _settings(
    sizes: ReleasedSizes, backbones: Path | None, views: Path | None, changes: Iterable[str]
) -> Settings:
    """Return preset ``released`` with the checkpoint's sizes and the backbones on hand."""
    base = load_settings("released")
    found = {} if backbones is None else find_backbones(backbones)
    names = base.model.views if views is None else read_views(views)
    if len(names) != sizes.views:
        raise WeightsError(
            f"vp_pos_embed: the checkpoint knows {sizes.views} view positions, got names for {len(names)} "
            f"({', '.join(names)}); give the JSON that the checkpoint was trained with (--views)"
        )
    tree: dict[str, Any] = base.as_dict()
    for part, path in found.items():
        tree["model"][part]["backbone"] = str(path)
    tree["model"] |= {"width": sizes.width, "views": list(names)}
    tree["model"]["text"]["layers"] = sizes.text_layers
    tree["model"]["temporal_fusion"] = {"layers": sizes.fusion_layers, "heads": sizes.fusion_heads}
    tree["model"]["perceiver"] = {
        "layers": sizes.perceiver_layers,
        "heads": sizes.perceiver_heads,
        "head_width": HEAD_WIDTH,
        "latents": sizes.latents,
    }
    tree["image"] |= image_settings(tree["model"]["vision"]["backbone"])
    return settings_from(override(tree, changes), source="imported settings")


def _without_paths(settings: Settings) -> Settings:
    """Return the settings as they may travel: a backbone's name in place of where it lies here."""
    tree = settings.as_dict()
    for part, name in backbone_names(settings).items():
        tree["model"][part]["backbone"] = name
    return settings_from(tree, source="imported settings")


def _unusual(sizes: ReleasedSizes) -> tuple[str, ...]:
    model = load_settings("released").model
    published = (
        ("width", sizes.width, model.width),
        ("text layers", sizes.text_layers, model.text.layers),
        ("temporal fusion layers", sizes.fusion_layers, model.temporal_fusion.layers),
        ("temporal fusion heads", sizes.fusion_heads, model.temporal_fusion.heads),
        ("perceiver layers", sizes.perceiver_layers, model.perceiver.layers),
        ("perceiver heads", sizes.perceiver_heads, model.perceiver.heads),
        ("latents", sizes.latents, model.perceiver.latents),
    )
    return tuple(f"{name}: {got} instead of {usual}" for name, got, usual in published if got != usual)


def _tokenizers(settings: Settings, sizes: ReleasedSizes) -> Tokenizers:
    backbone = settings.model.decoder.backbone
    tokenizer = released_tokenizer(backbone)
    if len(tokenizer) != sizes.vocabulary:
        raise WeightsError(
            f"{backbone}: its tokenizer has {len(tokenizer):,} entries with the marks of the method; the "
            f"checkpoint has word embeddings for {sizes.vocabulary:,}. Is it the tokenizer that the "
            "checkpoint was trained with (DistilGPT2's: 50,257 + 7 = 50,264)?"
        )
    return Tokenizers(decoder=tokenizer, context=tokenizer)


def _network_config(settings: Settings, tokenizers: Tokenizers, sizes: ReleasedSizes) -> NetworkConfig:
    configs = backbone_configs(settings.model)
    model, words = settings.model, tokenizers.decoder
    checks = (
        (model.vision.backbone, configs["vision"], "hidden_size", sizes.vision_width),
        (model.vision.backbone, configs["vision"], "num_hidden_layers", sizes.vision_layers),
        (model.text.backbone, configs["text"], "hidden_size", sizes.text_width),
        (model.decoder.backbone, configs["decoder"], "n_embd", sizes.decoder_width),
        (model.decoder.backbone, configs["decoder"], "n_layer", sizes.decoder_layers),
    )
    for source, config, key, size in checks:
        found = (config or {}).get(key, size)
        if size and found != size:
            raise WeightsError(
                f"{source}: {key} is {found!r} in its config.json; the checkpoint was trained with {size}. Is it "
                "another backbone?"
            )
    return NetworkConfig(
        model=model,
        method=settings.method,
        image_size=settings.image.size,
        vision=configs["vision"],
        text=configs["text"],
        decoder=configs["decoder"],
        vocabulary=len(words),
        context_vocabulary=len(words),
        bos_id=words.bos_token_id,
        eos_id=words.eos_token_id,
        pad_id=words.pad_token_id,
        context_pad_id=words.pad_token_id,
        auxiliary_slots=0,
    )


def _completed(
    weights: Mapping[str, Tensor], config: NetworkConfig, settings: Settings
) -> tuple[dict[str, Tensor], str]:
    """Return a stage-1 state with what stage 2 adds, and where that comes from."""
    torch.manual_seed(settings.seed)
    network = PriorRGNetwork(config)
    try:
        load_backbones(network, only="decoder")
        decoder = f"decoder from {settings.model.decoder.backbone}"
    except WeightsError:
        decoder = "decoder from its configuration alone (no weights there), as released"
    network.load_weights(weights, new=STAGE_2_ONLY)
    return network.weights(), f"{decoder}; layer-wise fusion and its LayerNorm new"


def _provenance(settings: Settings, sizes: ReleasedSizes, checkpoint: Path, sha256: str) -> Provenance:
    names = list(backbone_names(settings).values())
    return Provenance(
        trained_on="MIMIC-CXR, by the authors of PriorRG, if the checkpoint is theirs",
        synthetic=False,
        training_studies=None,
        training_patients=None,
        preset=settings.name,
        stage=PRETRAIN if sizes.stage == 1 else TRAIN,
        selected_on="the validation split"
        if sizes.stage == 1
        else "the test split (so the released code)",
        commit=code_commit(),
        seed=None,
        versions=software_versions(),
        encoder=names[0],
        backbone_licences=licences_of(names),
        source=checkpoint.name,
        source_sha256=sha256,
    )


def _untold(_done: int, _total: int) -> None:
    """Nobody wants to know how far it is."""
