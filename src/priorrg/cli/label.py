"""``priorrg label``: the 14 observations of CheXpert in each report, by rules."""

from pathlib import Path
from typing import Annotated

import typer

from priorrg.cli.terminal import OverwriteOption, bars, wrote
from priorrg.storage import refuse_existing


def label(
    file: Annotated[Path, typer.Argument(help="A table of reports: CSV, JSON lines or Parquet.")],
    column: Annotated[str, typer.Option(help="The column with the reports.")],
    out: Annotated[Path, typer.Option(help="The table to write, CSV.")],
    id_column: Annotated[
        str | None, typer.Option("--id", help="The column that names each report; else its row number.")
    ] = None,
    explain: Annotated[
        bool, typer.Option("--explain", help="Write beside each label the phrase that decided it.")
    ] = False,
    speculation: Annotated[
        bool,
        typer.Option(
            "--speculation",
            help="Also -1 for what something may be or what is not excluded, as CheXpert's labeler has it.",
        ),
    ] = False,
    overwrite: OverwriteOption = False,
) -> None:
    """Label each report with CheXpert's 14 observations by rules: 1, 0, -1 (uncertain) or empty.

    These are rule labels, not CheXbert's. Example: `priorrg label reports.csv --column reference --out labels.csv`
    """
    refuse_existing(out, overwrite=overwrite)
    from priorrg.label_table import label_table

    with bars() as progress:
        rows = label_table(
            file,
            column,
            out,
            ids=id_column,
            explain=explain,
            speculation=speculation,
            progress=progress.named("labelling"),
        )
    wrote(out, said=f"{rows} reports labelled by rules")
