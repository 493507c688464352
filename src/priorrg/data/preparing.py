"""The last steps that every reader shares: link priors, check patients, write the manifest.

A reader turns its source into ``SourceStudy`` rows and hands them over. Knows nouns and tables, no
source format.
"""

import json
import shutil
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
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
from priorrg.data.sections import Sections
from priorrg.data.source_tables import fingerprint
from priorrg.data.splits import check_patients
from priorrg.errors import DataError, PriorRGError, UsageError
from priorrg.storage import is_empty, new_folder
from priorrg.study import UNKNOWN_VIEW, Radiograph

Progress = Callable[[int, int], None]
_COUNTED = ("findings", "impression", "indication", "history", "comparison", "last_paragraph")


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
    labels: pl.DataFrame | None = None,
    copies: Sequence[Path] = (),
) -> PreparedData:
    """Write the prepared data set ``out`` whole or not at all; return it opened.

    Priors are linked over all ``studies``; what the source itself says of a study's prior then stands.
    ``card`` is what ``data.json`` says of the source; ``dropped`` and counts are added. Without images the
    texts alone are written, and priors are linked to studies whose images the source lists. ``labels`` has
    study_id and one column a label; ``copies`` are files taken along. Raises ``DataError`` if a patient is
    in two splits, an id occurs twice or no image is there, ``StorageError`` if the disk refuses.
    """
    check_patients((study.patient_id, study.split) for study in studies)
    radiographs = {
        study.study_id: [
            Radiograph(image_id=i.image_id, view=i.view, location=i.path) for i in study.images
        ]
        for study in studies
    }
    records = (
        priors.StudyRecord(
            patient_id=s.patient_id,
            study_id=s.study_id,
            taken_at=s.taken_at,
            images=radiographs[s.study_id],
        )
        for s in studies
    )
    links = priors.link(records, prior_order)
    links |= {study.study_id: study.prior for study in studies if study.prior is not None}
    images = [row for study in studies for row in _image_rows(study, links[study.study_id], radiographs)]
    if with_images:
        _refuse_useless(images, card)
    facts = {
        **card,
        "with_images": with_images,
        "dropped": dict(sorted(dropped.items())),
        "counts": _counts(studies, links, with_images),
    }
    with new_folder(out) as folder:
        _write(
            folder / "studies.parquet",
            [_study_row(s, links[s.study_id]) for s in studies],
            STUDY_COLUMNS,
        )
        _write(folder / "images.parquet", images if with_images else [], IMAGE_COLUMNS)
        if labels is not None:
            labels.write_parquet(folder / "labels.parquet")
        for path in copies:
            shutil.copyfile(path, folder / path.name)
        tables = [fingerprint(folder / name) for name in TABLES if (folder / name).is_file()]
        write_card(folder, {**facts, "tables": tables})
        write_data_card(folder)
    return PreparedData(out)


def _refuse_useless(images: Sequence[Mapping[str, Any]], card: Mapping[str, Any]) -> None:
    """Raise ``DataError`` if there is no image, or one id for two."""
    if not images:
        raise DataError(
            f"{card.get('root')}: no image of any study is there; expected at least one. Are the images "
            "elsewhere? `--without-images` prepares the texts alone"
        )
    count = Counter(image["image_id"] for image in images)
    image_id, times = count.most_common(1)[0]
    if times > 1:
        paths = sorted({image["path"] for image in images if image["image_id"] == image_id})
        files = (
            f"one file in {times} rows: {paths[0]}"
            if len(paths) == 1
            else f"files {', '.join(paths[:3])}"
        )
        raise DataError(
            f"image {image_id!r} occurs {times} times ({files}); expected every image once, under a name of "
            "its own but for the ending. Remove or rename all but one"
        )


def _study_row(study: SourceStudy, prior: priors.PriorLink) -> dict[str, Any]:
    return {
        "patient_id": study.patient_id,
        "study_id": study.study_id,
        "taken_at": study.taken_at,
        "split": study.split,
        "sex": study.sex,
        "age": study.age,
        "findings": study.report.findings,
        "impression": study.report.impression,
        "indication": study.report.indication,
        "history": study.report.history,
        "comparison": study.report.comparison,
        "last_paragraph": study.report.last_paragraph,
        "section_headers": _as_json(tuple(sorted(study.report.headers.items()))),
        "prior_study_id": prior.prior_study_id,
        "prior_reason": prior.reason.value,
        "days_since_prior": prior.days_since_prior,
    }


@lru_cache(maxsize=65_536)
def _as_json(headers: tuple[tuple[str, str], ...]) -> str:
    return json.dumps(dict(headers), ensure_ascii=False)


def _image_rows(
    study: SourceStudy, prior: priors.PriorLink, radiographs: Mapping[str, Sequence[Radiograph]]
) -> list[dict[str, Any]]:
    candidates = radiographs.get(prior.prior_study_id or "", ())
    rows = []
    for image in study.images:
        chosen = image.prior_image_id
        if study.prior is None:
            found = priors.prior_image(image.view, candidates)
            chosen = found.image_id if found is not None else None
        rows.append(
            {
                "image_id": image.image_id,
                "study_id": study.study_id,
                "patient_id": study.patient_id,
                "view": image.view,
                "path": image.path,
                "width": image.width,
                "height": image.height,
                "prior_image_id": chosen,
            }
        )
    return rows


def _write(path: Path, rows: list[dict[str, Any]], columns: Mapping[str, pl.DataType]) -> None:
    keys = [name for name in ("patient_id", "study_id", "image_id") if name in columns]
    write_table(path, pl.DataFrame(rows, schema=dict(columns)).sort(keys), columns)


def _counts(
    studies: Sequence[SourceStudy], links: Mapping[str, priors.PriorLink], with_images: bool
) -> dict[str, Any]:
    taken_at = {study.study_id: study.taken_at for study in studies}
    pairs = [(taken_at[study], taken_at.get(link.prior_study_id or "")) for study, link in links.items()]
    return {
        "patients": len({study.patient_id for study in studies}),
        "studies": len(studies),
        "images": sum(len(study.images) for study in studies) if with_images else 0,
        "unknown_views": unknown_views(image.view for study in studies for image in study.images),
        "studies_by_split": dict(Counter(study.split or "none" for study in studies)),
        "prior_reasons": dict(Counter(link.reason.value for link in links.values())),
        "priors_not_earlier": sum(bool(now and then and then >= now) for now, then in pairs),
        "studies_with": {
            name: sum(bool(getattr(study.report, name)) for study in studies) for name in _COUNTED
        },
    }
