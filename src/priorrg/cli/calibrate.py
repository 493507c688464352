"""``priorrg calibrate``: how sure is a sentence?"""

from pathlib import Path
from typing import Annotated, Literal

import typer

from priorrg.cli.mode import ExactOption, ModeOption, chosen_mode
from priorrg.cli.pretrain import DataArgument
from priorrg.cli.report import DeviceOption
from priorrg.cli.terminal import bars, wrote


def calibrate(
    model: Annotated[Path, typer.Argument(help="A model folder; the calibration is written into it.")],
    data: DataArgument,
    method: Annotated[
        Literal["isotonic", "logistic"] | None,
        typer.Option(help="How it is fitted; the model's own setting by default."),
    ] = None,
    device: DeviceOption = "auto",
    mode: ModeOption = None,
    exact: ExactOption = False,
) -> None:
    """Fit the confidence of sentences on the validation split.

    Example: `priorrg calibrate runs/demo/model runs/demo/data`
    """
    how = chosen_mode(mode, exact=exact)
    from priorrg.calibrating import calibrate as fit_and_write

    with bars() as progress:
        made = fit_and_write(
            model,
            data,
            method=method,
            device=device,
            mode=how,
            progress=progress.named("reporting"),
        )
    wrote(
        model / "confidence.json",
        said=f"{made.method}, {made.sentences:,} sentences of {made.fitted_on}, {made.right:,} right by "
        f"{made.judged_by}",
    )
