"""The 14 observations of CheXpert in a report, by rules: *rule-label*, which is not CheXbert.

Each sentence's mentions are affirmed, doubted or denied by their context; over the report any affirmation
wins, then any doubt, then denial. Knows strings only.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache

from priorrg.language import label_cues, label_terms
from priorrg.language.label_context import is_speculation, read_name, read_subject
from priorrg.language.label_grammar import OBSERVATIONS, Label, Mark, Part, Row
from priorrg.language.sentences import split_sentences

_CACHED = 1 << 14
_REPEATED = 400
"""Sentences of more letters hardly come twice; they are not kept."""
_NOTHING = "(nothing affirmed or doubted)"
_ROWS: tuple[Row, ...] = (*label_terms.ROWS, *label_cues.ROWS)
_SCAN = re.compile(
    r"(?:(?<!\w)(?=[a-z])|(?=[,;:()?/&.]| [-–—] ))(?:"
    + "|".join(f"(?:{pattern})(?:(?!\\w)|(?<!\\w))()" for _, pattern, _ in _ROWS)
    + ")"
)
"""The empty group behind each row tells which one it was."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What a report says of an observation, and the phrase that decided it.

    ``speculative``: named as what something may be, or not excluded ("may represent", "cannot exclude",
    "concerning for"), rather than seen and doubted ("possible", "probable").
    """

    label: Label
    phrase: str
    speculative: bool = False

    @property
    def rank(self) -> int:
        """How much this counts over a report: affirmed, doubted, speculative, denied."""
        return {Label.POSITIVE: 3, Label.UNCERTAIN: 2, Label.NEGATIVE: 0}[self.label] - self.speculative


def label_report(text: str, *, speculation: bool = False) -> Mapping[str, Finding]:
    """Return the observations that a report speaks of; ``speculation``: also those that it merely thinks of.

    No Finding is positive if nothing but devices is affirmed or doubted; a text without a word says nothing,
    not that there is no finding.
    """
    found: dict[str, Finding] = {}
    sentences = split_sentences(text)
    for sentence in sentences:
        read = _kept if len(sentence) <= _REPEATED else _findings
        for observation, finding in read(sentence):
            known = found.get(observation)
            if known is None or finding.rank > known.rank:
                found[observation] = finding
    healthy = all(
        finding.label is Label.NEGATIVE
        for observation, finding in found.items()
        if observation != "Support Devices"
    )
    if sentences and healthy:
        found["No Finding"] = Finding(label=Label.POSITIVE, phrase=_NOTHING)
    if speculation:
        return found
    return {observation: finding for observation, finding in found.items() if not finding.speculative}


def labels_of(text: str) -> tuple[Label | None, ...]:
    """Return the label of each of ``OBSERVATIONS``, ``None`` for those that the report does not speak of."""
    found = label_report(text)
    return tuple(found[name].label if name in found else None for name in OBSERVATIONS)


@lru_cache(maxsize=_CACHED)
def _kept(sentence: str) -> tuple[tuple[str, Finding], ...]:
    return tuple(_findings(sentence))


def _findings(sentence: str) -> Iterator[tuple[str, Finding]]:
    text = _lowered(sentence)
    marks = _marks(text)
    for at, mark in enumerate(marks):
        if not mark.signs:
            continue
        decision = read_name(marks, at) if mark.part is Part.NAME else read_subject(marks, at)
        label, place = decision or (None, at)
        if label is None:
            continue
        decisive = marks[place]
        start, end = min(mark.start, decisive.start), max(mark.end, decisive.end)
        for sign in mark.signs:
            if label is Label.NEGATIVE and not sign.deniable:
                continue
            graded = Label.UNCERTAIN if label is Label.POSITIVE and not sign.sure else label
            yield (
                sign.observation,
                Finding(
                    label=graded,
                    phrase=sentence[start:end].strip(" ,"),
                    speculative=label is Label.UNCERTAIN
                    and is_speculation(text[decisive.start : decisive.end]),
                ),
            )


def _lowered(sentence: str) -> str:
    """Return the sentence in lower case, letter for letter: a phrase stands at the same place in both."""
    lowered = sentence.lower()
    return lowered if len(lowered) == len(sentence) else "".join(map(_lower, sentence))


def _lower(letter: str) -> str:
    lowered = letter.lower()
    return lowered if len(lowered) == 1 else letter


def _marks(text: str) -> list[Mark]:
    marks = []
    for match in _SCAN.finditer(text):
        assert match.lastindex is not None  # every alternative is a group
        part, _, signs = _ROWS[match.lastindex - 1]
        if part is not Part.SKIP:
            marks.append(Mark(part, signs, match.start(), match.end()))
    return marks
