"""Write what each report of a table says of change, one row for each statement.

Knows tables of texts and ``language``; reads and writes as a stream.
"""

import csv
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from priorrg.language.change_propositions import read_changes
from priorrg.language.sentences import split_sentences
from priorrg.storage import new_file
from priorrg.text_tables import read_texts

COLUMNS = ("id", "sentence", "finding", "side", "change", "phrase")
EXPLAINED = "text"


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangesWritten:
    """``reports`` read, ``with_changes`` of them that state any, ``propositions`` in all."""

    reports: int
    with_changes: int
    propositions: int


def write_changes(
    table: Path,
    out: Path,
    *,
    column: str,
    ids: str | None = None,
    explain: bool = False,
    progress: Callable[[int, int], None] | None = None,
) -> ChangesWritten:
    """Write to ``out`` (CSV) the changes that the texts in ``column`` of ``table`` state.

    Columns: ``COLUMNS``; ``sentence`` counts from 1, ``phrase`` are the words that decided. ``explain`` adds
    the whole sentence. ``ids`` names the column of ids (default: image_id, study_id or id, else the row's
    number). A text without any change has no row. ``progress`` gets (reports read, reports in all). Raises
    ``UsageError``, ``DataError``, ``StorageError``; ``out`` is written whole or not at all.
    """
    texts = read_texts(table, column, ids=ids, progress=progress)
    reports = with_changes = propositions = 0
    with new_file(out) as temporary, temporary.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow([*COLUMNS, EXPLAINED] if explain else COLUMNS)
        for name, text in texts:
            rows = _rows(name, text, explain)
            writer.writerows(rows)
            reports += 1
            with_changes += bool(rows)
            propositions += len(rows)
    return ChangesWritten(reports=reports, with_changes=with_changes, propositions=propositions)


def _rows(name: str, text: str, explain: bool) -> list[list[str | int]]:
    stated = read_changes(text)
    rows: list[list[str | int]] = [
        [name, one.sentence + 1, one.finding, one.side, one.change, one.phrase] for one in stated
    ]
    if explain and rows:
        sentences = split_sentences(text)
        rows = [[*row, sentences[one.sentence]] for row, one in zip(rows, stated, strict=True)]
    return rows
