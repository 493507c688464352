"""Where a model folder is, on this disk or on the hub, and what can be told of it before it is loaded.

Knows names and settings; no weights, no torch.
"""

from pathlib import Path
from typing import Any

from priorrg.errors import WeightsError
from priorrg.settings import load_settings

_FILES = ("config.json", "model.safetensors", "settings.yaml", "provenance.json", "tokenizer")


def locate(source: str | Path, **hub: Any) -> Path:
    """Return the folder of a model: ``source`` itself, or the local copy of a hub id.

    ``hub``: revision, token, cache_dir, local_files_only. Raises ``WeightsError`` if it is neither.
    """
    if Path(source).is_dir():
        return Path(source)
    from huggingface_hub import snapshot_download

    try:
        return Path(snapshot_download(str(source), **hub))
    except (OSError, ValueError) as error:
        raise WeightsError(
            f"{source}: neither a model folder nor a reachable hub id "
            f"({str(error).splitlines()[0]}); expected the folder `model` of a `priorrg train` run"
        ) from error


def check_complete(folder: Path) -> None:
    """Raise ``WeightsError`` that names what is missing, unless every part of a model is there."""
    missing = [name for name in _FILES if not (folder / name).exists()]
    if missing:
        raise WeightsError(
            f"{folder}: not a model folder: {', '.join(missing)} missing; expected the folder "
            "`model` that `priorrg train` writes into its run"
        )


def view_names(folder: Path) -> tuple[str, ...]:
    """Return the views that the model has a row for. Raises ``WeightsError`` for what is no model folder."""
    check_complete(folder)
    return load_settings(folder / "settings.yaml").model.views
