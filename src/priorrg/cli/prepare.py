"""``priorrg prepare``: a downloaded data set → a prepared one."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from priorrg.cli.terminal import bars, screen

if TYPE_CHECKING:
    from priorrg.data.manifest import PreparedData

app = typer.Typer(help="Turn a downloaded data set into a prepared one.", no_args_is_help=True)


@app.callback()
def _one_data_set_a_verb() -> None:
    """Turn a downloaded data set into a prepared one: studies with their priors, sections and splits."""


@app.command("mimic-cxr")
def mimic_cxr(
    root: Annotated[Path, typer.Argument(help="The folder with files/ and the CSV tables.")],
    out: Annotated[Path, typer.Argument(help="The prepared data set; new, empty, or of the same ROOT.")],
    reports: Annotated[
        Path | None, typer.Option(help="The folder of the report texts, if they are not under ROOT.")
    ] = None,
) -> None:
    """Prepare MIMIC-CXR, MIMIC-CXR-JPG or a phantom.

    Example: `priorrg prepare mimic-cxr mimic-cxr-jpg-2.1.0 data/mimic --reports mimic-cxr-reports`
    """
    from priorrg.data.mimic_cxr import prepare

    with bars() as progress:
        _show(prepare(root, out, reports_root=reports, progress=progress.named("studies")))


@app.command("released")
def released(
    annotation: Annotated[Path, typer.Argument(help="The authors' annotation JSON.")],
    images: Annotated[Path, typer.Argument(help="The folder that its image paths are relative to.")],
    out: Annotated[
        Path, typer.Argument(help="The prepared data set; new, empty, or of the same IMAGES.")
    ],
) -> None:
    """Prepare the authors' annotation, with the priors that it gives.

    Example: `priorrg prepare released annotation.json mimic-cxr-jpg-2.1.0/files data/released`
    """
    from priorrg.data.released import prepare

    with bars() as progress:
        _show(prepare(annotation, images, out, progress=progress.named("looking for images")))


def _show(prepared: "PreparedData") -> None:
    counts, dropped = prepared.card["counts"], prepared.card["dropped"]
    table = Table("what", "count", title=f"{prepared.name} in {prepared.folder}")
    for what in ("patients", "studies", "images"):
        table.add_row(what, f"{counts[what]:,}")
    for kind, group in (
        ("split", "studies_by_split"),
        ("prior", "prior_reasons"),
        ("with", "studies_with"),
    ):
        for what, count in counts[group].items():
            table.add_row(f"studies, {kind}: {what.replace('_', ' ')}", f"{count:,}")
    for what, count in dropped.items():
        if count:
            table.add_row(f"left out: {what.replace('_', ' ')}", f"{count:,}")
    screen.print(table)
