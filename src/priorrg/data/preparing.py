"""The last steps that every reader shares: link priors, check patients, write the manifest.

A reader turns its source into ``SourceStudy`` rows and hands them over. Knows nouns and tables, no
source format.
"""

import shutil
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import polars as pl

from priorrg.data import priors
from priorrg.data.data_card import write_data_card
from priorrg.data.manifest import (
    IMAGE_COLUMNS,
    STUDY_COLUMNS,
    TABLES,
    PreparedData,
    write_card,
    write_table,
)
from priorrg.data.patient_facts import unknown_views
from priorrg.data.report_columns import TEXTS, report_columns
from priorrg.data.sections import Sections
from priorrg.data.source_tables import fingerprint
from priorrg.data.splits import check_patients
from priorrg.errors import DataError, PriorRGError, UsageError
from priorrg.storage import is_empty, new_folder
from priorrg.study import UNKNOWN_VIEW

Progress = Callable[[int, int], None]
_OF_STUDY = ("patient_id", "study_id", "taken_at", "split", "sex", "age")
_OF_IMAGE = ("image_id", "view", "path", "width", "height")


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceImage:
    """One image on hand. ``path`` is relative to the source's root; width and height are in px.

    ``prior_image_id`` is the prior that the source itself names, of a study whose ``prior`` is given.
    """

    image_id: str
    path: str
    view: str = UNKNOWN_VIEW
    width: int | None = None
    height: int | None = None
    prior_image_id: str | None = None


@dataclass(slots=True, kw_only=True)
class SourceStudy:
    """One study as its source tells of it.

    A study without images still counts when priors are linked. ``prior`` is what the source itself says of
    it; ``None`` leaves it to the dates.
    """

    patient_id: str
    study_id: str
    taken_at: datetime | None = None
    split: str = ""
    sex: str = ""
    age: float | None = None
    images: Sequence[SourceImage] = ()
    report: Sections = field(default_factory=Sections)
    prior: priors.PriorLink | None = None


def check_folders(root: str | Path, out: str | Path, *, reader: str, expected: str) -> tuple[Path, Path]:
    """Return root and out in full. Raises ``UsageError`` unless root is there and out may be written."""
    root, out = Path(root).resolve(), Path(out).resolve()
    if not root.is_dir():
        raise UsageError(f"{root}: no such folder; expected {expected}")
    check_replaceable(out, reader, root)
    return root, out


def check_replaceable(out: Path, reader: str, root: Path) -> None:
    """Raise ``UsageError`` unless ``out`` is absent, empty or prepared earlier from the same root."""
    if is_empty(out):
        return
    try:
        card = PreparedData(out).card
    except PriorRGError:
        card = {}
    if card.get("reader") != reader or card.get("root") != str(root):
        raise UsageError(
            f"{out}: is not empty and holds no data set prepared from {root}; choose a new folder or "
            "empty it"
        )


def write_prepared(
    out: Path,
    studies: Sequence[SourceStudy],
    *,
    card: Mapping[str, Any],
    dropped: Mapping[str, int],
    with_images: bool = True,
    prior_order: priors.PriorOrder = priors.PriorOrder.DATE,
    reports: pl.DataFrame | None = None,
    labels: pl.DataFrame | None = None,
    copies: Sequence[Path] = (),
) -> PreparedData:
    """Write the prepared data set ``out`` whole or not at all; return it opened.

    Priors are linked over all ``studies``; what the source itself says of a study's prior then stands.
    ``card`` is what ``data.json`` says of the source; ``dropped`` and counts are added. Without images the
    texts alone are written, and priors are linked to studies whose images the source lists. ``reports`` are
    ``report_columns`` in the order of ``studies``, in place of what these say; ``labels`` has study_id and
    one column a label; ``copies`` are files taken along. Raises ``DataError`` if a patient is
    in two splits, an id occurs twice or no image is there, ``StorageError`` if the disk refuses.
    """
    check_patients((study.patient_id, study.split) for study in studies)
    links = priors.link(studies, prior_order)
    links |= {study.study_id: study.prior for study in studies if study.prior is not None}
    if reports is None:
        reports = report_columns([study.report for study in studies])
    table, images = _study_table(studies, reports, links), _image_table(studies, links)
    if with_images:
        _refuse_useless(images, card)
    facts = {
        **card,
        "with_images": with_images,
        "dropped": dict(sorted(dropped.items())),
        "counts": _counts(table, images, with_images),
    }
    with new_folder(out) as folder:
        write_table(folder / "studies.parquet", table, STUDY_COLUMNS)
        write_table(folder / "images.parquet", images if with_images else images.clear(), IMAGE_COLUMNS)
        if labels is not None:
            labels.write_parquet(folder / "labels.parquet")
        for path in copies:
            shutil.copyfile(path, folder / path.name)
        tables = [fingerprint(folder / name) for name in TABLES if (folder / name).is_file()]
        write_card(folder, {**facts, "tables": tables})
        write_data_card(folder)
    return PreparedData(out)


