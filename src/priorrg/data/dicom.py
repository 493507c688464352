"""DICOM files → grey images and the facts of a radiograph.

This module and ``dicom_writing`` alone know pydicom.

Patient values never leave through a warning, a log line or an error message: messages name attributes,
not what is in them (modality and other technical values excepted). Axes: row, column.
"""

import logging
import re
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import time
from pathlib import Path
from typing import Any

import numpy as np
import pydicom
from numpy.typing import NDArray
from pydicom import Dataset
from pydicom.filereader import read_file_meta_info
from pydicom.multival import MultiValue
from pydicom.pixels.utils import pixel_array
from pydicom.sequence import Sequence as DicomSequence
from pydicom.uid import (
    UID,
    DeflatedExplicitVRLittleEndian,
)

from priorrg.data.dates import combine, parse_clock, parse_date
from priorrg.data.mimic_jpg import Grey, mimic_jpg, within_bits
from priorrg.data.radiograph_header import ContextField, HeaderText, RadiographHeader, view_of
from priorrg.data.size_guard import check_size
from priorrg.errors import ImageError

MODALITIES = ("CR", "DX")
_LOCK = threading.RLock()
_COMPRESSION_ONLY = "113040"
_CODE_STRING = re.compile(r"[A-Z0-9_ ]{1,16}")
_CONTEXT = (
    "ReasonForTheRequestedProcedure",
    "ReasonForStudy",
    "AdmittingDiagnosesDescription",
    "AdditionalPatientHistory",
)
"""Why the image was asked for. Descriptions of study and procedure say what was done, which is no question."""
_REQUEST_CONTEXT = ("ReasonForTheRequestedProcedure",)


def is_dicom(path: Path) -> bool:
    """Return whether the file bears the DICM mark after its preamble. Raises ``OSError``."""
    with path.open("rb") as file:
        return file.read(132)[128:] == b"DICM"


def read_radiograph(path: Path) -> Grey:
    """Return the grey image (H, W) of a CR or DX file by the profile ``mimic-jpg``; bright is dense.

    Raises ``ImageError`` for anything but one single-frame monochrome radiograph of bounded size, for a
    codec that is not installed and for broken files.
    """
    with quietly(), _explained(path):
        head = _read(path, pixels=False)
        _check_kind(path, head)
        rows, columns = _integer(head, "Rows"), _integer(head, "Columns")
        check_size(path, width=columns, height=rows)
        data = _read(path, pixels=True)
        if "PixelData" not in data:
            raise ImageError(f"{path}: the DICOM file holds no pixel data; is it complete?")
        try:
            decoded: NDArray[np.integer] = pixel_array(data, correct_unused_bits=False)
        except Exception as error:
            raise ImageError(f"{path}: {_why_not_decoded(data, error)}") from None
        if decoded.shape != (rows, columns):
            raise ImageError(
                f"{path}: pixel data has the shape {decoded.shape}; "
                f"expected {(rows, columns)} by its header"
            )
        stored = _stored_bits(decoded, data)
        inverted = _text(data, "PhotometricInterpretation") == "MONOCHROME1"
        try:
            return mimic_jpg(stored, inverted=inverted, padding=_padding(stored, data))
        except ImageError as error:
            raise ImageError(f"{path}: {error}") from None


def read_header(path: Path) -> RadiographHeader:
    """Return who, when and what of a DICOM file, without its pixels. Raises ``ImageError``.

    Of a file that ends before its pixels the header is what stands there whole; ``complete`` is false.
    """
    with quietly(), _explained(path):
        _check_form(path)
        with path.open("rb") as file:
            data = pydicom.dcmread(file, stop_before_pixels=True)
            complete = bool(file.read(1))
        if not complete and len(data):
            del data[
                max(data.keys())
            ]  # its value may be cut in two, and half an identifier is another one
        return _header(path, data, complete=complete)


def read_texts(path: Path) -> list[HeaderText]:
    """Return every text of a DICOM header, nested and private ones too. Raises ``ImageError``."""
    with quietly(), _explained(path):
        return list(_texts(_read(path, pixels=False), ""))


