"""Where a header stands in a report, and which section it opens.

A header is a known name in any case, or any line start in capitals, that ends in a colon; the common
names also stand alone on a line, or before a capitalised sentence, without one. Knows text only.
"""

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

_COMMON = (
    "FINDINGS AND IMPRESSION", "FINDINGS/IMPRESSION", "IMPRESSION AND FINDINGS", "FINDINGS", "FINDING",
    "FINAL IMPRESSION", "IMPRESSIONS", "IMPRESSION", "CONCLUSIONS", "CONCLUSION", "OPINION",
    "CLINICAL INDICATION", "INDICATIONS", "INDICATION", "REASON FOR EXAMINATION", "REASON FOR EXAM",
    "REASON FOR THE EXAM", "REASON FOR THIS EXAM", "REASON FOR THIS EXAMINATION", "REASON FOR STUDY",
    "REASON FOR CHEST X-RAY", "REASON FOR CHEST XRAY", "REASON FOR CHEST RADIOGRAPH", "REASON FOR X-RAY",
    "CLINICAL HISTORY", "CLINICAL INFORMATION", "PATIENT HISTORY", "HISTORY",
    "COMPARISONS", "COMPARISON", "COMPARISON STUDY", "COMPARISON STUDIES", "COMPARISON EXAM",
    "COMPARISON EXAMS", "TECHNIQUE", "ADDENDUM", "WET READ", "EXAMINATION", "EXAM", "STUDY",
    "RECOMMENDATIONS", "RECOMMENDATION", "NOTIFICATIONS", "NOTIFICATION",
)  # fmt: skip
_NAMES = "|".join(re.escape(name) for name in sorted(_COMMON, key=len, reverse=True))
_CAPITALS = r"[A-Z](?:[A-Z0-9_ ()/,.&'#+\-]|(?<=\d):(?=\d)){1,70}"
_ANY_CASE = rf"(?=[A-Z])(?i:{_NAMES})"
_BARE = r"FINDINGS|IMPRESSION|INDICATION|COMPARISON|TECHNIQUE|CONCLUSION|HISTORY"
_AT_LINE_START = re.compile(
    rf"[ \t]*(?:(?P<line>{_ANY_CASE}|{_CAPITALS})[ \t]*:(?!\d)"
    rf"|(?P<alone>{_ANY_CASE})[ \t]*$"
    rf"|(?P<bare>{_BARE})[ \t]+(?=[A-Z1-9][a-z.]))"
)
_INSIDE = re.compile(rf"(?:(?<=[.?!] )|(?<=  )|(?<=: ))(?P<inside>{_NAMES})[ \t]*:")
_WORD = re.compile(r"[A-Z]+(?:-[A-Z]+)*")
_VIEW_NOUNS = frozenset(
    ("CHEST", "PA", "AP", "LAT", "LATERAL", "FRONTAL", "VIEW", "VIEWS", "RADIOGRAPH", "X-RAY", "FILM")
)
_VIEW_WORDS = _VIEW_NOUNS | frozenset(
    (
        "LATERALS", "PORTABLE", "UPRIGHT", "SUPINE", "SEMI-UPRIGHT", "SEMIUPRIGHT", "ERECT",
        "SITTING", "DECUBITUS", "BEDSIDE", "S", "SINGLE", "ONE", "TWO", "THREE", "FOUR",
        "RADIOGRAPHS", "RADIOGRAPHY", "X-RAYS", "XRAY", "FILMS", "IMAGE", "IMAGES", "AND", "THE",
        "OF", "WITH", "AT", "ON", "A", "M", "P", "AM", "PM", "DATED", "LEFT", "RIGHT", "OBLIQUE",
        "OBLIQUES",
    )
)  # fmt: skip
_ORGAN_WORDS = frozenset(
    (
        "LUNG", "LUNGS", "PLEURA", "PLEURAL", "HEART", "CARDIAC", "CARDIOMEDIASTINAL",
        "CARDIOMEDIASTINUM", "MEDIASTINUM", "MEDIASTINAL", "HILA", "HILAR", "SILHOUETTE", "BONE",
        "BONES", "OSSEOUS", "SKELETAL", "STRUCTURES", "SOFT", "TISSUE", "TISSUES", "ABDOMEN",
        "UPPER", "LINES", "TUBES", "LINE", "TUBE", "DEVICE", "DEVICES", "SUPPORT", "CATHETER",
        "CATHETERS", "HARDWARE", "DIAPHRAGM", "AIRWAY", "AIRWAYS", "SPACE", "SPACES",
        "PNEUMOTHORAX", "EFFUSION", "EFFUSIONS", "AORTA", "AND", "OTHER", "WALL", "CHEST",
        "VASCULATURE", "PULMONARY", "FIELDS", "SIZE",
    )
)  # fmt: skip


class Header(NamedTuple):
    """A header as written, and where it starts and ends in the text (the colon included)."""

    name: str
    start: int
    end: int


def find_headers(text: str) -> Iterator[Header]:
    """Yield the headers of a report in order, sub-headings of organs ("LUNGS:") excepted."""
    start = 0
    while start < len(text):
        end = text.find("\n", start)
        end = len(text) if end < 0 else end
        match = _AT_LINE_START.match(text, start, end)
        while match is not None or text.find(":", start, end) >= 0:
            match = match or _INSIDE.search(text, start, end)
            if match is None:
                break
            name = str(match[match.lastgroup or 0]).strip()
            if not _names_an_organ(name):
                yield Header(name, match.start(), match.end())
            start, match = match.end(), None
        start = end + 1


@lru_cache(maxsize=4096)
def section_of(header: str) -> str:
    """Return the section a header opens.

    One of findings, impression, indication, history, comparison, technique, addendum, preliminary, views
    (view words alone) or other.
    """
    name = " ".join(header.upper().split())
    words = frozenset(_WORD.findall(name))
    if "WET READ" in name or "PRELIMINARY" in words or "PFI" in words:
        return "preliminary"
    if words & {"RECOMMENDATION", "RECOMMENDATIONS", "NOTIFICATION", "NOTIFICATIONS"}:
        return "other"
    if "ADDENDUM" in words:
        return "addendum"
    if words & {"IMPRESSION", "IMPRESSIONS", "CONCLUSION", "CONCLUSIONS", "OPINION"}:
        return "impression"
    if name.startswith("REASON") or words & {"INDICATION", "INDICATIONS"} or name == "CLINICAL QUESTION":
        return "indication"
    if "HISTORY" in words or name in ("CLINICAL INFORMATION", "CLINICAL DATA", "CLINICAL DETAILS"):
        return "history"
    if words & {"FINDINGS", "FINDING"}:
        return "findings"
    if words & {"COMPARISON", "COMPARISONS"}:
        return "comparison"
    if words & {"TECHNIQUE", "TECHNIQUES"}:
        return "technique"
    return "views" if words and words <= _VIEW_WORDS and words & _VIEW_NOUNS else "other"


@lru_cache(maxsize=4096)
def _names_an_organ(name: str) -> bool:
    words = frozenset(_WORD.findall(name))
    if not words or not words <= _ORGAN_WORDS:
        return False
    return not (words <= _VIEW_WORDS and words & _VIEW_NOUNS)
