"""What the header of a DICOM radiograph says: whose, when, which view, and why it is no chest film.

Knows facts already read; neither files nor pydicom. Patient values do not appear in ``repr``.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path

from priorrg.study import FRONTAL_VIEWS, UNKNOWN_VIEW

_VIEW_OF_CODE = {
    "272479007": "PA",
    "399348003": "AP",
    "399067008": "LATERAL",
    "399173006": "LATERAL",
    "399198007": "LATERAL",
}
_VIEW_OF_MEANING = {
    "postero-anterior": "PA",
    "antero-posterior": "AP",
    "lateral": "LATERAL",
    "left lateral": "LL",
}
_CHEST_WORDS = ("CHEST", "THORAX", "LUNG", "THORACIC", "RIBS")
_SECONDARY_CAPTURE = "1.2.840.10008.5.1.4.1.1.7"


@dataclass(frozen=True, slots=True, kw_only=True)
class ContextField:
    """One text about the clinical question. ``source`` names the attribute it came from."""

    source: str
    text: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class HeaderText:
    """One text of a header. ``name`` is the attribute's keyword below those of its sequences, or its number;
    ``kind`` is its value representation."""

    name: str
    kind: str
    text: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class RadiographHeader:
    """The facts of one DICOM image. Empty where the file says nothing.

    ``taken_at`` is StudyDate with StudyTime, ``None`` without a date; without a time it is midnight and
    ``has_time`` is false. ``regions`` are the body part and the meanings of region and procedure codes.
    ``derived`` is true for images made from others, unless lossy compression is all that was done.
    ``complete`` is false where the file ends before its pixels.
    """

    path: Path
    patient_id: str = field(default="", repr=False)
    issuer: str = field(default="", repr=False)
    name: str = field(default="", repr=False)
    birth_date: str = field(default="", repr=False)
    sex: str = field(default="", repr=False)
    accession: str = field(default="", repr=False)
    study_uid: str = ""
    image_uid: str = ""
    sop_class: str = ""
    modality: str = ""
    intent: str = ""
    derived: bool = False
    frames: int = 1
    body_part: str = ""
    regions: tuple[str, ...] = ()
    taken_at: datetime | None = field(default=None, repr=False)
    has_time: bool = False
    view: str = UNKNOWN_VIEW
    context: tuple[ContextField, ...] = field(default=(), repr=False)
    complete: bool = True

    @property
    def is_frontal(self) -> bool:
        return self.view in FRONTAL_VIEWS

    def objection(self) -> str:
        """Return why this image is not to be chosen as a chest radiograph; empty if it may be."""
        if self.modality not in ("CR", "DX"):
            return f"modality is {self.modality or 'missing'}, not CR or DX"
        if self.frames > 1:
            return f"holds {self.frames} frames"
        if self.intent == "FOR PROCESSING":
            return "raw detector values (FOR PROCESSING)"
        if self.sop_class == _SECONDARY_CAPTURE or self.sop_class.startswith(f"{_SECONDARY_CAPTURE}."):
            return "a secondary capture, not the original image"
        if self.derived:
            return "derived from another image"
        if not self.regions:
            return "nothing says which body part it shows"
        words = self.body_part or " ".join(self.regions)
        if not any(word in words.upper() for word in _CHEST_WORDS):
            return "its body part is not the chest"
        return ""

    @property
    def may_be_chest(self) -> bool:
        """Whether nothing speaks against a chest radiograph; a modality or body part that is missing does not."""
        unsaid = replace(
            self, modality=self.modality or "DX", regions=self.regions or (_CHEST_WORDS[0],)
        )
        return not unsaid.objection()

    def is_earlier_than(self, other: "RadiographHeader") -> bool:
        """Return whether this study is surely the earlier one: by date, and on one day by both times."""
        if self.taken_at is None or other.taken_at is None:
            return False
        if self.taken_at.date() != other.taken_at.date():
            return self.taken_at.date() < other.taken_at.date()
        return self.has_time and other.has_time and self.taken_at < other.taken_at


def view_of(position: str, codes: Iterable[tuple[str, str]] = ()) -> str:
    """Return the view: ViewPosition, else by view code (SNOMED CT) or its meaning, else ``unk``.

    ``codes`` are pairs of code value and code meaning.
    """
    if position.strip():
        return position.strip().upper()
    for code, meaning in codes:
        view = _VIEW_OF_CODE.get(code.strip()) or _VIEW_OF_MEANING.get(meaning.strip().lower())
        if view:
            return view
    return UNKNOWN_VIEW
