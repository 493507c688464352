"""``priorrg import-weights`` and ``export-weights``: the published checkpoint ⇄ a model folder."""

import json
from collections import Counter
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from priorrg.cli.pretrain import SetOption
from priorrg.cli.terminal import OverwriteOption, bars, screen, wrote
from priorrg.storage import refuse_existing


def import_weights(
    checkpoint: Annotated[
        Path, typer.Argument(help="The published file: Lightning, bare state dict or safetensors.")
    ],
    out: Annotated[Path, typer.Argument(help="The model folder to write; new or empty.")],
    backbones: Annotated[
        Path | None,
        typer.Option(
            help="A folder with the folders of RAD-DINO, CXR-BERT and DistilGPT2; "
            "what is not there comes from the hub."
        ),
    ] = None,
    views: Annotated[Path | None, typer.Option(help="The authors' JSON of view position → row.")] = None,
    changes: SetOption = [],  # noqa: B006  Typer reads the default, nothing mutates it
    as_json: Annotated[bool, typer.Option("--json", help="Machine-readable output.")] = False,
) -> None:
    """Make a model folder of the weights that the authors published, every tensor accounted for.

    Example: `priorrg import-weights best_model.ckpt models/priorrg --backbones backbones --views views.json`
    """
    from priorrg import released_model

    with bars() as progress:
        done = released_model.import_weights(
            checkpoint,
            out,
            backbones=backbones,
            views=views,
            changes=changes,
            progress=progress.named("importing"),
        )
    if as_json:
        typer.echo(json.dumps(asdict(done), indent=1))
        return
    table = Table("", "", title=f"{checkpoint.name} in {out}", show_header=False)
    table.columns[1].overflow = "fold"
    table.add_row(
        "stage", "1: can be trained on, not report yet" if done.stage == 1 else "2: can report"
    )
    table.add_row(
        "taken over", f"{done.tensors} tensors, {done.parameters / 1e6:.1f} million parameters"
    )
    table.add_row("backbones", ", ".join(done.backbones.values()))
    for difference in done.unusual:
        table.add_row("not as published", difference)
    for why, count in Counter(done.left_out.values()).items():
        table.add_row("left out", f"{count} tensors: {why}")
    if done.fresh:
        table.add_row("begins anew", done.fresh)
    table.add_row("SHA-256", done.sha256)
    screen.print(table)
    wrote(out)


def export_weights(
    model: Annotated[Path, typer.Argument(help="A model folder of the published method.")],
    out: Annotated[Path, typer.Argument(help="The file to write: .ckpt (Lightning) or .safetensors.")],
    like: Annotated[
        Path | None,
        typer.Option(
            help="The checkpoint that was imported: what the import left out is taken from it."
        ),
    ] = None,
    overwrite: OverwriteOption = False,
) -> None:
    """Write a model's weights in the layout of the published checkpoint.

    Example: `priorrg export-weights models/priorrg back.ckpt --like best_model.ckpt`
    """
    refuse_existing(out, overwrite=overwrite)
    from priorrg.released_export import export_weights as export

    lacking = export(model, out, like=like)
    said = []
    if lacking:
        said.append(f"left out, for the published layout has no place for it: {', '.join(lacking)}")
    if like is None:
        said.append("without the heads that an import leaves out; --like CHECKPOINT adds them")
    wrote(out, said="\n".join(said))
