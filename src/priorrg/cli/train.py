"""``priorrg train``: stage 2."""

from pathlib import Path
from typing import Annotated

import typer
import yaml

from priorrg.cli.pretrain import (
    DataArgument,
    LoggerOption,
    MaxStudiesOption,
    RequireOption,
    SetOption,
    ViewsOption,
    selection_changes,
)
from priorrg.cli.terminal import bars, wrote
from priorrg.model_source import locate, model_of
from priorrg.settings import load_settings, override, settings_from


def train(
    data: DataArgument,
    pretrained: Annotated[
        Path, typer.Option("--from", help="A pre-trained run, a model folder, or a hub id.")
    ],
    out: Annotated[Path, typer.Option(help="The run folder; a run that was interrupted goes on.")],
    preset: Annotated[str | None, typer.Option(help="Instead of the settings of --from.")] = None,
    target: Annotated[str | None, typer.Option(help="findings, impression or both.")] = None,
    max_studies: MaxStudiesOption = None,
    views: ViewsOption = None,
    require: RequireOption = None,
    changes: SetOption = [],  # noqa: B006  Typer reads the default, nothing mutates it
    logger: LoggerOption = "none",
) -> None:
    """Stage 2: learn to write the report.

    Example: `priorrg train data/phantom --from runs/stage1 --out runs/stage2`
    """
    changes = [*changes, *selection_changes(max_studies, views, require)]
    if target is not None:
        changes = [*changes, f"data.target={target}"]
    pretrained = locate(pretrained)
    own = model_of(pretrained) / "settings.yaml"
    if preset is not None:
        settings = load_settings(preset, changes)
    else:
        settings = settings_from(override(yaml.safe_load(own.read_text()), changes), source=str(own))
    from priorrg.training import run  # torch takes its time: after all that can fail without it

    with bars() as progress:
        model = run.train(
            data, pretrained, out, settings, logger=logger, progress=progress, tell=progress.tell
        )
    wrote(model)
