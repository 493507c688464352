"""Find what a report says something of, so that it answers a question, whichever way.

"No pneumothorax" answers "pneumothorax?"; so does "normal chest radiograph", and "the lungs are clear"
answers "pneumonia?". Knows strings only.
"""

import re
from functools import lru_cache

from priorrg.language.further_findings import BONES, OPACITY, PLEURA
from priorrg.language.grammar import NAMES
from priorrg.language.observations import FINDINGS, Observation
from priorrg.language.scanner import normalise, scan
from priorrg.language.sentences import split_sentences

_REMEMBERED = 65536
_LONG = 2000
"""Characters from which a sentence is not remembered: it will hardly come again."""
_O = Observation
_IMPLIED: dict[str, frozenset[str]] = {
    OPACITY: frozenset({_O.CONSOLIDATION}),
    "interstitial markings": frozenset({_O.EDEMA}),
    "aspiration": frozenset({_O.CONSOLIDATION}),
    "pneumonitis": frozenset({_O.CONSOLIDATION}),
    "malignancy": frozenset({_O.NODULE}),
    "other fracture": frozenset({_O.FRACTURE}),
    PLEURA: frozenset({_O.EFFUSION, _O.PNEUMOTHORAX}),
    BONES: frozenset({_O.FRACTURE, "other fracture", "spine"}),
}
"""Name → what a statement about it answers besides."""
_LUNGS = r"(?:lungs?|lung (?:fields?|zones?|parenchyma)|parenchyma)"
_GENERAL: tuple[tuple[re.Pattern[str], frozenset[str]], ...] = (
    (re.compile(r"\bpleural (?:air|gas|line)"), frozenset({_O.PNEUMOTHORAX})),
    (re.compile(r"\bcardiomediastinal"), frozenset({"mediastinum"})),
    (
        re.compile(
            rf"\b{_LUNGS}\b[^.;]{{0,40}}?\b(?:clear|normal|unremarkable)\b|\b(?:clear|normal) {_LUNGS}\b"
        ),
        frozenset(
            {_O.CONSOLIDATION, _O.ATELECTASIS, _O.EDEMA, _O.NODULE, OPACITY, "interstitial markings"}
        ),
    ),
    (
        re.compile(
            r"\bno (?:evidence of |radiographic evidence of |new |other |definite )*(?:active|acute)\b"
            r"[^.;]{0,30}?\b(?:process\w*|disease|abnormalit\w+|findings?|pathology|change)\b|"
            r"\bno (?:evidence of )?(?:cardiopulmonary|intrathoracic|cardiothoracic|pulmonary) "
            r"(?:disease|abnormalit\w+|process\w*)"
        ),
        frozenset({_O.CONSOLIDATION, _O.ATELECTASIS, _O.EDEMA, _O.EFFUSION, _O.PNEUMOTHORAX}),
    ),
    (
        re.compile(
            r"\b(?:normal|unremarkable|negative) (?:\w+ ){0,3}?(?:chest|radiographs?|x-?rays?|films?|"
            r"examination|exam|study)\b|\bchest (?:\w+ ){0,3}?(?:is|are|:) (?:within )?(?:normal|unremarkable)"
        ),
        frozenset(FINDINGS),
    ),
)


def findings_addressed(text: str) -> frozenset[str]:
    """Return the findings, by name, that ``text`` affirms, doubts or denies, by name or in general."""
    found: set[str] = set()
    for sentence in split_sentences(text):
        found |= (_addressed if len(sentence) < _LONG else _addressed.__wrapped__)(sentence)
    return frozenset(found)


@lru_cache(maxsize=_REMEMBERED)
def _addressed(sentence: str) -> frozenset[str]:
    text = normalise(sentence)
    found: set[str] = set()
    for mark in scan(text):
        if mark.kind in NAMES:
            found |= _names(mark.value)
    for name in list(found):
        found |= _IMPLIED.get(name, frozenset())
    for pattern, names in _GENERAL:
        if pattern.search(text):
            found |= names
    return frozenset(found)


def _names(value: object) -> set[str]:
    if isinstance(value, tuple):
        return {str(one) for one in value}
    if value is None:
        return set()
    return {_SPECIAL.get(str(value), str(value))}


_SPECIAL: dict[str, str] = {
    "extubated": str(_O.ENDOTRACHEAL_TUBE),
    "newly intubated": str(_O.ENDOTRACHEAL_TUBE),
    "intact ribs": str(_O.FRACTURE),
}
"""Marks that say more than a name."""
