"""Many image files → squares, in as many processes as help.

Knows files and arrays. The order and the bytes of the result do not depend on the number of processes.
"""

import os
import signal
from collections.abc import Generator, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import get_context
from pathlib import Path
from typing import NamedTuple

import numpy as np

from priorrg.data.mimic_jpg import Grey
from priorrg.data.pixels import Fit, read_grey, to_square
from priorrg.errors import DataError, ImageError, StorageError

_AT_ONCE = 16
_WORTH_A_PROCESS = 500_000_000
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
    if workers == 0:
        yield from map(decode, tasks)
        return
    pool = ProcessPoolExecutor(workers, get_context("spawn"), initializer=_leave_interrupts_to_parent)
    try:
        yield from pool.map(decode, tasks, chunksize=_AT_ONCE)
    except BrokenProcessPool as error:
        raise DataError(
            "a process that decodes images ended early; is there enough memory, and does the script "
            "that "
            "started it guard itself by `if __name__ == '__main__'`?"
        ) from error
    finally:
        pool.shutdown(cancel_futures=True)


def decode(task: Task) -> Decoded:
    """Return the square of one file, or why there is none."""
    try:
        return Decoded(task.image_id, to_square(read_grey(Path(task.path)), task.size, task.fit), "")
    except ImageError as error:
        return Decoded(task.image_id, np.zeros((task.size, task.size), dtype=np.uint8), str(error))
    except OSError as error:
        raise StorageError(
            f"{task.path}: cannot be read ({error.strerror}); is its disk still there?"
        ) from error


def _leave_interrupts_to_parent() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def workers_for(pixels: int, asked: int | None) -> int:
    """Return how many processes to decode with: as asked, else one a core if ``pixels`` are many."""
    if asked is not None:
        return asked
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return cores if cores > 1 and pixels >= _WORTH_A_PROCESS else 0
