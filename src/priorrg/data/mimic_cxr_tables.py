"""The CSV files of MIMIC-CXR: metadata, split, CheXpert labels → studies and labels.

File names keep ``2.0.0`` in release 2.1.0; columns go by name. Knows tables and dates, not the image
tree.
"""

from collections import Counter
from pathlib import Path

import polars as pl

from priorrg.data.dates import combine, parse_date, parse_number_clock
from priorrg.data.manifest import SPLITS
from priorrg.data.preparing import SourceImage, SourceStudy
from priorrg.data.radiograph_header import view_of
from priorrg.data.source_tables import find_csv, read_csv
from priorrg.data.splits import seeded_split
from priorrg.errors import DataError

CHEXPERT_LABELS = (
    "Atelectasis", "Cardiomegaly", "Consolidation", "Edema", "Enlarged Cardiomediastinum", "Fracture",
    "Lung Lesion", "Lung Opacity", "No Finding", "Pleural Effusion", "Pleural Other", "Pneumonia",
    "Pneumothorax", "Support Devices",
)  # fmt: skip


def find_tables(root: Path) -> dict[str, Path]:
    """Return the paths of metadata and, where there, split and chexpert. Raises ``DataError``."""
    kinds = ("metadata", "split", "chexpert")
    found = {k: find_csv(root, (f"mimic-cxr-2.0.0-{k}", f"mimic-cxr-2.1.0-{k}")) for k in kinds}
    if found["metadata"] is None:
        raise DataError(
            f"{root}: mimic-cxr-2.0.0-metadata.csv or .csv.gz is missing; expected it beside the "
            "folder files/"
        )
    return {kind: path for kind, path in found.items() if path is not None}


def read_studies(tables: dict[str, Path], dropped: Counter[str]) -> list[SourceStudy]:
    """Return the studies in the order of the metadata, with every image that is listed, paths empty.

    A study whose images bear different dates stays undated, as does one without a readable date; both
    are counted in ``dropped``. Without a split table the split is drawn by patient (seed 0). Raises
    ``DataError`` for repeated image ids, studies of two patients or in two splits.
    """
    path = tables["metadata"]
    metadata = read_csv(
        path,
        ("dicom_id", "subject_id", "study_id", "StudyDate", "StudyTime", "ViewPosition"),
        ("Rows", "Columns", "ViewCodeSequence_CodeMeaning"),
    )
    nameless = pl.any_horizontal(pl.col("dicom_id", "subject_id", "study_id") == "")
    dropped["metadata_rows_without_id"] += len(metadata.filter(nameless))
    metadata = metadata.filter(~nameless)
    twice = metadata.filter(pl.col("dicom_id").is_duplicated())
    if len(twice):
        raise DataError(f"{path}: dicom_id {twice['dicom_id'][0]!r} occurs twice; expected it once")
    splits = _read_splits(tables, metadata)
    studies: dict[str, SourceStudy] = {}
    clashes: set[str] = set()
    for row in metadata.iter_rows(named=True):
        study = _study_of(studies, row, splits[row["dicom_id"]], path, clashes)
        study.images = [*study.images, _image(row)]
    for study_id in clashes:
        studies[study_id].taken_at = None
    dropped["studies_with_differing_dates"] += len(clashes)
    dropped["studies_without_date"] += sum(s.taken_at is None for s in studies.values()) - len(clashes)
    return list(studies.values())


def read_labels(path: Path, studies: set[str]) -> pl.DataFrame:
    """Return study_id and the 14 CheXpert labels (1, 0, -1 for uncertain, null) of the given studies."""
    table = read_csv(path, ("study_id", *CHEXPERT_LABELS))
    table = (
        table.filter(pl.col("study_id").is_in(list(studies)))
        .unique("study_id", keep="first")
        .sort("study_id")
    )
    numbers = pl.col(CHEXPERT_LABELS).replace("", None)
    try:
        return table.with_columns(numbers.cast(pl.Float64))
    except pl.exceptions.PolarsError as error:
        raise DataError(f"{path}: a label is not a number; expected 1, 0, -1 or empty") from error


def _study_of(
    studies: dict[str, SourceStudy], row: dict[str, str], split: str, path: Path, clashes: set[str]
) -> SourceStudy:
    taken_at = combine(parse_date(row["StudyDate"]), parse_number_clock(row["StudyTime"]))
    patient, study_id = row["subject_id"], row["study_id"]
    if study_id not in studies:
        studies[study_id] = SourceStudy(
            patient_id=patient, study_id=study_id, taken_at=taken_at, split=split
        )
    study = studies[study_id]
    if study.patient_id != patient:
        raise DataError(
            f"{path}: study {study_id!r} belongs to patients {study.patient_id!r} and {patient!r}; "
            "expected one"
        )
    if study.split and split and study.split != split:
        raise DataError(
            f"{path}: study {study_id!r} is in split {study.split!r} and {split!r}; expected one"
        )
    if study.taken_at != taken_at:
        clashes.add(study_id)
    study.split = study.split or split
    return study


def _image(row: dict[str, str]) -> SourceImage:
    return SourceImage(
        image_id=row["dicom_id"],
        path="",
        view=view_of(row["ViewPosition"], [("", row["ViewCodeSequence_CodeMeaning"])]),
        width=_whole(row["Columns"]),
        height=_whole(row["Rows"]),
    )


def _whole(text: str) -> int | None:
    digits = text.removesuffix(".0")
    return int(digits) if digits.isdecimal() else None


def _read_splits(tables: dict[str, Path], metadata: pl.DataFrame) -> dict[str, str]:
    images = metadata.select("dicom_id", "subject_id")
    if "split" not in tables:
        drawn = seeded_split(images["subject_id"].unique().to_list(), seed=0)
        return {image: drawn[patient] for image, patient in images.iter_rows()}
    path = tables["split"]
    table = read_csv(path, ("dicom_id", "split"))
    if strange := set(table["split"].unique().to_list()) - {*SPLITS, ""}:
        raise DataError(f"{path}: split is {min(strange)!r}; expected {', '.join(SPLITS)}")
    given = dict(table.iter_rows())
    return {image: given.get(image, "") for image in images["dicom_id"]}
