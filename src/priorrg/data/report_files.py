"""Where a study should lie → which of its image files are there, and the sections of its report.

Knows paths; opens no image. Every listed image is asked for by its name, which is cheaper than listing each
study's folder. A report that is missing, empty, too large to be one or no text is not fatal: the study has
none, and the reason is said.
"""

import os
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import chain
from typing import NamedTuple

import polars as pl

from priorrg.data.collection import collection_paused
from priorrg.data.encoding import MARKS_OF_UTF16, decoded
from priorrg.data.report_columns import report_columns
from priorrg.data.sections import parse_sections
from priorrg.errors import StorageError

MOST_BYTES = 1 << 20
"""A report is a few kB; a file beyond this is none."""
ENDINGS = (".jpg", ".dcm", ".png", ".jpeg")
FAULTS = (
    "reports_missing", "reports_empty", "reports_too_large", "reports_not_text", "reports_not_a_file",
)  # fmt: skip
_THREADS = 8
_TRIED = 32
_SLOW = 1e-3
"""Seconds a study from which waiting for the disk is the work: on a local disk it is a tenth of that."""


class Place(NamedTuple):
    """A study's folder, the images that should be in it (without ending), and its report."""

    folder: str
    images: Sequence[str]
    report: str


class Found(NamedTuple):
    """What lies at some places, in their order.

    ``images`` has the file name of each image, empty if it is not there; ``reports`` the ``report_columns``;
    ``faults`` are empty or one of ``FAULTS``.
    """

    images: Sequence[Sequence[str]]
    reports: pl.DataFrame
    faults: Sequence[str]


def look(places: Sequence[Place]) -> Found:
    """Return what lies at every place, in order. Raises ``StorageError`` where the disk fails.

    Where the first places show that the disk makes one wait, as one in the network does, the others are read by
    threads; on a fast one these would only stand in each other's way.
    """
    began = time.perf_counter()
    files = _read_all(places[:_TRIED])
    rest = places[_TRIED:]
    if time.perf_counter() - began < _SLOW * len(files):
        files += _read_all(rest)
    else:
        shares = [rest[start : start + _TRIED] for start in range(0, len(rest), _TRIED)]
        with ThreadPoolExecutor(_THREADS) as pool:
            files += chain.from_iterable(pool.map(_read_all, shares))
    with collection_paused():
        sections = [parse_sections(decoded(content)) for _, content, _ in files]
    images, faults = [names for names, _, _ in files], [fault for _, _, fault in files]
    return Found(images, report_columns(sections), faults)


def _read_all(places: Sequence[Place]) -> list[tuple[list[str], bytes, str]]:
    return [
        ([_name_of(f"{place.folder}/", image) for image in place.images], *read_report(place.report))
        for place in places
    ]


def _name_of(folder: str, image: str) -> str:
    names = (image + ending for ending in ENDINGS)
    return next((name for name in names if os.path.isfile(folder + name)), "")  # noqa: PTH113


def read_report(path: str) -> tuple[bytes, str]:
    """Return the bytes of a report file, none where the fault says why."""
    try:
        with open(path, "rb", buffering=0) as file:  # noqa: PTH123  # a quarter of the reading is Path
            if os.fstat(file.fileno()).st_size > MOST_BYTES:
                return b"", "reports_too_large"
            content = file.read()
        if b"\0" in content and not content.startswith(MARKS_OF_UTF16):
            return b"", "reports_not_text"
        return (content, "") if content.strip() else (b"", "reports_empty")
    except (FileNotFoundError, NotADirectoryError):
        return b"", "reports_missing"
    except IsADirectoryError:
        return b"", "reports_not_a_file"
    except OSError as error:
        raise _refused(path, error) from error


def _refused(path: str, error: OSError) -> StorageError:
    return StorageError(
        f"{path}: cannot be read ({error.strerror}); is it permitted, and its disk still there?"
    )
