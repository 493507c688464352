"""Propositions of change: which finding, on which side, changed how since the earlier film.

Reaches beyond the observations to all that reports compare (``further_findings``), and to the picture as a
whole ("no interval change"). Knows strings only.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import lru_cache

from priorrg.language.advice import without_advice
from priorrg.language.anatomy import state_of
from priorrg.language.changes import Said, changes_in, decide, passed_on
from priorrg.language.clauses import split_clauses
from priorrg.language.comparison import mentions_prior
from priorrg.language.further_findings import CHEST, FURTHER_DEVICES, LUNG_VOLUMES, MIDLINE
from priorrg.language.grammar import NAMES, Clause, Kind, Mark, Reach, Sides
from priorrg.language.negation import polarity_of
from priorrg.language.observations import (
    DEVICES,
    INVERSE,
    LATERAL_OBSERVATIONS,
    Change,
    Observation,
    Polarity,
    Side,
)
from priorrg.language.propositions import (
    Reference,
    is_definite,
    of_mention,
    references_in,
    was_formerly,
)
from priorrg.language.scanner import normalise, scan
from priorrg.language.sentences import split_sentences
from priorrg.language.sides import join_sides, sides_in

DEVICE_NAMES = frozenset({*map(str, DEVICES), *FURTHER_DEVICES})
"""Names of findings that are tubes, lines or implants."""
_UNSIDED = MIDLINE | frozenset({*map(str, Observation)} - {*map(str, LATERAL_OBSERVATIONS)})
_REMEMBERED = 65536
_LONG = 2000
"""Characters from which a sentence is not remembered: it will hardly come again."""
_SIZES = (Change.LARGER, Change.SMALLER)
_QUALITY = re.compile(r"improv|better|worse|deteriorat")
"""Words for good and bad, which lung volumes turn into large and small."""
_WHOLE = re.compile(
    r"\b(?:chest|lungs?|appearances?|findings?|picture|cardiopulmonary|cardiothoracic|intrathoracic|study|"
    r"examination|exam|radiographs?|films?|status|condition)\b"
)
_STABLE_WHOLE = re.compile(
    r"(?:overall,? |otherwise,? )?(stable|unchanged|similar)(?: \w+){0,3}? "
    r"(?:chest|exam(?:ination)?|study|radiographs?)"
    r"(?: (?:x-?rays?|radiographs?|films?|exam(?:ination)?|appearance))?(?=[.,;]| with| without| and|$)"
)
"""A sentence that begins with the whole picture and goes on with findings."""
_COMPARED = re.compile(r"\b(?:since|from|compar\w+|relative|versus|as|to)\b")
_NO_NOUN = re.compile(
    r"\s*(?:$|[.,;:()]|(?:from|since|compar\w+|relative|versus|in|when|as|to|with|without|over|than|at|on|and|"
    r"allowing|given|overall)\b)"
)
_NO_SUBJECT = re.compile(
    r"\b(?:there|has|have|been|is|are|was|were|the|a|an|as|in|to|with|from|of|on|at|and|but|or|since|compar\w+|"
    r"relative|versus|prior|previous|earlier|last|most|recent|preceding|ct|images?|scan|dated?|performed|"
    r"obtained|otherwise|overall|interval|again|also|essentially|largely|grossly|relatively|now|day|days|"
    r"yesterday|today|hours?|morning|same|allowing|for|differences?|technique|patient|position\w*|no|not|"
    r"significant\w*|substantial\w*|otherwise|however|although|while)\b|[\d/:,.;()\-]+"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeProposition:
    """One change that a report states.

    ``finding`` is the value of an ``Observation``, a name of ``further_findings``, or "chest" for the whole
    picture; ``sentence`` the index of the sentence and ``phrase`` the words in it that decided the change.
    """

    finding: str
    side: Side
    change: Change
    sentence: int
    phrase: str


@dataclass(frozen=True, slots=True)
class Named:
    """A finding that a sentence names, and the change, if any, that it states of it on these sides."""

    finding: str
    sides: Sides
    change: Change | None
    phrase: str
    definite: bool
    affirmed: bool
    weak: bool = False
    """The change is only that it is still there ("persists")."""


def read_changes(text: str) -> list[ChangeProposition]:
    """Return the changes that ``text`` states, in its order, each once.

    "Bilateral" makes a left and a right proposition. A sentence without a finding of its own ("It has
    increased.") speaks of the sentence before. What is not there and was not there ("no new consolidation")
    has not changed.
    """
    stated: list[tuple[int, Named]] = []
    for index, sentence in enumerate(split_sentences(text)):
        read = _read if len(sentence) < _LONG else _read.__wrapped__
        names, references, whole = read(sentence)
        stated += [(index, _placed(name, stated, index)) for name in names]
        found = False
        for reference in references:
            pointed = _pointed(reference, stated, index)
            stated += [(index, name) for name in pointed]
            found = found or bool(pointed)
        stated += [(index, name) for name in whole if not found]
    return _once(
        ChangeProposition(
            finding=name.finding, side=side, change=name.change, sentence=index, phrase=name.phrase
        )
        for index, name in stated
        if name.change is not None
        for side in name.sides or (Side.NONE,)
    )


@lru_cache(maxsize=_REMEMBERED)
def _read(sentence: str) -> tuple[tuple[Named, ...], tuple[Reference, ...], tuple[Named, ...]]:
    """Return the findings of a sentence, what points back to others, and what is said of the whole."""
    text = without_advice(normalise(sentence))
    marks = join_sides(scan(text))
    named = any(mark.kind in NAMES for mark in marks)
    names: list[Named] = []
    references: list[Reference] = []
    whole: list[Named] = []
    subject: list[Named] = []
    for clause in split_clauses(marks):
        if any(mark.kind in NAMES for mark in clause):
            subject = _names(clause, text)
            names += subject
            continue
        if goes_on := _continued(clause, subject, text):
            names[-len(subject) :] = goes_on
            continue
        references += references_in(clause, text, named)
        whole += _whole(clause, text)
    if not whole and (match := _STABLE_WHOLE.match(text)):
        whole.append(Named(CHEST, (), Change.UNCHANGED, match[1], False, True))
    return tuple(names), tuple(references), tuple(whole)


def _continued(clause: Clause, subject: list[Named], text: str) -> list[Named]:
    """Read a predicate alone ("…, but stable") as one of the clause before, whose names are ``subject``."""
    word = next((mark for mark in clause if mark.kind is Kind.CHANGE), None)
    leading = {mark.kind for mark in clause[: clause.index(word)]} if word is not None else set()
    if (
        word is None
        or word.value.reach is Reach.FORWARD
        or leading - {Kind.VERB, Kind.CHANGE, Kind.SIZE}
    ):
        return []
    if not subject or any(mark.kind in (Kind.SIDE, Kind.PLACE) for mark in clause):
        return []
    phrase = text[word.start : word.end].strip()
    return [
        replace(one, change=word.value.change, phrase=phrase, weak=word.value.weak)
        if one.affirmed and (one.change is None or (one.weak and not word.value.weak))
        else one
        for one in subject
    ]


def _names(clause: Clause, text: str) -> list[Named]:
    sides = sides_in(clause)
    said = changes_in(clause)
    handed = {first for first, _ in passed_on(clause)}
    result: list[Named] = []
    for i, mark in enumerate(clause):
        if mark.kind is Kind.MENTION:
            result += [
                Named(
                    str(one.observation),
                    tuple(side for side in one.sides if side is not Side.NONE),
                    None if _of_one_film(one.change, text) else one.change,
                    one.phrase,
                    one.definite,
                    one.polarity is not Polarity.ABSENT,
                    all(weak for _, weak, _, _ in said.get(i, [])),
                )
                for one in of_mention(clause, i, text, sides.get(i, ()), said.get(i, []))
            ]
        elif mark.kind in NAMES and mark.value is not None and i not in handed:
            result += _further(clause, i, text, sides.get(i, ()), said.get(i, []))
    return result


def _further(clause: Clause, at: int, text: str, sides: Sides, said: list[Said]) -> list[Named]:
    """Read a structure or a finding beyond the observations, side by side where sides differ."""
    finding = str(clause[at].value)
    polarity, decided = polarity_of(clause, at)
    affirmed = polarity is not Polarity.ABSENT
    definite = is_definite(clause, at)
    if finding in _UNSIDED:
        sides, said = (), [(change, weak, None, mark) for change, weak, _, mark in said]
    if not affirmed and decided is not None and was_formerly(clause, at):
        phrase = text[clause[decided].start : clause[decided].end].strip()
        return [Named(finding, sides, Change.RESOLVED, phrase, definite, False)]
    spoken = {side for one in said for side in one[2] or ()}
    each = (
        [(side,) for side in (Side.LEFT, Side.RIGHT) if side in spoken | set(sides)]
        if spoken
        else [sides]
    )
    result = []
    for part in each:
        decision = decide([one for one in said if one[2] is None or set(part) <= set(one[2])])
        if decision is None:
            change, phrase = _back_to_normal(clause, at, text)
        else:
            change, phrase = _stated(clause, decision, text, finding)
        if not affirmed and change is not Change.RESOLVED:
            change = None
        weak = all(weak for _, weak, _, _ in said)
        result.append(Named(finding, part, change, phrase, definite, affirmed, weak))
    return result


def _stated(
    clause: Clause, decision: tuple[Change, int], text: str, finding: str
) -> tuple[Change | None, str]:
    """Return the change with its words; none where they describe one film alone ("increased markings")."""
    change, at = decision
    phrase = text[clause[at].start : clause[at].end].strip()
    if _of_one_film(change, text):
        return None, ""
    if finding == LUNG_VOLUMES and change in _SIZES and _QUALITY.search(phrase):
        change = INVERSE[change]
    return change, phrase


def _of_one_film(change: Change | None, text: str) -> bool:
    """Is the word of size one that a single film bears out ("increased markings", "greater than the left")?"""
    return change in _SIZES and not mentions_prior(text)


def _back_to_normal(clause: Clause, at: int, text: str) -> tuple[Change | None, str]:
    state = state_of(clause, at)
    if state is None or clause[state].kind is not Kind.NORMAL or clause[state].value is None:
        return None, ""
    change: Change = clause[state].value
    return change, text[clause[state].start : clause[state].end].strip()


def _whole(clause: Clause, text: str) -> list[Named]:
    """Read a clause without names: does its word of change speak of the picture as a whole?"""
    word = next((mark for mark in clause if mark.kind is Kind.CHANGE and not mark.value.devices), None)
    if word is None or any(mark.kind is Kind.DENIAL and mark.start < word.start for mark in clause):
        return []
    if not _is_whole(word, text):
        return []
    return [Named(CHEST, (), word.value.change, text[word.start : word.end].strip(), False, True)]


def _is_whole(word: Mark, text: str) -> bool:
    before, after = text[: word.start], text[word.end :]
    if word.value.reach is Reach.FORWARD:
        return _WHOLE.search(_COMPARED.split(after, 1)[0]) is not None
    if _WHOLE.search(before):
        return True
    if word.value.weak or word.value.change in (Change.NEW, Change.RESOLVED):
        return False
    said = before if word.value.change is Change.UNCHANGED else before + after
    if _NO_SUBJECT.sub("", said).strip():
        return False
    return _NO_NOUN.match(after) is not None or _WHOLE.search(_COMPARED.split(after, 1)[0]) is not None


def _placed(name: Named, stated: list[tuple[int, Named]], index: int) -> Named:
    """ "The effusion" without a side is the one spoken of before."""
    if not name.definite or name.sides or name.change is None:
        return name
    known = [
        side
        for sentence, one in stated
        if one.finding == name.finding and one.affirmed and sentence < index
        for side in one.sides or (Side.NONE,)
    ]
    if not known or Side.NONE in known:
        return name
    return _changed(name, name.change, name.phrase, tuple(dict.fromkeys(known)))


def _pointed(reference: Reference, stated: list[tuple[int, Named]], index: int) -> list[Named]:
    """Return what "it has increased" or "the left is unchanged" says of the sentence before."""
    recent = [one for sentence, one in stated if sentence in (index - 1, index) and one.affirmed]
    if reference.sides:
        recent = [one for one in recent if one.finding not in DEVICE_NAMES and one.finding != CHEST]
        return [
            _changed(one, reference.change, reference.phrase, reference.sides) for one in recent[-1:]
        ]
    recent = [one for one in recent if one.finding not in DEVICE_NAMES] or recent
    if not reference.plural:
        recent = [one for one in recent if one.finding == recent[0].finding]
    return [
        _changed(one, reference.change, reference.phrase, one.sides)
        for one in recent
        if one.change is None
    ]


def _changed(name: Named, change: Change, phrase: str, sides: Sides) -> Named:
    return Named(name.finding, sides, change, phrase, False, change is not Change.RESOLVED)


def _once(propositions: Iterable[ChangeProposition]) -> list[ChangeProposition]:
    """Keep the first of equals; one without a side is dropped where the same is said with a side."""
    kept: dict[tuple[str, Side, Change], ChangeProposition] = {}
    for one in propositions:
        kept.setdefault((one.finding, one.side, one.change), one)
    sided = {(finding, change) for finding, side, change in kept if side is not Side.NONE}
    return [one for key, one in kept.items() if key[1] is not Side.NONE or (key[0], key[2]) not in sided]
