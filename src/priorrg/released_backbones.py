"""The folders of the published model's backbones: which is which, and what they say of the images.

Knows configurations; no checkpoint and no weights.
"""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch

from priorrg.errors import PriorRGError, UsageError, WeightsError
from priorrg.model.backbones import BACKBONES
from priorrg.model.config import NetworkConfig
from priorrg.model.decoder import ReportDecoder
from priorrg.model.hub import CONFIG_FILE, fetch
from priorrg.model.text import TextEncoder
from priorrg.model.vision import build_vision
from priorrg.settings import Settings

_PROCESSOR = "preprocessor_config.json"


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
    except (ValueError, AttributeError, OSError) as error:
        raise WeightsError(
            f"{config}: not readable as a JSON object ({type(error).__name__}); copy it again from the "
            "backbone's page"
        ) from error
    return next((part for part, known in BACKBONES.items() if kind in known.model_types), None)


def backbone_names(settings: Settings) -> dict[str, str]:
    """Return vision, text and decoder as a person would name them: a folder's name, or a hub id."""
    sources = {part: str(getattr(settings.model, part).backbone) for part in BACKBONES}
    return {part: Path(s).name if Path(s).is_dir() else s for part, s in sources.items()}


def check_builds(config: NetworkConfig) -> None:
    """Raise ``WeightsError`` naming the backbone whose configuration makes no network."""
    builders: dict[str, Callable[[NetworkConfig], object]] = {
        "vision": build_vision,
        "text": TextEncoder,
        "decoder": ReportDecoder,
    }
    for part, build in builders.items():
        try:
            with torch.device("meta"):
                build(config)
        except PriorRGError:
            raise
        except Exception as error:  # a library's check of a configuration fails in every way there is
            source, family = getattr(config.model, part).backbone, BACKBONES[part].family
            reason = " ".join(str(error).split())[:200]
            raise WeightsError(
                f"{source}: its {CONFIG_FILE} makes no {family} ({reason}); copy it again from the "
                "backbone's page"
            ) from error


def image_settings(backbone: str) -> dict[str, Any]:
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
