"""PadChest-GR → a prepared data set, priors as it gives them.

Castro et al., "PadChest-GR", arXiv:2411.05085 (NEJM AI 2025): 4,555 studies with grounded sentences in English
and Spanish; BIMCV research use agreement. A report is its sentences in a row. What the tables of a prepared
data set have no place for (boxes, labels, locations, progression) is not lost: both source files are copied
beside them. Images are frontal, of a direction that is not said. Knows these two files and where the images
lie; decodes no pixels.
"""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, time
from pathlib import Path, PurePosixPath
from typing import Any, Literal

from priorrg.data.dates import parse_date
from priorrg.data.given_sections import given_sections
from priorrg.data.image_files import by_name
from priorrg.data.manifest import PreparedData
from priorrg.data.patient_facts import age_of, sex_of
from priorrg.data.preparing import Progress, SourceImage, SourceStudy, check_folders, write_prepared
from priorrg.data.priors import PriorLink, PriorReason
from priorrg.data.source_tables import find_csv, fingerprint, read_csv, read_json
from priorrg.data.splits import split_named
from priorrg.errors import DataError, UsageError
from priorrg.study import UNKNOWN_VIEW

READER = "padchest-gr"
REPORTS = "grounded_reports_20240819.json"
TABLE = "master_table"
_REQUIRED = ("StudyID", "PatientID", "split")
_OPTIONAL = ("prior_study", "prior_imageID", "StudyDate", "PatientSex_DICOM", "PatientAge")
_NO_ID = ("", "true", "false", "nan", "none")
Language = Literal["en", "es"]
Row = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class _Prior:
    """The prior that the source names; of its study it may not say the id."""

    image: str
    study: str

    @property
    def image_id(self) -> str:
        return PurePosixPath(self.image).stem

    @property
    def study_id(self) -> str:
        return self.study or f"{self.image_id}-study"


def prepare(
    root: str | Path,
    out: str | Path,
    *,
    language: Language = "en",
    with_images: bool = True,
    progress: Progress | None = None,
) -> PreparedData:
    """Read ``grounded_reports_20240819.json`` and ``master_table.csv`` in ``root``, write ``out``.

    Images, also those of the prior studies, lie anywhere below ``root``; those that are not there are
    counted. A prior that is nobody's current image becomes a study without a split, so that no report is
    asked of it. ``progress`` gets (studies, studies in all). Raises ``UsageError``, ``DataError`` (naming the
    study), ``StorageError``.
    """
    root, out = check_folders(root, out, reader=READER, expected="the root of PadChest-GR")
    table = find_csv(root, (TABLE,))
    if table is None:
        raise UsageError(f"{root}: {TABLE}.csv is missing; expected it there, unpacked")
    entries = _entries(root / REPORTS)
    dropped: Counter[str] = Counter()
    places = by_name(root, dropped) if with_images else None
    studies = _studies(entries, _rows(table), root / REPORTS, language, places, dropped)
    if progress is not None:
        progress(len(studies), len(studies))
    card = {
        "name": READER,
        "synthetic": False,
        "reader": READER,
        "root": str(root),
        "language": language,
        "split": "by the source",
        "priors": "by the source",
        "not_in_the_tables": f"boxes, labels, locations and progression: in {REPORTS} and {table.name} here",
        "sources": [fingerprint(root / REPORTS), fingerprint(table)],
    }
    return write_prepared(
        out,
        studies,
        card=card,
        dropped=dropped,
        with_images=with_images,
        copies=[root / REPORTS, table],
    )


def _entries(path: Path) -> list[dict[str, Any]]:
    content = read_json(path, "the grounded reports of PadChest-GR")
    if not isinstance(content, list) or not all(isinstance(entry, dict) for entry in content):
        raise DataError(f"{path}: got {type(content).__name__}; expected a list with one object a study")
    return content


def _rows(path: Path) -> dict[str, list[Row]]:
    rows: defaultdict[str, list[Row]] = defaultdict(list)
    for row in read_csv(path, _REQUIRED, _OPTIONAL).iter_rows(named=True):
        rows[row["StudyID"]].append(row)
    return rows


