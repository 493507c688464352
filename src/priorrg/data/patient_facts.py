"""Sex, age and view as sources write them → one form each.

Knows words only.
"""

import re

from priorrg.study import UNKNOWN_VIEW

_YEARS = {"": 1.0, "Y": 1.0, "M": 1 / 12, "W": 1 / 52.18, "D": 1 / 365.25}
_AGE = re.compile(r"(\d{1,3}(?:\.\d+)?)\s*([YMWD]?)")
_SEXES = {"M": "M", "MALE": "M", "F": "F", "FEMALE": "F", "O": "O", "OTHER": "O"}
_VIEWS = {
    "POSTERO ANTERIOR": "PA",
    "POSTEROANTERIOR": "PA",
    "ANTERO POSTERIOR": "AP",
    "ANTEROPOSTERIOR": "AP",
    "LAT": "LATERAL",
    "LEFT LATERAL": "LL",
    "UNKNOWN": UNKNOWN_VIEW,
    "UNK": UNKNOWN_VIEW,
    "NONE": UNKNOWN_VIEW,
    "NAN": UNKNOWN_VIEW,
    "N/A": UNKNOWN_VIEW,
    "": UNKNOWN_VIEW,
}


def sex_of(text: str) -> str:
    """Return M, F or O; empty where the source says nothing of the kind."""
    return _SEXES.get(text.strip().upper(), "")


def age_of(text: str) -> float | None:
    """Return the age in years of ``57``, ``57.5`` or DICOM's ``057Y``, ``003M``, ``002D``."""
    match = _AGE.fullmatch(text.strip().upper())
    return float(match[1]) * _YEARS[match[2]] if match is not None else None


def view_named(text: str) -> str:
    """Return the view in capitals, its long names as PA, AP, LL or LATERAL, ``unk`` where nothing is said."""
    words = " ".join(re.sub(r"[_-]", " ", text.upper()).split())
    return _VIEWS.get(words, text.strip().upper())
