"""Packed squares: every image decoded and resized once, then read at training speed.

``DATA/store/<size>-<fit>/`` holds shards of up to 1,024 squares as plain bytes, each complete or absent
and of one split's patients, a card beside each shard, and ``quarantine.csv`` with the images that could
not be read and why. Only the splits that are asked for are decoded; an interrupted build goes on after
its last complete shard. Axes: image, row, column.
"""

import csv
import json
import zlib
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from itertools import islice
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from priorrg.data.decoding import WORTH_A_PROCESS, Task, decode_all
from priorrg.data.manifest import PreparedData
from priorrg.data.mimic_jpg import Grey
from priorrg.data.pixels import Fit
from priorrg.data.processes import workers_for
from priorrg.errors import DataError, ImageError
from priorrg.storage import new_file
from priorrg.study import Radiograph, Study

SHARD = 1024
Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class _Shard:
    path: Path
    split: str
    tasks: Sequence[Task]

    @property
    def sources(self) -> str:
        """A fingerprint of what the shard is made of."""
        return sha256(repr([tuple(task) for task in self.tasks]).encode()).hexdigest()

    @property
    def card(self) -> Path:
        return self.path.with_suffix(".json")


class ImageStore:
    """Squares by image_id.

    Cheap to pickle: a worker process maps the shards when it first reads them.
    """

    def __init__(
        self, folder: Path, size: int, places: Mapping[str, tuple[str, int]], refused: Mapping[str, str]
    ) -> None:
        self.folder, self.size = folder, size
        self._places, self._refused = places, refused
        self._maps: dict[str, NDArray[np.uint8]] = {}

    @classmethod
    def open(
        cls,
        prepared: PreparedData,
        size: int,
        fit: Fit,
        progress: Progress | None = None,
        workers: int | None = None,
        splits: Collection[str] | None = None,
    ) -> Self:
        """Open the store of a prepared data set; decode first what is not yet in it.

        ``splits`` takes the images of their patients alone (``None``: all); a prior is always among those
        of its patient. ``size`` is the side in px. ``workers`` decode in processes (``None``: as many as there are
        cores, none for little work; the result does not depend on it). ``progress`` gets (images done,
        images in all). Raises ``DataError`` if the images' root is gone or no image is readable,
        ``StorageError`` if the disk refuses.
        """
        folder = prepared.folder / "store" / f"{size}-{fit}"
        every = [
            shard
            for split, images in prepared.images_by_split().items()
            for shard in _shards(prepared, images, folder, split, size, fit)
        ]
        shards = [shard for shard in every if splits is None or shard.split in splits]
        tasks = [task for shard in shards for task in shard.tasks]
        todo = [shard for shard in shards if not _is_complete(shard, size)]
        if todo:
            if not prepared.root.is_dir():
                raise DataError(
                    f"{prepared.root}: no such folder; the images of {prepared.folder} were there. "
                    "Put them back or prepare the data set again"
                )
            pixels = len(tasks) * prepared.image_area
            _build(todo, len(tasks), workers_for(pixels, WORTH_A_PROCESS, workers), progress)
        refused = {
            name: reason for shard in shards for name, reason in _read_card(shard)["refused"].items()
        }
        if todo:
            _write_quarantine(folder / "quarantine.csv", every)
        places = {
            task.image_id: (shard.path.name, row)
            for shard in shards
            for row, task in enumerate(shard.tasks)
            if task.image_id not in refused
        }
        if not places:
            raise DataError(
                f"{folder / 'quarantine.csv'}: none of {len(tasks)} images could be read; see there why"
            )
        return cls(folder, size, places, refused)

    def __len__(self) -> int:
        return len(self._places)

    def has(self, image_id: str) -> bool:
        """Return whether the image is there; false for one that could not be read."""
        return image_id in self._places

    def readable(self, studies: Iterable[Study]) -> list[Study]:
        """Return the studies whose current image is there; a prior that is not is taken off them.

        Such a study has ``prior`` ``None`` and ``prior_reason`` ``prior_unreadable``; its report may
        still speak of change, which a training set has to consider.
        """
        return [
            study
            if study.prior is None or self.has(study.prior.image_id)
            else replace(study, prior=None, days_since_prior=None, prior_reason="prior_unreadable")
            for study in studies
            if self.has(study.current.image_id)
        ]

    def pixels(self, image: Radiograph) -> Grey:
        """Return the square (size, size) of a radiograph."""
        return self[image.image_id]

    def __getitem__(self, image_id: str) -> Grey:
        """Return the square (size, size), a copy. Raises ``ImageError`` if it was never readable."""
        try:
            name, row = self._places[image_id]
        except KeyError:
            reason = self._refused.get(image_id, "it is not in the data set")
            raise ImageError(f"image {image_id!r} is not in {self.folder}: {reason}") from None
        if name not in self._maps:
            flat = np.memmap(self.folder / name, dtype=np.uint8, mode="r")
            self._maps[name] = flat.reshape(-1, self.size, self.size)
        return np.array(self._maps[name][row])

    def damaged(self) -> list[str]:
        """Return the names of the shards whose bytes are no longer those that were written."""
        cards = sorted(self.folder.glob("*.json"))
        sums = {card: json.loads(card.read_text(encoding="utf-8"))["crc32"] for card in cards}
        shards = {card: card.with_suffix(".u8") for card in cards}
        return [
            shards[card].name
            for card in cards
            if _checksum(shards[card], self.size * self.size) != sums[card]
        ]

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "_maps": {}}


