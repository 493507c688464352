"""``priorrg pretrain``: stage 1."""

from pathlib import Path
from typing import Annotated

import typer

from priorrg.cli.terminal import bars, screen
from priorrg.settings import load_settings

DataArgument = Annotated[Path, typer.Argument(help="A prepared data set.")]
SetOption = Annotated[list[str], typer.Option("--set", help="Override a setting: key.path=value.")]
LoggerOption = Annotated[str, typer.Option(help="none, tensorboard, wandb or mlflow.")]


def pretrain(
    data: DataArgument,
    out: Annotated[Path, typer.Option(help="The run folder; a run that was interrupted goes on.")],
    preset: Annotated[str, typer.Option(help="tiny, base, released, or a YAML file.")] = "tiny",
    changes: SetOption = [],  # noqa: B006  Typer reads the default, nothing mutates it
    encoder: Annotated[
        Path | None, typer.Option(help="Take over the encoder of an earlier run.")
    ] = None,
    logger: LoggerOption = "none",
) -> None:
    """Stage 1: train the small encoder if the preset has one, then align studies with their reports.

    Example: `priorrg pretrain data/phantom --preset tiny --out runs/stage1`
    """
    from priorrg.training import run

    with bars() as progress:
        model = run.pretrain(
            data, load_settings(preset, changes), out, encoder=encoder, logger=logger, progress=progress
        )
    screen.print(f"wrote {model}")
