"""A folder of one patient's DICOM files → the current radiograph, its prior, and why these two.

A prior that is not surely right is no prior: same patient by PatientID and issuer, cross-checked by
name, birth date and sex; another study, strictly earlier; a chest radiograph. Reasons name files and
dates, never whose they are. Knows headers, no pixels.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from priorrg.data.dicom import is_dicom, read_header
from priorrg.data.priors import prior_image
from priorrg.data.radiograph_header import RadiographHeader
from priorrg.errors import DataError, ImageError, UsageError
from priorrg.study import FRONTAL_VIEWS, Radiograph

MAX_FILES = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Considered:
    """One file of the folder and what became of it."""

    path: Path
    verdict: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """The current radiograph and its prior, if one is sure. ``reason`` is one line for the reader."""

    current: RadiographHeader
    prior: RadiographHeader | None
    reason: str
    considered: tuple[Considered, ...]


def choose(folder: Path) -> Choice:
    """Choose current and prior among the DICOM files in and below ``folder``.

    Current is the latest dated study's frontal image (PA, AP, then others). Raises ``UsageError`` if
    there is no chest radiograph to choose, ``DataError`` if there are several patients or the latest
    study cannot be told.
    """
    verdicts: dict[Path, str] = {}
    headers = _chest_radiographs(folder, verdicts)
    _refuse_several_patients(folder, headers)
    studies = _by_study(headers)
    current = _best(_latest(folder, studies), "")
    for header in headers:
        verdicts[header.path] = _why_not_prior(header, current)
    candidates = [h for h in headers if not verdicts[h.path]]
    prior, why = _prior(current, candidates)
    for header in candidates:
        verdicts[header.path] = "another image or study is nearer" if prior is not None else why
    for chosen, role in ((current, "current"), (prior, "prior")):
        if chosen is not None:
            verdicts[chosen.path] = role
    missing = _main_obstacle(current, headers, verdicts) if prior is None and not candidates else why
    return Choice(
        current=current,
        prior=prior,
        reason=_sentence(current, prior, missing),
        considered=tuple(
            Considered(path=path, verdict=verdict) for path, verdict in sorted(verdicts.items())
        ),
    )


def check_order(current: RadiographHeader, prior: RadiographHeader) -> tuple[str, ...]:
    """Check a prior that a person named; return what the reader of the draft should know.

    Raises ``DataError`` if the prior is the newer image. Nothing else is refused: the person may know
    better, but a doubt about patient or date is said.
    """
    if current.is_earlier_than(prior):
        raise DataError(
            f"{prior.path}: the prior is newer than the current image {current.path}; expected an "
            "earlier "
            "study. Are the two exchanged?"
        )
    remarks = []
    if doubt := identity_doubt(current, prior):
        remarks.append(f"the prior may be another patient's: {doubt}")
    if not prior.is_earlier_than(current):
        remarks.append("date and time do not show that the prior is the earlier image")
    return tuple(remarks)


def identity_doubt(one: RadiographHeader, other: RadiographHeader) -> str:
    """Return why two images may not be of one patient; empty if nothing speaks against it.

    Values that a file lacks are no mismatch, but PatientID must be there, and issuers must be equal.
    """
    if not one.patient_id or not other.patient_id:
        return "a PatientID is missing"
    facts = (
        ("PatientID", one.patient_id, other.patient_id),
        ("IssuerOfPatientID", one.issuer, other.issuer),
        ("PatientName", _letters(one.name), _letters(other.name)),
        ("PatientBirthDate", one.birth_date, other.birth_date),
        ("PatientSex", one.sex, other.sex),
    )
    for attribute, left, right in facts:
        if left != right and (attribute == "IssuerOfPatientID" or (left and right)):
            return f"{attribute} differs"
    return ""


def _letters(name: str) -> str:
    return " ".join(name.replace("^", " ").replace(",", " ").split()).casefold()


def _chest_radiographs(folder: Path, verdicts: dict[Path, str]) -> list[RadiographHeader]:
    headers = []
    for path in _dicom_files(folder):
        try:
            header = read_header(path)
        except ImageError:
            verdicts[path] = "its header cannot be read"
            continue
        verdicts[path] = header.objection()
        if not verdicts[path]:
            headers.append(header)
    if not verdicts:
        raise UsageError(f"{folder}: holds no DICOM file; expected the dated DICOM files of one patient")
    if not headers:
        path, verdict = next(iter(verdicts.items()))
        raise UsageError(
            f"{folder}: none of {len(verdicts)} DICOM files is a chest radiograph to choose "
            f"({path.name}: "
            f"{verdict}); name the image itself if it is one"
        )
    return headers


def _dicom_files(folder: Path) -> Iterable[Path]:
    if not folder.is_dir():
        raise UsageError(f"{folder}: no such folder; expected the dated DICOM files of one patient")
    files = sorted(p for p in folder.rglob("*") if p.is_file() and not p.name.startswith("."))
    if not files:
        raise UsageError(f"{folder}: the folder is empty; expected the dated DICOM files of one patient")
    if len(files) > MAX_FILES:
        raise UsageError(
            f"{folder}: holds {len(files):,} files; expected one patient's, at most {MAX_FILES:,}"
        )
    return [path for path in files if path.name != "DICOMDIR" and is_dicom(path)]


def _refuse_several_patients(folder: Path, headers: Sequence[RadiographHeader]) -> None:
    ids, issuers = {h.patient_id for h in headers}, {h.issuer for h in headers if h.issuer}
    count = max(len(ids), len(issuers))
    if count > 1:
        raise DataError(
            f"{folder}: holds radiographs of {count} patients (PatientID or its issuer differs); "
            "expected one. "
            "Name the current image, and its prior, yourself"
        )


def _by_study(headers: Sequence[RadiographHeader]) -> Mapping[str, list[RadiographHeader]]:
    studies: defaultdict[str, list[RadiographHeader]] = defaultdict(list)
    for header in headers:
        studies[header.study_uid].append(header)
    return studies


def _latest(folder: Path, studies: Mapping[str, list[RadiographHeader]]) -> list[RadiographHeader]:
    """Return the images of the one study that every other dated study is surely earlier than."""
    if len(studies) == 1:
        return next(iter(studies.values()))
    dated = [images for images in studies.values() if images[0].taken_at is not None]
    for images in dated:
        if all(other is images or other[0].is_earlier_than(images[0]) for other in dated):
            return images
    raise DataError(
        f"{folder}: date and time do not show which of {len(studies)} studies is the latest; "
        "name the current image, and its prior, yourself"
    )


def _best(images: Sequence[RadiographHeader], view: str) -> RadiographHeader:
    """Return the image of ``view``, else PA, AP, others; ties by SOP Instance UID."""
    by_id = {image.image_uid: image for image in images}
    films = [Radiograph(image_id=image.image_uid, view=image.view) for image in images]
    best = prior_image(view, films)
    if best is None:
        raise ValueError("no image to choose from")
    return by_id[best.image_id]


def _why_not_prior(header: RadiographHeader, current: RadiographHeader) -> str:
    if header.study_uid == current.study_uid:
        return "another image of the current study"
    if doubt := identity_doubt(header, current):
        return f"not surely the same patient: {doubt}"
    if header.taken_at is None:
        return "it has no date"
    return "" if header.is_earlier_than(current) else "not surely earlier"


def _prior(
    current: RadiographHeader, candidates: Sequence[RadiographHeader]
) -> tuple[RadiographHeader | None, str]:
    studies = _by_study(candidates)
    for images in studies.values():
        if all(other is images or other[0].is_earlier_than(images[0]) for other in studies.values()):
            return _best(images, current.view), ""
    return None, "two earlier studies have the same date and time" if candidates else ""


def _main_obstacle(
    current: RadiographHeader, headers: Sequence[RadiographHeader], verdicts: Mapping[Path, str]
) -> str:
    if current.taken_at is None:
        return "the current image has no date"
    others = [verdicts[h.path] for h in headers if h.study_uid != current.study_uid]
    return others[0] if others else "no other study is in the folder"


def _sentence(current: RadiographHeader, prior: RadiographHeader | None, missing: str) -> str:
    text = f"current is {_described(current)}, the latest study"
    if not current.view or current.view not in FRONTAL_VIEWS:
        text += " (it has no frontal image)"
    if prior is None or current.taken_at is None or prior.taken_at is None:
        return f"{text}; no prior: {missing}"
    days = (current.taken_at.date() - prior.taken_at.date()).days
    return f"{text}; prior is {_described(prior)}, the nearest earlier study, {days} days before"


def _described(header: RadiographHeader) -> str:
    when = f"{header.taken_at:%Y-%m-%d}" if header.taken_at is not None else "no date"
    return f"{header.path.name} ({header.view}, {when})"
