"""CSV files of a source, read by column name; what is wrong with them in one line.

Knows files and columns, not what the columns mean.
"""

from collections.abc import Iterable, Sequence
from hashlib import file_digest
from pathlib import Path

import polars as pl

from priorrg.errors import DataError


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
    try:
        table = pl.read_csv(path, infer_schema=False, encoding="utf8-lossy")
    except (pl.exceptions.PolarsError, OSError) as error:
        reason = str(error).splitlines()[0]
        raise DataError(
            f"{path}: not readable as CSV ({reason}); copy it again from its source"
        ) from error
    table = table.rename({name: name.strip().removeprefix("\ufeff") for name in table.columns})
    if missing := [name for name in required if name not in table.columns]:
        raise DataError(
            f"{path}: column {', '.join(missing)} is missing; found {', '.join(table.columns)}. "
            "Is this the file of the right data set?"
        )
    absent = [pl.lit("").alias(name) for name in optional if name not in table.columns]
    kept = table.with_columns(absent).select(required + optional)
    return kept.with_columns(pl.all().str.strip_chars().fill_null(""))


def fingerprint(path: Path) -> dict[str, str | int]:
    """Return name, size in bytes and SHA-256 of a file."""
    with path.open("rb") as file:
        return {
            "file": path.name,
            "bytes": path.stat().st_size,
            "sha256": file_digest(file, "sha256").hexdigest(),
        }
