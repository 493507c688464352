"""Fill the tables of the documents from the committed result files.

A table stands below ``<!-- from RESULT -->``, or ``<!-- from RESULT at a.b -->`` if its rows are not those
under ``rows``; its first column names rows of the result, its header the scores. A name that was measured
for several seeds shows their mean and, in brackets, the lowest and the highest.
"""

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
DOCUMENTS = (
    "README.md",
    "docs/phantom.md",
    "docs/method.md",
    "docs/parity.md",
    "docs/data.md",
    "docs/confidence.md",
    "docs/labels.md",
    "docs/full-scale.md",
    "docs/prior-cache.md",
    "docs/speed.md",
)
SCORES = {
    "finding F1": "finding_f1",
    "change F1": "change_f1",
    "question answered": "question_answered",
    "false prior": "false_prior",
    "BLEU-4": "bleu_4",
    "new": "change_f1_new",
    "larger": "change_f1_larger",
    "smaller": "change_f1_smaller",
    "unchanged": "change_f1_unchanged",
    "resolved": "change_f1_resolved",
    "said unchanged": "stated_unchanged",
    "said new or resolved": "stated_new_or_resolved",
    "turned round": "stated_inverted",
    "recall@1": "recall_at_1",
    "recall@5": "recall_at_5",
    "F1": "f1",
    "mentions": "mentions",
    "coded": "coded",
    "precision": "precision",
    "recall": "recall",
    "sentences kept": "sentences_kept",
    "seconds": "seconds",
    "largest difference": "largest",
    "bound": "bound",
    "measured": "value",
    "beside it": "reference",
    "ratio": "ratio",
    "to reach": "target",
    "in mode exact": "exact_f1",
    "difference": "difference",
    "within": "within",
    "first square, ms": "warm_first_ms",
    "squares a second": "warm_per_second",
    "first square from the disk, ms": "cold_first_ms",
    "squares a second from the disk": "cold_per_second",
    "bytes a square": "bytes_per_square",
    "sentences": "sentences",
    "studies": "studies",
    "right": "right",
    "AUROC": "auroc",
    "calibration error": "calibration_error",
    "Brier score": "brier",
    "mass in the box": "mass",
    "share of the image": "share",
    "times its share": "lift",
    "compares": "compares",
    "milliseconds a study": "milliseconds_per_study",
    "plain": "plain",
    "`base`": "fast",
}
"""Header → name of the score."""
_TABLE = re.compile(r"(<!-- from (\S+?)(?: at (\S+))? -->\n\n)((?:\|.*\n)+)")
_FORMS = {
    "mentions": ",.0f",
    "seconds": ".0f",
    "largest": ".1e",
    "bound": ".0e",
    "ratio": ".2f",
    "target": ".1f",
    "value": ",.1f",
    "reference": ",.1f",
    "warm_first_ms": ".1f",
    "cold_first_ms": ".1f",
    "warm_per_second": ",.0f",
    "cold_per_second": ",.0f",
    "bytes_per_square": ",.0f",
    "sentences": ",.0f",
    "studies": ",.0f",
    "lift": ".2f",
    "milliseconds_per_study": ".1f",
    "difference": "+.4f",
    "within": ".2f",
    "plain": ".1f",
    "fast": ".1f",
}
_SMALL = 2.0
"""Below this, two places are shown of what else has one."""

Rows = Mapping[str, Mapping[str, float | None]]


def main() -> None:
    for name in DOCUMENTS:
        path = ROOT / name
        path.write_text(filled(path.read_text()))


def filled(text: str) -> str:
    """Return a document with the cells of its tables as they were measured."""
    return _TABLE.sub(lambda found: found[1] + _table(found[4], _rows(ROOT / found[2], found[3])), text)


def tables(text: str) -> list[str]:
    """Return the result file of each table in a document."""
    return [found[1] for found in _TABLE.findall(text)]


def _rows(result: Path, at: str | None) -> Rows:
    found: Any = json.loads(result.read_text())
    for key in (at or "rows").split("."):
        found = found[key]
    rows: Rows = found
    return rows


def _table(table: str, rows: Rows) -> str:
    head, line, *body = table.splitlines()
    scores = [SCORES[name] for name in _cells(head)[1:]]
    lines = [
        f"| {' | '.join([name, *(_cell(rows, name, score) for score in scores)])} |"
        for name in (_cells(row)[0] for row in body)
    ]
    return "\n".join([head, line, *lines]) + "\n"


def _cells(line: str) -> list[str]:
    return [cell.strip() for cell in line.strip("| ").split("|")]


def _cell(rows: Rows, name: str, score: str) -> str:
    named = [rows[row] for row in rows if re.fullmatch(rf"{re.escape(name)}(_seed\d+)?", row)]
    # Some rows are only reported and have no target; whatever else is asked for must be there.
    seeds = [row.get(score) if score == "target" else row[score] for row in named]
    values = [value for value in seeds if value is not None]
    if not seeds:
        raise KeyError(f"row {name!r}: not in the result file; expected one of {', '.join(rows)}")
    if not values:
        return "–"
    form = _FORMS.get(score, ".3f")
    if form == ",.1f" and max(map(abs, values)) < _SMALL:
        form = ".2f"
    mean = f"{sum(values) / len(values):{form}}"
    return mean if len(seeds) == 1 else f"{mean} ({min(values):{form}}–{max(values):{form}})"


if __name__ == "__main__":
    main()
