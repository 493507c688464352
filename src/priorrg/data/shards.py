"""A shard of packed squares: one .npy file, and a JSON card beside it that says what it is made of.

NumPy's format says its own shape and type, is mapped into memory by any version of NumPy, and reads a
square with one copy; ``benchmarks/data.py`` measured it beside others. A shard without its card is not
finished. Axes: image, row, column.
"""

import io
import json
import zlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np

from priorrg.data.decoding import Decoded, Task
from priorrg.storage import new_file

ENDING = ".npy"
_PART = 1 << 20


@dataclass(frozen=True, slots=True)
class Shard:
    """The squares of ``tasks``, all of one side and of one split's patients, in that order."""

    path: Path
    split: str
    tasks: Sequence[Task]

    @property
    def sources(self) -> str:
        """A fingerprint of what the shard is made of: images, their files, side and fit."""
        return sha256(repr([tuple(task) for task in self.tasks]).encode()).hexdigest()

    @property
    def refused(self) -> dict[str, str]:
        """Why images could not be read, by image_id; a shard that is not finished says nothing."""
        return {name: entry["reason"] for name, entry in _unreadable(read_card(self.path)).items()}

    def is_complete(self, *, retry: bool) -> bool:
        """Return whether the shard is there as these tasks make it.

        ``retry`` asks for it again if the file of an image that could not be read is no longer the same.
        """
        card = read_card(self.path)
        return (
            self.path.is_file()
            and self.path.stat().st_size == len(self._header()) + len(self.tasks) * self._side**2
            and card.get("sources") == self.sources
            and _is_whole(card)
            and not (retry and self._mended(_unreadable(card)))
        )

    def write(self, decoded: Iterable[Decoded], tick: Callable[[], None]) -> None:
        """Write the squares as they come, then the card; ``tick`` is called after each square."""
        refused = {}
        with new_file(self.path) as temporary, temporary.open("wb") as file:
            file.write(header := self._header())
            crc = zlib.crc32(header)
            for task, (image_id, square, refusal) in zip(self.tasks, decoded, strict=True):
                data = square.tobytes()
                file.write(data)
                crc = zlib.crc32(data, crc)
                if refusal:
                    refused[image_id] = {"reason": refusal, "file": _stamp(task.path)}
                tick()
        card: dict[str, Any] = {"sources": self.sources, "crc32": crc, "unreadable": refused}
        with new_file(card_of(self.path)) as temporary:
            card["own_crc32"] = _own_crc(card)
            temporary.write_text(json.dumps(card, indent=1), encoding="utf-8")

    @property
    def _side(self) -> int:
        return self.tasks[0].size

    def _header(self) -> bytes:
        header = io.BytesIO()
        shape = (len(self.tasks), self._side, self._side)
        facts = {"descr": "|u1", "fortran_order": False, "shape": shape}
        np.lib.format.write_array_header_1_0(header, facts)
        return header.getvalue()

    def _mended(self, refused: Mapping[str, Any]) -> bool:
        paths = {task.image_id: task.path for task in self.tasks}
        return any(_stamp(paths[name]) != entry["file"] for name, entry in refused.items())


def card_of(shard: Path) -> Path:
    """Return where the card of a shard lies."""
    return shard.with_suffix(".json")


def read_card(shard: Path) -> dict[str, Any]:
    """Return the card beside a shard; empty if it is missing or unreadable."""
    try:
        card = json.loads(card_of(shard).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return card if isinstance(card, dict) else {}


def is_sound(shard: Path) -> bool:
    """Return whether the bytes of a shard and of its card are those that were written, by its card."""
    card, crc = read_card(shard), 0
    try:
        with shard.open("rb") as file:
            while data := file.read(_PART):
                crc = zlib.crc32(data, crc)
    except FileNotFoundError:
        return False
    return bool(crc == card.get("crc32") and _is_whole(card))


def _unreadable(card: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return what the card says of images that could not be read; a damaged card says nothing."""
    entries: Mapping[str, Any] = card["unreadable"] if _is_whole(card) else {}
    return entries


def _is_whole(card: Mapping[str, Any]) -> bool:
    return "unreadable" in card and card.get("own_crc32") == _own_crc(card)


def _own_crc(card: Mapping[str, Any]) -> int:
    """Return the checksum of a card: an image it no longer calls unreadable would be shown as a black square."""
    rest = {key: value for key, value in card.items() if key != "own_crc32"}
    return zlib.crc32(json.dumps(rest, sort_keys=True).encode())


def _stamp(path: str) -> str:
    """Return what changes when a file is put in place of another: its size in bytes and its time in ns."""
    try:
        found = Path(path).stat()
    except OSError:
        return "missing"
    return f"{found.st_size} {found.st_mtime_ns}"
