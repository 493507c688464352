"""Numbers in the documents are those of the committed result files."""

import json
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
COLUMNS = ("finding_f1", "change_f1", "question_answered", "false_prior", "bleu_4")


def tables(document: str) -> list[tuple[Path, dict[str, list[str]]]]:
    """Return each table that names its result file, as cells by row name."""
    found = []
    pattern = r"<!-- from (\S+) -->\n\n((?:\|.*\n)+)"
    for source, table in re.findall(pattern, (ROOT / document).read_text()):
        lines = [[cell.strip() for cell in line.strip("|\n ").split("|")] for line in table.splitlines()]
        found.append((ROOT / source, {name: cells for name, *cells in lines[2:]}))
    return found


def shown(value: float | None) -> str:
    return "–" if value is None else f"{value:.3f}"


@pytest.mark.parametrize("document", ["README.md"])
def test_every_cell_is_the_measured_number(document):
    found = tables(document)
    assert found
    for source, rows in found:
        measured = json.loads(source.read_text())["rows"]
        assert rows
        for name, cells in rows.items():
            assert cells == [shown(measured[name][column]) for column in COLUMNS], (document, name)
