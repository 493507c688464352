"""Sex, age and view as sources write them → one form each.

Knows words only.
"""

import re
from collections import Counter
from collections.abc import Iterable

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
    "LATERAL LEFT": "LL",
    "RIGHT LATERAL": "RL",
    "LATERAL RIGHT": "RL",
    "P A": "PA",
    "A P": "AP",
    "UNKNOWN": UNKNOWN_VIEW,
    "UNK": UNKNOWN_VIEW,
    "NONE": UNKNOWN_VIEW,
    "NAN": UNKNOWN_VIEW,
    "N/A": UNKNOWN_VIEW,
    "": UNKNOWN_VIEW,
}

_BESIDES = frozenset(("VIEW", "VIEWS", "PROJECTION", "CHEST", "PORTABLE", "UPRIGHT", "ERECT", "SUPINE"))
"""Words beside a view that do not change its direction."""
KNOWN_VIEWS = frozenset(
    (
        *("PA", "AP", "FRONTAL", "LATERAL", "LL", "RL", UNKNOWN_VIEW),
        *("PA LLD", "PA RLD", "AP LLD", "AP RLD", "LLD", "RLD", "LAO", "RAO", "LPO", "RPO", "LORDOTIC"),
        *("AP AXIAL", "PA AXIAL", "AP LORDOTIC", "XTABLE LATERAL", "SWIMMERS", "ERECT"),
    )
)
"""The views that sources name. A model reads those that it was not trained with as unknown."""


def sex_of(text: str) -> str:
    """Return M, F or O; empty where the source says nothing of the kind."""
    return _SEXES.get(text.strip().upper(), "")


def age_of(text: str) -> float | None:
    """Return the age in years of ``57``, ``57.5`` or DICOM's ``057Y``, ``003M``, ``002D``."""
    match = _AGE.fullmatch(text.strip().upper())
    return float(match[1]) * _YEARS[match[2]] if match is not None else None


def view_named(text: str) -> str:
    """Return the view in capitals, its long names as PA, AP, LL, RL or LATERAL, ``unk`` where nothing is said.

    Words that say how the patient stood go where a known view is left; what is not known stays as it is.
    """
    words = " ".join(re.sub(r"[_.-]", " ", text.upper()).split())
    bare = " ".join(word for word in words.split() if word not in _BESIDES)
    for name in (words, bare):
        view = _VIEWS.get(name, name)
        if view in KNOWN_VIEWS and (name or not words):
            return view
    return text.strip().upper()


def unknown_views(views: Iterable[str]) -> dict[str, int]:
    """Return how many images have each view that is none of ``KNOWN_VIEWS``, the most frequent first."""
    counts = Counter(view for view in views if view not in KNOWN_VIEWS)
    return dict(sorted(counts.items(), key=lambda item: (-item[1], item[0])))
