"""Signs that a table or a JSON file was not fetched to its end: zeros at its end, a last row cut short.

Knows bytes, not what they mean.
"""

import csv
from io import StringIO
from pathlib import Path

from priorrg.data.encoding import MARKS_OF_UTF16
from priorrg.errors import DataError

_TAIL = 1 << 16


def refuse_cut(path: Path) -> None:
    """Raise ``DataError`` if a file ends in zeros, or a CSV file within a row: no line end, too few columns.

    Zeros are left where room was made for a file before it was fetched. Not judged are packed files, whose
    unpacking says so itself, and UTF-16. Raises ``OSError`` as the disk does.
    """
    with path.open("rb") as file:
        if path.suffix == ".gz" or file.read(2) in MARKS_OF_UTF16:
            return
        file.seek(max(0, path.stat().st_size - _TAIL))
        tail = file.read()
    if tail.endswith(b"\0"):
        raise DataError(
            f"{path}: ends in bytes of zero; it was not fetched whole, copy it again from its source"
        )
    if path.suffix == ".csv" and (row := _last_row(tail).strip()):
        found = len(next(csv.reader(StringIO(row))))
        with path.open(encoding="latin-1", newline="") as text:
            expected = len(next(csv.reader(text)))
        if found < expected:
            raise DataError(
                f"{path}: breaks off within its last row ({found} of {expected} columns); it was not fetched "
                "whole, copy it again from its source"
            )


def _last_row(tail: bytes) -> str:
    """Return what follows the last line end that is in no quoted cell: an even number of marks follow it."""
    lines = tail.decode("latin-1").replace("\r", "\n").split("\n")
    row = lines.pop()
    while row.count('"') % 2 and lines:
        row = f"{lines.pop()}\n{row}"
    return row
