"""The prepared data set: two tables and a card, written once, read by everything after.

``studies.parquet`` has one row per study, ``images.parquet`` one per image, ``labels.parquet`` (if the
source has labels) one per labelled study, ``data.json`` says where all of it came from. Knows tables and
nouns, no source format and no pixels.
"""

import json
from collections.abc import Iterable, Mapping
from functools import cached_property
from hashlib import sha256
from pathlib import Path
from typing import Any, Literal

import polars as pl

from priorrg.data.source_tables import json_fault
from priorrg.errors import DataError, UsageError
from priorrg.study import FRONTAL_VIEWS, ClinicalContext, Radiograph, Report, Study
from priorrg.truth import TRUTH_FILE, Truth, read_truth

SCHEMA_VERSION = 2
TABLES = ("studies.parquet", "images.parquet", "labels.parquet")
SPLITS = ("train", "validate", "test")
STUDY_COLUMNS: Mapping[str, pl.DataType] = {
    "patient_id": pl.String(),
    "study_id": pl.String(),
    "taken_at": pl.Datetime("us"),
    "split": pl.String(),
    "sex": pl.String(),
    "age": pl.Float64(),
    "findings": pl.String(),
    "impression": pl.String(),
    "indication": pl.String(),
    "history": pl.String(),
    "comparison": pl.String(),
    "last_paragraph": pl.String(),
    "section_headers": pl.String(),
    "prior_study_id": pl.String(),
    "prior_reason": pl.String(),
    "days_since_prior": pl.Float64(),
}
"""``age`` is in years, ``days_since_prior`` in days. ``last_paragraph`` is what a report without findings
and impression says; ``section_headers`` is JSON: section → the header its text was found under."""
IMAGE_COLUMNS: Mapping[str, pl.DataType] = {
    "image_id": pl.String(),
    "study_id": pl.String(),
    "patient_id": pl.String(),
    "view": pl.String(),
    "path": pl.String(),
    "width": pl.Int64(),
    "height": pl.Int64(),
    "prior_image_id": pl.String(),
}
"""``path`` is relative to the root that the card names; ``width`` and ``height`` are in px."""
UNITS: Mapping[str, str] = {
    "taken_at": "local date and time, no time zone",
    "age": "years",
    "days_since_prior": "days, with the fraction",
    "width": "px",
    "height": "px",
}
"""Stands in the metadata of both Parquet files, beside the version of the schema."""
Views = Literal["frontal", "all"]


