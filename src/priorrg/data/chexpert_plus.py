"""CheXpert Plus → a prepared data set; a prior only where what it says of the order holds together.

Chambon et al., "CheXpert Plus", arXiv:2405.19538, 2024: 223,462 images, 187,711 reports, 64,725 patients;
Stanford research use agreement. One row per image; a study is the ``patientN/studyN`` of its path. There is
no column of dates: ``patient_report_date_order`` is reported inverted for about half of the pairs. So the
reader takes the date in the head of the report, checks the order column against it and against COMPARISON,
gives no prior where ``chexpert_order`` is not sure, and puts in the card what it found. Knows that table and
where its images lie; decodes no pixels.
"""

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, time
from pathlib import Path, PurePosixPath

from priorrg.data.chexpert_order import StudyOrder, check_order
from priorrg.data.dates import dates_in
from priorrg.data.given_sections import given_sections
from priorrg.data.image_files import below_root, keep_found, on_disk
from priorrg.data.manifest import PreparedData
from priorrg.data.patient_facts import age_of, sex_of, view_named
from priorrg.data.preparing import Progress, SourceImage, SourceStudy, check_folders, write_prepared
from priorrg.data.priors import PriorLink, PriorReason
from priorrg.data.source_tables import find_csv, fingerprint, read_csv
from priorrg.data.splits import split_named
from priorrg.errors import DataError, UsageError

READER = "chexpert-plus"
TABLE = "df_chexpert_plus_240401"
_SECTIONS = {
    "history": ("section_clinical_history", "section_history"),
    "comparison": ("section_comparison",),
    "technique": ("section_technique",),
    "findings": ("section_findings",),
    "impression": ("section_impression",),
}
_REQUIRED = (
    "path_to_image", "frontal_lateral", "ap_pa", "deid_patient_id", "patient_report_date_order",
    "section_findings", "section_impression", "split",
)  # fmt: skip
_OPTIONAL = (
    "section_clinical_history", "section_history", "section_comparison", "section_technique",
    "section_narrative", "report", "age", "sex",
)  # fmt: skip
_FOLDERS = ("", "PNG/", "PNG/PNG/", "DICOM/", "CheXpert-v1.0/", "CheXpert-v1.0-small/")
_ENDINGS = (".jpg", ".png", ".dcm")
_HEAD_ENDS = re.compile(r"HISTORY|COMPARISON|FINDINGS|IMPRESSION|INDICATION", re.IGNORECASE)
_NOTHING = re.compile(r"(?:none|no (?:prior|previous|comparison)\w*)\b[^.]*\.?", re.IGNORECASE)
Row = Mapping[str, str]


def prepare(
    root: str | Path, out: str | Path, *, with_images: bool = True, progress: Progress | None = None
) -> PreparedData:
    """Read ``df_chexpert_plus_240401.csv`` in ``root``, find its images there, write ``out``.

    Images may be the JPEG, PNG or DICOM release, in its own folder or not; those that are not there are
    counted. ``progress`` gets (images looked for, images in all). Raises ``UsageError``, ``DataError``,
    ``StorageError``.
    """
    root, out = check_folders(root, out, reader=READER, expected="the root of CheXpert Plus")
    path = find_csv(root, (TABLE,))
    if path is None:
        raise UsageError(f"{root}: {TABLE}.csv or .csv.gz is missing; expected it there")
    dropped: Counter[str] = Counter()
    rows = read_csv(path, _REQUIRED, _OPTIONAL)
    groups: dict[tuple[str, str], list[Row]] = {}
    for row in rows.sort("path_to_image").iter_rows(named=True):
        groups.setdefault(_key(row, path), []).append(row)
    studies = [_study(key, group, path, dropped) for key, group in groups.items()]
    places = (_place(key, group) for key, group in groups.items())
    unsure, found = check_order(places)
    for study in studies:
        if study.study_id in unsure:
            study.prior = PriorLink(
                prior_study_id=None, reason=PriorReason.ORDER_UNSURE, days_since_prior=None
            )
    if with_images:
        paths = (image.path for study in studies for image in study.images)
        keep_found(studies, on_disk(paths, _candidates, root, progress), dropped)
    card = {
        "name": READER,
        "synthetic": False,
        "reader": READER,
        "root": str(root),
        "split": "by the source, which has no test",
        "priors": "by the date in the report's head, where COMPARISON or a trusted order column bears it out",
        "order_check": found,
        "sources": [fingerprint(path)],
    }
    return write_prepared(out, studies, card=card, dropped=dropped, with_images=with_images)


