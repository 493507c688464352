"""``priorrg pretrain``: stage 1."""

from pathlib import Path
from typing import Annotated

import typer

from priorrg.cli.terminal import bars, wrote
from priorrg.settings import load_settings

DataArgument = Annotated[Path, typer.Argument(help="A prepared data set.")]
SetOption = Annotated[list[str], typer.Option("--set", help="Override a setting: key.path=value.")]
LoggerOption = Annotated[str, typer.Option(help="none, tensorboard, wandb or mlflow.")]
MaxStudiesOption = Annotated[
    int | None,
    typer.Option(min=1, help="At most so many training studies, by whole patients drawn by the seed."),
]
ViewsOption = Annotated[str | None, typer.Option(help="frontal or all.")]
RequireOption = Annotated[
    str | None,
    typer.Option(
        help="Only studies that have it: indication, history, context, prior; several by comma."
    ),
]


def selection_changes(max_studies: int | None, views: str | None, require: str | None) -> list[str]:
    """Return the overrides of settings that the options for the choice of studies stand for."""
    named = {"max_studies": max_studies, "views": views}
    changes = [f"data.{name}={value}" for name, value in named.items() if value is not None]
    return changes + ([f"data.require=[{require}]"] if require is not None else [])


def pretrain(
    data: DataArgument,
    out: Annotated[Path, typer.Option(help="The run folder; a run that was interrupted goes on.")],
    preset: Annotated[str, typer.Option(help="tiny, base, released, or a YAML file.")] = "tiny",
    max_studies: MaxStudiesOption = None,
    views: ViewsOption = None,
    require: RequireOption = None,
    changes: SetOption = [],  # noqa: B006  Typer reads the default, nothing mutates it
    encoder: Annotated[
        Path | None, typer.Option(help="Take over the encoder of an earlier run.")
    ] = None,
    logger: LoggerOption = "none",
) -> None:
    """Stage 1: train the small encoder if the preset has one, then align studies with their reports.

    Example: `priorrg pretrain data/phantom --preset tiny --out runs/stage1`
    """
    settings = load_settings(preset, [*changes, *selection_changes(max_studies, views, require)])
    from priorrg.training import run  # torch takes its time: after all that can fail without it

    with bars() as progress:
        model = run.pretrain(
            data,
            settings,
            out,
            encoder=encoder,
            logger=logger,
            progress=progress,
            tell=progress.tell,
        )
    wrote(model)
