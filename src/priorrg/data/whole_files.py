"""Signs that a text file was not fetched or written to its end: zeros at its end, a last row cut short.

Knows bytes, not what they mean.
"""

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

    A last line with a quotation mark is not judged: it may begin within a cell. Nor is UTF-16. Raises
    ``OSError``.
    """
    with path.open("rb") as file:
        if file.read(2) in MARKS_OF_UTF16:
            return
        file.seek(max(0, path.stat().st_size - _TAIL))
        tail = file.read()
    last = tail.replace(b"\r", b"\n").rpartition(b"\n")[2]
    if last.strip() and b'"' not in last and last.count(b",") + 1 < columns:
        raise DataError(
            f"{path}: breaks off within its last row ({last.count(b',') + 1} of {columns} columns); it was not "
            "fetched whole, copy it again from its source"
        )
