"""Find the marks of a sentence: one pass of one regular expression over all concept files.

At one place the first row wins, so that longer and more special words stand first. Knows strings only.
"""

import re

from priorrg.language import (
    anatomy,
    changes,
    clauses,
    devices,
    findings,
    further_findings,
    negation,
    sides,
)
from priorrg.language.grammar import Kind, Mark, Row

_ROWS: tuple[Row, ...] = (
    *devices.ROWS,
    *findings.ROWS,
    *further_findings.ROWS,
    *sides.ROWS,
    *changes.ROWS,
    *anatomy.ROWS,
    *negation.ROWS,
    *clauses.ROWS,
)


_SCAN = re.compile(
    r"(?:(?<!\w)|(?!\w))(?:"
    + "|".join(f"(?:{pattern})(?:(?!\\w)|(?<!\\w))()" for _, pattern, _ in _ROWS)
    + ")"
)
"""Rows stand between word boundaries; a row that begins or ends with a mark needs none there. The empty
group behind a row tells which one it was."""
_NOT = re.compile(r"\b(is|are|was|were|has|have|had|does|do|did|could|would|should)n['’]t\b")
_CANT = re.compile(r"\bcan(?:['’]t|not)\b")


def normalise(sentence: str) -> str:
    """Return the sentence in lower case with contractions written out."""
    text = sentence.lower()
    if "n't" in text or "n’t" in text or "cannot" in text:
        text = _NOT.sub(r"\1 not", _CANT.sub("can not", text))
    return text


def scan(text: str) -> list[Mark]:
    """Return the marks of a normalised sentence, in order; words that only mislead are left out."""
    marks: list[Mark] = []
    for match in _SCAN.finditer(text):
        assert match.lastindex is not None  # every alternative is a group
        kind, _, value = _ROWS[match.lastindex - 1]
        if kind is not Kind.SKIP:
            marks.append(Mark(kind, value, match.start(), match.end()))
    return marks
