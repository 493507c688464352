"""Scores by report that another tool computed, in an environment of its own, taken in from its table.

They become tallies, so that they get the same intervals, subgroups and paired tests as ours. docs/metrics.md has
the command that makes each file. Knows tables of numbers only.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from priorrg.errors import DataError, UsageError
from priorrg.metrics.importers import FOUND, IMPORTERS, MADE_BY, TRUE, Importer
from priorrg.metrics.observation_f1 import Findings, f1_tallies
from priorrg.metrics.tallies import Numbers, Tallies, mean_tallies
from priorrg.text_tables import ID_COLUMNS, column_names, read_columns


@dataclass(frozen=True, slots=True, kw_only=True)
class Imported:
    """``tallies`` in the order of the reports; ``notices`` say what a reader of the scores should know."""

    tallies: Tallies
    notices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Table:
    """The numbers of a file by column, in the order of the reports; not a number where there is none."""

    values: Mapping[str, Numbers]
    there: NDArray[np.bool_]
    others: int
    made_by: str


def read_imported(tool: str, path: Path, ids: Sequence[str]) -> Imported:
    """Read the scores of the reports ``ids`` from a table (CSV, JSON lines, Parquet) of the named tool.

    Reports without a row or a number are left out of the score, counted, and said. Raises ``UsageError`` for an
    unknown tool or a file or column that is not there, ``DataError`` for a column that the tool does not write,
    ids that come twice, what is no number or cannot be a score, and a table of other reports.
    """
    importer = IMPORTERS.get(tool)
    if importer is None:
        raise UsageError(f"--import {tool}: unknown; expected one of {', '.join(IMPORTERS)}")
    columns = _columns(path, tool, importer)
    table = _read(path, list(columns.values()), ids)
    if not table.there.any():
        raise DataError(
            f"{path}: none of its ids is among the {len(ids):,} reports, such as {ids[0] if ids else 'none'}; "
            "was it made from this table?"
        )
    by_label = all(name.startswith((FOUND, TRUE)) for name in columns)
    values = {name: table.values[column] for name, column in columns.items()}
    make = partial(_from_labels, tool) if by_label else _means
    return Imported(
        tallies=make(path, importer, values, table),
        notices=tuple(_notices(path, importer, table, by_label)),
    )


def _columns(path: Path, tool: str, importer: Importer) -> dict[str, str]:
    """Return the column of each score that the file has, or its label columns by themselves."""
    known = column_names(path)
    found: dict[str, str] = {}
    for column in known:
        if column in (*ID_COLUMNS, MADE_BY):
            continue
        if importer.labels and column.startswith((FOUND, TRUE)):
            found[column] = column
            continue
        name = next((name for name, score in importer.scores.items() if column in score.columns), None)
        if name is None:
            accepted = [column for score in importer.scores.values() for column in score.columns]
            accepted += [f"{FOUND}LABEL", f"{TRUE}LABEL"] * importer.labels
            raise DataError(
                f"{path}: column {column!r} is no score of {tool}; expected {', '.join(accepted)}, beside "
                f"{' or '.join(ID_COLUMNS)} and {MADE_BY}"
            )
        if name in found:
            raise DataError(
                f"{path}: columns {found[name]!r} and {column!r} are the same score; expected one"
            )
        found[name] = column
    if not found:
        expected = ", ".join(score.columns[0] for score in importer.scores.values())
        raise UsageError(
            f"{path}: no column of {tool}; it has {', '.join(known) or 'none'}; expected {expected}"
        )
    labels = {name: column for name, column in found.items() if column.startswith((FOUND, TRUE))}
    return labels or found


def _read(path: Path, columns: Sequence[str], ids: Sequence[str]) -> _Table:
    key = _key(path, set(ids))
    wanted = list(dict.fromkeys(columns))
    told = [MADE_BY] if MADE_BY in column_names(path) else []
    place = {name: number for number, name in enumerate(ids)}
    values = np.full((len(ids), len(wanted)), np.nan)
    seen: set[str] = set()
    makers: set[str] = set()
    for name, *cells in read_columns(path, [key, *wanted, *told]):
        if name in seen:
            raise DataError(f"{path}: {key} {name} comes twice; expected each report once")
        seen.add(name)
        makers.update(cells[len(wanted) :])
        if name in place:
            values[place[name]] = [
                _number(path, f"{key} {name}", column, cell)
                for column, cell in zip(wanted, cells, strict=False)
            ]
    if len(makers) > 1:
        first, second = sorted(makers)[:2]
        raise DataError(
            f"{path}: {MADE_BY} is {first!r} and {second!r}; expected one for the whole table"
        )
    return _Table(
        values=dict(zip(wanted, values.T, strict=True)),
        there=np.fromiter((name in seen for name in ids), np.bool_, len(ids)),
        others=len(seen - place.keys()),
        made_by=next(iter(makers), ""),
    )


def _key(path: Path, ids: set[str]) -> str:
    """Return the first column of ids that knows one of the reports, else the first one."""
    known = column_names(path)
    keys = [name for name in ID_COLUMNS if name in known]
    if not keys:
        raise UsageError(
            f"{path}: no column {' or '.join(ID_COLUMNS)}; expected the ids of the reports that were scored"
        )
    for key in keys:
        if any(name in ids for (name,) in read_columns(path, [key])):
            return key
    return keys[0]


def _number(path: Path, where: str, column: str, cell: str) -> float:
    """Return the number of a cell, not a number for an empty one."""
    if not cell.strip():
        return math.nan
    try:
        number = float(cell)
    except ValueError:
        number = math.inf
    if math.isinf(number):
        raise DataError(f"{path}: {column} of {where} is {cell[:40]!r}; expected a number")
    return number


def _means(path: Path, importer: Importer, values: Mapping[str, Numbers], table: _Table) -> Tallies:
    for name, numbers in values.items():
        _check(path, name, numbers, importer.scores[name].within)
    source = _source(path, table)
    mean = "mean over reports" + ", lower is better" * importer.lower_is_better
    how = {name: f"{importer.scores[name].says}, {mean}; {source}" for name in values}
    tallies = mean_tallies(how, np.stack(list(values.values()), axis=1))
    if importer.inverse is None:
        return tallies
    first = next(iter(how))
    counted = None if tallies.counted is None else tallies.counted[:, [*range(len(how)), 0]]
    return Tallies(
        how=how
        | {importer.inverse: f"1 / mean of {first}, where that is positive; higher is better; {source}"},
        rows=tallies.rows,
        score=partial(_with_inverse, tallies.score),
        counted=counted,
    )


def _with_inverse(means: Callable[[Numbers], Numbers], sums: Numbers) -> Numbers:
    found = means(sums)
    first = found[..., :1]
    with np.errstate(divide="ignore", invalid="ignore"):
        inverse = np.where(first > 0, 1 / first, np.nan)
    return np.concatenate([found, inverse], axis=-1)


def _from_labels(
    tool: str, path: Path, importer: Importer, values: Mapping[str, Numbers], table: _Table
) -> Tallies:
    found = {name.removeprefix(FOUND): v for name, v in values.items() if name.startswith(FOUND)}
    true = {name.removeprefix(TRUE): v for name, v in values.items() if name.startswith(TRUE)}
    alone = sorted(found.keys() ^ true.keys())
    if alone:
        raise DataError(
            f"{path}: label {alone[0]!r} has one column; expected '{FOUND}…' and '{TRUE}…' for each"
        )
    for name, numbers in values.items():
        if not np.isin(numbers[~np.isnan(numbers)], (0, 1)).all():
            raise DataError(f"{path}: {name} holds other numbers than 0 and 1; expected labels")
    labels = list(found)
    said = np.stack([found[label] for label in labels], axis=1)
    due = np.stack([true[label] for label in labels], axis=1)
    counted = np.logical_not(np.isnan(said + due).any(axis=1))
    convention = Findings(
        found=(said == 1) & counted[:, None],
        true=(due == 1) & counted[:, None],
        said=f"{importer.title}; {_source(path, table)}",
    )
    return f1_tallies(tool, labels, [convention], {"": labels}, counted=counted)


def _check(path: Path, name: str, numbers: Numbers, within: tuple[float, float]) -> None:
    known = numbers[~np.isnan(numbers)]
    outside = known[(known < within[0]) | (known > within[1])]
    if outside.size:
        raise DataError(
            f"{path}: {name} is {outside[0]:g} somewhere; expected at least {within[0]:g} and at most "
            f"{within[1]:g}, not percent"
        )


def _source(path: Path, table: _Table) -> str:
    return f"imported from {path.name}" + f", made by {table.made_by}" * bool(table.made_by)


def _notices(path: Path, importer: Importer, table: _Table, by_label: bool) -> list[str]:
    total, absent = len(table.there), int((~table.there).sum())
    empty = np.isnan(np.stack(list(table.values.values()), axis=1)).any(axis=1) & table.there
    said = []
    if absent:
        said.append(
            f"{path.name}: {absent:,} of {total:,} reports have no row; {importer.title} leaves them out"
        )
    if empty.any():
        said.append(
            f"{path.name}: {int(empty.sum()):,} of {total:,} reports lack a number; {importer.title} leaves "
            "them out"
        )
    if table.others:
        said.append(f"{path.name}: {table.others:,} rows are of other reports; they were passed over")
    if not importer.corpus and not by_label:
        said.append(
            f"{path.name}: a mean of F1 by report, not what papers print of {importer.title}; label columns "
            f"('{FOUND}LABEL', '{TRUE}LABEL') give that"
        )
    return said
