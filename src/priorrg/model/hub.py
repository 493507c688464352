"""Weight files, from a folder or from the Hugging Face hub; never code.

Knows file names and tensors by name, nothing of what they mean.
"""

import re
import warnings
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from huggingface_hub import hf_hub_download
from huggingface_hub.errors import HfHubHTTPError, HFValidationError, LocalEntryNotFoundError
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor

from priorrg.errors import WeightsError
from priorrg.hub_access import reach
from priorrg.storage import new_file

CONFIG_FILE = "config.json"
WEIGHTS_FILE = "model.safetensors"
LEGACY_WEIGHTS_FILE = "pytorch_model.bin"


def fetch(source: str, file: str, what: str, **options: Any) -> Path:
    """Return the path of ``file`` in the folder or hub repository ``source``.

    ``what`` names the content in the message ("the Dinov2 of model.vision.backbone"). ``options`` are
    those of ``hf_hub_download``. Raises ``WeightsError`` that says which files to put where.
    """
    advice = f"for {what}, give a folder that holds {file}"
    if Path(source).expanduser().is_dir():
        path = Path(source).expanduser() / file
        if path.is_file():
            return path
        raise WeightsError(f"{source}: the folder has no {file}; {advice}")
    if source.startswith((".", "/", "~")) or source.count("/") > 1:
        raise WeightsError(f"{source}: no such folder; {advice}")
    try:
        return Path(hf_hub_download(source, file, **reach(source, file, **options)))
    except LocalEntryNotFoundError as error:
        raise WeightsError(
            f"{source}: not a folder, and the hub cannot be reached; {advice} (docs/published-weights.md)"
        ) from error
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


def write_network(folder: Path, config: str, tensors: Mapping[str, Tensor]) -> None:
    """Write weights and the text of their configuration, each under a temporary name first.

    Raises ``StorageError`` if the disk refuses.
    """
    weights = {name: tensor.detach().cpu().contiguous() for name, tensor in tensors.items()}
    with new_file(folder / WEIGHTS_FILE) as draft:
        save_file(weights, draft, metadata={"format": "pt"})
    with new_file(folder / CONFIG_FILE) as draft:
        draft.write_text(config)


def read_tensors(path: Path, device: str = "cpu") -> dict[str, Tensor]:
    """Return the tensors of one file by name; raise ``WeightsError`` where it holds anything else."""
    return _only_tensors(path, _read(path, device))


def read_checkpoint(path: Path) -> dict[str, Tensor]:
    """Return the tensors of a training checkpoint by name, whatever else lies beside them.

    The file is Lightning's (``state_dict`` among other things), a bare state dict or safetensors. It is
    mapped, not copied, into memory where its form allows. Raises ``WeightsError`` for anything that
    takes more than reading tensors, numbers and text.
    """
    content = _read(path, "cpu", mapped=True)
    inner = content.get("state_dict") if isinstance(content, dict) else None
    return _only_tensors(path, content if inner is None else inner)


def _read(path: Path, device: str, *, mapped: bool = False) -> object:
    try:
        if path.suffix == ".safetensors" or _is_safetensors(path):
            return load_file(path, device=device)
        mapped = mapped and zipfile.is_zipfile(path)  # older files cannot be mapped
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of an unusual pickle: it is read, or refused below
            return torch.load(path, map_location=device, weights_only=True, mmap=mapped)
    except Exception as error:  # an unpickler fails on foreign bytes in every way there is
        if wanted := re.search(r"GLOBAL (\S+)", str(error)):
            raise WeightsError(
                f"{path}: holds {wanted[1]} beside tensors, which only running code can restore; expected "
                "tensors, numbers and text alone. Ask its makers for safetensors"
            ) from error
        raise WeightsError(
            f"{path}: not a readable file of weights ({_reason(error)}); copy or download it again"
        ) from error


def _is_safetensors(path: Path) -> bool:
    """Return whether a file of any name begins as safetensors do: a length of 8 bytes, then JSON."""
    with path.open("rb") as file:
        return file.read(9)[8:] == b"{"


def _reason(error: Exception) -> str:
    """Return what went wrong in a few words, without torch's advice to trust the file."""
    if isinstance(error, (OSError, SafetensorError)) or "zip archive" in str(error):
        return (str(error).strip() or type(error).__name__).splitlines()[0].split(". ")[0]
    return "neither safetensors nor tensors saved by torch"


def _only_tensors(path: Path, content: object) -> dict[str, Tensor]:
    if not isinstance(content, dict) or not content:
        got = "nothing" if content == {} else f"a {type(content).__name__}"
        raise WeightsError(f"{path}: holds {got}; expected tensors by name")
    strange = [
        f"{key} ({type(value).__name__})"
        for key, value in content.items()
        if not isinstance(value, Tensor)
    ]
    if strange:
        raise WeightsError(
            f"{path}: holds {', '.join(strange[:4])}{' …' if len(strange) > 4 else ''} among its tensors; "
            f"expected tensors by name and nothing else. Convert it to {WEIGHTS_FILE}"
        )
    return {str(name): tensor for name, tensor in content.items()}
