"""The files of one patient's folder, each looked at once: what may be chosen, and what may hide an examination.

Knows headers, no pixels, and not which image is current or prior. Reasons say what is wrong with a file,
never whose it is.
"""

import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from priorrg.data.dicom import is_dicom, read_header
from priorrg.data.radiograph_header import RadiographHeader
from priorrg.errors import DataError, ImageError, UsageError

MAX_FILES = 10_000
_DICOM_NAMES = (".dcm", ".dicom", ".dic", ".ima")
_PICTURES = (".png", ".jpg", ".jpeg", ".tif", ".tiff")
_BEGINNINGS = (b"\x02\x00", b"\x08\x00")
"""Group numbers that a DICOM file without a preamble begins with."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FolderFiles:
    """``radiographs`` may be chosen. ``unclear`` may be radiographs of the chest, but lack pixels, modality
    or body part; ``unreadable`` may be anything; ``unsuitable`` are surely none. All with the reason."""

    radiographs: list[RadiographHeader] = field(default_factory=list)
    unclear: list[tuple[RadiographHeader, str]] = field(default_factory=list)
    unreadable: dict[Path, str] = field(default_factory=dict)
    unsuitable: dict[Path, str] = field(default_factory=dict)


def read_folder(folder: Path) -> FolderFiles:
    """Read the header of every file in and below ``folder`` that is DICOM by its content or its name.

    Raises ``UsageError`` if there is no chest radiograph to choose, ``DataError`` if the files, suitable or
    not, are of several patients.
    """
    files = FolderFiles()
    others: list[RadiographHeader] = []
    for path in _paths(folder, files.unreadable):
        if not _may_be_dicom(path):
            if path.suffix.lower() in _PICTURES:
                files.unsuitable[path] = "a picture without date and patient, not DICOM"
            continue
        try:
            header = read_header(path)
        except ImageError as error:
            files.unreadable[path] = reason_of(error, path)
            continue
        objection = header.objection()
        if not objection and header.complete:
            files.radiographs.append(header)
        elif header.may_be_chest:
            why = objection if header.complete else "the file ends before its pixels; is it complete?"
            files.unclear.append((header, why))
        else:
            files.unsuitable[path] = objection
            others.append(header)
    _refuse_several_patients(folder, files, others)
    _refuse_nothing_to_choose(folder, files)
    return files


def reason_of(error: ImageError, path: Path) -> str:
    """Return what is wrong with the file, without its path."""
    return str(error).removeprefix(f"{path}: ")


def _paths(folder: Path, unreadable: dict[Path, str]) -> list[Path]:
    if not folder.is_dir():
        raise UsageError(f"{folder}: no such folder; expected the dated DICOM files of one patient")
    paths = sorted(_walk(folder, unreadable))
    if not paths and not unreadable:
        raise UsageError(f"{folder}: the folder is empty; expected the dated DICOM files of one patient")
    if len(paths) > MAX_FILES:
        raise UsageError(
            f"{folder}: holds {len(paths):,} files; expected one patient's, at most {MAX_FILES:,}"
        )
    return [path for path in paths if path.name != "DICOMDIR"]


def _walk(folder: Path, unreadable: dict[Path, str]) -> Iterator[Path]:
    def closed(error: OSError) -> None:
        unreadable[Path(error.filename)] = f"the folder cannot be opened ({error.strerror})"

    for place, _, names in os.walk(folder, onerror=closed):
        paths = (Path(place) / name for name in names if not name.startswith("."))
        yield from (path for path in paths if path.is_file() or not path.exists())


def _may_be_dicom(path: Path) -> bool:
    """Return whether the file is DICOM by its content, or by a name that promises it."""
    unnamed = not path.suffix or path.suffix[1:].isdigit()  # IMG00001, or an identifier
    named = path.suffix.lower() in _DICOM_NAMES
    try:
        with path.open("rb") as file:
            head = file.read(128)
        return (
            named or is_dicom(path) or (unnamed and (not head.strip(b"\0") or head[:2] in _BEGINNINGS))
        )
    except OSError:
        return named or unnamed


def _refuse_several_patients(folder: Path, files: FolderFiles, others: list[RadiographHeader]) -> None:
    """A file that names no patient speaks against none, unless it is one to choose from."""
    readable = [*files.radiographs, *(header for header, _ in files.unclear), *others]
    ids = {h.patient_id for h in readable if h.patient_id}
    ids |= {h.patient_id for h in files.radiographs}
    issuers = {h.issuer for h in readable if h.issuer}
    count = max(len(ids), len(issuers))
    if count > 1:
        raise DataError(
            f"{folder}: holds DICOM files of {count} patients (PatientID or its issuer differs); "
            "expected one. Name the current image, and its prior, yourself"
        )


def _refuse_nothing_to_choose(folder: Path, files: FolderFiles) -> None:
    if files.radiographs:
        return
    verdicts = {header.path: why for header, why in files.unclear}
    verdicts |= files.unreadable | files.unsuitable
    if not verdicts:
        raise UsageError(f"{folder}: holds no DICOM file; expected the dated DICOM files of one patient")
    path, verdict = next(iter(verdicts.items()))
    raise UsageError(
        f"{folder}: none of {len(verdicts)} files is a chest radiograph to choose ({path.name}: "
        f"{verdict}); name the image itself if it is one"
    )
