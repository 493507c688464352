"""The form in which a data set lies on a disk: how to tell it, and what it has to have.

Looks at names, first lines and column names alone; knows no data set.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import polars as pl

_HEAD = 1 << 18
"""Bytes of a file in which its telling words must stand."""
_FILES_A_MARK = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """A sign of a form: a file or folder by glob, its first 256 KiB with all ``words`` and none of
    ``without``, its columns with all ``columns``."""

    pattern: str
    words: tuple[str, ...] = ()
    without: tuple[str, ...] = ()
    columns: tuple[str, ...] = ()

    def is_in(self, root: Path) -> bool:
        """Return whether one of the first files of the pattern bears the sign."""
        return any(self._fits(path) for path in islice(root.glob(self.pattern), _FILES_A_MARK))

    @property
    def looked_for(self) -> str:
        """The sign in words."""
        holding = ", ".join((*self.words, *self.columns))
        return f"{self.pattern} with {holding}" if holding else self.pattern

    def _fits(self, path: Path) -> bool:
        try:
            if self.columns and not set(self.columns) <= set(_columns(path)):
                return False
            if not self.words and not self.without:
                return True
            with path.open("rb") as file:
                head = file.read(_HEAD).decode("utf-8", errors="replace")
        except (OSError, pl.exceptions.PolarsError):
            return False
        return all(word in head for word in self.words) and not any(w in head for w in self.without)


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """Files that belong to a form, by any of several globs.

    Those that are not ``required`` are only missed. ``archives`` are globs of what they come packed in;
    ``rows``: their rows are worth counting.
    """

    what: str
    patterns: tuple[str, ...]
    required: bool = True
    obtain: str = ""
    archives: tuple[str, ...] = ()
    rows: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """Files that the form's tables list. ``read`` returns their paths, with or without ending.

    Each is looked for below every one of ``bases`` with every one of ``endings``. ``archives`` are globs of
    what they come packed in.
    """

    what: str
    read: Callable[[Path], Sequence[str]]
    bases: tuple[str, ...] = ("",)
    endings: tuple[str, ...] = (".png", ".jpg", ".dcm", ".jpeg")
    archives: tuple[str, ...] = ()
    required: bool = True
    obtain: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """One form of a data set. ``source`` is its row in ``sources``, ``command`` what to type next, ``out``
    what the prepared data set may be called, and ``covers`` names forms that are not worth naming beside it."""

    name: str
    title: str
    source: str
    marks: tuple[Mark, ...]
    command: str
    out: str = ""
    parts: tuple[Part, ...] = ()
    listings: tuple[Listing, ...] = ()
    covers: tuple[str, ...] = ()

    @property
    def looked_for(self) -> str:
        """What tells this form, in words."""
        return " or ".join(mark.looked_for for mark in self.marks)


def _columns(path: Path) -> list[str]:
    if path.suffix == ".parquet":
        return list(pl.read_parquet_schema(path))
    return pl.read_csv(path, n_rows=0, infer_schema=False, encoding="utf8-lossy").columns
