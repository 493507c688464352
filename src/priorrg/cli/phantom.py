"""``priorrg phantom``: synthetic patients with known findings and known change."""

from pathlib import Path
from typing import Annotated

import typer

from priorrg.cli.terminal import bars, wrote


def phantom(
    out: Annotated[Path, typer.Argument(help="A new or empty folder.")],
    patients: Annotated[int, typer.Option(help="How many patients; about 3 studies each.")] = 700,
    seed: Annotated[int, typer.Option(help="The same seed gives the same files.")] = 0,
    size: Annotated[int, typer.Option(help="Side of the images in px.")] = 256,
    image_format: Annotated[str, typer.Option("--format", help="jpg or dicom.")] = "jpg",
    workers: Annotated[int, typer.Option(help="Processes; 0 is one a core.")] = 0,
) -> None:
    """Write a synthetic cohort shaped like MIMIC-CXR-JPG, with the truth beside it.

    Example: `priorrg phantom data/phantom --patients 700 --seed 1`
    """
    from priorrg.data.phantom.cohort import write_phantom

    with bars() as progress:
        summary = write_phantom(
            out, patients, seed, size, image_format, progress.named("patients"), workers or None
        )
    wrote(
        summary.folder,
        said=f"{summary.patients} patients, {summary.studies} studies ({summary.with_prior} with a prior), "
        f"{summary.images} images",
    )
