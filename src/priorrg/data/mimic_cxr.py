"""MIMIC-CXR and MIMIC-CXR-JPG (and the phantom, which has the same tree) → a prepared data set.

Johnson et al., "MIMIC-CXR, a de-identified publicly available database of chest radiographs with
free-text reports", Scientific Data 2019: 377,110 images of 65,379 patients; credentialed access at
PhysioNet. Dates are shifted per patient, intervals are true. The JPG release has no reports: give their
root too. Knows the tree of files; decodes no pixels.
"""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import polars as pl

from priorrg.data.collection import collection_paused
from priorrg.data.manifest import PreparedData
from priorrg.data.mimic_cxr_tables import (
    ListedImage,
    find_tables,
    listed_images,
    read_labels,
    read_metadata,
    read_studies,
)
from priorrg.data.preparing import Progress, SourceImage, SourceStudy, check_folders, write_prepared
from priorrg.data.priors import PriorOrder
from priorrg.data.processes import started, workers_for
from priorrg.data.report_files import FAULTS, Place, look
from priorrg.data.source_tables import fingerprint
from priorrg.data.splits import how_drawn
from priorrg.errors import DataError, UsageError
from priorrg.truth import TRUTH_FILE

READER = "mimic-cxr"
_AT_ONCE = 1024
_WORTH_A_PROCESS = 10_000
"""Studies (a second of one core) from which starting processes pays."""
_PRIORS = {
    PriorOrder.DATE: "by date and time, strictly earlier",
    PriorOrder.STUDY_ID: "by study_id, which is random: as released, for comparison only",
}


@collection_paused()
def prepare(
    root: str | Path,
    out: str | Path,
    *,
    reports_root: str | Path | None = None,
    prior_order: PriorOrder = PriorOrder.DATE,
    with_images: bool = True,
    progress: Progress | None = None,
    workers: int | None = None,
) -> PreparedData:
    """Read the tree under ``root`` and write the prepared data set ``out``; return it opened.

    ``reports_root`` is where the report texts are, if not under ``root``. Images and reports that are
    listed but not there are counted in ``data.json``, not fatal; priors are linked before anything is
    left out. ``out`` must be empty, absent, or an earlier preparation of the same root, which is
    replaced whole. ``prior_order`` by study id is there to compare with the released annotation alone;
    without images the texts are prepared, nothing is looked for. ``progress`` gets (studies done, studies
    in all). ``workers`` read in processes (``None``: one a core, none for little work; the result does not
    depend on it). Raises ``UsageError``, ``DataError``, ``StorageError``.
    """
    root, out = check_folders(root, out, reader=READER, expected="the root of a MIMIC-CXR tree")
    reports = root if reports_root is None else Path(reports_root).resolve()
    if not reports.is_dir():
        raise UsageError(f"{reports}: no such folder; expected the root of the MIMIC-CXR reports")
    tables = find_tables(root)
    dropped = Counter(dict.fromkeys(FAULTS, 0))
    metadata = read_metadata(tables["metadata"], dropped)
    places = _places(metadata, _tree(root), _tree(reports), with_images)
    batches = [places[start : start + _AT_ONCE] for start in range(0, len(places), _AT_ONCE)]
    with started(look, batches, workers_for(len(places), _WORTH_A_PROCESS, workers)) as found:
        studies, listed = read_studies(tables, metadata, dropped)
        texts, done = [], 0
        for there in found:
            some = slice(done, done + len(there.faults))
            if with_images:
                folders = [_below(root, place.folder) for place in places[some]]
                _take(studies[some], listed[some], folders, there.images, dropped)
            texts.append(there.reports)
            dropped.update(fault for fault in there.faults if fault)
            done += len(there.faults)
            if progress is not None:
                progress(done, len(studies))
    if not with_images:
        for study, images in zip(studies, listed, strict=True):
            study.images = [_image(image, "") for image in images]
    if not any(study.images for study in studies):
        raise DataError(
            f"{root}: none of the images in {tables['metadata'].name} is there; "
            "expected files/p10/p10000032/s50414267/<image>.jpg or .dcm"
        )
    truth = root / TRUTH_FILE
    labels = None
    if "chexpert" in tables:
        labels = read_labels(tables["chexpert"], {study.study_id for study in studies})
    card = {
        "name": "phantom" if truth.is_file() else READER,
        "synthetic": truth.is_file(),
        "reader": READER,
        "root": str(root),
        "reports_root": str(reports),
        "split": "by the source" if "split" in tables else how_drawn(_splits(studies), seed=0),
        "priors": _PRIORS[prior_order],
        "sources": [fingerprint(path) for path in tables.values()],
    }
    return write_prepared(
        out,
        studies,
        card=card,
        dropped=dropped,
        with_images=with_images,
        prior_order=prior_order,
        reports=pl.concat(texts),
        labels=labels,
        copies=[truth] if truth.is_file() else [],
    )


def _places(metadata: pl.DataFrame, images: Path, reports: Path, with_images: bool) -> list[Place]:
    """Return where every study should lie, in the order of the metadata, and which images to look for."""
    places = []
    for study, patient, names in listed_images(metadata):
        place = f"p{patient[:2]}/p{patient}/s{study}"
        looked_for = names if with_images else ()
        places.append(Place(f"{images}/{place}", looked_for, f"{reports}/{place}.txt"))
    return places


def _below(root: Path, folder: str) -> str:
    return folder[len(f"{root}/") :]


def _take(
    studies: Sequence[SourceStudy],
    listed: Sequence[Sequence[ListedImage]],
    folders: Sequence[str],
    found: Sequence[Sequence[str]],
    dropped: Counter[str],
) -> None:
    """Give every study the images that are there; count what is not."""
    for study, images, folder, files in zip(studies, listed, folders, found, strict=True):
        study.images = [
            _image(image, f"{folder}/{file}") for image, file in zip(images, files, strict=True) if file
        ]
        dropped["images_missing"] += len(images) - len(study.images)
        dropped["studies_without_any_image"] += not study.images


def _image(listed: ListedImage, path: str) -> SourceImage:
    return SourceImage(
        image_id=listed.image_id,
        path=path,
        view=listed.view,
        width=listed.width,
        height=listed.height,
    )


def _splits(studies: Sequence[SourceStudy]) -> dict[str, str]:
    return {study.patient_id: study.split for study in studies}


def _tree(root: Path) -> Path:
    return root / "files" if (root / "files").is_dir() else root
