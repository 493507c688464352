"""Write whole or not at all: temporary name first, then rename; disk trouble in one line.

Knows files and folders, not what is in them.
"""

import errno
import glob
import hashlib
import os
import re
import shutil
import socket
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from priorrg.errors import StorageError, UsageError

_ADVICE = {
    errno.ENOSPC: "the disk is full: free some space or choose another place",
    errno.EDQUOT: "the disk quota is used up: free some space or choose another place",
    errno.EROFS: "the disk is read-only: choose another place",
    errno.EACCES: "not permitted: check who may write there",
    errno.EPERM: "not permitted: check who may write there",
    errno.EFBIG: "the file is larger than this file system allows: choose another place",
}
_LEFT_OVER = re.compile(r"\..+\.part")


@contextmanager
def disk_errors(path: Path) -> Iterator[None]:
    """Turn the disk's refusal while writing ``path`` into a one-line ``StorageError``.

    What goes wrong with another file, or is no matter of the disk, stays what it is.
    """
    try:
        yield
    except Exception as error:
        number = _error_number(error)
        refused = number is not None or type(error) is OSError
        if not refused or _is_of_another_place(error, path):
            raise
        advice = _ADVICE.get(number or 0, getattr(error, "strerror", None) or str(error))
        raise StorageError(f"{path}: cannot be written; {advice}") from error


def _error_number(error: Exception) -> int | None:
    """Return the system's number of ``error``; libraries in Rust keep it in their message alone."""
    if isinstance(error, OSError) and error.errno is not None:
        return error.errno
    named = re.search(r"\(os error (\d+)\)", str(error))
    return int(named[1]) if named else None


def _is_of_another_place(error: Exception, path: Path) -> bool:
    named = getattr(error, "filename", None)
    return (
        isinstance(named, str)
        and path.parent not in Path(named).parents
        and Path(named) not in path.parents
    )


@contextmanager
def new_file(path: Path) -> Iterator[Path]:
    """Yield a temporary sibling to write to; it becomes ``path`` at the end, or vanishes on any failure.

    Raises ``StorageError`` if the disk refuses.
    """
    temporary = _temporary(path)
    with disk_errors(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        _sweep(path)
        try:
            temporary.touch()
            mode = (
                temporary.stat().st_mode
            )  # safetensors would leave a file that its owner alone may read
            yield temporary
            temporary.chmod(mode)
            temporary.replace(path)
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise


@contextmanager
def new_folder(path: Path) -> Iterator[Path]:
    """Yield a temporary sibling folder to fill; it takes the place of ``path`` at the end.

    An existing ``path`` is replaced whole (the caller has decided that it may be) and stays untouched on
    any failure, Ctrl-C included. Raises ``StorageError`` if the disk refuses.
    """
    temporary, old = _temporary(path), _temporary(path)
    with disk_errors(path):
        try:
            temporary.mkdir(parents=True)
            _sweep(path)
            yield temporary
            if path.exists():
                path.rename(old)
            try:
                temporary.rename(path)
            except BaseException:
                if old.exists():
                    old.rename(path)
                raise
        except BaseException:
            shutil.rmtree(temporary, ignore_errors=True)
            raise
        finally:
            if path.exists():
                shutil.rmtree(old, ignore_errors=True)


def refuse_existing(path: Path, *, overwrite: bool) -> None:
    """Raise ``UsageError`` if there is a file at ``path`` that nobody said may be replaced, or a folder."""
    if path.is_dir():
        raise UsageError(f"{path}: is a folder; expected the name of a file to write")
    if path.exists() and not overwrite:
        raise UsageError(
            f"{path}: is there already; choose another name, or replace it with --overwrite"
        )


def file_sha256(path: Path) -> str:
    """Return the SHA-256 of a file's content, in hexadecimal digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def is_empty(folder: Path, *, but_left_over: bool = False) -> bool:
    """Return whether ``folder`` does not exist or holds nothing.

    ``but_left_over``: nothing but what was killed while it was written. Raises ``UsageError`` if it is a file.
    """
    if not folder.exists():
        return True
    if not folder.is_dir():
        raise UsageError(f"{folder}: is a file; expected a folder or a new name")
    with os.scandir(folder) as entries:
        return all(but_left_over and _LEFT_OVER.fullmatch(entry.name) for entry in entries)


def _temporary(path: Path) -> Path:
    owner = f"{socket.gethostname()}-{os.getpid()}"
    return path.with_name(f".{path.name}.{owner}-{uuid.uuid4().hex[:8]}.part")


def _sweep(path: Path) -> None:
    """Remove what processes of this machine that are no more left half-written beside ``path``."""
    for left_over in path.parent.glob(f".{glob.escape(path.name)}.{socket.gethostname()}-*.part"):
        owner = left_over.name.rsplit("-", 2)[1]
        if owner.isdecimal() and not _runs(int(owner)):
            shutil.rmtree(left_over) if left_over.is_dir() else left_over.unlink(missing_ok=True)


def _runs(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
