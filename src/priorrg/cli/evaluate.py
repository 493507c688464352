"""``priorrg evaluate``: a table of reports, scored."""

import json
import math
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from priorrg.cli.terminal import screen
from priorrg.storage import new_file

if TYPE_CHECKING:
    from priorrg.metrics.score import Outcome

_DETAILS = (
    "finding_precision_",
    "finding_recall_",
    "device_precision",
    "device_recall",
    "device_f1_",
    "change_precision_",
    "change_recall_",
)
"""Scores that only the JSON file shows."""
_COUNTS = frozenset(
    (
        "reports",
        "studies",
        "studies_with_prior",
        "studies_without_prior",
        "asked",
        "missing",
        "empty_reports",
    )
)


def evaluate(
    reports: Annotated[Path, typer.Argument(help="Table of reports, as `priorrg generate` writes it.")],
    truth: Annotated[
        Path | None, typer.Option(help="phantom-truth.csv of the phantom the reports are of.")
    ] = None,
    reference: Annotated[str, typer.Option(help="Column of the reference texts.")] = "reference",
    generated: Annotated[str, typer.Option(help="Column of the generated texts.")] = "generated",
    json_file: Annotated[
        Path | None, typer.Option("--json", help="Write all scores to this file.")
    ] = None,
) -> None:
    """Score the generated reports of a table.

    Example: `priorrg evaluate reports.csv --truth phantom/phantom-truth.csv --json scores.json`
    """
    from priorrg.metrics.material import read_material
    from priorrg.metrics.score import evaluate as measure
    from priorrg.truth import read_truth

    known = None if truth is None else read_truth(truth)
    material = read_material(reports, truth=known, reference=reference, generated=generated)
    outcomes = measure(material)
    if json_file is not None:
        _write(json_file, outcomes, material.left_out)
    _show(reports, outcomes, material.left_out)


def _show(reports: Path, outcomes: Sequence["Outcome"], left_out: int) -> None:
    table = Table(title=str(reports))
    table.add_column("score", no_wrap=True)
    table.add_column("value", justify="right", no_wrap=True)
    table.add_column("what it says")
    for outcome in outcomes:
        if outcome.skipped:
            table.add_row(outcome.metric.name, "–", f"skipped ({outcome.skipped})", style="dim")
        says = outcome.metric.says
        for name, value in outcome.scores.items():
            if not name.startswith(_DETAILS):
                table.add_row(name, _number(name, value), says)
                says = ""
        table.add_section()
    screen.print(table)
    if left_out:
        screen.print(
            f"{left_out} rows are of images that the truth does not describe; they were left out"
        )


def _number(name: str, value: float) -> str:
    if math.isnan(value):
        return "–"
    return f"{value:,.0f}" if name in _COUNTS else f"{value:.4f}"


def _write(path: Path, outcomes: Sequence["Outcome"], left_out: int) -> None:
    """Write all scores, those of precision and recall too; what is not a number becomes null."""
    scores = {n: None if math.isnan(v) else v for o in outcomes for n, v in o.scores.items()}
    skipped = {o.metric.name: o.skipped for o in outcomes if o.skipped}
    text = json.dumps({"scores": scores, "skipped": skipped, "left_out": left_out}, indent=1)
    with new_file(path) as temporary:
        temporary.write_text(text + "\n", encoding="utf-8")
