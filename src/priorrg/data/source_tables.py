"""Tables, JSON and texts of a source; what is wrong with them in one line.

Any encoding that ``encoding`` knows, any line ends. Knows files and columns, not what the columns mean.
"""

import csv
import gzip
import io
import json
import zlib
from collections.abc import Iterable, Sequence
from hashlib import file_digest, sha256
from pathlib import Path
from typing import Any

import polars as pl

from priorrg.data.encoding import MARKS_OF_UTF16, decoded
from priorrg.data.whole_files import refuse_cut
from priorrg.errors import DataError, UsageError

_DELIMITERS = {b";": "semicolons (;)", b"\t": "tabs", b"|": "bars (|)"}
_HEAD = 1 << 16
_COLUMNS_TOLD = 20


def find_csv(root: Path, names: Sequence[str]) -> Path | None:
    """Return the first of ``names`` (without ending) that is there as .csv or .csv.gz."""
    candidates = (root / f"{name}{ending}" for name in names for ending in (".csv", ".csv.gz"))
    return next((path for path in candidates if path.is_file()), None)


def read_csv(path: Path, required: Iterable[str], optional: Iterable[str] = ()) -> pl.DataFrame:
    """Return the named columns as text, blanks at the ends removed, empty for missing values.

    Optional columns that the file lacks come empty. Raises ``DataError`` if the file is not a table or a
    required column is missing.
    """
    required, optional = list(required), list(optional)
    table = _csv(path)
    if missing := [name for name in required if name not in table.columns]:
        raise DataError(
            f"{path}: column {', '.join(missing)} is missing; found {_told(table.columns)}. "
            "Is this the file of the right data set?"
        )
    absent = [pl.lit("").alias(name) for name in optional if name not in table.columns]
    return _tidy(table.with_columns(absent).select(required + optional))


def read_table(path: Path) -> pl.DataFrame:
    """Return a whole CSV or Parquet file as text, blanks at the ends removed, empty for missing values.

    Moments come as ISO 8601, in UTC if they have a time zone; whole numbers without a decimal point.
    Raises ``UsageError`` if the file is missing, ``DataError`` if it is no table.
    """
    if not path.is_file():
        raise UsageError(f"{path}: no such file; expected a table, .csv, .csv.gz or .parquet")
    if path.suffix != ".parquet":
        return _tidy(_csv(path))
    try:
        table = pl.read_parquet(path)
        return _tidy(table.select(_as_text(column) for column in table.iter_columns()))
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException, OSError) as error:
        raise DataError(
            f"{path}: not readable as Parquet ({str(error).splitlines()[0]}); write it again"
        ) from error


def _as_text(column: pl.Series) -> pl.Series:
    if isinstance(column.dtype, pl.Datetime):
        utc = column if column.dtype.time_zone is None else column.dt.convert_time_zone("UTC")
        return utc.dt.replace_time_zone(None).dt.to_string("iso:strict")
    whole = column.dtype.is_float() and (column.drop_nulls() % 1 == 0).all()
    return (column.cast(pl.Int64) if whole else column).cast(pl.String)


def _plain(name: str) -> str:
    return name.strip().removeprefix("\ufeff")


def _told(columns: Sequence[str]) -> str:
    """Return column names for a message: one line, printable, not without end."""
    names = ["".join(c for c in " ".join(name.split()) if c.isprintable())[:40] for name in columns]
    more = f" and {len(names) - _COLUMNS_TOLD} more" if len(names) > _COLUMNS_TOLD else ""
    return ", ".join(names[:_COLUMNS_TOLD]) + more


def _tidy(table: pl.DataFrame) -> pl.DataFrame:
    return table.with_columns(pl.all().str.strip_chars().fill_null(""))


def read_text(path: Path) -> str:
    """Return a text file, whatever its encoding. Raises ``OSError`` as the disk does."""
    return decoded(path.read_bytes())


def read_json(path: Path, expected: str) -> Any:
    """Return the content of a JSON file. Raises ``UsageError`` if it is missing, ``DataError`` if damaged."""
    try:
        refuse_cut(path)
        return json.loads(read_text(path))
    except FileNotFoundError:
        raise UsageError(f"{path}: no such file; expected {expected}") from None
    except (ValueError, OSError, RecursionError) as error:
        raise DataError(f"{path}: not readable as JSON ({json_fault(error)}); copy it again") from error


def json_fault(error: Exception) -> str:
    """Return where JSON breaks off or goes wrong, or else of what kind ``error`` is."""
    if isinstance(error, json.JSONDecodeError):
        return f"line {error.lineno}, column {error.colno}: {error.msg}"
    return type(error).__name__


def _csv(path: Path) -> pl.DataFrame:
    """Return a CSV file as text, its column names plain. Raises ``DataError`` if it is none, or not whole."""
    packed = path.suffix == ".gz"
    try:
        refuse_cut(path)
        with gzip.open(path) if packed else path.open("rb") as file:
            head = file.read(_HEAD)
        _refuse_delimiter(path, head)
        strange = head.startswith(MARKS_OF_UTF16) or (b"\r" in head and b"\n" not in head)
        table = _parsed(path, packed, strange)
        return table.rename({name: _plain(name) for name in table.columns})
    except (pl.exceptions.PolarsError, OSError, EOFError, zlib.error, csv.Error) as error:
        reason = str(error).splitlines()[0]
        raise DataError(
            f"{path}: not readable as CSV ({reason}); copy it again from its source"
        ) from error


def _parsed(path: Path, packed: bool, strange: bool) -> pl.DataFrame:
    """Return a CSV file as text; if ``strange`` to Polars, or no UTF-8, after turning it into that."""
    if not strange:
        try:
            return pl.read_csv(path, infer_schema=False)
        except pl.exceptions.ComputeError as error:
            if "utf-8" not in str(error):
                raise
    content = gzip.decompress(path.read_bytes()) if packed else path.read_bytes()
    text = decoded(content).replace("\r\n", "\n").replace("\r", "\n")
    return pl.read_csv(io.BytesIO(text.encode()), infer_schema=False)


def _refuse_delimiter(path: Path, head: bytes) -> None:
    """Raise ``DataError`` if the first line is cut by another sign than the comma."""
    line = head.replace(b"\r", b"\n").partition(b"\n")[0]
    for sign, name in _DELIMITERS.items():
        if line.count(sign) > line.count(b","):
            raise DataError(
                f"{path}: its columns are separated by {name}; expected commas. Save it as CSV with commas"
            )


def fingerprint(path: Path) -> dict[str, str | int]:
    """Return name, size in bytes and SHA-256 of a file."""
    with path.open("rb") as file:
        return {
            "file": path.name,
            "bytes": path.stat().st_size,
            "sha256": file_digest(file, "sha256").hexdigest(),
        }


def fingerprint_all(paths: Sequence[Path], name: str) -> dict[str, str | int]:
    """Return one fingerprint for many files: the SHA-256 of the list that ``sha256sum`` makes of them."""
    prints = [fingerprint(path) for path in paths]
    lines = "".join(f"{one['sha256']}  {one['file']}\n" for one in prints)
    return {
        "file": name,
        "files": len(prints),
        "bytes": sum(int(one["bytes"]) for one in prints),
        "sha256": sha256(lines.encode()).hexdigest(),
    }
