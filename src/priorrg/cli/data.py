"""``priorrg data``: which data sets can be prepared, what a prepared study holds, what changed between two."""

import json
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.table import Table

from priorrg.cli.terminal import OverwriteOption, screen, wrote
from priorrg.cli.verify import verify
from priorrg.storage import refuse_existing

if TYPE_CHECKING:
    from priorrg.data.shown_study import ShownStudy

_TEXTS = ("indication", "history", "comparison", "findings", "impression", "last_paragraph")

app = typer.Typer(
    help="List data sets, look at a study, compare two preparations.", no_args_is_help=True
)
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
    picture: Annotated[
        Path | None, typer.Option(help="Write its images, each beside its prior, as this PNG file.")
    ] = None,
    overwrite: OverwriteOption = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Show what is known of one study: images, prior and why, context, report; with `--picture` its images.

    Example: `priorrg data show data/phantom 50000001 --picture study.png`
    """
    from priorrg.data.manifest import PreparedData
    from priorrg.data.shown_study import shown_study, write_picture

    if picture is not None:
        refuse_existing(picture, overwrite=overwrite)
    prepared = PreparedData(data)
    found = shown_study(prepared, study)
    if picture is not None:
        write_picture(prepared, found, picture)
    facts = _facts(found)
    if as_json:
        typer.echo(json.dumps(facts, indent=1, ensure_ascii=False))
        return
    screen.print(_two_columns(facts))
    if picture is not None:
        wrote(picture)


@app.command("diff")
def diff(
    before: Annotated[Path, typer.Argument(help="A prepared data set.")],
    after: Annotated[Path, typer.Argument(help="Another preparation of it.")],
    examples: Annotated[int, typer.Option(min=0, help="At most so many examples of each change.")] = 5,
    texts: Annotated[bool, typer.Option("--texts", help="Show report texts that changed.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Say what changed between two preparations: sources, studies, images, priors, splits, texts, labels.

    Example: `priorrg data diff data/mimic data/mimic-new`
    """
    from priorrg.data.differences import compare, summary
    from priorrg.data.manifest import PreparedData

    found = compare(PreparedData(before), PreparedData(after), examples, texts)
    if as_json:
        typer.echo(json.dumps(found.as_dict(), indent=1, ensure_ascii=False))
        return
    for line in summary(found) or ["no differences"]:
        screen.print(line, markup=False, highlight=False, soft_wrap=True)


def _facts(study: "ShownStudy") -> dict[str, Any]:
    row = study.facts
    return {
        "patient": row["patient_id"],
        "study": row["study_id"],
        "taken at": _date(row["taken_at"]),
        "split": row["split"],
        "images": [
            f"{current.image_id} ({current.view}), prior: "
            + (f"{prior.image_id} ({prior.view})" if prior is not None else "none")
            for current, prior in study.pairs
        ],
        "prior": study.reason,
        "prior study": row["prior_study_id"],
        "prior taken at": _date(study.prior_taken_at) if row["prior_study_id"] else None,
        "days since prior": row["days_since_prior"],
        **{name: row[name] or "" for name in _TEXTS},
    }


def _date(moment: datetime | None) -> str:
    return moment.isoformat(sep=" ") if moment is not None else "no date"


def _two_columns(facts: dict[str, Any]) -> Table:
    table = Table(show_header=False)
    for name, value in facts.items():
        table.add_row(name, _cell(value).replace("[", r"\["))
    return table


def _cell(value: object) -> str:
    if isinstance(value, list):
        return "\n".join(map(str, value))
    return f"{value:.2f}" if isinstance(value, float) else "" if value is None else str(value)
