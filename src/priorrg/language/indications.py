"""Find what a referring clinician asks for.

An indication names findings for two reasons: because they are in question ("evaluate for effusion",
"r/o pneumonia", "effusion?") or because they are known ("history of effusion"). Only the first counts.
Knows strings only.
"""

import re

from priorrg.language.further_findings import ASKED_FOR
from priorrg.language.grammar import Kind, Mark
from priorrg.language.observations import Observation
from priorrg.language.scanner import normalise, scan

_ASKING = re.compile(
    r"\b(?:re-?)?(?:eval\w*|assess\w*|rule[sd]? ?out|ruling out|r/o|r\.o\.|question(?:able)?s?(?: of)?|"
    r"concern\w*|"
    r"look(?:ing)?(?: for)?|check\w*|exclude|query|suspect\w*|suspicion|suspicious|worr(?:y|ied)\w*|"
    r"determine|confirm\w*|"
    r"verify|interval change|status of|(?:presence|signs?|evidence) of|any|follow(?:ing)?[- ]?up|f/u|"
    r"possible|poss|"
    r"probable|progression|resolution|screen\w*|please|pls|monitor\w*|vs\.?|versus|placement|"
    r"position\w*)\b|\?"
)
_KNOWN = re.compile(
    r"\b(?:history of|h/o|hx of|known|s/p|status post|post|underlying|diagnosed with|treated for|after|"
    r"chronic|prior|"
    r"(?:man|woman|male|female|patient|pt|m|f|year[- ]old|yo) with)\b"
)
_STOP = re.compile(r"[.;\n]|\bbut\b|,(?= *(?:with|history|h/o|s/p|status|known))")
_MORE_WORDS: tuple[tuple[re.Pattern[str], Observation], ...] = (
    (re.compile(r"\b(?:infection|infectious|pna|aspiration)\b"), Observation.CONSOLIDATION),
    (re.compile(r"\b(?:malignan\w+|metasta\w+|neoplasm|tumou?r|lung cancer)\b"), Observation.NODULE),
    (re.compile(r"\b(?<!pleural )fluid\b(?! overload)"), Observation.EFFUSION),
)
_BARE_WORDS = 4
_OBSERVATIONS = frozenset(Observation)


def asked_observations(indication: str) -> set[Observation]:
    """Return the observations that ``indication`` asks for; empty if it only gives a history.

    A bare name of up to four words ("Pneumothorax.") is a question too.
    """
    return {Observation(name) for name in asked_findings(indication) if name in _OBSERVATIONS}


def asked_findings(indication: str) -> set[str]:
    """Return the findings, by name, that ``indication`` asks for, those of ``further_findings`` too."""
    text = " ".join(normalise(indication).split())
    asked: set[str] = set()
    start = 0
    for end in [*(m.start() for m in _STOP.finditer(text)), len(text)]:
        asked |= _asked_in(text[start:end])
        start = end
    return asked


def _asked_in(part: str) -> set[str]:
    words = re.findall(r"[\w/'-]+", part)
    bare = len(words) <= _BARE_WORDS and not _KNOWN.search(part)
    asks = [m.start() for m in _ASKING.finditer(part)]
    knows = [m.start() for m in _KNOWN.finditer(part)]
    asked: set[str] = set()
    for at, names in _names(part):
        before = [a for a in asks if a < at]
        known = [k for k in knows if k < at]
        questioned = bool(before) and (
            not known or before[-1] > known[-1] or _covers(part, before[-1], known[-1])
        )
        mark = part.find("?", at)
        followed = mark >= 0 and (not known or "," not in part[at:mark])
        if (
            questioned
            or (
                followed
                and not (known and not before and _KNOWN.search(part[:at]) and "," not in part[:at])
            )
            or bare
        ):
            asked.update(names)
    return asked


def _covers(part: str, ask: int, known: int) -> bool:
    """ "Assess known effusion": the asking word stands right before what is known."""
    return ask < known and len(part[ask:known].split()) <= 3


def _names(part: str) -> list[tuple[int, tuple[str, ...]]]:
    found: list[tuple[int, tuple[str, ...]]] = []
    marks: list[Mark] = scan(part)
    for mark in marks:
        if mark.kind is Kind.MENTION and isinstance(mark.value, tuple):
            found.append((mark.start, mark.value))
        elif mark.kind is Kind.SUBJECT or (mark.kind is Kind.OTHER and mark.value in ASKED_FOR):
            found.append((mark.start, (mark.value,)))
    for pattern, observation in _MORE_WORDS:
        found += [(m.start(), (observation,)) for m in pattern.finditer(part)]
    return sorted(found)
