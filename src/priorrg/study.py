"""The nouns: what a radiologist has in hand when a report is due.

Knows no torch and opens no file.
"""

from dataclasses import dataclass, field
from datetime import datetime

UNKNOWN_VIEW = "unk"
FRONTAL_VIEWS = ("PA", "AP", "FRONTAL")
"""FRONTAL where a source does not say in which direction."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Radiograph:
    """One image. ``location`` is what the data room needs to find its pixels (a path, relative to
    the prepared data set or absolute)."""

    image_id: str
    view: str = UNKNOWN_VIEW
    location: str = ""

    @property
    def is_frontal(self) -> bool:
        return self.view in FRONTAL_VIEWS


@dataclass(frozen=True, slots=True, kw_only=True)
class ClinicalContext:
    """What the referring clinician wrote. Either text may be empty."""

    indication: str = ""
    history: str = ""

    def __bool__(self) -> bool:
        return bool(self.indication or self.history)


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """The sections of a report that are of interest; empty where the report lacks them."""

    findings: str = ""
    impression: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Study:
    """One current radiograph with what surrounds it: the unit that a report is written for.

    ``prior`` is the image of the patient's most recent strictly earlier study, or ``None``;
    ``prior_reason`` says why it was chosen or why there is none. ``days_since_prior`` is in days.
    """

    patient_id: str
    study_id: str
    current: Radiograph
    prior: Radiograph | None = None
    prior_reason: str = ""
    days_since_prior: float | None = None
    context: ClinicalContext = field(default_factory=ClinicalContext)
    report: Report = field(default_factory=Report)
    taken_at: datetime | None = None
    split: str = ""
    sex: str = ""
    age: float | None = None
