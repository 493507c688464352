"""The published checkpoint ⇄ a model folder.

Sizes come from the checkpoint, kinds and tokenizer from the backbones' folders; every tensor is accounted
for before anything is written.
"""

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save_file
from torch import Tensor

from priorrg.errors import UsageError, WeightsError
from priorrg.model.backbones import BACKBONES, backbone_configs, load_backbones
from priorrg.model.config import NetworkConfig
from priorrg.model.hub import CONFIG_FILE, WEIGHTS_FILE, fetch, read_checkpoint, read_tensors
from priorrg.model.network import PriorRGNetwork
from priorrg.model.released_sizes import HEAD_WIDTH, ReleasedSizes, released_sizes
from priorrg.model.released_weights import OURS_ONLY, STAGE_2_ONLY, from_released, left_out, to_released
from priorrg.model_folder import write_model_folder
from priorrg.provenance import (
    PRETRAIN,
    TRAIN,
    Provenance,
    code_commit,
    licences_of,
    software_versions,
)
from priorrg.settings import MethodSettings, Settings, load_settings, override, settings_from
from priorrg.storage import is_empty, new_file
from priorrg.study import UNKNOWN_VIEW
from priorrg.tokenization import Tokenizers, released_tokenizer

_PROCESSOR = "preprocessor_config.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Import:
    """What an import did. ``left_out`` and ``fresh`` are published names: not taken over, not there."""

    folder: str
    stage: int
    tensors: int
    parameters: int
    sizes: ReleasedSizes
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
    with torch.device("meta"):
        expected = PriorRGNetwork(config).weights()
    new = STAGE_2_ONLY if sizes.stage == 1 else ()
    weights = from_released(tensors, expected, new=new, source=str(checkpoint))
    fresh = ""
    if sizes.stage == 1:
        weights, fresh = _completed(weights, config, settings)
    tick(2, 4)
    sha256 = _sha256(checkpoint)
    tick(3, 4)
    write_model_folder(
        out, config, weights, tokenizers, settings, _provenance(settings, sizes, checkpoint, sha256)
    )
    tick(4, 4)
    return Import(
        folder=str(out),
        stage=sizes.stage,
        tensors=len(weights),
        parameters=sum(t.numel() for t in weights.values() if t.is_floating_point()),
        sizes=sizes,
        left_out={name: why for name in tensors if (why := left_out(name))},
        fresh=fresh,
        sha256=sha256,
    )


def export_weights(model: Path, out: Path, *, like: Path | None = None) -> list[str]:
    """Write a model folder's weights in the published layout; return what the file lacks.

    ``out`` is a Lightning file (``.ckpt``) or ``.safetensors``. What an import leaves out is taken from
    ``like``, the checkpoint that was imported, so that the authors' program finds every key; without it
    those keys are not there. Raises ``WeightsError`` where the published layout cannot hold the model.
    """
    if out.suffix not in (".ckpt", ".safetensors"):
        raise UsageError(f"{out}: expected a name that ends in .ckpt (Lightning) or .safetensors")
    config = NetworkConfig.from_json(
        fetch(str(model), CONFIG_FILE, "a PriorRG model").read_text(), str(model / CONFIG_FILE)
    )
    if config.model.statement_rows or config.method != MethodSettings():
        raise WeightsError(
            f"{model}: uses statement rows or leaves out a part of the method; expected the published "
            "method alone, for its layout says nothing else. Export is for models of preset released"
        )
    weights = read_tensors(fetch(str(model), WEIGHTS_FILE, "a PriorRG model"))
    tensors = to_released(weights)
    if like is not None:
        published = read_checkpoint(like)
        tensors |= {name: t for name, t in published.items() if left_out(name) and name not in tensors}
        tensors = {name: tensors[name] for name in published if name in tensors} | tensors
    with new_file(out) as temporary:
        if out.suffix == ".safetensors":
            save_file(_unshared(tensors), temporary, metadata={"format": "pt"})
        else:
            torch.save({"state_dict": tensors, "epoch": 0, "global_step": 0}, temporary)
    return sorted({name.split(".")[0] for name in weights if name.startswith(OURS_ONLY)})


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
    tree["image"] |= _image(tree["model"]["vision"]["backbone"])
    return settings_from(override(tree, changes), source="imported settings")


def find_backbones(folder: Path) -> dict[str, Path]:
    """Return the folders of vision, text and decoder under ``folder``, told by their ``config.json``."""
    if not folder.is_dir():
        raise UsageError(f"{folder}: no such folder; expected one with the backbones' folders in it")
    found: dict[str, Path] = {}
    for config in sorted((*folder.glob(f"*/{CONFIG_FILE}"), *folder.glob(f"*/*/{CONFIG_FILE}"))):
        part = _part_of(config)
        if part is None:
            continue
        if part in found:
            raise UsageError(
                f"{folder}: {found[part].name} and {config.parent.name} are both a "
                f"{BACKBONES[part].family}; expected one of each kind. Put the others elsewhere"
            )
        found[part] = config.parent.resolve()
    if not found:
        kinds = ", ".join(kind.family for kind in BACKBONES.values())
        raise UsageError(
            f"{folder}: no backbone in it; expected folders with the config.json of a {kinds}"
        )
    return found


def _part_of(config: Path) -> str | None:
    try:
        kind = json.loads(config.read_text(encoding="utf-8")).get("model_type")
    except (ValueError, AttributeError, OSError):
        return None
    return next((part for part, known in BACKBONES.items() if kind in known.model_types), None)


def _image(backbone: str) -> dict[str, Any]:
    """Return the image settings that the vision backbone's image processor stands for."""
    path = fetch(backbone, _PROCESSOR, "the image processor of the vision backbone")
    try:
        processor = json.loads(path.read_text(encoding="utf-8"))
        size, crop = processor["size"]["shortest_edge"], processor["crop_size"]
        means, deviations = set(processor["image_mean"]), set(processor["image_std"])
    except (ValueError, KeyError, TypeError) as error:
        raise WeightsError(
            f"{path}: not the image processor of a RAD-DINO ({error!r}); expected size, crop_size, image_mean "
            "and image_std. Copy it again from the backbone's page"
        ) from error
    if (crop["height"], crop["width"]) != (size, size) or len(means) != 1 or len(deviations) != 1:
        raise WeightsError(
            f"{path}: crops {size} px to {crop['width']} x {crop['height']} px with means {sorted(means)}; "
            "expected one square and the same grey for every channel, as RAD-DINO has them"
        )
    if processor.get("resample", 3) != 3:
        raise WeightsError(f"{path}: resample is {processor['resample']}; expected 3 (bicubic)")
    return {"size": size, "fit": "crop", "mean": means.pop(), "std": deviations.pop()}


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
                f"{source}: {key} is {found} in its config.json; the checkpoint was trained with {size}. Is it "
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
    model = settings.model
    sources = (model.vision.backbone, model.text.backbone, model.decoder.backbone)
    names = [Path(source).name if Path(source).is_dir() else source for source in sources]
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


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _unshared(tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Return the tensors, those that share memory with another copied: safetensors holds each alone."""
    seen: set[int] = set()
    apart = {}
    for name, tensor in tensors.items():
        address = tensor.untyped_storage().data_ptr()
        apart[name] = (tensor.clone() if address in seen else tensor).contiguous()
        seen.add(address)
    return apart