def _key(row: Row, path: Path) -> tuple[str, str]:
    """Return patient and study of a row. Raises ``DataError`` if its path does not name them."""
    parts = PurePosixPath(row["path_to_image"]).parts
    if (
        len(parts) < 3
        or not parts[-2].startswith("study")
        or _number(parts[-3]) != _number(row["deid_patient_id"])
    ):
        raise DataError(
            f"{path}: path_to_image is {row['path_to_image']!r} for patient {row['deid_patient_id']!r}; "
            "expected train/patient1/study1/view1_frontal.jpg"
        )
    return parts[-3], parts[-2]


def _number(patient: str) -> str:
    return patient.removeprefix("patient").lstrip("0")


def _study(key: tuple[str, str], rows: Sequence[Row], path: Path, dropped: Counter[str]) -> SourceStudy:
    """Return one study. Of texts that differ between its images the first by path counts."""
    first, name = rows[0], "-".join(key)
    texts = [column for columns in _SECTIONS.values() for column in columns]
    dropped["studies_whose_texts_differ"] += any(r[c] != first[c] for r in rows for c in texts)
    splits = {split_named(row["split"], f"{path}: study {name!r}") for row in rows}
    if len(splits) > 1:
        raise DataError(
            f"{path}: study {name!r} is in splits {' and '.join(sorted(splits))}; expected one"
        )
    day = _day(first)
    dropped["studies_without_date"] += day is None
    return SourceStudy(
        patient_id=key[0],
        study_id=name,
        taken_at=None if day is None else datetime.combine(day, time()),
        split=splits.pop(),
        sex=sex_of(first["sex"]),
        age=age_of(first["age"]),
        images=[_image(row, name, path) for row in rows],
        report=given_sections(_SECTIONS, first),
    )


def _image(row: Row, study: str, path: Path) -> SourceImage:
    try:
        place = below_root(row["path_to_image"])
    except ValueError as error:
        raise DataError(f"{path}: {error}") from None
    return SourceImage(
        image_id=f"{study}-{PurePosixPath(place).stem}",
        path=place,
        view=view_named(row["ap_pa"] or row["frontal_lateral"]),
    )


def _day(row: Row) -> date | None:
    """Return the date in the report's head: in its first lines, before any section is opened."""
    text = (row["section_narrative"] or row["report"])[:300]
    end = _HEAD_ENDS.search(text)
    return next(iter(dates_in(text[: end.start()] if end is not None else text)), None)


def _place(key: tuple[str, str], rows: Sequence[Row]) -> StudyOrder:
    numbers = {row["patient_report_date_order"].removesuffix(".0") for row in rows}
    number = numbers.pop() if len(numbers) == 1 else ""
    comparison = rows[0]["section_comparison"].strip()
    compared = tuple(dates_in(comparison))
    return StudyOrder(
        patient_id=key[0],
        study_id="-".join(key),
        number=int(number) if number.isdecimal() else None,
        day=_day(rows[0]),
        compared=compared,
        compares_none=not compared and _NOTHING.fullmatch(comparison) is not None,
    )


def _candidates(path: str) -> Iterator[str]:
    for folder in _FOLDERS:
        for ending in dict.fromkeys((PurePosixPath(path).suffix, *_ENDINGS)):
            yield folder + str(PurePosixPath(path).with_suffix(ending))
