"""Packed squares: every image decoded and resized once, then read at training speed.

``DATA/store/<size>-<fit>/`` holds shards of up to 1,024 squares, each complete or absent and of one split's
patients, and ``quarantine.csv`` with the images that could not be read and why. Only the splits that are
asked for are decoded; an interrupted build goes on after its last complete shard. Axes: row, column.
"""

import csv
import io
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import count, islice
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from priorrg.data.decoding import WORTH_A_PROCESS, Task, decode_all
from priorrg.data.manifest import PreparedData
from priorrg.data.mimic_jpg import Grey
from priorrg.data.pixels import Fit
from priorrg.data.processes import workers_for
from priorrg.data.shards import ENDING, Shard
from priorrg.errors import DataError, ImageError
from priorrg.storage import new_file
from priorrg.study import Radiograph, Study

SHARD = 1024
Progress = Callable[[int, int], None]


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
        if not shards:
            prepared.check_splits(splits or ())
        tasks = [task for shard in shards for task in shard.tasks]
        retry = prepared.root.is_dir()
        todo = [shard for shard in shards if not shard.is_complete(retry=retry)]
        if todo:
            if not retry:
                raise DataError(
                    f"{prepared.root}: no such folder; the images of {prepared.folder} were there. "
                    "Put them back or prepare the data set again"
                )
            pixels = len(tasks) * prepared.image_area
            _build(todo, len(tasks), workers_for(pixels, WORTH_A_PROCESS, workers), progress)
        refused = {name: reason for shard in shards for name, reason in shard.refused.items()}
        _keep_quarantine(folder / "quarantine.csv", every)
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

    @property
    def notice(self) -> str:
        """Say how many of the images asked for could not be read, and where that stands; empty if none."""
        count = len(self._refused)
        if not count:
            return ""
        what = "image" if count == 1 else "images"
        return (
            f"{count:,} {what} could not be read and {'is' if count == 1 else 'are'} left out; see "
            + str(self.folder / "quarantine.csv")
        )

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
            self._maps[name] = np.load(self.folder / name, mmap_mode="r", allow_pickle=False)
        return np.array(self._maps[name][row])

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "_maps": {}}


def _shards(
    prepared: PreparedData, images: Sequence[Radiograph], folder: Path, split: str, size: int, fit: Fit
) -> list[Shard]:
    tasks = [Task(image.image_id, str(prepared.image_path(image)), size, fit) for image in images]
    starts = range(0, len(tasks), SHARD)
    return [
        Shard(folder / f"{split or 'unassigned'}-{number:05d}{ENDING}", split, tasks[at : at + SHARD])
        for number, at in enumerate(starts)
    ]


def _build(shards: Sequence[Shard], total: int, workers: int, progress: Progress | None) -> None:
    tasks = [task for shard in shards for task in shard.tasks]
    done = count(total - len(tasks) + 1)

    def tick() -> None:
        number = next(done)
        if progress is not None:
            progress(number, total)

    decoded = decode_all(tasks, workers)
    try:
        for shard in shards:
            shard.write(islice(decoded, len(shard.tasks)), tick)
    finally:
        decoded.close()


def _keep_quarantine(path: Path, shards: Sequence[Shard]) -> None:
    """Write what no shard, of whatever split, could take in, unless that stands there already.

    A build may have been killed, or the file lost, after the last shard was complete.
    """
    text = io.StringIO(newline="")
    rows = csv.writer(text)
    rows.writerow(("image_id", "path", "reason"))
    for shard in shards:
        refused = shard.refused
        rows.writerows(
            (t.image_id, t.path, refused[t.image_id]) for t in shard.tasks if t.image_id in refused
        )
    content = text.getvalue().encode(errors="backslashreplace")
    if not path.is_file() or path.read_bytes() != content:
        with new_file(path) as temporary:
            temporary.write_bytes(content)
