"""Signs that a text file was not fetched or written to its end: zeros at its end, a last row cut short.

Knows bytes, not what they mean.
"""

import csv
from io import StringIO
from pathlib import Path

from priorrg.data.encoding import MARKS_OF_UTF16
from priorrg.errors import DataError

_TAIL = 1 << 16


def refuse_zeros(path: Path) -> None:
    """Raise ``DataError`` if the file ends in zeros, as one does whose room was made before it was fetched.

    UTF-16 with its mark may end so. Raises ``OSError`` as the disk does.
    """
    size = path.stat().st_size
    with path.open("rb") as file:
        marked = file.read(2) in MARKS_OF_UTF16
        file.seek(max(0, size - 1))
        if not marked and file.read(1) == b"\0":
            raise DataError(
                f"{path}: ends in bytes of zero; it was not fetched whole, copy it again from its source"
            )


def refuse_cut_row(path: Path, columns: int) -> None:
    """Raise ``DataError`` if a CSV file breaks off within a row: no line end, and fewer than ``columns``.

    For files whose quotation marks are all closed. UTF-16 is not judged. Raises ``OSError``.
    """
    with path.open("rb") as file:
        if file.read(2) in MARKS_OF_UTF16:
            return
        file.seek(max(0, path.stat().st_size - _TAIL))
        row = _last_row(file.read())
    found = next(csv.reader(StringIO(row.strip())), [])
    if 0 < len(found) < columns:
        raise DataError(
            f"{path}: breaks off within its last row ({len(found)} of {columns} columns); it was not fetched "
            "whole, copy it again from its source"
        )


def _last_row(tail: bytes) -> str:
    """Return what follows the last line end that is in no quoted cell: an even number of marks follow it."""
    lines = tail.decode("latin-1").replace("\r", "\n").split("\n")
    row = lines.pop()
    while row.count('"') % 2 and lines:
        row = f"{lines.pop()}\n{row}"
    return row
