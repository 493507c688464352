"""A table of reports → a table of their 14 observations, row by row; any size in the same memory.

Knows columns and files; what a report says, ``language.labels`` decides.
"""

import csv
from collections.abc import Callable, Sequence
from pathlib import Path

from priorrg.language.label_grammar import OBSERVATIONS
from priorrg.language.labels import label_report
from priorrg.storage import new_file
from priorrg.text_tables import id_column, read_texts

_ROW = "row"


def label_table(
    path: Path,
    column: str,
    out: Path,
    *,
    ids: str | None = None,
    explain: bool = False,
    speculation: bool = False,
    progress: Callable[[int, int], None] | None = None,
) -> int:
    """Write the labels of each report in a column as CSV and return how many rows there were.

    1, 0, -1 or nothing in a column for each observation, behind the id (or the number) of the row; with
    ``explain`` a column beside it, "… phrase", with the words that decided. ``progress`` hears of (done, total).
    Raises ``UsageError`` for a column that is not there, ``DataError`` for a row that cannot be read; ``out``
    is whole or as it was.
    """
    reports = read_texts(path, column, ids=ids, progress=progress)
    done = 0
    with new_file(out) as temporary, temporary.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow([id_column(path, ids) or _ROW, *_header(explain)])
        for name, text in reports:
            writer.writerow([name, *_cells(text, explain, speculation)])
            done += 1
    return done


def _header(explain: bool) -> Sequence[str]:
    if not explain:
        return OBSERVATIONS
    return [cell for name in OBSERVATIONS for cell in (name, f"{name} phrase")]


def _cells(text: str, explain: bool, speculation: bool) -> list[str]:
    found = label_report(text, speculation=speculation)
    cells = []
    for name in OBSERVATIONS:
        finding = found.get(name)
        cells.append("" if finding is None else str(int(finding.label)))
        if explain:
            cells.append("" if finding is None else finding.phrase)
    return cells
