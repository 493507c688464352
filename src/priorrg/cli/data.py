"""``priorrg data``: which data sets can be prepared, and what one prepared study holds."""

import json
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table

from priorrg.cli.terminal import screen
from priorrg.cli.verify import verify
from priorrg.errors import UsageError
from priorrg.study import Study

app = typer.Typer(help="List data sets, look at a study.", no_args_is_help=True)
app.command()(verify)


@app.command("list")
def list_sources(
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """List the data sets that can be prepared: size, terms, where to get them.

    Example: `priorrg data list`
    """
    from priorrg.data.sources import SOURCES

    fields = ("name", "title", "size", "licence", "obtain", "needs", "paper")
    rows = [{field: getattr(row, field) for field in fields} for row in SOURCES.values()]
    if as_json:
        typer.echo(json.dumps(rows, indent=1, ensure_ascii=False))
        return
    for row in rows:
        screen.print(_two_columns({field: row[field] for field in fields}))


@app.command("show")
def show(
    data: Annotated[Path, typer.Argument(help="A prepared data set.")],
    study: Annotated[str, typer.Argument(help="A study_id.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Show what is known of one study: images, prior and why, context, report.

    Example: `priorrg data show data/phantom 50000001`
    """
    from priorrg.data.manifest import PreparedData

    prepared = PreparedData(data)
    found = [s for s in prepared.studies() if s.study_id == study]
    if not found:
        raise UsageError(
            f"{data}: no study {study!r} with an image; expected a study_id of studies.parquet"
        )
    facts = _facts(found)
    if as_json:
        typer.echo(json.dumps(facts, indent=1, ensure_ascii=False))
    else:
        screen.print(_two_columns(facts))


def _facts(rows: list[Study]) -> dict[str, Any]:
    first = rows[0]
    return {
        "patient": first.patient_id,
        "study": first.study_id,
        "taken at": first.taken_at.isoformat(sep=" ") if first.taken_at is not None else "no date",
        "split": first.split,
        "images": [
            f"{s.current.image_id} ({s.current.view}), prior: "
            + (f"{s.prior.image_id} ({s.prior.view})" if s.prior is not None else "none")
            for s in rows
        ],
        "prior": first.prior_reason,
        "days since prior": first.days_since_prior,
        "indication": first.context.indication,
        "history": first.context.history,
        "findings": first.report.findings,
        "impression": first.report.impression,
    }


def _two_columns(facts: dict[str, Any]) -> Table:
    table = Table(show_header=False)
    for name, value in facts.items():
        text = "\n".join(value) if isinstance(value, list) else "" if value is None else str(value)
        table.add_row(name, text.replace("[", r"\["))
    return table
