"""A folder of one patient's DICOM files → the current radiograph, its prior, and why these two.

A prior that is not surely right is no prior: same patient by PatientID and issuer, cross-checked by
name, birth date and sex; another study, strictly earlier; a chest radiograph. Nor is an image the current
one if another file may be of a later study. Reasons name files and dates, never whose they are. Decodes
only what it chooses.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from priorrg.data.folder_files import FolderFiles, read_folder, reason_of
from priorrg.data.pixels import read_grey
from priorrg.data.priors import prior_image
from priorrg.data.radiograph_header import RadiographHeader
from priorrg.errors import DataError, ImageError
from priorrg.study import FRONTAL_VIEWS, Radiograph

MOST_NAMED = 10
"""Unreadable files that get a line each."""
_FEW = 3
_CURRENT, _PRIOR = "current", "prior"
_SAME_STUDY = "another image of the current study"
_FARTHER = "another image or study is nearer"
_UNSURE = "no earlier study is surely the prior"
_SAID_ELSEWHERE = (_CURRENT, _PRIOR, _SAME_STUDY, _FARTHER, _UNSURE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Considered:
    """One file of the folder and what became of it."""

    path: Path
    verdict: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """The current radiograph and its prior, if one is sure. ``reason`` is one line for the reader.

    ``remarks``: one line for each file that could not be read, and for each reason to pass others over.
    """

    current: RadiographHeader
    prior: RadiographHeader | None
    reason: str
    remarks: tuple[str, ...]
    considered: tuple[Considered, ...]


def choose(folder: Path) -> Choice:
    """Choose current and prior among the DICOM files in and below ``folder``.

    Current is the latest dated study's frontal image (PA, AP, then others) that can be read; the prior comes
    from the nearest earlier study or from none. Raises ``UsageError`` if there is no chest radiograph to
    choose, ``DataError`` if there are several patients or the latest study cannot be told or read.
    """
    files = read_folder(folder)
    broken: dict[Path, str] = {}
    current = _current(folder, files, broken)
    elsewhere = _elsewhere(files, current)
    verdicts = {h.path: _why_not_prior(h, current) for h in files.radiographs}
    verdicts |= {h.path: why for h, why in files.unclear}
    prior, missing = _prior(current, [h for h in elsewhere if h.taken_at is not None], verdicts, broken)
    for header in files.radiographs:
        verdicts[header.path] = verdicts[header.path] or (_UNSURE if prior is None else _FARTHER)
    verdicts |= {chosen.path: role for chosen, role in ((current, _CURRENT), (prior, _PRIOR)) if chosen}
    hidden = len(files.unreadable) + sum(h.taken_at is None for h in elsewhere)
    if prior is None and not missing:
        missing = _nothing_earlier(current, elsewhere, verdicts, bool(hidden))
    broken |= files.unreadable | {h.path: why for h, why in files.unclear if not h.complete}
    passed_over = verdicts | files.unsuitable
    return Choice(
        current=current,
        prior=prior,
        reason=_sentence(current, prior, missing, bool(hidden)),
        remarks=(
            *_said_of_unreadable(folder, broken, hidden),
            *_said_of_others(folder, passed_over, broken),
        ),
        considered=tuple(
            Considered(path=path, verdict=verdict)
            for path, verdict in sorted((passed_over | broken).items())
        ),
    )


def check_prior(current: RadiographHeader, prior: RadiographHeader) -> tuple[str, ...]:
    """Check a prior that a person named; return what the reader of the draft should know.

    Raises ``DataError`` if the prior is the current image itself, another patient's by PatientID or its
    issuer, or the newer image. Nothing else is refused: the person may know better, but a doubt about
    patient or date is said.
    """
    if current.image_uid and current.image_uid == prior.image_uid:
        raise same_image(str(prior.path))
    doubt = identity_doubt(current, prior)
    for attribute, one, other in (
        ("PatientID", current.patient_id, prior.patient_id),
        ("IssuerOfPatientID", current.issuer, prior.issuer),
    ):
        if one and other and one != other:
            raise DataError(
                f"{prior.path}: the prior is another patient's: {attribute} differs from that of "
                f"{current.path}; expected an earlier image of the same patient, or none"
            )
    if current.is_earlier_than(prior):
        raise DataError(
            f"{prior.path}: the prior is newer than the current image {current.path}; expected an "
            "earlier study. Are the two exchanged?"
        )
    remarks = []
    if doubt:
        remarks.append(f"the prior may be another patient's: {doubt}")
    if not prior.is_earlier_than(current):
        remarks.append("date and time do not show that the prior is the earlier image")
    return tuple(remarks)


def same_image(name: str) -> DataError:
    """Return the error for a prior that is the current image itself."""
    return DataError(
        f"{name}: the prior is the current image itself; expected an image of an earlier study. Leave the "
        "prior out if there is none"
    )


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


def _current(folder: Path, files: FolderFiles, broken: dict[Path, str]) -> RadiographHeader:
    latest = _latest(folder, _by_study(files.radiographs))
    for header, why in files.unclear:
        if (
            _is_elsewhere(header, latest[0])
            and header.taken_at
            and not header.is_earlier_than(latest[0])
        ):
            raise DataError(
                f"{header.path}: may be of a later study than {latest[0].path.name}, but cannot be used "
                f"({why}); an older image is not taken for the current one. Copy the file again from its "
                "source, or name the current image, and its prior, yourself"
            )
    current = _first_readable(latest, "", broken)
    if current is None:
        path = _best(latest, "").path
        raise DataError(
            f"{path}: no image of the latest study can be read ({broken[path]}); an older one is not taken "
            "instead. Copy the file again from its source, or name the current image yourself"
        )
    return current


def _is_elsewhere(header: RadiographHeader, current: RadiographHeader) -> bool:
    return not header.study_uid or header.study_uid != current.study_uid


def _elsewhere(files: FolderFiles, current: RadiographHeader) -> list[RadiographHeader]:
    """Return what is, or may be, of other studies."""
    headers = [*files.radiographs, *(header for header, _ in files.unclear)]
    return [h for h in headers if h is not current and _is_elsewhere(h, current)]


def _by_study(headers: Iterable[RadiographHeader]) -> Mapping[str, list[RadiographHeader]]:
    """An image that names no study is one of its own."""
    studies: defaultdict[str, list[RadiographHeader]] = defaultdict(list)
    for header in headers:
        studies[header.study_uid or str(header.path)].append(header)
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


def _first_readable(
    images: Sequence[RadiographHeader], view: str, broken: dict[Path, str]
) -> RadiographHeader | None:
    """Return the best image whose pixels can be decoded; what cannot goes into ``broken``."""
    left = list(images)
    while left:
        image = _best(left, view)
        try:
            read_grey(image.path)
        except ImageError as error:
            broken[image.path] = reason_of(error, image.path)
            left.remove(image)
        else:
            return image
    return None


def _best(images: Sequence[RadiographHeader], view: str) -> RadiographHeader:
    """Return the image of ``view``, else PA, AP, others; ties by SOP Instance UID."""
    by_id = {image.image_uid: image for image in images}
    films = [Radiograph(image_id=image.image_uid, view=image.view) for image in images]
    best = prior_image(view, films)
    if best is None:
        raise ValueError("no image to choose from")
    return by_id[best.image_id]


def _why_not_prior(header: RadiographHeader, current: RadiographHeader) -> str:
    if not _is_elsewhere(header, current):
        return _SAME_STUDY
    if doubt := identity_doubt(header, current):
        return f"not surely the same patient: {doubt}"
    return "it has no date" if header.taken_at is None else ""


def _prior(
    current: RadiographHeader,
    dated: Sequence[RadiographHeader],
    verdicts: Mapping[Path, str],
    broken: dict[Path, str],
) -> tuple[RadiographHeader | None, str]:
    """Return the prior, or why the nearest earlier study gives none; no older study stands in for it."""
    if current.taken_at is None or not dated:
        return None, ""
    studies = list(_by_study(dated).values())
    nearest = next(
        (
            images
            for images in studies
            if all(other is images or other[0].is_earlier_than(images[0]) for other in studies)
        ),
        None,
    )
    if nearest is None:
        return None, "date and time do not show which earlier study is the nearest"
    usable = [image for image in nearest if not verdicts[image.path]]
    if prior := _first_readable(usable, current.view, broken):
        return prior, ""
    path = nearest[0].path
    instead = "; an older study is not taken instead" if len(studies) > 1 else ""
    return (
        None,
        f"{broken.get(path) or verdicts[path]} ({path.name}, of the nearest earlier study{instead})",
    )


def _nothing_earlier(
    current: RadiographHeader,
    elsewhere: Sequence[RadiographHeader],
    verdicts: Mapping[Path, str],
    hidden: bool,
) -> str:
    if current.taken_at is None:
        return "the current image has no date"
    if elsewhere:
        return verdicts[elsewhere[0].path]
    return f"no other study {'could be read' if hidden else 'is in the folder'}"


def _sentence(
    current: RadiographHeader, prior: RadiographHeader | None, missing: str, hidden: bool
) -> str:
    """``hidden``: there are files that nobody knows to be earlier, so nothing is simply the latest."""
    among = "of those that could be read and dated" if hidden else ""
    text = f"current is {_described(current)}, {' '.join(('the latest study', among)).strip()}"
    if not current.view or current.view not in FRONTAL_VIEWS:
        text += " (it has no frontal image to choose)"
    if prior is None or current.taken_at is None or prior.taken_at is None:
        return f"{text}; no prior: {missing}"
    days = (current.taken_at.date() - prior.taken_at.date()).days
    nearest = " ".join(("the nearest earlier study", among)).strip()
    return f"{text}; prior is {_described(prior)}, {nearest}, {days} days before"


def _said_of_unreadable(folder: Path, broken: Mapping[Path, str], hidden: int) -> list[str]:
    lines = [
        f"could not be read: {path.relative_to(folder)}: {why}"
        for path, why in sorted(broken.items())[:MOST_NAMED]
    ]
    if len(broken) > MOST_NAMED:
        lines.append(f"could not be read: {len(broken) - MOST_NAMED:,} files more")
    if hidden:
        lines.append(
            f"{hidden:,} {'file' if hidden == 1 else 'files'} could not be read or dated: a later or nearer "
            "examination may be missing here"
        )
    return lines


def _said_of_others(folder: Path, verdicts: Mapping[Path, str], broken: Mapping[Path, str]) -> list[str]:
    """One line a reason, with the names where they are few."""
    by_reason: defaultdict[str, list[str]] = defaultdict(list)
    for path, verdict in sorted(verdicts.items()):
        if verdict not in _SAID_ELSEWHERE and path not in broken:
            by_reason[verdict].append(str(path.relative_to(folder)))
    return [
        f"left out: {len(names):,} {'file' if len(names) == 1 else 'files'}, {reason} "
        f"({', '.join(names[:_FEW])}{', …' if len(names) > _FEW else ''})"
        for reason, names in sorted(by_reason.items())
    ]


def _described(header: RadiographHeader) -> str:
    when = f"{header.taken_at:%Y-%m-%d}" if header.taken_at is not None else "no date"
    return f"{header.path.name} ({header.view}, {when})"
