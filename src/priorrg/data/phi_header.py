"""What a DICOM header gives away, by its attributes.

After the basic profile of DICOM PS3.15 annex E, for what a radiograph's header has. PatientID, UIDs and the
dates of study and image are not judged: linking needs them, and whether they are pseudonyms no program can
see. Knows attributes and texts, not pydicom.
"""

from collections.abc import Iterable, Iterator, Mapping

from priorrg.data.phi import Kind, find, is_filler
from priorrg.data.radiograph_header import HeaderText

_OF_THE_PATIENT: Mapping[str, Kind] = {
    "PatientBirthDate": Kind.DATE,
    "PatientBirthDateInAlternativeCalendar": Kind.DATE,
    "PatientDeathDateInAlternativeCalendar": Kind.DATE,
    "LastMenstrualDate": Kind.DATE,
    "AdmittingDate": Kind.DATE,
    "AccessionNumber": Kind.NUMBER,
    "OtherPatientIDs": Kind.NUMBER,
    "AdmissionID": Kind.NUMBER,
    "ServiceEpisodeID": Kind.NUMBER,
    "MedicalRecordLocator": Kind.NUMBER,
    "MilitaryRank": Kind.NUMBER,
    "FillerOrderNumberImagingServiceRequest": Kind.NUMBER,
    "PlacerOrderNumberImagingServiceRequest": Kind.NUMBER,
    "DeviceSerialNumber": Kind.NUMBER,
    "PatientAddress": Kind.ADDRESS,
    "CountryOfResidence": Kind.ADDRESS,
    "RegionOfResidence": Kind.ADDRESS,
    "InstitutionName": Kind.ADDRESS,
    "InstitutionAddress": Kind.ADDRESS,
    "InstitutionalDepartmentName": Kind.ADDRESS,
    "PatientTelephoneNumbers": Kind.PHONE,
    "ReferringPhysicianTelephoneNumbers": Kind.PHONE,
    "PersonTelephoneNumbers": Kind.PHONE,
    "PatientMotherBirthName": Kind.NAME,
    "ResponsibleOrganization": Kind.NAME,
    "OperatorsName": Kind.NAME,
}
_NOT_JUDGED = frozenset(("PatientID", "StudyID", "SoftwareVersions", "CodeValue", "CodeMeaning"))
_FREE = frozenset(("LO", "SH", "LT", "ST", "UT", "UC", "UN"))
_SECONDARY_CAPTURE = "1.2.840.10008.5.1.4.1.1.7"


def judge_header(texts: Iterable[HeaderText]) -> Iterator[tuple[str, Kind]]:
    """Yield attribute and kind for every text of a header that may give somebody away."""
    for text in texts:
        keyword = text.name.rpartition(".")[2]
        kind = _OF_THE_PATIENT.get(keyword, Kind.NAME if text.kind == "PN" else None)
        if keyword == "PatientAge":
            if text.text.endswith("Y") and text.text[:-1].isdecimal() and int(text.text[:-1]) > 89:
                yield text.name, Kind.AGE
        elif kind is not None:
            if not is_filler(text.text):
                yield text.name, kind
        elif text.kind in _FREE and keyword not in _NOT_JUDGED:
            for hit in find(text.text):
                yield text.name, hit.kind


def hints_of_burned_in_text(texts: Iterable[HeaderText]) -> list[str]:
    """Return why the pixels may hold writing, as far as the header says; the pixels are not looked at."""
    said = {text.name: text.text for text in texts}
    hints = []
    if said.get("BurnedInAnnotation", "").upper() == "YES":
        hints.append("BurnedInAnnotation is YES")
    elif "BurnedInAnnotation" not in said:
        hints.append("BurnedInAnnotation is missing")
    if said.get("SOPClassUID", "").startswith(_SECONDARY_CAPTURE):
        hints.append("a secondary capture")
    if any(name.startswith(("OverlayRows", "(60")) for name in said):
        hints.append("an overlay")
    return hints
