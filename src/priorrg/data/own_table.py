"""Your own table, CSV or Parquet with one row per image → a prepared data set.

``patient`` and ``study`` are required; without ``image`` only texts can be prepared. Any other of ``COLUMNS``
and each of the 14 CheXpert labels may be missing. Rows of one study repeat its facts or leave them empty.
Knows that table and where its images lie; decodes no pixels.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, time
from pathlib import Path
from typing import Any

import polars as pl

from priorrg.data.dates import parse_moment
from priorrg.data.given_sections import given_sections
from priorrg.data.image_files import below_root, keep_found, on_disk
from priorrg.data.label_names import CHEXPERT_LABELS
from priorrg.data.manifest import PreparedData
from priorrg.data.patient_facts import age_of, sex_of, view_named
from priorrg.data.preparing import Progress, SourceImage, SourceStudy, check_folders, write_prepared
from priorrg.data.sections import Sections, parse_sections
from priorrg.data.source_tables import fingerprint, read_table
from priorrg.data.splits import how_drawn, seeded_split, split_named
from priorrg.errors import DataError, UsageError

READER = "own"
SECTIONS = ("indication", "history", "comparison", "findings", "impression")
COLUMNS = (
    "patient", "study", "taken_at", "image", "view", *SECTIONS, "report", "split", "sex", "age",
)  # fmt: skip
_NAMES = (*COLUMNS, *CHEXPERT_LABELS)
_LABEL_VALUES = {"": None, "1": 1.0, "1.0": 1.0, "0": 0.0, "0.0": 0.0, "-1": -1.0, "-1.0": -1.0}
_DEFAULTS = ("studies.csv", "studies.csv.gz", "studies.parquet")
Row = Mapping[str, str]


def prepare(
    root: str | Path,
    out: str | Path,
    *,
    table: str | Path | None = None,
    columns: Mapping[str, str] | None = None,
    seed: int = 0,
    with_images: bool = True,
    progress: Progress | None = None,
) -> PreparedData:
    """Read ``table``, find its images under ``root``, write the prepared data set ``out``.

    ``table`` is ``studies.csv``, ``.csv.gz`` or ``.parquet`` in ``root`` unless it is named; ``columns`` maps
    names of ``COLUMNS`` and labels to the table's. ``image`` is a path below ``root``. ``taken_at`` is ISO
    8601; a date alone counts as midnight, and on a day on which one study of a patient has no time, none
    has. Without any split one is drawn by patient from ``seed``. ``report`` is a whole text; it fills
    sections that have no column of their own. Labels are 1, 0, -1 (uncertain) or empty; a study with none of
    them is not labelled. Images that are not there are counted. ``progress`` gets (images looked for, images
    in all). Raises ``UsageError``, ``DataError`` (naming study or row, no patient's data), ``StorageError``.
    """
    root, out = check_folders(root, out, reader=READER, expected="the folder of your images")
    path = _table_in(root) if table is None else Path(table).resolve()
    names = _names(columns or {})
    needed = {"patient", "study", *(columns or {}), *(["image"] if with_images else [])}
    rows, unused = _read(path, names, [name for name in _NAMES if name in needed])
    dropped: Counter[str] = Counter()
    groups = _by_study(path, rows)
    studies = [_study(path, group, root, dropped) for group in groups.values()]
    dropped["studies_without_date"] += sum(study.taken_at is None for study in studies)
    dropped["rows_without_image"] += sum(not row["image"] for row in rows)
    _set_by_one_clock(path, studies)
    drawn = not any(study.split for study in studies)
    splits = seeded_split((study.patient_id for study in studies), seed) if drawn else {}
    if drawn:
        for study in studies:
            study.split = splits[study.patient_id]
    labels = _labels(path, groups)
    if labels is not None:
        dropped["studies_without_labels"] += len(studies) - len(labels)
    dropped["studies_without_split"] += sum(not study.split for study in studies)
    if with_images:
        paths = (image.path for study in studies for image in study.images)
        keep_found(studies, on_disk(paths, lambda path: (path,), root, progress), dropped)
    card = {
        "name": path.name.split(".")[0] if table is not None else root.name,
        "synthetic": False,
        "reader": READER,
        "root": str(root),
        "split": how_drawn(splits, seed) if drawn else "by the source",
        "priors": "by date and time, strictly earlier",
        "columns": names,
        "columns_not_used": unused,
        "sources": [fingerprint(path)],
    }
    return write_prepared(
        out, studies, card=card, dropped=dropped, with_images=with_images, labels=labels
    )


def _table_in(root: Path) -> Path:
    for name in _DEFAULTS:
        if (root / name).is_file():
            return root / name
    raise UsageError(
        f"{root}: holds none of {', '.join(_DEFAULTS)}; name your table with `--table FILE`"
    )


def _names(columns: Mapping[str, str]) -> dict[str, str]:
    for ours, theirs in columns.items():
        if ours in _NAMES:
            continue
        turned = f". Is it the other way round: `--column {theirs}={ours}`?" if theirs in _NAMES else ""
        raise UsageError(
            f"`--column {ours}={theirs}`: column {ours!r} is not known; expected OURS=THEIRS with one of "
            f"{', '.join(COLUMNS)} or a CheXpert label before the sign{turned}"
        )
    return {name: columns.get(name, name) for name in _NAMES}


def _read(
    path: Path, names: Mapping[str, str], required: Sequence[str]
) -> tuple[list[dict[str, str]], list[str]]:
    """Return the rows under our names, and the columns that the table has besides.

    Labels of which the table has no column are left out.
    """
    table = read_table(path)
    if missing := [name for name in required if names[name] not in table.columns]:
        told = ", ".join(f"`--column {name}=NAME`" for name in missing)
        texts = "; `--without-images` prepares the texts alone" * ("image" in missing)
        raise DataError(
            f"{path}: column {', '.join(names[name] for name in missing)} is missing; found "
            f"{', '.join(table.columns)}. Say which of them it is: {told}{texts}"
        )
    unused = [name for name in table.columns if name not in names.values()]
    ours = table.select(
        pl.col(theirs).alias(name) if theirs in table.columns else pl.lit("").alias(name)
        for name, theirs in names.items()
        if name in COLUMNS or theirs in table.columns
    )
    return ours.to_dicts(), unused


def _labels(path: Path, groups: Mapping[str, Sequence[Row]]) -> pl.DataFrame | None:
    """Return study_id and the labels that the table has, of the studies that have one; ``None`` without any."""
    columns = next(iter(groups.values()))[0] if groups else {}
    given = [name for name in CHEXPERT_LABELS if name in columns]
    labelled = []
    for study, group in groups.items():
        where = f"{path}: study {study!r}"
        values = {name: _label(_one(group, name, where), name, where) for name in given}
        if any(value is not None for value in values.values()):
            labelled.append({"study_id": study, **values})
    schema = {"study_id": pl.String(), **dict.fromkeys(given, pl.Float64())}
    return pl.DataFrame(labelled, schema=schema).sort("study_id") if labelled else None


def _label(text: str, name: str, where: str) -> float | None:
    if text not in _LABEL_VALUES:
        raise DataError(f"{where}: {name} is {text!r}; expected 1, 0, -1 or empty")
    return _LABEL_VALUES[text]


def _by_study(path: Path, rows: Sequence[Row]) -> dict[str, list[Row]]:
    groups: dict[str, list[Row]] = {}
    for number, row in enumerate(rows, start=1):
        if not row["patient"] or not row["study"]:
            raise DataError(f"{path}: row {number} has no patient or no study; expected both")
        groups.setdefault(row["study"], []).append(row)
    return groups


def _study(path: Path, rows: Sequence[Row], root: Path, dropped: Counter[str]) -> SourceStudy:
    where = f"{path}: study {rows[0]['study']!r}"
    facts = {name: _one(rows, name, where) for name in COLUMNS if name not in ("image", "view")}
    sex, age = sex_of(facts["sex"]), age_of(facts["age"])
    dropped["sexes_not_read"] += bool(facts["sex"]) and not sex
    dropped["ages_not_read"] += bool(facts["age"]) and age is None
    return SourceStudy(
        patient_id=facts["patient"],
        study_id=facts["study"],
        taken_at=_taken_at(facts["taken_at"], where),
        split=split_named(facts["split"], where),
        sex=sex,
        age=age,
        images=[_image(row, root, where) for row in rows if row["image"]],
        report=_report(facts),
    )


def _one(rows: Iterable[Row], name: str, where: str) -> str:
    values = {row[name] for row in rows} - {""}
    if len(values) > 1:
        raise DataError(
            f"{where}: its rows differ in {name}; expected one a study. Are study ids unique over all "
            "patients?"
        )
    return next(iter(values), "")


def _taken_at(text: str, where: str) -> datetime | None:
    moment = parse_moment(text) if text else None
    if text and moment is None:
        raise DataError(
            f"{where}: taken_at is no date; expected the form 2024-01-31 or 2024-01-31T14:05:09"
        )
    return moment


def _set_by_one_clock(path: Path, studies: Sequence[SourceStudy]) -> None:
    """Turn moments with a time zone into UTC; then forget what does not order the studies of a day.

    A date alone, or midnight, says nothing of the time: on that day no study of the patient has one.
    """
    moments = [study.taken_at for study in studies if study.taken_at is not None]
    if len({moment.tzinfo is None for moment in moments}) > 1:
        raise DataError(
            f"{path}: taken_at has a time zone in some rows only; expected it in all or none"
        )
    for study in studies:
        if study.taken_at is not None and study.taken_at.tzinfo is not None:
            study.taken_at = study.taken_at.astimezone(UTC).replace(tzinfo=None)
    whole_days = {
        (study.patient_id, study.taken_at)
        for study in studies
        if study.taken_at is not None and study.taken_at.time() == time.min
    }
    for study in studies:
        if study.taken_at is not None:
            midnight = datetime.combine(study.taken_at, time.min)
            if (study.patient_id, midnight) in whole_days:
                study.taken_at = midnight


def _image(row: Row, root: Path, where: str) -> SourceImage:
    path = row["image"]
    if Path(path).is_absolute() and Path(path).is_relative_to(root):
        path = str(Path(path).relative_to(root))
    try:
        place = below_root(path)
    except ValueError as error:
        raise DataError(f"{where}: {error}") from None
    return SourceImage(
        image_id=str(Path(place).with_suffix("")), path=place, view=view_named(row["view"])
    )


def _report(facts: Mapping[str, Any]) -> Sections:
    given = given_sections({name: (name,) for name in SECTIONS}, facts)
    if not facts["report"]:
        return given
    parsed = parse_sections(facts["report"])
    chosen = {name: getattr(given, name) or getattr(parsed, name) for name in SECTIONS}
    headers = {**parsed.headers, **given.headers}
    return Sections(
        **chosen,
        last_paragraph="" if chosen["findings"] or chosen["impression"] else parsed.last_paragraph,
        headers={name: headers[name] for name in SECTIONS if chosen[name] and name in headers},
    )
