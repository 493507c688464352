"""Grey images → DICOM files.

Knows arrays and the attributes of a radiograph; nothing of what is drawn. Axes: row, column.
"""

import uuid
from datetime import datetime
from hashlib import sha256
from pathlib import Path

import numpy as np
import pydicom
from pydicom import Dataset
from pydicom.sequence import Sequence as DicomSequence
from pydicom.uid import DigitalXRayImageStorageForPresentation, ExplicitVRLittleEndian

from priorrg.data.dicom import quietly
from priorrg.data.mimic_jpg import Grey
from priorrg.errors import UsageError
from priorrg.storage import new_file
from priorrg.study import FRONTAL_VIEWS, UNKNOWN_VIEW

_CODE_OF_VIEW = {
    "PA": ("272479007", "SCT", "postero-anterior"),
    "AP": ("399348003", "SCT", "antero-posterior"),
    "LATERAL": ("399067008", "SCT", "lateral"),
    "LL": ("399173006", "SCT", "left lateral"),
}


def write_radiograph(
    path: Path,
    pixels: Grey,
    *,
    patient_id: str,
    study_id: str,
    image_id: str,
    taken_at: datetime | None,
    view: str = UNKNOWN_VIEW,
    sex: str = "",
) -> None:
    """Write an 8-bit grey image (H, W) as a DX image For Presentation; nothing is burned in.

    UIDs follow from ``study_id`` and ``image_id``, so the same input gives the same file. Raises
    ``UsageError`` for other arrays and ``StorageError`` if the disk refuses.
    """
    if pixels.dtype != np.uint8 or pixels.ndim != 2:
        raise UsageError(
            f"{path}: pixels are {pixels.dtype} {pixels.shape}; expected uint8 (rows, columns)"
        )
    with quietly():
        data = _digital_radiograph(taken_at, view)
        data.PatientID, data.PatientName, data.PatientSex = patient_id, "", sex
        data.StudyID, data.AccessionNumber = study_id[:16], study_id[:16]
        data.StudyInstanceUID = uid_from("study", study_id)
        data.SeriesInstanceUID = uid_from("series", study_id, image_id)
        data.SOPInstanceUID = uid_from("image", image_id)
        data.Rows, data.Columns = pixels.shape
        data.PixelData = pixels.tobytes() + b"\0" * (pixels.size % 2)
        data.file_meta = pydicom.dataset.FileMetaDataset()
        data.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
        with new_file(path) as temporary:
            data.save_as(temporary, enforce_file_format=True)


def uid_from(*names: str) -> str:
    """Return the DICOM UID (under 2.25) that follows from ``names``."""
    digest = sha256("\0".join(("priorrg", *names)).encode()).digest()
    return f"2.25.{uuid.UUID(bytes=digest[:16]).int}"


def _code(value: str, scheme: str, meaning: str) -> DicomSequence:
    item = Dataset()
    item.CodeValue, item.CodingSchemeDesignator, item.CodeMeaning = value, scheme, meaning
    return DicomSequence([item])


def _digital_radiograph(taken_at: datetime | None, view: str) -> Dataset:
    """Return the attributes of a DX image For Presentation that do not depend on patient or pixels."""
    data = Dataset()
    data.SpecificCharacterSet = "ISO_IR 192"
    data.ImageType = ["ORIGINAL", "PRIMARY", ""]
    data.SOPClassUID = DigitalXRayImageStorageForPresentation
    data.StudyDate = data.ContentDate = taken_at.strftime("%Y%m%d") if taken_at else ""
    data.StudyTime = data.ContentTime = taken_at.strftime("%H%M%S.%f") if taken_at else ""
    if taken_at:
        data.AcquisitionDate, data.AcquisitionTime = data.StudyDate, data.StudyTime
    data.Modality, data.PresentationIntentType = "DX", "FOR PRESENTATION"
    data.Manufacturer, data.ReferringPhysicianName, data.PatientBirthDate = "PriorRG", "", ""
    data.BodyPartExamined = "CHEST"
    data.AnatomicRegionSequence = _code("51185008", "SCT", "Chest")
    data.ImageLaterality = "U"
    data.ViewPosition = "" if view == UNKNOWN_VIEW else view
    data.ViewCodeSequence = _code(*_CODE_OF_VIEW.get(view, ("261665006", "SCT", "Unknown")))
    data.PositionerType = ""
    data.SeriesNumber = data.InstanceNumber = "1"
    data.PatientOrientation = ["L", "F"] if view in FRONTAL_VIEWS else ["A", "F"]
    data.AcquisitionContextSequence = DicomSequence([])
    data.DetectorType, data.ImagerPixelSpacing = "DIRECT", ["1", "1"]
    data.SamplesPerPixel, data.PhotometricInterpretation = 1, "MONOCHROME2"
    data.BitsAllocated, data.BitsStored, data.HighBit, data.PixelRepresentation = 8, 8, 7, 0
    data.PixelIntensityRelationship, data.PixelIntensityRelationshipSign = "LOG", -1
    data.RescaleIntercept, data.RescaleSlope, data.RescaleType = "0", "1", "US"
    data.PresentationLUTShape, data.LossyImageCompression = "IDENTITY", "00"
    data.WindowCenter, data.WindowWidth = "128", "256"
    data.BurnedInAnnotation = "NO"
    return data
