"""Many image files → squares, in as many processes as help.

Knows files and arrays. The order and the bytes of the result do not depend on the number of processes.
"""

from collections.abc import Generator, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from priorrg.data.mimic_jpg import Grey
from priorrg.data.pixels import Fit, read_square
from priorrg.data.processes import started
from priorrg.errors import ImageError, StorageError

_AT_ONCE = 16
WORTH_A_PROCESS = 500_000_000
"""Pixels to decode (about ten seconds of one core) from which starting processes pays."""


class Task(NamedTuple):
    """One file to become a square of ``size`` px."""

    image_id: str
    path: str
    size: int
    fit: Fit


class Decoded(NamedTuple):
    """A square (size, size), black where ``refusal`` says why there is none."""

    image_id: str
    square: Grey
    refusal: str


def decode_all(tasks: Sequence[Task], workers: int) -> Generator[Decoded, None, None]:
    """Yield every task's square, in order. Unreadable images are refused, never fatal.

    ``workers`` 0 decodes in this process. Raises ``StorageError`` where the disk itself fails and
    ``DataError`` if a process is killed.
    """
    with started(decode, tasks, workers, _AT_ONCE) as decoded:
        yield from decoded


def decode(task: Task) -> Decoded:
    """Return the square of one file, or why there is none."""
    try:
        return Decoded(task.image_id, read_square(Path(task.path), task.size, task.fit), "")
    except ImageError as error:
        return Decoded(task.image_id, np.zeros((task.size, task.size), dtype=np.uint8), str(error))
    except OSError as error:
        raise StorageError(
            f"{task.path}: cannot be read ({error.strerror}); is its disk still there?"
        ) from error