def _studies(
    entries: Sequence[Mapping[str, Any]],
    rows: Mapping[str, Sequence[Row]],
    path: Path,
    language: Language,
    places: Mapping[str, str] | None,
    dropped: Counter[str],
) -> list[SourceStudy]:
    """Return the studies of the entries, then those that are priors alone."""
    studies: dict[str, SourceStudy] = {}
    priors: dict[str, _Prior] = {}
    for number, entry in enumerate(entries):
        try:
            name, image = str(entry["StudyID"]), str(entry["ImageID"])
            if name in studies:
                raise DataError(f"{path}: study {name!r} occurs twice; expected it once")
            mine = rows.get(name, ())
            if not mine:
                dropped["studies_not_in_the_table"] += 1
                continue
            studies[name] = _study(entry, mine[0], language, path)
            named = _priors(entry, mine)
        except (KeyError, TypeError, AttributeError) as error:
            raise DataError(
                f"{path}: [{number}]: {type(error).__name__} {error}; expected StudyID, ImageID and findings"
            ) from error
        studies[name].images = _images(image, "FRONTAL", places)
        dropped["images_missing"] += not studies[name].images
        if len(named) == 1:
            priors[name] = named[0]
        reason = PriorReason.PRIOR_AMBIGUOUS if named else PriorReason.FIRST_STUDY
        studies[name].prior = PriorLink(prior_study_id=None, reason=reason, days_since_prior=None)
    _link(studies, priors, places, dropped)
    if places is None:
        del dropped["images_missing"], dropped["priors_missing"]
    return list(studies.values())


def _study(entry: Mapping[str, Any], row: Row, language: Language, path: Path) -> SourceStudy:
    key = f"sentence_{language}"
    sentences = [(finding.get(key) or "").strip() for finding in entry["findings"]]
    day = parse_date(row["StudyDate"])
    return SourceStudy(
        patient_id=row["PatientID"],
        study_id=row["StudyID"],
        taken_at=None if day is None else datetime.combine(day, time()),
        split=split_named(row["split"], f"{path}: study {row['StudyID']!r}"),
        sex=sex_of(row["PatientSex_DICOM"]),
        age=age_of(row["PatientAge"].removesuffix(".0")),
        report=given_sections({"findings": (key,)}, {key: " ".join(filter(None, sentences))}),
    )


def _priors(entry: Mapping[str, Any], rows: Sequence[Row]) -> list[_Prior]:
    """Return the priors that the source names: those of the report, else those of the table."""
    if entry.get("PreviousImageID"):
        return [_Prior(str(entry["PreviousImageID"]), str(entry.get("PreviousStudyID") or ""))]
    named = {
        (row["prior_imageID"], "" if row["prior_study"].lower() in _NO_ID else row["prior_study"])
        for row in rows
        if row["prior_imageID"].lower() not in _NO_ID
    }
    return [_Prior(image, study) for image, study in sorted(named)]


def _images(image: str, view: str, places: Mapping[str, str] | None) -> list[SourceImage]:
    """Return the image if it is there; where none is looked for, as it is named."""
    name = PurePosixPath(image)
    place = name.name if places is None else places.get(name.name)
    return [] if place is None else [SourceImage(image_id=name.stem, path=place, view=view)]


def _link(
    studies: dict[str, SourceStudy],
    priors: Mapping[str, _Prior],
    places: Mapping[str, str] | None,
    dropped: Counter[str],
) -> None:
    """Give every study the prior that is named for it; add those that are no current image themselves."""
    owners = {image.image_id: study for study in studies.values() for image in study.images}
    for name, prior in sorted(priors.items()):
        study = studies[name]
        if prior.image_id not in owners and (images := _images(prior.image, UNKNOWN_VIEW, places)):
            owners[prior.image_id] = _add_prior(study.patient_id, prior, images, studies)
        before = owners.get(prior.image_id)
        dropped["priors_missing"] += before is None
        if before is study or (before is not None and before.patient_id != study.patient_id):
            raise DataError(
                f"study {name!r}: its prior is image {prior.image_id!r}, of the study itself or of another "
                "patient; expected another study of the patient"
            )
        if before is not None:
            study.images = [replace(image, prior_image_id=prior.image_id) for image in study.images]
        study.prior = PriorLink(
            prior_study_id=None if before is None else before.study_id,
            reason=PriorReason.PRIOR_HAS_NO_IMAGE if before is None else PriorReason.GIVEN,
            days_since_prior=None,
        )


def _add_prior(
    patient: str, prior: _Prior, images: list[SourceImage], studies: dict[str, SourceStudy]
) -> SourceStudy:
    """Add an image that is a prior alone, to a study that belongs to no split."""
    name = prior.study_id
    if name in studies and studies[name].split:
        name = f"{name}-prior"  # its study is reported on by another image
    study = studies.setdefault(
        name,
        SourceStudy(
            patient_id=patient,
            study_id=name,
            prior=PriorLink(prior_study_id=None, reason=PriorReason.PRIOR_ALONE, days_since_prior=None),
        ),
    )
    study.images = [*study.images, *images]
    return study