@contextmanager
def quietly() -> Iterator[None]:
    """Keep pydicom's warnings and log lines, which quote values, from anyone's ears.

    The lock: warnings, log levels and pydicom's settings belong to the whole process.
    """
    log = logging.getLogger("pydicom")
    with _LOCK, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        level, mode = log.level, pydicom.config.settings.reading_validation_mode
        log.setLevel(logging.CRITICAL + 1)
        pydicom.config.settings.reading_validation_mode = pydicom.config.IGNORE
        try:
            yield
        finally:
            log.setLevel(level)
            pydicom.config.settings.reading_validation_mode = mode


@contextmanager
def _explained(path: Path) -> Iterator[None]:
    """Turn whatever pydicom raises over a bad file into one ``ImageError`` that quotes no value."""
    try:
        yield
    except ImageError:
        raise
    except FileNotFoundError:
        raise ImageError(f"{path}: no such file") from None
    except Exception as error:
        raise ImageError(
            f"{path}: the DICOM file cannot be read ({type(error).__name__}); is it complete?"
        ) from None


def _read(path: Path, *, pixels: bool) -> Dataset:
    _check_form(path)
    return pydicom.dcmread(path, stop_before_pixels=not pixels)


def _check_form(path: Path) -> None:
    if path.stat().st_size == 0:
        raise ImageError(f"{path}: the file is empty; copy it again from its source")
    if not is_dicom(path):
        raise ImageError(f"{path}: is not a DICOM file (no DICM mark after the preamble)")
    syntax = read_file_meta_info(path).get("TransferSyntaxUID")
    if syntax is None:
        raise ImageError(f"{path}: its transfer syntax is missing; is the DICOM file complete?")
    if syntax == DeflatedExplicitVRLittleEndian:
        raise ImageError(f"{path}: deflated DICOM is not read; store it uncompressed first")


def _check_kind(path: Path, data: Dataset) -> None:
    modality = _code_string(data, "Modality")
    if modality not in MODALITIES:
        raise ImageError(
            f"{path}: modality is {modality or 'missing'}; expected CR or DX. Is this a chest "
            "radiograph?"
        )
    if (frames := _integer(data, "NumberOfFrames", 1)) > 1:
        raise ImageError(f"{path}: holds {frames} frames; expected a single radiograph")
    if _text(data, "PresentationIntentType") == "FOR PROCESSING":
        raise ImageError(
            f"{path}: holds raw detector values (FOR PROCESSING); expected FOR PRESENTATION"
        )
    photometric = _code_string(data, "PhotometricInterpretation")
    if photometric not in ("MONOCHROME1", "MONOCHROME2") or _integer(data, "SamplesPerPixel", 1) != 1:
        raise ImageError(
            f"{path}: photometric interpretation is {photometric or 'missing'}; expected MONOCHROME1 or "
            "MONOCHROME2. Is this a radiograph?"
        )
    if (bits := _integer(data, "BitsAllocated")) not in (8, 16):
        raise ImageError(f"{path}: {bits} bits are allocated a pixel; expected 8 or 16")


def _why_not_decoded(data: Dataset, error: Exception) -> str:
    syntax = data.file_meta.TransferSyntaxUID
    known = isinstance(syntax, UID) and syntax.name != syntax
    name = syntax.name if known else "an unknown transfer syntax"
    if isinstance(error, NotImplementedError) or "missing dependencies" in str(error):
        return f"no decoder is installed for {name}; store the image in another transfer syntax"
    return f"the pixel data ({name}) cannot be decoded ({type(error).__name__}); is the file complete?"


def _stored_bits(decoded: NDArray[np.integer], data: Dataset) -> NDArray[np.int32]:
    stored, high = _integer(data, "BitsStored"), _integer(data, "HighBit")
    values = decoded.astype(np.int32)
    native = not data.file_meta.TransferSyntaxUID.is_compressed
    if native and 0 < stored <= high < _integer(data, "BitsAllocated"):
        values = values >> (high - stored + 1)
    return _mask(values, data)


def _mask(values: NDArray[np.int32], data: Dataset) -> NDArray[np.int32]:
    stored, allocated = _integer(data, "BitsStored"), _integer(data, "BitsAllocated")
    bits = stored if 1 <= stored <= allocated else allocated
    return within_bits(values, bits, signed=_integer(data, "PixelRepresentation") == 1)


