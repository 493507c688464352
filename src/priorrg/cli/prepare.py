"""``priorrg prepare``: a downloaded data set → a prepared one."""

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from priorrg.cli.terminal import bars, screen, wrote
from priorrg.data.iu_xray_form import Form
from priorrg.data.priors import PriorOrder
from priorrg.errors import UsageError

if TYPE_CHECKING:
    from priorrg.data.manifest import PreparedData


class Language(StrEnum):
    """The languages of PadChest-GR."""

    EN = "en"
    ES = "es"


Out = Annotated[Path, typer.Argument(help="The prepared data set; new, empty, or of the same ROOT.")]
WithoutImages = Annotated[
    bool, typer.Option("--without-images", help="Prepare the texts alone; look for no image.")
]

app = typer.Typer(help="Turn a downloaded data set into a prepared one.", no_args_is_help=True)


@app.callback()
def _one_data_set_a_verb() -> None:
    """Turn a downloaded data set into a prepared one: studies with their priors, sections and splits."""


@app.command("mimic-cxr")
def mimic_cxr(
    root: Annotated[Path, typer.Argument(help="The folder with files/ and the CSV tables.")],
    out: Out,
    reports: Annotated[
        Path | None, typer.Option(help="The folder of the report texts, if they are not under ROOT.")
    ] = None,
    prior_order: Annotated[
        PriorOrder,
        typer.Option(help="study-id orders at random, as the released annotation: to compare only."),
    ] = PriorOrder.DATE,
    without_images: WithoutImages = False,
) -> None:
    """Prepare MIMIC-CXR, MIMIC-CXR-JPG or a phantom.

    Example: `priorrg prepare mimic-cxr mimic-cxr-jpg-2.1.0 data/mimic --reports mimic-cxr-reports`
    """
    from priorrg.data.mimic_cxr import prepare

    with bars() as progress:
        prepared = prepare(
            root,
            out,
            reports_root=reports,
            prior_order=prior_order,
            with_images=not without_images,
            progress=progress.named("studies"),
        )
    _show(prepared)


@app.command("released")
def released(
    annotation: Annotated[Path, typer.Argument(help="The authors' annotation JSON.")],
    images: Annotated[Path, typer.Argument(help="The folder that its image paths are relative to.")],
    out: Annotated[
        Path, typer.Argument(help="The prepared data set; new, empty, or of the same IMAGES.")
    ],
    without_images: WithoutImages = False,
) -> None:
    """Prepare the authors' annotation, with the priors that it gives.

    Example: `priorrg prepare released annotation.json mimic-cxr-jpg-2.1.0/files data/released`
    """
    from priorrg.data.released import prepare

    with bars() as progress:
        bar = progress.named("looking for images")
        prepared = prepare(
            images, out, annotation=annotation, with_images=not without_images, progress=bar
        )
    _show(prepared)


@app.command("mimic-abn")
def mimic_abn(
    annotation: Annotated[Path, typer.Argument(help="The authors' annotation JSON of MIMIC-ABN.")],
    images: Annotated[Path, typer.Argument(help="The folder that its image paths are relative to.")],
    out: Annotated[
        Path, typer.Argument(help="The prepared data set; new, empty, or of the same IMAGES.")
    ],
    without_images: WithoutImages = False,
) -> None:
    """Prepare MIMIC-ABN from the authors' annotation, with the priors that it gives.

    Example: `priorrg prepare mimic-abn mimic_abn.json mimic-cxr-jpg-2.1.0/files data/mimic-abn`
    """
    from priorrg.data.mimic_abn import prepare

    with bars() as progress:
        bar = progress.named("looking for images")
        prepared = prepare(
            images, out, annotation=annotation, with_images=not without_images, progress=bar
        )
    _show(prepared)


@app.command("mimic-abn-derived")
def mimic_abn_derived(
    root: Annotated[
        Path, typer.Argument(help="MIMIC-CXR as for `prepare mimic-cxr`, or prepared by it.")
    ],
    out: Out,
    reports: Annotated[
        Path | None, typer.Option(help="The folder of the report texts, if they are not under ROOT.")
    ] = None,
    without_images: WithoutImages = False,
) -> None:
    """Keep the abnormal sentences of MIMIC-CXR by our rule; studies left without one are dropped.

    Example: `priorrg prepare mimic-abn-derived data/mimic data/mimic-abn-derived`
    """
    from priorrg.data.mimic_abn_derived import prepare

    with bars() as progress:
        prepared = prepare(
            root,
            out,
            reports_root=reports,
            with_images=not without_images,
            progress=progress.named("studies"),
        )
    _show(prepared)