def _refuse_useless(images: pl.DataFrame, card: Mapping[str, Any]) -> None:
    """Raise ``DataError`` if there is no image, or one id for two."""
    if images.is_empty():
        raise DataError(
            f"{card.get('root')}: no image of any study is there; expected at least one. Are the images "
            "elsewhere? `--without-images` prepares the texts alone"
        )
    repeated = images.filter(pl.col("image_id").is_duplicated())
    if len(repeated):
        image_id = repeated["image_id"].mode(maintain_order=True)[0]
        rows = repeated.filter(pl.col("image_id") == image_id)
        paths = rows["path"].unique().sort()
        files = (
            f"one file in {len(rows)} rows: {paths[0]}"
            if len(paths) == 1
            else f"files {', '.join(paths[:3])}"
        )
        raise DataError(
            f"image {image_id!r} occurs {len(rows)} times ({files}); expected every image once, under a name "
            "of its own but for the ending. Remove or rename all but one"
        )


def _study_table(
    studies: Sequence[SourceStudy], reports: pl.DataFrame, links: Mapping[str, priors.PriorLink]
) -> pl.DataFrame:
    """Return one row a study, columns as in ``STUDY_COLUMNS``, in the order of patients and studies."""
    prior = [links[study.study_id] for study in studies]
    columns = {
        **{name: [getattr(study, name) for study in studies] for name in _OF_STUDY},
        **{name: reports[name] for name in reports.columns},
        "prior_study_id": [link.prior_study_id for link in prior],
        "prior_reason": [link.reason.value for link in prior],
        "days_since_prior": [link.days_since_prior for link in prior],
    }
    return pl.DataFrame(columns, schema=dict(STUDY_COLUMNS)).sort("patient_id", "study_id")


def _image_table(studies: Sequence[SourceStudy], links: Mapping[str, priors.PriorLink]) -> pl.DataFrame:
    """Return one row an image, columns as in ``IMAGE_COLUMNS``, in the order of patients, studies, images."""
    of = [study for study in studies for _ in study.images]
    images = [image for study in studies for image in study.images]
    columns = {
        **{name: [getattr(image, name) for image in images] for name in _OF_IMAGE},
        "study_id": [study.study_id for study in of],
        "patient_id": [study.patient_id for study in of],
        "prior_image_id": _prior_images(studies, links),
    }
    ordered = {name: columns[name] for name in IMAGE_COLUMNS}
    return pl.DataFrame(ordered, schema=dict(IMAGE_COLUMNS)).sort("patient_id", "study_id", "image_id")


def _prior_images(
    studies: Sequence[SourceStudy], links: Mapping[str, priors.PriorLink]
) -> list[str | None]:
    """Return the prior of every image, in their order: as the source names it, else of the linked study."""
    images_of = {study.study_id: study.images for study in studies}
    chosen: list[str | None] = []
    for study in studies:
        if study.prior is not None:
            chosen += [image.prior_image_id for image in study.images]
            continue
        candidates = images_of.get(links[study.study_id].prior_study_id or "", ())
        for image in study.images:
            found = priors.prior_image(image.view, candidates)
            chosen.append(found.image_id if found is not None else None)
    return chosen


def _counts(studies: pl.DataFrame, images: pl.DataFrame, with_images: bool) -> dict[str, Any]:
    times = studies.select("study_id", "taken_at")
    pairs = studies.join(times, left_on="prior_study_id", right_on="study_id", suffix="_of_prior")
    return {
        "patients": studies["patient_id"].n_unique(),
        "studies": len(studies),
        "images": len(images) if with_images else 0,
        "unknown_views": unknown_views(images["view"]),
        "studies_by_split": dict(Counter(split or "none" for split in studies["split"])),
        "prior_reasons": dict(Counter(studies["prior_reason"])),
        "priors_not_earlier": len(pairs.filter(pl.col("taken_at_of_prior") >= pl.col("taken_at"))),
        "studies_with": {name: len(studies.filter(pl.col(name) != "")) for name in TEXTS},
    }
