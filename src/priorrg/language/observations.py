"""The vocabulary of claims: what a report can say of a chest radiograph.

Names are the field's words and are used unchanged in tables, truth files and scores.
Knows strings only.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class Observation(StrEnum):
    """A finding or device that a sentence can affirm, deny or compare."""

    EFFUSION = "pleural effusion"
    CONSOLIDATION = "consolidation"
    EDEMA = "pulmonary edema"
    ATELECTASIS = "atelectasis"
    PNEUMOTHORAX = "pneumothorax"
    CARDIOMEGALY = "cardiomegaly"
    NODULE = "nodule"
    FRACTURE = "rib fracture"
    ENDOTRACHEAL_TUBE = "endotracheal tube"
    CENTRAL_LINE = "central line"
    ENTERIC_TUBE = "enteric tube"
    PACEMAKER = "pacemaker"
    CHEST_DRAIN = "chest drain"


DEVICES = (
    Observation.ENDOTRACHEAL_TUBE,
    Observation.CENTRAL_LINE,
    Observation.ENTERIC_TUBE,
    Observation.PACEMAKER,
    Observation.CHEST_DRAIN,
)
FINDINGS = tuple(o for o in Observation if o not in DEVICES)
LATERAL_OBSERVATIONS = (
    Observation.EFFUSION,
    Observation.CONSOLIDATION,
    Observation.ATELECTASIS,
    Observation.PNEUMOTHORAX,
    Observation.NODULE,
    Observation.FRACTURE,
)
"""Findings that are counted per side; the others (oedema, heart, devices) have side NONE."""


class Side(StrEnum):
    LEFT = "left"
    RIGHT = "right"
    NONE = "none"
    """Not lateralised, or not said."""


class Change(StrEnum):
    NEW = "new"
    LARGER = "larger"
    SMALLER = "smaller"
    UNCHANGED = "unchanged"
    RESOLVED = "resolved"


INVERSE: Mapping[Change, Change] = {
    Change.NEW: Change.RESOLVED,
    Change.RESOLVED: Change.NEW,
    Change.LARGER: Change.SMALLER,
    Change.SMALLER: Change.LARGER,
}
"""What a change is when time runs backwards; unchanged is left out."""


class Polarity(StrEnum):
    PRESENT = "present"
    UNCERTAIN = "uncertain"
    ABSENT = "absent"


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """One statement of a report about one observation on one side.

    "Small bilateral effusions, unchanged" makes two claims, left and right. A resolved finding is
    ABSENT with change RESOLVED. ``sentence`` is the index of the sentence, ``phrase`` the words that
    decided it.
    """

    observation: Observation
    side: Side = Side.NONE
    polarity: Polarity = Polarity.PRESENT
    change: Change | None = None
    sentence: int = 0
    phrase: str = ""


Slot = tuple[Observation, Side]
"""One place where something can be present or absent, and change: the unit of scores and targets."""

FINDING_SLOTS: tuple[Slot, ...] = tuple(
    (observation, side)
    for observation in FINDINGS
    for side in ((Side.LEFT, Side.RIGHT) if observation in LATERAL_OBSERVATIONS else (Side.NONE,))
)
DEVICE_SLOTS: tuple[Slot, ...] = tuple((device, Side.NONE) for device in DEVICES)
SLOTS: tuple[Slot, ...] = FINDING_SLOTS + DEVICE_SLOTS