def _shards(
    prepared: PreparedData, images: Sequence[Radiograph], folder: Path, split: str, size: int, fit: Fit
) -> list[_Shard]:
    tasks = [Task(image.image_id, str(prepared.image_path(image)), size, fit) for image in images]
    return [
        _Shard(folder / f"{split or 'unassigned'}-{number:05d}.u8", split, tasks[start : start + SHARD])
        for number, start in enumerate(range(0, len(tasks), SHARD))
    ]


def _build(shards: Sequence[_Shard], total: int, workers: int, progress: Progress | None) -> None:
    tasks = [task for shard in shards for task in shard.tasks]
    done = total - len(tasks)
    decoded = decode_all(tasks, workers)
    try:
        for shard in shards:
            refused, crc = {}, 0
            with new_file(shard.path) as temporary, temporary.open("wb") as file:
                for image_id, square, refusal in islice(decoded, len(shard.tasks)):
                    data = square.tobytes()
                    file.write(data)
                    crc = zlib.crc32(data, crc)
                    if refusal:
                        refused[image_id] = refusal
                    done += 1
                    if progress is not None:
                        progress(done, total)
            card = {"sources": shard.sources, "crc32": crc, "refused": refused}
            with new_file(shard.card) as temporary:
                temporary.write_text(json.dumps(card, indent=1, ensure_ascii=False), encoding="utf-8")
    finally:
        decoded.close()


def _is_complete(shard: _Shard, size: int) -> bool:
    expected = len(shard.tasks) * size * size
    return (
        shard.path.is_file()
        and shard.path.stat().st_size == expected
        and _read_card(shard).get("sources") == shard.sources
    )


def _read_card(shard: _Shard) -> dict[str, Any]:
    try:
        card = json.loads(shard.card.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return card if isinstance(card, dict) else {}


def _write_quarantine(path: Path, shards: Sequence[_Shard]) -> None:
    """Write what no shard, of whatever split, could take in."""
    with new_file(path) as temporary, temporary.open("w", newline="", encoding="utf-8") as file:
        rows = csv.writer(file)
        rows.writerow(("image_id", "path", "reason"))
        for shard in shards:
            refused = _read_card(shard).get("refused", {})
            rows.writerows(
                (t.image_id, t.path, refused[t.image_id]) for t in shard.tasks if t.image_id in refused
            )


def _checksum(path: Path, step: int) -> int:
    crc = 0
    with path.open("rb") as file:
        while data := file.read(step):
            crc = zlib.crc32(data, crc)
    return crc
