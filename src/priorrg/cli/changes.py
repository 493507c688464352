"""``priorrg changes``: what reports say of change since the earlier film."""

from pathlib import Path
from typing import Annotated

import typer

from priorrg.cli.terminal import OverwriteOption, bars, wrote
from priorrg.storage import refuse_existing


def changes(
    file: Annotated[
        Path, typer.Argument(help="Table of reports: .csv, .jsonl (both also .gz) or .parquet.")
    ],
    column: Annotated[str, typer.Option(help="Column of the texts.")],
    out: Annotated[Path, typer.Option(help="Table to write (CSV), one row for each change stated.")],
    ids: Annotated[
        str | None,
        typer.Option("--id", help="Column of ids; else image_id, study_id, id or the row's number."),
    ] = None,
    explain: Annotated[bool, typer.Option("--explain", help="Write the whole sentence too.")] = False,
    overwrite: OverwriteOption = False,
) -> None:
    """Write which finding, on which side, is said to have changed how: new, larger, smaller, unchanged, resolved.

    By rules; beside each stands the phrase that decided it.

    Example: `priorrg changes reports.csv --column generated --out changes.csv --explain`
    """
    refuse_existing(out, overwrite=overwrite)
    from priorrg.change_table import write_changes

    with bars() as progress:
        written = write_changes(
            file, out, column=column, ids=ids, explain=explain, progress=progress.named("reports")
        )
    wrote(
        out,
        said=f"{written.propositions} changes stated by {written.with_changes} of {written.reports} reports",
    )
