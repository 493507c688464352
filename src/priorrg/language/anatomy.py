"""Structures that are normal or not, and words that make them so.

"Heart size is normal" denies cardiomegaly, "the costophrenic angle is blunted" affirms an effusion; a
structure of which neither is said makes no claim. Knows strings only.
"""

from priorrg.language.grammar import LINKS, NAMES, Clause, Kind, Row
from priorrg.language.observations import Change, Observation

ROWS: tuple[Row, ...] = (
    (
        Kind.SUBJECT,
        r"heart(?: and (?:mediastinal|hilar))*(?: (?:silhouettes?|contours?|size|shadow|diameter|"
        r"borders?))*|"
        r"(?:cardiac|cardiomediastinal|cardiopericardial)(?: and (?:mediastinal|hilar))*"
        r"(?: (?:silhouettes?|contours?|size|shadow|diameter|borders?)| (?=(?:\w+ )?enlargement))+",
        Observation.CARDIOMEGALY,
    ),
    (Kind.SUBJECT, r"(?:costophrenic|cp) (?:angles?|sulc\w+|recess\w*)", Observation.EFFUSION),
    (Kind.ABNORMAL, r"borderline(?: (?:enlarged|in size))?", None),
    (Kind.NORMAL, r"(?:at )?(?:the )?(?:top|high|upper limits?(?: of)?) normal(?: in size)?", None),
    (Kind.NORMAL, r"(?:returned to|now(?: \w+)?) (?:normal|unremarkable)(?: in size)?", Change.RESOLVED),
    (
        Kind.NORMAL,
        r"(?:within |at )?normal(?: limits)?(?: in size)?|within (?:the )?limits? of normal|"
        r"unremarkable|sharp|clear(?! of)|not blunted",
        None,
    ),
    (Kind.NORMAL, r"not (?:\w+ )?(?:enlarged|large)", None),
    (Kind.ABNORMAL, r"enlarged|enlargement(?: of)?", Change.LARGER),
    (Kind.ABNORMAL, r"blunted|obliterated", None),
)

_BEFORE_NAME = frozenset({Kind.SIDE, Kind.SIZE, Kind.ARTICLE, Kind.CHANGE, Kind.VERB})
_STATES = (Kind.ABNORMAL, Kind.NORMAL)


def state_of(clause: Clause, at: int) -> int | None:
    """Return the index of the word that calls the structure ``clause[at]`` normal or abnormal."""
    for i in range(at - 1, -1, -1):
        if clause[i].kind in _STATES:
            return i
        if clause[i].kind not in _BEFORE_NAME:
            break
    for i in range(at + 1, len(clause)):
        kind = clause[i].kind
        if kind in _STATES or _is_large(clause, i):
            return i
        if kind in NAMES and not any(mark.kind in LINKS for mark in clause[at + 1 : i]):
            return None
        if kind in (Kind.WITH, Kind.BARRIER, Kind.THERE, Kind.DENIAL) and i > at + 1:
            return None
    return None


def _is_large(clause: Clause, at: int) -> bool:
    """Is the word of size at ``at`` a predicate ("the heart is slightly large")?"""
    large = clause[at].kind is Kind.SIZE and clause[at].value == "large"
    return large and (
        at + 1 == len(clause) or clause[at + 1].kind not in NAMES | {Kind.SIDE, Kind.CHANGE}
    )