class PreparedData:
    """A prepared data set, opened. Its tables are checked when they are first read."""

    def __init__(self, folder: str | Path) -> None:
        """Raise ``UsageError`` if this is no prepared data set, ``DataError`` if its version differs."""
        self.folder = Path(folder)
        card = self.folder / "data.json"
        if not card.is_file():
            raise UsageError(
                f"{self.folder}: no prepared data set (data.json is missing); make one with `priorrg "
                "prepare`"
            )
        self.card = _read_card(card)

    @property
    def name(self) -> str:
        """The data set's name, such as ``mimic-cxr`` or ``phantom``."""
        return str(self.card.get("name", "unnamed"))

    @property
    def synthetic(self) -> bool:
        """Whether the patients are drawn, not real."""
        return bool(self.card.get("synthetic", False))

    @cached_property
    def fingerprint(self) -> str:
        """The SHA-256 of the tables: another preparation of the data set has another one."""
        digest = sha256()
        for name in TABLES:
            path = self.folder / name
            digest.update(path.read_bytes() if path.is_file() else b"")
        return digest.hexdigest()

    @property
    def with_images(self) -> bool:
        """Whether images were taken in; false for a preparation of the texts alone."""
        return bool(self.card.get("with_images", True))

    @property
    def root(self) -> Path:
        """The folder that image paths are relative to."""
        return Path(str(self.card.get("root", self.folder)))

    @cached_property
    def study_table(self) -> pl.DataFrame:
        """``studies.parquet``, its columns and types checked."""
        table = _read_table(self.folder / "studies.parquet", STUDY_COLUMNS)
        _refuse_repeats(self.folder / "studies.parquet", table["study_id"])
        return table

    @cached_property
    def image_table(self) -> pl.DataFrame:
        """``images.parquet``, its columns and types checked, ordered by patient, study and image."""
        path = self.folder / "images.parquet"
        table = _read_table(path, IMAGE_COLUMNS).sort("patient_id", "study_id", "image_id")
        _refuse_repeats(path, table["image_id"])
        _refuse_strangers(path, "study_id", table["study_id"], self.study_table["study_id"])
        _refuse_strangers(path, "prior_image_id", table["prior_image_id"], table["image_id"])
        return table

    @cached_property
    def label_table(self) -> pl.DataFrame:
        """``labels.parquet``: study_id and a column a label; without rows if the source has none."""
        path = self.folder / "labels.parquet"
        if not path.is_file():
            return pl.DataFrame(schema={"study_id": pl.String()})
        table = _parquet(path)
        if "study_id" not in table.columns:
            raise DataError(f"{path}: column study_id is missing; prepare the data set again")
        return table

    @cached_property
    def truth(self) -> Truth | None:
        """The phantom's truth; ``None`` if there is none, as of every real patient."""
        path = self.folder / TRUTH_FILE
        return read_truth(path) if path.is_file() else None

    def image_path(self, image: Radiograph) -> Path:
        """Return where the pixels of ``image`` lie."""
        return self.root / image.location

    def images(self) -> list[Radiograph]:
        """Return every image once, ordered by patient, study and image.

        Raises ``UsageError`` if the data set was prepared without images.
        """
        if not self.with_images:
            raise UsageError(
                f"{self.folder}: was prepared without images; its texts are in studies.parquet. Prepare "
                "it again with images to train or to report"
            )
        rows = self.image_table.select("image_id", "view", "path").iter_rows()
        return [Radiograph(image_id=i, view=view, location=path) for i, view, path in rows]

    def images_by_split(self) -> dict[str, list[Radiograph]]:
        """Return the images by the split of their patients, in the order of ``images``.

        A patient's images stay together: a study that nobody assigned (one that is a prior alone) goes
        with the patient's others; ``""`` holds the patients that have no split at all.
        """
        assigned = self.study_table.filter(pl.col("split") != "").unique("patient_id")
        of = dict(assigned.select("patient_id", "split").iter_rows())
        groups: dict[str, list[Radiograph]] = {}
        for image, patient in zip(self.images(), self.image_table["patient_id"], strict=True):
            groups.setdefault(of.get(patient, ""), []).append(image)
        return groups

    @property
    def image_area(self) -> int:
        """The mean area of an image in px; where the source does not say, that of a large film."""
        table = self.image_table
        area = (table["width"].fill_null(2500) * table["height"].fill_null(3000)).mean()
        return int(area) if isinstance(area, float) else 0

    def studies(self, split: str | None = None, views: Views = "all") -> list[Study]:
        """Return one study per image, ordered by patient, study and image.

        ``split`` is train, validate or test; ``None`` takes all. ``views="frontal"`` keeps images that
        are frontal; the prior may have any view. Raises ``UsageError`` for another split, and for a data
        set that was prepared without images.
        """
        if split is not None and split not in SPLITS:
            raise UsageError(f"split is {split!r}; expected one of {', '.join(SPLITS)}")
        facts = {row["study_id"]: row for row in self.study_table.iter_rows(named=True)}
        images = {image.image_id: image for image in self.images()}
        wanted = self.image_table.join(
            self.study_table.select("study_id", "split"), on="study_id", how="left"
        )
        wanted = wanted.sort("patient_id", "study_id", "image_id")
        if split is not None:
            wanted = wanted.filter(pl.col("split") == split)
        if views == "frontal":
            wanted = wanted.filter(pl.col("view").is_in(FRONTAL_VIEWS))
        rows = wanted.select("image_id", "study_id", "prior_image_id").iter_rows()
        return [_study(facts[study], images[image], images.get(prior)) for image, study, prior in rows]

    def check_splits(self, splits: Iterable[str]) -> None:
        """Raise ``DataError`` if one of ``splits`` has no image, saying how many are in which."""
        split = self.study_table.select("study_id", "split")
        held = self.image_table.join(split, on="study_id")["split"].value_counts().sort("split")
        counts = {str(name): int(n) for name, n in held.iter_rows()}
        if empty := [name for name in splits if not counts.get(name)]:
            there = ", ".join(f"{name or 'none'} {n:,}" for name, n in counts.items()) or "none at all"
            raise DataError(
                f"{self.folder}: no image is in split {' or '.join(empty)}; got images by split: {there}; "
                "expected at least one. Give whole patients that split in your table and prepare it again (a "
                "table without the column split has one drawn)"
            )

    def labels(self) -> dict[str, dict[str, float | None]]:
        """Return the source's labels by study_id (1, 0, -1 for uncertain, ``None``), or nothing."""
        return {row.pop("study_id"): row for row in self.label_table.iter_rows(named=True)}


