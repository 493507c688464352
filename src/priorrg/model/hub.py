"""Weight files, from a folder or from the Hugging Face hub; never code.

Knows file names and tensors by name, nothing of what they mean.
"""

from pathlib import Path
from pickle import UnpicklingError
from typing import Any

import torch
from huggingface_hub import hf_hub_download
from huggingface_hub.errors import HfHubHTTPError, HFValidationError, LocalEntryNotFoundError
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor

from priorrg.errors import WeightsError

CONFIG_FILE = "config.json"
WEIGHTS_FILE = "model.safetensors"
LEGACY_WEIGHTS_FILE = "pytorch_model.bin"


def fetch(source: str, file: str, what: str, **options: Any) -> Path:
    """Return the path of ``file`` in the folder or hub repository ``source``.

    ``what`` names the content in the message ("the Dinov2 of model.vision.backbone"). ``options`` are
    those of ``hf_hub_download``. Raises ``WeightsError`` that says which files to put where.
    """
    advice = f"for {what}, put {CONFIG_FILE} and {WEIGHTS_FILE} into a folder and give its path"
    if Path(source).expanduser().is_dir():
        path = Path(source).expanduser() / file
        if path.is_file():
            return path
        raise WeightsError(f"{source}: the folder has no {file}; {advice}")
    if source.startswith((".", "/", "~")) or source.count("/") > 1:
        raise WeightsError(f"{source}: no such folder; {advice}")
    try:
        return Path(hf_hub_download(source, file, **options))
    except LocalEntryNotFoundError as error:
        raise WeightsError(f"{source}: not a folder, and the hub cannot be reached; {advice}") from error
    except (HfHubHTTPError, HFValidationError, OSError, ValueError) as error:
        reason = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        raise WeightsError(
            f"{source}: neither a folder nor to be had from the hub ({file}: {reason}); {advice}"
        ) from error


def fetch_tensors(source: str, what: str, **options: Any) -> dict[str, Tensor]:
    """Return the tensors of a folder or hub repository; a legacy pickle is read as tensors only."""
    try:
        path = fetch(source, WEIGHTS_FILE, what, **options)
    except WeightsError as error:
        if isinstance(error.__cause__, LocalEntryNotFoundError):
            raise
        try:
            path = fetch(source, LEGACY_WEIGHTS_FILE, what, **options)
        except WeightsError:
            raise error from None
    return read_tensors(path)


def read_tensors(path: Path, device: str = "cpu") -> dict[str, Tensor]:
    """Return the tensors of one file by name; raise ``WeightsError`` where it holds anything else."""
    try:
        if path.suffix == ".safetensors":
            return load_file(path, device=device)
        tensors = torch.load(path, map_location=device, weights_only=True)
    except (OSError, SafetensorError, UnpicklingError, EOFError, RuntimeError, ValueError) as error:
        reason = (str(error).strip() or type(error).__name__).splitlines()[0]
        raise WeightsError(
            f"{path}: not a readable file of weights ({reason}); copy or download it again"
        ) from error
    if not isinstance(tensors, dict) or not all(isinstance(value, Tensor) for value in tensors.values()):
        raise WeightsError(
            f"{path}: expected tensors by name and nothing else; convert it to {WEIGHTS_FILE}"
        )
    return tensors
