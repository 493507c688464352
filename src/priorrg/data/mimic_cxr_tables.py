"""The CSV files of MIMIC-CXR: metadata, split, CheXpert labels → studies and labels.

File names keep ``2.0.0`` in release 2.1.0; columns go by name. Knows tables and dates, not the image
tree.
"""

from collections import Counter
from pathlib import Path
from typing import NamedTuple

import polars as pl

from priorrg.data.dates import combine, parse_date, parse_number_clock
from priorrg.data.label_names import CHEXPERT_LABELS
from priorrg.data.manifest import SPLITS
from priorrg.data.preparing import SourceStudy
from priorrg.data.radiograph_header import view_of
from priorrg.data.source_tables import find_csv, read_csv
from priorrg.data.splits import seeded_split
from priorrg.errors import DataError

_IDS = ("dicom_id", "subject_id", "study_id")
_DATES = ("StudyDate", "StudyTime")
_SIZES = ("Rows", "Columns")


class ListedImage(NamedTuple):
    """What the metadata say of an image; height and width in px."""

    image_id: str
    view: str
    height: int | None
    width: int | None


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


def read_metadata(path: Path, dropped: Counter[str]) -> pl.DataFrame:
    """Return the metadata as text, one row an image. Rows without an id are counted in ``dropped``.

    Raises ``DataError`` for repeated image ids.
    """
    metadata = read_csv(
        path, (*_IDS, *_DATES, "ViewPosition"), (*_SIZES, "ViewCodeSequence_CodeMeaning")
    )
    nameless = pl.any_horizontal(pl.col(_IDS) == "")
    dropped["metadata_rows_without_id"] += len(metadata.filter(nameless))
    metadata = metadata.filter(~nameless)
    twice = metadata.filter(pl.col("dicom_id").is_duplicated())
    if len(twice):
        raise DataError(f"{path}: dicom_id {twice['dicom_id'][0]!r} occurs twice; expected it once")
    return metadata


def listed_images(metadata: pl.DataFrame) -> list[tuple[str, str, list[str]]]:
    """Return study_id, patient_id and image ids of every study, in the order of the metadata."""
    studies = metadata.group_by("study_id", maintain_order=True)
    return studies.agg(pl.col("subject_id").first(), "dicom_id").rows()


def read_studies(
    tables: dict[str, Path], metadata: pl.DataFrame, dropped: Counter[str]
) -> tuple[list[SourceStudy], list[list[ListedImage]]]:
    """Return the studies in the order of the metadata, without images, and what is listed of each one's.

    A study whose images bear different dates stays undated, as does one without a readable date; both
    are counted in ``dropped``, as are those of which the split table says nothing. Without a split table the
    split is drawn by patient (seed 0). Raises ``DataError`` for studies of two patients or in two splits.
    """
    path = tables["metadata"]
    rows = _dated(_viewed(_with_split(tables, metadata)))
    rows = rows.with_columns(pl.col(_SIZES).str.strip_suffix(".0").cast(pl.Int64, strict=False))
    assigned = pl.when(pl.col("split") != "").then("split")
    studies = rows.group_by("study_id", maintain_order=True).agg(
        pl.col("subject_id").first(),
        pl.col("taken_at").first(),
        split=assigned.drop_nulls().first().fill_null(""),
        agreed=pl.col("taken_at").n_unique() == 1,
    )
    facts = rows.group_by("study_id", maintain_order=True).agg("dicom_id", "view", *_SIZES)
    lists = (facts[name].to_list() for name in facts.columns[1:])
    listed = [list(map(ListedImage, *columns)) for columns in zip(*lists, strict=True)]
    _refuse_two(path, rows.select("study_id", "subject_id"), "belongs to patients")
    _refuse_two(path, rows.select("study_id", assigned).drop_nulls(), "is in split")
    found = [
        SourceStudy(
            patient_id=patient,
            study_id=study_id,
            taken_at=taken_at if agreed else None,
            split=split,
        )
        for study_id, patient, taken_at, split, agreed in studies.iter_rows()
    ]
    clashes = len(studies.filter(~pl.col("agreed")))
    dropped["studies_with_differing_dates"] += clashes
    dropped["studies_without_split"] += sum(not study.split for study in found)
    dropped["studies_without_date"] += sum(study.taken_at is None for study in found) - clashes
    return found, listed


