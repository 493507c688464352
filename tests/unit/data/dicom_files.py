"""Small DICOM radiographs for tests, every attribute of which can be bent."""

import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pydicom
from numpy.typing import NDArray
from pydicom.uid import ExplicitVRLittleEndian, ImplicitVRLittleEndian

CHEST_DX = "1.2.840.10008.5.1.4.1.1.1.1"


def ramp(rows: int = 32, columns: int = 40, bits: int = 15) -> NDArray[np.uint16]:
    """Return values that rise unevenly from 0 to the largest of ``bits`` bits: histograms matter."""
    steps = np.linspace(0, 1, rows * columns).reshape(rows, columns) ** 3
    return np.round(steps * (2**bits - 1)).astype(np.uint16)


def write_dicom(
    path: Path,
    pixels: NDArray[Any],
    *,
    compress: str | None = None,
    implicit: bool = False,
    **attributes: Any,
) -> Path:
    """Write a DX file. ``attributes`` replace or add; ``None`` removes."""
    data = pydicom.Dataset()
    bits = 8 * pixels.dtype.itemsize
    plain = {
        "SOPClassUID": CHEST_DX,
        "SOPInstanceUID": pydicom.uid.generate_uid(entropy_srcs=[str(path)]),
        "StudyInstanceUID": "2.25.1",
        "SeriesInstanceUID": "2.25.2",
        "PatientID": "P1",
        "PatientName": "Doe^Jane",
        "PatientBirthDate": "19500101",
        "PatientSex": "F",
        "StudyDate": "20200310",
        "StudyTime": "101500",
        "Modality": "DX",
        "PresentationIntentType": "FOR PRESENTATION",
        "BodyPartExamined": "CHEST",
        "ViewPosition": "PA",
        "ImageType": ["ORIGINAL", "PRIMARY"],
        "Rows": pixels.shape[-2],
        "Columns": pixels.shape[-1],
        "SamplesPerPixel": 1,
        "PhotometricInterpretation": "MONOCHROME2",
        "BitsAllocated": bits,
        "BitsStored": bits,
        "PixelRepresentation": int(pixels.dtype.kind == "i"),
        "PixelData": pixels.tobytes(),
    }
    plain |= attributes
    plain.setdefault("HighBit", plain["BitsStored"] - 1)
    path.parent.mkdir(parents=True, exist_ok=True)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # bad values are what tests are about
        for keyword, value in plain.items():
            if value is not None:
                setattr(data, keyword, value)
        data["PixelData"].VR = "OB" if bits == 8 else "OW"
        data.file_meta = pydicom.dataset.FileMetaDataset()
        data.file_meta.TransferSyntaxUID = ImplicitVRLittleEndian if implicit else ExplicitVRLittleEndian
        if compress is not None:
            data.compress(compress, generate_instance_uid=False)
        data.save_as(path, enforce_file_format=True)
    return path
