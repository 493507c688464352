"""MIMIC-CXR and MIMIC-CXR-JPG (and the phantom, which has the same tree) → a prepared data set.

Johnson et al., "MIMIC-CXR, a de-identified publicly available database of chest radiographs with
free-text reports", Scientific Data 2019: 377,110 images of 65,379 patients; credentialed access at
PhysioNet. Dates are shifted per patient, intervals are true. The JPG release has no reports: give their
root too. Knows the tree of files; decodes no pixels.
"""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

from priorrg.data.manifest import PreparedData
from priorrg.data.mimic_cxr_tables import find_tables, read_labels, read_studies
from priorrg.data.preparing import Progress, SourceImage, SourceStudy, check_folders, write_prepared
from priorrg.data.priors import PriorOrder
from priorrg.data.sections import parse_sections
from priorrg.data.source_tables import fingerprint, read_text
from priorrg.errors import DataError, UsageError

READER = "mimic-cxr"
TRUTH = "phantom-truth.csv"
_ENDINGS = (".jpg", ".dcm", ".png", ".jpeg")
_AT_ONCE = 256
_PRIORS = {
    PriorOrder.DATE: "by date and time, strictly earlier",
    PriorOrder.STUDY_ID: "by study_id, which is random: as released, for comparison only",
}


def prepare(
    root: str | Path,
    out: str | Path,
    *,
    reports_root: str | Path | None = None,
    prior_order: PriorOrder = PriorOrder.DATE,
    with_images: bool = True,
    progress: Progress | None = None,
) -> PreparedData:
    """Read the tree under ``root`` and write the prepared data set ``out``; return it opened.

    ``reports_root`` is where the report texts are, if not under ``root``. Images and reports that are
    listed but not there are counted in ``data.json``, not fatal; priors are linked before anything is
    left out. ``out`` must be empty, absent, or an earlier preparation of the same root, which is
    replaced whole. ``prior_order`` by study id is there to compare with the released annotation alone;
    without images the texts alone are written. ``progress`` gets (studies done, studies
    in all). Raises ``UsageError``, ``DataError``, ``StorageError``.
    """
    root, out = check_folders(root, out, reader=READER, expected="the root of a MIMIC-CXR tree")
    reports = root if reports_root is None else Path(reports_root).resolve()
    if not reports.is_dir():
        raise UsageError(f"{reports}: no such folder; expected the root of the MIMIC-CXR reports")
    tables = find_tables(root)
    dropped: Counter[str] = Counter()
    studies = read_studies(tables, dropped)
    listed = [study.images for study in studies]
    _look_into_folders(studies, root, reports, dropped, progress)
    if not with_images:
        for study, images in zip(studies, listed, strict=True):
            study.images = images
        del dropped["images_missing"], dropped["studies_without_any_image"]
    if not any(study.images for study in studies):
        raise DataError(
            f"{root}: none of the images in {tables['metadata'].name} is there; "
            "expected files/p10/p10000032/s50414267/<image>.jpg or .dcm"
        )
    truth = root / TRUTH
    labels = None
    if "chexpert" in tables:
        labels = read_labels(tables["chexpert"], {study.study_id for study in studies})
    card = {
        "name": "phantom" if truth.is_file() else READER,
        "synthetic": truth.is_file(),
        "reader": READER,
        "root": str(root),
        "reports_root": str(reports),
        "split": "by the source" if "split" in tables else "drawn by patient, seed 0",
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
        labels=labels,
        copies=[truth] if truth.is_file() else [],
    )


def _look_into_folders(
    studies: list[SourceStudy],
    root: Path,
    reports: Path,
    dropped: Counter[str],
    progress: Progress | None,
) -> None:
    """Find image files and read reports. Threads, because on network disks the wait is the work."""
    texts = _tree(reports)

    def look(study: SourceStudy) -> tuple[set[str], str | None]:
        place = _place(study)
        return _names_in(_tree(root) / place), _read_report(texts / f"{place}.txt")

    with ThreadPoolExecutor(8) as pool:
        for start in range(0, len(studies), _AT_ONCE):
            some = studies[start : start + _AT_ONCE]
            for study, (names, text) in zip(some, pool.map(look, some), strict=True):
                listed = len(study.images)
                folder = (_tree(root) / _place(study)).relative_to(root).as_posix()
                study.images = [
                    found for image in study.images if (found := _find(image, names, folder))
                ]
                study.report = parse_sections(text or "")
                dropped["images_missing"] += listed - len(study.images)
                dropped["studies_without_any_image"] += not study.images
                dropped["reports_missing"] += text is None
            if progress is not None:
                progress(start + len(some), len(studies))


def _find(image: SourceImage, names: set[str], folder: str) -> SourceImage | None:
    for ending in _ENDINGS:
        if image.image_id + ending in names:
            return replace(image, path=f"{folder}/{image.image_id}{ending}")
    return None


def _place(study: SourceStudy) -> str:
    return f"p{study.patient_id[:2]}/p{study.patient_id}/s{study.study_id}"


def _tree(root: Path) -> Path:
    return root / "files" if (root / "files").is_dir() else root


def _names_in(folder: Path) -> set[str]:
    try:
        return {entry.name for entry in folder.iterdir()}
    except (FileNotFoundError, NotADirectoryError):
        return set()


def _read_report(path: Path) -> str | None:
    try:
        return read_text(path)
    except FileNotFoundError:
        return None