def read_labels(path: Path, studies: set[str]) -> pl.DataFrame:
    """Return study_id and the 14 CheXpert labels (1, 0, -1 for uncertain, null) of the given studies.

    Raises ``DataError`` for what is no number, and for a study that is labelled in two ways.
    """
    table = read_csv(path, ("study_id", *CHEXPERT_LABELS))
    table = table.filter(pl.col("study_id").is_in(list(studies))).unique().sort("study_id")
    if len(twice := table.filter(pl.col("study_id").is_duplicated())):
        raise DataError(f"{path}: study {twice['study_id'][0]!r} is labelled in two ways; expected one")
    numbers = pl.col(CHEXPERT_LABELS).replace("", None)
    try:
        return table.with_columns(numbers.cast(pl.Float64))
    except pl.exceptions.PolarsError as error:
        raise DataError(f"{path}: a label is not a number; expected 1, 0, -1 or empty") from error


def _dated(rows: pl.DataFrame) -> pl.DataFrame:
    """Add ``taken_at``; every date, and every pair of date and time, is read once."""
    days = {day: parse_date(day) for day in rows["StudyDate"].unique()}
    pairs = rows.select(_DATES).unique(maintain_order=True)
    taken_at = [combine(days[day], parse_number_clock(clock)) for day, clock in pairs.iter_rows()]
    moments = pairs.with_columns(taken_at=pl.Series(taken_at, dtype=pl.Datetime("us")))
    return rows.join(moments, on=_DATES, how="left", maintain_order="left")


def _viewed(rows: pl.DataFrame) -> pl.DataFrame:
    """Add ``view``; every pair of position and meaning is read once."""
    told = ["ViewPosition", "ViewCodeSequence_CodeMeaning"]
    pairs = rows.select(told).unique(maintain_order=True)
    views = [view_of(position, [("", meaning)]) for position, meaning in pairs.iter_rows()]
    return rows.join(
        pairs.with_columns(view=pl.Series(views)), on=told, how="left", maintain_order="left"
    )


def _with_split(tables: dict[str, Path], rows: pl.DataFrame) -> pl.DataFrame:
    """Add ``split``: as the split table says, empty where it says nothing; without one, as drawn."""
    if "split" not in tables:
        drawn = seeded_split(rows["subject_id"].unique().to_list(), seed=0)
        given = pl.DataFrame({"subject_id": list(drawn), "split": list(drawn.values())})
        return rows.join(given, on="subject_id", how="left", maintain_order="left")
    path = tables["split"]
    table = read_csv(path, ("dicom_id", "split"))
    if strange := set(table["split"].unique().to_list()) - {*SPLITS, ""}:
        raise DataError(f"{path}: split is {min(strange)!r}; expected {', '.join(SPLITS)}")
    table = table.unique()
    if len(twice := table.filter(pl.col("dicom_id").is_duplicated()).sort("dicom_id", "split")):
        first, second, *_ = twice["split"]
        raise DataError(
            f"{path}: dicom_id {twice['dicom_id'][0]!r} is in split {first!r} and {second!r}; expected one"
        )
    joined = rows.join(table, on="dicom_id", how="left", maintain_order="left")
    return joined.with_columns(pl.col("split").fill_null(""))


def _refuse_two(path: Path, facts: pl.DataFrame, words: str) -> None:
    """Raise ``DataError`` if a study has two values in the second column of ``facts``."""
    study_id, value = facts.columns
    facts = facts.unique(maintain_order=True)
    several = facts.filter(pl.col(study_id).is_duplicated())
    if len(several):
        study = several[study_id][0]
        first, second, *_ = several.filter(pl.col(study_id) == study)[value]
        raise DataError(f"{path}: study {study!r} {words} {first!r} and {second!r}; expected one")
