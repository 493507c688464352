"""``priorrg generate``: reports for a whole split."""

from pathlib import Path
from typing import Annotated

import typer

from priorrg.cli.evaluate import evaluate
from priorrg.cli.mode import ExactOption, ModeOption, chosen_mode
from priorrg.cli.pretrain import DataArgument
from priorrg.cli.report import DeviceOption
from priorrg.cli.terminal import OverwriteOption, bars, wrote
from priorrg.storage import refuse_existing


def generate(
    model: Annotated[
        Path, typer.Argument(help="A model folder, a run of `priorrg train`, or a hub id.")
    ],
    data: DataArgument,
    out: Annotated[Path, typer.Option(help="The table to write.")],
    split: Annotated[str, typer.Option(help="train, validate or test.")] = "test",
    beams: Annotated[int | None, typer.Option(help="Beam width; the model's own by default.")] = None,
    device: DeviceOption = "auto",
    mode: ModeOption = None,
    exact: ExactOption = False,
    overwrite: OverwriteOption = False,
    score: Annotated[bool, typer.Option("--evaluate", help="Score the table when it is there.")] = False,
) -> None:
    """Write a report for every image of a split; an interrupted run goes on where it stopped.

    Example: `priorrg generate runs/stage2/model data/phantom --split test --out reports.csv`
    """
    how = chosen_mode(mode, exact=exact)
    for path in (out, out.with_suffix(".json")):
        refuse_existing(path, overwrite=overwrite)
    from priorrg.model_source import model_of

    folder = model_of(model)
    from priorrg.report_table import generate_table  # torch takes its time: after all that fails without

    with bars() as progress:
        rows = generate_table(
            folder,
            data,
            out,
            split=split,
            beams=beams,
            device=device,
            mode=how,
            progress=progress.named("reporting"),
            tell=progress.tell,
        )
    if score:
        evaluate(out)
    wrote(out, said=f"{rows} drafts; {out.stem}.json beside them says of what model")