def write_table(path: Path, table: pl.DataFrame, columns: Mapping[str, pl.DataType]) -> None:
    """Write a table of the manifest with exactly ``columns``, in their order, types and units."""
    units = {name: unit for name, unit in UNITS.items() if name in columns}
    table.select(pl.col(name).cast(kind) for name, kind in columns.items()).write_parquet(
        path, metadata={"schema_version": str(SCHEMA_VERSION), "units": json.dumps(units)}
    )


def write_card(folder: Path, card: Mapping[str, Any]) -> None:
    """Write ``data.json``, the schema version added."""
    text = json.dumps({"schema_version": SCHEMA_VERSION, **card}, indent=1, ensure_ascii=False)
    (folder / "data.json").write_text(text + "\n", encoding="utf-8")


def _read_card(path: Path) -> dict[str, Any]:
    try:
        card = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise DataError(
            f"{path}: not readable as JSON ({json_fault(error)}); prepare it again"
        ) from error
    version = card.get("schema_version") if isinstance(card, dict) else None
    if version != SCHEMA_VERSION:
        raise DataError(
            f"{path}: schema version is {version!r}; this version reads {SCHEMA_VERSION}. "
            "Prepare the data set again with `priorrg prepare`"
        )
    return dict(card)


def _parquet(path: Path) -> pl.DataFrame:
    if not path.is_file():
        raise DataError(f"{path}: no such file; the data set is incomplete, prepare it again")
    try:
        return pl.read_parquet(path)
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException, OSError) as error:
        raise DataError(
            f"{path}: not readable as Parquet ({type(error).__name__}); prepare it again"
        ) from error


def _read_table(path: Path, columns: Mapping[str, pl.DataType]) -> pl.DataFrame:
    table = _parquet(path)
    missing = [name for name in columns if name not in table.columns]
    unknown = [name for name in table.columns if name not in columns]
    if missing or unknown:
        faults = [f"unknown columns {', '.join(unknown)}"] * bool(unknown)
        faults += [f"missing columns {', '.join(missing)}"] * bool(missing)
        raise DataError(f"{path}: {'; '.join(faults)}; expected {', '.join(columns)}. Prepare it again")
    for name, kind in columns.items():
        if table.schema[name] != kind:
            raise DataError(
                f"{path}: column {name} holds {table.schema[name]}; expected {kind}. Prepare it again"
            )
    return table


def _refuse_repeats(path: Path, ids: pl.Series) -> None:
    if ids.null_count() or ids.n_unique() != len(ids):
        twice = ids.filter(ids.is_duplicated())
        raise DataError(
            f"{path}: {ids.name} {twice[0] if len(twice) else None!r} occurs twice or is empty"
        )


def _refuse_strangers(path: Path, column: str, used: pl.Series, known: pl.Series) -> None:
    strangers = used.drop_nulls().filter(~used.drop_nulls().is_in(known.implode()))
    if len(strangers):
        raise DataError(f"{path}: {column} {strangers[0]!r} is not in the data set; prepare it again")


def _study(row: Mapping[str, Any], current: Radiograph, prior: Radiograph | None) -> Study:
    return Study(
        patient_id=row["patient_id"],
        study_id=row["study_id"],
        current=current,
        prior=prior,
        prior_reason=row["prior_reason"] or "",
        days_since_prior=row["days_since_prior"] if prior is not None else None,
        context=ClinicalContext(indication=row["indication"] or "", history=row["history"] or ""),
        report=Report(findings=row["findings"] or "", impression=row["impression"] or ""),
        taken_at=row["taken_at"],
        split=row["split"] or "",
        sex=row["sex"] or "",
        age=row["age"],
    )
