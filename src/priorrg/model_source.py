"""Where a model folder is, on this disk or on the hub, and what can be told of it before it is loaded.

Knows names and settings; no weights, no torch.
"""

import re
from itertools import islice
from pathlib import Path
from typing import Any

from priorrg.errors import UsageError, WeightsError
from priorrg.hub_access import reach
from priorrg.settings import load_settings

_FILES = ("config.json", "model.safetensors", "settings.yaml", "provenance.json", "tokenizer")
_HUB_ID = re.compile(r"[\w-][\w.-]*/[\w.-]+")
_NAMED = 3
"""So many entries of a folder that is no model are named."""
_EXPECTED = "the folder `model` in a run of `priorrg pretrain` or `priorrg train`"


def locate(source: str | Path, **hub: Any) -> Path:
    """Return the folder of a model: ``source`` itself, or the local copy of a hub id.

    ``hub``: revision, token, cache_dir, local_files_only. Raises ``UsageError`` if it can be
    neither, ``WeightsError`` if the hub does not have it or cannot be reached.
    """
    if Path(source).is_dir():
        return Path(source)
    if not _HUB_ID.fullmatch(str(source)) or Path(source).exists():
        got = "a file" if Path(source).exists() else "not there"
        raise UsageError(f"{source}: is {got}; expected {_EXPECTED}, or a hub id as owner/name")
    from huggingface_hub import snapshot_download

    try:
        return Path(snapshot_download(str(source), **reach(str(source), _FILES[0], **hub)))
    except (OSError, ValueError) as error:
        raise WeightsError(
            f"{source}: no folder of that name, and not to be had from the hub ({_reason(error)}); expected "
            f"{_EXPECTED}. Without a network, copy one here and give its path (docs/published-weights.md)"
        ) from error


def _reason(error: Exception) -> str:
    if type(error).__name__ == "LocalEntryNotFoundError":
        return "it cannot be reached, and no copy is kept on this machine"
    return (str(error).splitlines() or [type(error).__name__])[0]


def model_of(source: Path) -> Path:
    """Return the model folder that ``source`` is, or that the run ``source`` has made.

    Raises ``UsageError`` or ``WeightsError`` that says what is there instead.
    """
    folder = locate(source)
    if (folder / "model").is_dir():
        folder = folder / "model"
    check_complete(folder)
    return folder


def check_complete(folder: Path) -> None:
    """Raise ``WeightsError`` that names what is missing, unless every part of a model is there."""
    missing = [name for name in _FILES if not (folder / name).exists()]
    if not missing:
        return
    if (folder / "model").is_dir():
        raise WeightsError(f"{folder}: is a run, not its model; give {folder / 'model'}")
    if (folder / "run.json").is_file():
        raise WeightsError(
            f"{folder}: is a run that has not finished, so that it holds no model yet; go on with it by "
            "the command that began it"
        )
    if (folder / "data.json").is_file():
        raise WeightsError(f"{folder}: is a prepared data set, not a model; expected {_EXPECTED}")
    if len(missing) == len(_FILES):
        raise WeightsError(f"{folder}: not a model folder: {_found(folder)}; expected {_EXPECTED}")
    raise WeightsError(
        f"{folder}: not a whole model folder: {', '.join(missing)} missing; copy it again, or train on"
    )


def _found(folder: Path) -> str:
    if not folder.is_dir():
        return "is not there"
    names = sorted(path.name for path in islice(folder.iterdir(), 1000))
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return f"holds {', '.join(names[:_NAMED])}{more}" if names else "is empty"


def view_names(folder: Path) -> tuple[str, ...]:
    """Return the views that the model has a row for. Raises ``WeightsError`` for what is no model folder."""
    check_complete(folder)
    return load_settings(folder / "settings.yaml").model.views