@app.command("iu-xray")
def iu_xray(
    root: Annotated[Path, typer.Argument(help="The folder with the reports and, below it, the images.")],
    out: Out,
    form: Annotated[
        Form | None, typer.Option(help="The form of the reports, if ROOT holds several.")
    ] = None,
    seed: Annotated[int, typer.Option(help="Draws the split, which XML and Kaggle lack.")] = 0,
    without_images: WithoutImages = False,
) -> None:
    """Prepare the Indiana University collection: Open-i XML, the Kaggle CSV pair or annotation.json.

    Example: `priorrg prepare iu-xray ecgen-radiology data/iu --without-images`
    """
    from priorrg.data.iu_xray import prepare

    with bars() as progress:
        prepared = prepare(
            root,
            out,
            form=form,
            seed=seed,
            with_images=not without_images,
            progress=progress.named("reports"),
        )
    _show(prepared)


@app.command("chexpert-plus")
def chexpert_plus(
    root: Annotated[
        Path, typer.Argument(help="The folder with df_chexpert_plus_240401.csv and images.")
    ],
    out: Out,
    without_images: WithoutImages = False,
) -> None:
    """Prepare CheXpert Plus; a prior only where dates, wording and order column hold together.

    Example: `priorrg prepare chexpert-plus chexpert-plus data/chexpert-plus`
    """
    from priorrg.data.chexpert_plus import prepare

    with bars() as progress:
        bar = progress.named("looking for images")
        prepared = prepare(root, out, with_images=not without_images, progress=bar)
    _show(prepared)


@app.command("rexgradient")
def rexgradient(
    root: Annotated[Path, typer.Argument(help="The folder with metadata/ and deid_png/.")],
    out: Out,
    without_images: WithoutImages = False,
) -> None:
    """Prepare ReXGradient-160K, priors by date.

    Example: `priorrg prepare rexgradient ReXGradient-160K data/rexgradient`
    """
    from priorrg.data.rexgradient import prepare

    with bars() as progress:
        bar = progress.named("looking for images")
        prepared = prepare(root, out, with_images=not without_images, progress=bar)
    _show(prepared)


@app.command("padchest-gr")
def padchest_gr(
    root: Annotated[
        Path, typer.Argument(help="The folder with the grounded reports, master_table.csv and images.")
    ],
    out: Out,
    language: Annotated[Language, typer.Option(help="The language of the sentences.")] = Language.EN,
    without_images: WithoutImages = False,
) -> None:
    """Prepare PadChest-GR, with the priors that it gives.

    Example: `priorrg prepare padchest-gr PadChest-GR data/padchest-gr --language es`
    """
    from priorrg.data.padchest_gr import prepare

    with bars() as progress:
        prepared = prepare(
            root,
            out,
            language=language.value,
            with_images=not without_images,
            progress=progress.named("studies"),
        )
    _show(prepared)


@app.command("own")
def own(
    root: Annotated[
        Path, typer.Argument(help="The folder that the table's image paths are relative to.")
    ],
    out: Out,
    table: Annotated[
        Path | None, typer.Option(help="The table, if it is not ROOT/studies.csv, .csv.gz or .parquet.")
    ] = None,
    column: Annotated[
        list[str] | None,
        typer.Option(
            help="OURS=THEIRS: a column of the table that has another name, such as patient=mrn."
        ),
    ] = None,
    seed: Annotated[int, typer.Option(help="Draws the split by patient if the table has none.")] = 0,
    without_images: WithoutImages = False,
) -> None:
    """Prepare your own table, one row per image; docs/data.md describes its columns.

    Example: `priorrg prepare own images data/own --table studies.csv --column patient=mrn`
    """
    from priorrg.data.own_table import prepare

    with bars() as progress:
        prepared = prepare(
            root,
            out,
            table=table,
            columns=dict(_pair(text) for text in column or ()),
            seed=seed,
            with_images=not without_images,
            progress=progress.named("looking for images"),
        )
    _show(prepared)


def _pair(text: str) -> tuple[str, str]:
    ours, sign, theirs = text.partition("=")
    if not sign or not ours or not theirs:
        raise UsageError(f"--column is {text!r}; expected OURS=THEIRS, such as patient=mrn")
    return ours, theirs


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
            table.add_row(f"noted: {what.replace('_', ' ')}", f"{count:,}")
    screen.print(table)
    for warning in _warnings(prepared):
        screen.print(f"note: {warning}", markup=False, highlight=False, soft_wrap=True)
    wrote(prepared.folder)


def _warnings(prepared: "PreparedData") -> list[str]:
    """Return what will stand in the way later: splits without a study, views that no one knows."""
    counts = prepared.card["counts"]
    told = []
    if empty := [
        name for name in ("train", "validate", "test") if not counts["studies_by_split"].get(name)
    ]:
        told.append(
            f"no study is in split {' or '.join(empty)}: training needs train and validate, reports of held-out "
            f"patients need test (split: {prepared.card['split']})"
        )
    elif ";" in prepared.card["split"]:
        told.append(f"split: {prepared.card['split']}")
    if strange := counts["unknown_views"]:
        some = ", ".join(f"{view!r} ({n:,})" for view, n in list(strange.items())[:3])
        told.append(
            f"{sum(strange.values()):,} images have a view that is not known, such as {some}: they count as not "
            "frontal; expected PA, AP, LATERAL, LL, FRONTAL or empty"
        )
    return told
