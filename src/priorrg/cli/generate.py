"""``priorrg generate``: reports for a whole split."""

from pathlib import Path
from typing import Annotated

import typer

from priorrg.cli.evaluate import evaluate
from priorrg.cli.pretrain import DataArgument
from priorrg.cli.report import DeviceOption
from priorrg.cli.terminal import OverwriteOption, bars, screen
from priorrg.storage import refuse_existing


def generate(
    model: Annotated[Path, typer.Argument(help="A model folder.")],
    data: DataArgument,
    out: Annotated[Path, typer.Option(help="The table to write.")],
    split: Annotated[str, typer.Option(help="train, validate or test.")] = "test",
    beams: Annotated[int | None, typer.Option(help="Beam width; the model's own by default.")] = None,
    device: DeviceOption = "auto",
    overwrite: OverwriteOption = False,
    score: Annotated[bool, typer.Option("--evaluate", help="Score the table when it is there.")] = False,
) -> None:
    """Write a report for every image of a split; an interrupted run goes on where it stopped.

    Example: `priorrg generate runs/stage2/model data/phantom --split test --out reports.csv`
    """
    refuse_existing(out, overwrite=overwrite)
    from priorrg.report_table import generate_table

    with bars() as progress:
        rows = generate_table(
            model,
            data,
            out,
            split=split,
            beams=beams,
            device=device,
            progress=progress.named("reporting"),
            tell=progress.tell,
        )
    screen.print(f"wrote {out}: {rows} drafts; {out.stem}.json says of what model")
    if score:
        evaluate(out)