def _padding(stored: NDArray[np.int32], data: Dataset) -> NDArray[np.bool_] | None:
    if "PixelPaddingValue" not in data:
        return None
    value = _integer(data, "PixelPaddingValue")
    limit = _integer(data, "PixelPaddingRangeLimit", value)
    low, high = sorted(_mask(np.array([value, limit], dtype=np.int32), data).tolist())
    padding = (stored >= low) & (stored <= high)
    return padding if padding.any() and not padding.all() else None


def _header(path: Path, data: Dataset, *, complete: bool) -> RadiographHeader:
    clock = parse_clock(_text(data, "StudyTime"))
    day = parse_date(_text(data, "StudyDate"))
    image_type = [str(part).upper() for part in _list(data, "ImageType")]
    reasons = [_text(item, "CodeValue") for item in _items(data, "DerivationCodeSequence")]
    regions = [_text(data, "BodyPartExamined")]
    for keyword in ("AnatomicRegionSequence", "ProcedureCodeSequence", "RequestedProcedureCodeSequence"):
        regions += [_text(item, "CodeMeaning") for item in _items(data, keyword)]
    views = [(_text(i, "CodeValue"), _text(i, "CodeMeaning")) for i in _items(data, "ViewCodeSequence")]
    return RadiographHeader(
        path=path,
        patient_id=_text(data, "PatientID"),
        issuer=_text(data, "IssuerOfPatientID"),
        name=_text(data, "PatientName"),
        birth_date=_text(data, "PatientBirthDate"),
        sex=_text(data, "PatientSex"),
        accession=_text(data, "AccessionNumber"),
        study_uid=_text(data, "StudyInstanceUID"),
        image_uid=_text(data, "SOPInstanceUID"),
        sop_class=_text(data, "SOPClassUID"),
        modality=_code_string(data, "Modality"),
        intent=_text(data, "PresentationIntentType").upper(),
        derived=image_type[:1] == ["DERIVED"] and set(reasons) != {_COMPRESSION_ONLY},
        frames=_integer(data, "NumberOfFrames", 1),
        body_part=regions[0],
        regions=tuple(region for region in regions if region),
        taken_at=combine(day, clock or time.min),
        has_time=clock is not None,
        view=view_of(_text(data, "ViewPosition"), views),
        context=tuple(_context(data)),
        complete=complete,
    )


def _context(data: Dataset) -> Iterator[ContextField]:
    places: list[tuple[str, Dataset, tuple[str, ...]]] = [("", data, _CONTEXT)]
    places += [
        ("RequestAttributesSequence.", item, _REQUEST_CONTEXT)
        for item in _items(data, "RequestAttributesSequence")
    ]
    for prefix, place, keywords in places:
        for keyword in keywords:
            if text := " ".join(_text(place, keyword).split()):
                yield ContextField(source=prefix + keyword, text=text)


def _texts(data: Dataset, prefix: str) -> Iterator[HeaderText]:
    for element in data:
        name = prefix + (element.keyword or f"({element.tag.group:04X},{element.tag.element:04X})")
        if element.VR == "SQ":
            for item in element.value:
                yield from _texts(item, f"{name}.")
        elif not isinstance(element.value, bytes):
            value = element.value
            parts = value if isinstance(value, MultiValue) else [value]
            text = "\\".join(str(part) for part in parts if part is not None)
            yield HeaderText(name=name, kind=str(element.VR), text=text)


def _list(data: Dataset, keyword: str) -> list[Any]:
    value = data.get(keyword)
    if value is None:
        return []
    return list(value) if isinstance(value, MultiValue) else [value]


def _text(data: Dataset, keyword: str) -> str:
    return ", ".join(str(part).strip() for part in _list(data, keyword) if str(part).strip())


def _code_string(data: Dataset, keyword: str) -> str:
    """Return a value that may be quoted in a message: a code string, nothing longer or stranger."""
    value = _text(data, keyword)
    return value if not value or _CODE_STRING.fullmatch(value) else "unreadable"


def _items(data: Dataset, keyword: str) -> list[Dataset]:
    value = data.get(keyword)
    return list(value) if isinstance(value, DicomSequence) else []


def _integer(data: Dataset, keyword: str, default: int = 0) -> int:
    value = data.get(keyword)
    if isinstance(value, bytes):
        return int.from_bytes(value[:2], "little")
    try:
        return int(value)
    except (TypeError, ValueError):
        return default
