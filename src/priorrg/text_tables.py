"""Texts by column from a table of any size: CSV, JSON lines or Parquet, read as a stream.

Every value comes as text, a list as its texts in a row; what is missing (an empty cell, null, NaN) comes as
"". CSV and JSON lines may be gzipped, in UTF-8 or else Windows-1252. Knows columns, not what their texts say.
"""

import codecs
import csv
import gzip
import io
import json
import math
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from itertools import chain, islice
from pathlib import Path
from typing import Any

import polars as pl

from priorrg.errors import DataError, UsageError

ID_COLUMNS = ("image_id", "study_id", "id")
"""Columns that name a report, best first."""
_LONGEST_TEXT = 1 << 30
_BLOCK = 1 << 20
_AT_ONCE = 65536
_TOLD_EVERY = 1000
_LOOKED_AT = 100
"""Objects at the head of JSON lines whose keys are taken for the columns."""
_CSV, _LINES, _PARQUET = (".csv",), (".jsonl", ".ndjson"), (".parquet", ".pq")


def column_names(path: Path) -> list[str]:
    """Return the names of the table's columns. Raises ``UsageError`` or ``DataError`` where it is none."""
    with _trouble(path):
        kind = _kind(path)
        if kind is _PARQUET:
            return pl.scan_parquet(path).collect_schema().names()
        if kind is _LINES:
            head = islice(_objects(path), _LOOKED_AT)
            return list(dict.fromkeys(name for row in head for name in row))
        with _opened(path) as file:
            return next(csv.reader(file), [])


def count_rows(path: Path) -> int:
    """Return how many rows the table has."""
    with _trouble(path):
        kind = _kind(path)
        if kind is _PARQUET:
            return int(pl.scan_parquet(path).select(pl.len()).collect().item())
        with _opened(path) as file:
            if kind is _LINES:
                return sum(bool(line.strip()) for line in file)
            return max(0, sum(bool(row) for row in csv.reader(file)) - 1)


def read_columns(path: Path, names: Sequence[str]) -> Iterator[tuple[str, ...]]:
    """Yield the texts of the named columns, row by row; no more than a block of rows is held in memory.

    Raises ``UsageError`` at once for a file that is not there, or a column (naming those that are), and
    ``DataError``, while reading, for a row that cannot be read.
    """
    known = column_names(path)
    for name in names:
        if name not in known:
            raise UsageError(f"{path}: no column {name!r}; it has {', '.join(known) or 'none'}")
    if len(set(known)) < len(known):
        twice = next(name for name in known if known.count(name) > 1)
        raise DataError(f"{path}: column {twice!r} comes twice; expected each name once")
    return _read(path, names, known)


def id_column(path: Path, named: str | None = None) -> str | None:
    """Return the column that names each report: ``named``, else one of ``ID_COLUMNS``, else ``None``."""
    known = column_names(path)
    if named is not None and named not in known:
        raise UsageError(f"{path}: no column {named!r}; it has {', '.join(known) or 'none'}")
    return named or next((name for name in ID_COLUMNS if name in known), None)


def read_texts(
    path: Path,
    column: str,
    *,
    ids: str | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Iterator[tuple[str, str]]:
    """Yield (id, text) of every row; without an id column the number of the row, from 1, is its id.

    ``progress`` gets (rows done, rows in all) now and then, and at the end.
    """
    name = id_column(path, ids)
    rows = read_columns(path, [column] if name is None else [name, column])
    named = (
        ((str(number), text) for number, (text,) in enumerate(rows, start=1))
        if name is None
        else ((key, text) for key, text in rows)
    )
    return named if progress is None else _told(named, count_rows(path), progress)


def _told(
    rows: Iterator[tuple[str, str]], total: int, progress: Callable[[int, int], None]
) -> Iterator[tuple[str, str]]:
    done = 0
    for done, row in enumerate(rows, start=1):
        yield row
        if done % _TOLD_EVERY == 0:
            progress(done, total)
    progress(done, total)


def _read(path: Path, names: Sequence[str], known: Sequence[str]) -> Iterator[tuple[str, ...]]:
    with _trouble(path):
        kind = _kind(path)
        if kind is _PARQUET:
            yield from _parquet_rows(path, names)
        elif kind is _LINES:
            yield from (tuple(_text(row.get(name)) for name in names) for row in _objects(path))
        else:
            yield from _csv_rows(path, [known.index(name) for name in names], len(known))


def _csv_rows(path: Path, places: Sequence[int], width: int) -> Iterator[tuple[str, ...]]:
    with _opened(path) as file:
        rows = csv.reader(file)
        next(rows, None)
        for number, row in enumerate(filter(None, rows), start=1):
            if len(row) > width:
                raise DataError(
                    f"{path}: row {number} has {len(row)} cells; expected {width}. "
                    "Are texts with commas in quotation marks?"
                )
            yield tuple(_cell(row[place]) if place < len(row) else "" for place in places)


def _parquet_rows(path: Path, names: Sequence[str]) -> Iterator[tuple[str, ...]]:
    wanted = list(dict.fromkeys(names))
    places = [wanted.index(name) for name in names]
    table = pl.scan_parquet(path).select(wanted)
    for start in range(0, count_rows(path), _AT_ONCE):
        for row in table.slice(start, _AT_ONCE).collect().iter_rows():
            yield tuple(_text(row[place]) for place in places)


def _objects(path: Path) -> Iterator[dict[str, Any]]:
    with _opened(path) as file:
        for number, line in enumerate(file, start=1):
            if not line.strip():
                continue
            try:
                row = json.loads(line)
            except (ValueError, RecursionError) as error:
                raise DataError(f"{path}: line {number} is not JSON ({error})") from error
            if not isinstance(row, dict):
                raise DataError(
                    f'{path}: line {number} is not an object; expected {{"column": value, …}} on each line'
                )
            yield row


def _text(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, float):
        if math.isnan(value):
            return ""
        return str(int(value)) if value.is_integer() else str(value)
    if isinstance(value, list):
        return " ".join(map(_text, value))
    return _cell(value) if isinstance(value, str) else str(value)


def _cell(value: str) -> str:
    """Return a cell as it is, but for the name that a missing number has when it is written as text."""
    return "" if len(value) == 3 and value.lower() == "nan" else value


@contextmanager
def _opened(path: Path) -> Iterator[io.TextIOWrapper]:
    with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as raw:
        encoding = _encoding(raw)
    csv.field_size_limit(_LONGEST_TEXT)
    with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as raw:
        yield io.TextIOWrapper(raw, encoding=encoding, errors="replace", newline="")


def _encoding(raw: io.BufferedIOBase | gzip.GzipFile) -> str:
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        for block in chain(iter(lambda: raw.read(_BLOCK), b""), (b"",)):
            decoder.decode(block, final=not block)
    except UnicodeDecodeError:
        return "cp1252"
    return "utf-8-sig"


def _kind(path: Path) -> tuple[str, ...]:
    name = path.name.removesuffix(".gz").lower()
    for kind in (_CSV, _LINES, _PARQUET):
        if name.endswith(kind):
            return kind
    raise UsageError(
        f"{path}: a table of an unknown kind; expected .csv, .jsonl (both also .gz) or .parquet"
    )


@contextmanager
def _trouble(path: Path) -> Iterator[None]:
    """Say in one line why a table cannot be read."""
    try:
        yield
    except FileNotFoundError:
        raise UsageError(f"{path}: no such file; expected a table, .csv, .jsonl or .parquet") from None
    except (csv.Error, pl.exceptions.PolarsError, OSError, EOFError) as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise DataError(f"{path}: not readable as a table ({reason}); write it again") from error
