"""What there is to score, and how it is read from a table of reports.

Knows strings and plain rows only.
"""

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from priorrg.errors import DataError, UsageError
from priorrg.truth import TruthRow

_LONGEST_TEXT = 10_000_000
_FLAGS = {"1": True, "0": False, "true": True, "false": False, "1.0": True, "0.0": False}


@dataclass(frozen=True, slots=True, kw_only=True)
class Material:
    """``generated`` is one text per report; the others are in the same order, or ``None`` where not
    known.

    ``ids`` are of studies or images, each once. ``given_prior``: the writer had a prior. ``left_out``
    counts rows of the table that the truth says nothing about (lateral and second views).
    """

    ids: Sequence[str]
    generated: Sequence[str]
    references: Sequence[str] | None = None
    given_prior: Sequence[bool] | None = None
    truth: Mapping[str, Sequence[TruthRow]] | None = None
    left_out: int = 0


def read_material(
    path: Path,
    *,
    truth: Mapping[str, Sequence[TruthRow]] | None = None,
    reference: str = "reference",
    generated: str = "generated",
) -> Material:
    """Read a table of reports (CSV, UTF-8) with the columns that ``priorrg generate`` writes.

    Needed are ``generated`` and ``image_id`` or ``study_id``; the column ``reference`` only if it was
    named otherwise than by default. With a truth, the rows of its images are taken, or else of its
    studies. Raises UsageError for a file or column that is not there, DataError for bad rows and ids
    that come twice.
    """
    rows = _rows(path)
    columns = list(rows[0])
    needed = [generated] if reference == "reference" else [generated, reference]
    for name in needed:
        if name not in columns:
            raise UsageError(f"{path}: no column {name!r}; it has {', '.join(columns)}")
    key = next((name for name in ("image_id", "study_id") if name in columns), None)
    if key is None:
        raise DataError(f"{path}: no column image_id or study_id; it has {', '.join(columns)}")
    total = len(rows)
    if truth is not None and key == "image_id":
        images = {row.image_id for study in truth.values() for row in study[:1]}
        matched = [row for row in rows if row["image_id"] in images]
        if matched or "study_id" not in columns:
            rows = matched or rows
        else:
            key = "study_id"
    ids = [row[key] for row in rows]
    _check_ids(path, key, ids)
    return Material(
        ids=ids,
        generated=[row[generated] for row in rows],
        references=[row[reference] for row in rows] if reference in columns else None,
        given_prior=_flags(path, rows) if "has_prior" in columns else None,
        truth=truth,
        left_out=total - len(rows),
    )


def _rows(path: Path) -> list[dict[str, str]]:
    try:
        csv.field_size_limit(_LONGEST_TEXT)
        with path.open(newline="", encoding="utf-8-sig") as file:
            reader = csv.DictReader(file, restval="")
            rows = [{name: value for name, value in row.items() if name is not None} for row in reader]
    except OSError as error:
        raise UsageError(
            f"{path}: {error.strerror}; expected a table written by `priorrg generate`"
        ) from error
    except (UnicodeDecodeError, csv.Error) as error:
        raise DataError(f"{path}: not a CSV table in UTF-8 ({error})") from error
    if not rows:
        raise DataError(f"{path}: no rows; expected one per report, under a line of column names")
    return rows


def _check_ids(path: Path, key: str, ids: Sequence[str]) -> None:
    seen: set[str] = set()
    for number, name in enumerate(ids, start=2):
        if not name:
            raise DataError(f"{path}: row {number} has no {key}; expected one for each report")
        if name in seen:
            raise DataError(f"{path}: {key} {name} comes twice; expected each once")
        seen.add(name)


def _flags(path: Path, rows: Sequence[Mapping[str, str]]) -> list[bool]:
    flags = []
    for row in rows:
        value = row["has_prior"].strip().lower()
        if value not in _FLAGS:
            raise DataError(f"{path}: has_prior is {row['has_prior']!r}; expected 0 or 1")
        flags.append(_FLAGS[value])
    return flags
