"""Features of images that were read before, kept on disk: today's current image is tomorrow's prior.

One safetensors file an image, in a folder an encoder; the name is a digest of the pixels as the encoder sees
them. Whoever has the file and the encoder can tell much of the image, so these files are patient data: nothing
is kept unless a caller asks for it, and the folder is its owner's alone. Files are whole or absent, what is
damaged counts as absent, and the least recently used go first where they pass the bound; several processes
may share a folder. Axes: token (class + patches), width.
"""

import os
import re
import shutil
import sys
from collections.abc import Iterator
from contextlib import suppress
from hashlib import sha256
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor, nn

from priorrg.errors import StorageError, UsageError
from priorrg.model.fingerprint import fingerprint
from priorrg.storage import disk_errors, new_file

DEFAULT_GB = 4.0
"""About a thousand images at full size (4.2 MB each)."""
PLACE_VARIABLE = "PRIORRG_PRIOR_CACHE"
"""The environment variable that names another folder."""
_ENDING = ".safetensors"
_NAME = 24
"""Letters of the digest that names an encoder's folder."""


def default_place() -> Path:
    """Return the folder that the environment names, else the one that the system keeps for such files."""
    if named := os.environ.get(PLACE_VARIABLE):
        return Path(named)
    home = Path.home()
    if sys.platform == "darwin":
        caches = home / "Library" / "Caches"
    elif sys.platform == "win32":
        caches = Path(os.environ.get("LOCALAPPDATA") or home / "AppData" / "Local")
    else:
        caches = Path(os.environ.get("XDG_CACHE_HOME") or home / ".cache")
    return caches / "priorrg" / "priors"


class PriorCache:
    """The last hidden states of one vision encoder, by what it was shown.

    ``gb`` bounds all files of ``place``, other encoders' included, in 10⁹ bytes. ``mode`` says how the encoder
    computes (device, precision): what other modes made is not taken for its own. Raises ``UsageError`` if the
    bound is not above 0 and ``StorageError`` if the folder cannot be made.
    """

    def __init__(
        self,
        encoder: nn.Module,
        place: str | Path | None = None,
        gb: float = DEFAULT_GB,
        *,
        mode: str = "",
    ) -> None:
        if not gb > 0:
            raise UsageError(f"prior cache: got a bound of {gb:g} GB; expected more than 0")
        self.place = default_place() if place is None else Path(place)
        self.bytes = int(gb * 1e9)
        name = sha256(f"{fingerprint(encoder)} {mode}".encode()).hexdigest()[:_NAME]
        self._folder = self.place / name
        self._make_folder()

    def get(self, pixels: Tensor) -> Tensor | None:
        """Return what ``put`` kept of these pixels, bit by bit; ``None`` if it is not there or damaged."""
        path = self._path(pixels)
        try:
            with safe_open(path, framework="pt") as file:
                last: Tensor = file.get_tensor("last")
                whole = (file.metadata() or {}).get("digest") == _digest(last)
        except FileNotFoundError:
            return None
        except (SafetensorError, OSError, RuntimeError):  # the last: gone between opening and reading
            whole = False
        with suppress(OSError):  # another process may have removed it, or we may only read
            if not whole:
                path.unlink(missing_ok=True)
            else:
                os.utime(path)
        return last if whole else None

    def put(self, pixels: Tensor, last: Tensor) -> bool:
        """Keep the last hidden state ``(token, width)`` of one image; return whether the disk took it.

        A cache that is full or gone is no reason to withhold a report.
        """
        path, last = self._path(pixels), last.detach().cpu().contiguous()
        try:
            with new_file(path) as temporary:
                save_file({"last": last}, temporary, metadata={"digest": _digest(last)})
            self._evict(path)
        except StorageError:
            return False
        return True

    def clear(self) -> None:
        """Remove everything that is kept, of every encoder."""
        with disk_errors(self.place):
            for folder in _folders(self.place):
                shutil.rmtree(folder, ignore_errors=True)
        self._make_folder()

    def _make_folder(self) -> None:
        with disk_errors(self._folder):
            self._folder.mkdir(parents=True, exist_ok=True)
            self._folder.chmod(0o700)

    def _path(self, pixels: Tensor) -> Path:
        return self._folder / f"{_digest(pixels)}{_ENDING}"

    def _evict(self, newest: Path) -> None:
        """Remove the least recently used files until the rest fits; the newest stays."""
        files = sorted(_files(self.place))
        total = sum(size for _, size, _ in files)
        for _, size, path in files:
            if total <= self.bytes:
                return
            if path != newest:
                path.unlink(missing_ok=True)
                total -= size


def _folders(place: Path) -> list[Path]:
    """Return the encoders' folders; whatever else lies beside them is none of ours."""
    named = re.compile(rf"[0-9a-f]{{{_NAME}}}")
    return [folder for folder in place.iterdir() if named.fullmatch(folder.name) and folder.is_dir()]


def _files(place: Path) -> Iterator[tuple[float, int, Path]]:
    """Yield time of last use, size in bytes and path of every file; one that goes meanwhile is left out."""
    for folder in _folders(place):
        for path in folder.glob(f"*{_ENDING}"):
            with suppress(FileNotFoundError):
                stat = path.stat()
                yield stat.st_mtime, stat.st_size, path


def _digest(tensor: Tensor) -> str:
    """Return the SHA-256 of a tensor's type, shape and bytes."""
    plain = tensor.detach().cpu().contiguous()
    head = f"{plain.dtype} {tuple(plain.shape)}".encode()
    return sha256(head + plain.view(-1).view(torch.uint8).numpy().tobytes()).hexdigest()
