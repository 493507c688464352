"""Whether a sentence of a report affirms, doubts or denies what it names.

"No" denies what follows along a list, "has resolved" what precedes; a new statement ("…, the heart is large")
ends their reach. Knows strings only.
"""

import re
from collections.abc import Sequence

from priorrg.language.label_grammar import Label, Mark, Part

_LINKS = frozenset({Part.AND, Part.COMMA, Part.OR, Part.WITH})
_DOUBTS = frozenset({Part.DOUBT_BEFORE, Part.HINT, Part.BORDERLINE})
_NAMES = frozenset({Part.NAME, Part.SUBJECT, Part.SPACE})
_REACH = 40
"""How many marks away a word may still decide; it keeps text without full stops from taking forever."""
_STOPS = frozenset({Part.BREAK, Part.BARRIER})
_ENDS_BEHIND = _STOPS | {
    Part.SEEN,
    Part.WITH,
    Part.NOT_BEFORE,
    Part.CAUSE,
    Part.DOUBT_BEFORE,
    Part.HINT,
}

_SPECULATION = re.compile(
    r"\b(?:may|might|could|would|suggest\w*|concern\w*|suspicious|worrisome|exclude[ds]?|ruled? out|r/o|"
    r"discounted|doubt(?:ful)?|differential|perhaps|potential\w*|conceivabl[ey]|unlikely|less likely|"
    r"consider\w*|raises?|question\w*)\b|\?"
)

Decision = tuple[Label | None, int]
"""What is said of a name, ``None`` if it is only supposed; the place of the mark that decided, or its own."""


def is_speculation(phrase: str) -> bool:
    """Does the word of doubt offer a name for what is seen, or not exclude it, rather than doubt what is seen?"""
    return _SPECULATION.search(phrase) is not None


def read_name(marks: Sequence[Mark], at: int) -> Decision:
    """Return what the sentence says of the finding ``marks[at]``."""
    before = _from_before(marks, at)
    behind = _from_behind(marks, at)
    if before is None and behind is None:
        other = _alternative(marks, at)
        return (Label.POSITIVE, at) if other is None else (Label.UNCERTAIN, other)
    if behind is None:
        assert before is not None
        return before
    label, place = behind
    if before is not None and any(mark.part in _LINKS for mark in marks[at:place]):
        return before
    if before is not None and before[0] is None:
        return before
    return label, place


def read_subject(marks: Sequence[Mark], at: int) -> Decision | None:
    """Return what is said of a structure, ``NEGATIVE`` if it is normal; ``None`` if nothing is."""
    if at and marks[at - 1].part in (Part.ABNORMAL, Part.NORMAL, Part.BORDERLINE):
        found = at - 1
    else:
        found = _predicate(marks, at)
    if found < 0:
        return None
    part = marks[found].part
    if part is Part.NORMAL:
        return Label.NEGATIVE, found
    if marks[at].part is Part.SPACE:
        return None
    if part is Part.BORDERLINE:
        return Label.UNCERTAIN, found
    if found > at:
        between = [mark.part for mark in marks[at + 1 : found]]
        if Part.NOT_BEFORE in between:
            return Label.NEGATIVE, found
        if between and not _DOUBTS.isdisjoint(between):
            return Label.UNCERTAIN, found
    before = _from_before(marks, min(at, found))
    return (Label.POSITIVE, found) if before is None or found > at else before


def _predicate(marks: Sequence[Mark], at: int) -> int:
    """Return the place of the word behind a structure that calls it normal or abnormal, -1 if none does."""
    for place in range(at + 1, min(at + _REACH, len(marks))):
        part = marks[place].part
        if part in (Part.ABNORMAL, Part.NORMAL, Part.BORDERLINE):
            return place
        if part in _STOPS or part in (Part.NAME, Part.WITH, Part.SEEN, Part.NOT_BEHIND, Part.CAUSE):
            break
    return -1


def _from_before(marks: Sequence[Mark], at: int) -> Decision | None:
    """Walk back along the list that the name stands in, to the word that rules it."""
    opened = crossed = caused = False
    either = _ends_in_or(marks, at)
    own = _has_own_predicate(marks, at)
    for place in range(at - 1, max(at - _REACH, 0) - 1, -1):
        part = marks[place].part
        if part is Part.NOT_BEFORE or _denies_ahead(marks, place):
            return None if caused else (Label.NEGATIVE, place)
        if part is Part.SUPPOSED:
            return None, place
        if part in (Part.DOUBT_BEFORE, Part.BORDERLINE):
            return Label.UNCERTAIN, place
        if part is Part.HINT:
            return _hint(marks, place)
        if part in _STOPS or part in (
            Part.VERB,
            Part.SEEN,
            Part.WITH,
            Part.NOT_BEHIND,
            Part.DOUBT_BEHIND,
        ):
            doubted = place and marks[place - 1].part in _DOUBTS
            if part is Part.VERB and (caused or doubted):
                continue
            return None
        if caused:
            return None
        if part is Part.CAUSE:
            caused = True
        elif part in (Part.AND, Part.COMMA):
            if (opened and not either) or (own and not crossed):
                return None
            crossed, opened = True, False
        elif part is Part.OR:
            crossed, opened = True, False
        elif part is Part.SIZE:
            opened = True
    return None


def _hint(marks: Sequence[Mark], at: int) -> Decision:
    """Return what "to suggest" makes of its object: denied where what would suggest it is, else doubted."""
    for place in range(at - 1, max(at - _REACH, 0) - 1, -1):
        part = marks[place].part
        if part is Part.NOT_BEFORE:
            return Label.NEGATIVE, place
        if part in _STOPS:
            break
    return Label.UNCERTAIN, at


def _from_behind(marks: Sequence[Mark], at: int) -> Decision | None:
    """Walk on to the word that denies or doubts the name: over "and" and "or", over a comma to its own alone."""
    said = comma = False
    device = any(sign.observation == "Support Devices" for sign in marks[at].signs)
    for place in range(at + 1, min(at + _REACH, len(marks))):
        part = marks[place].part
        if part is Part.NOT_BEHIND and _denies_ahead(marks, place):
            return None
        if part is Part.NOT_BEHIND or (part is Part.GONE and device):
            return Label.NEGATIVE, place
        if part is Part.DOUBT_BEHIND:
            return Label.UNCERTAIN, place
        if part in _ENDS_BEHIND or (part in _NAMES and comma):
            return None
        if part is Part.VERB:
            said = True
        elif part in _LINKS:
            if said:
                return None
            comma = part is Part.COMMA and not _list_goes_on(marks, place)
    return None


def _denies_ahead(marks: Sequence[Mark], at: int) -> bool:
    """Is it an adjective of the next name, as in "resolved effusion", not the predicate of one before?"""
    if marks[at].part is not Part.NOT_BEHIND or (at and marks[at - 1].part not in _LINKS):
        return False
    following = next((m.part for m in marks[at + 1 : at + _REACH] if m.part is not Part.SIZE), None)
    return following in _NAMES


def _list_goes_on(marks: Sequence[Mark], at: int) -> bool:
    """Does an "and" or "or" follow the comma before anything is said of what it lists?"""
    for mark in marks[at + 1 : at + _REACH]:
        if mark.part in (Part.AND, Part.OR):
            return True
        if mark.part not in (Part.NAME, Part.SIZE, Part.COMMA):
            return False
    return False


def _ends_in_or(marks: Sequence[Mark], at: int) -> bool:
    """Does the list around the name close with "or"?"""
    for mark in marks[at : at + _REACH]:
        if mark.part is Part.OR:
            return True
        if mark.part in _STOPS or mark.part in (Part.VERB, Part.SEEN, Part.WITH, Part.NOT_BEFORE):
            break
    for mark in reversed(marks[max(at - _REACH, 0) : at]):
        if mark.part in (Part.OR, Part.NOT_BEFORE):
            return mark.part is Part.OR
        if mark.part in (Part.COMMA, Part.AND, Part.NAME):
            return False
    return False


def _has_own_predicate(marks: Sequence[Mark], at: int) -> bool:
    """Is the name the subject of a verb that does more than let it be there?"""
    for place in range(at + 1, min(at + _REACH, len(marks))):
        part = marks[place].part
        if part is Part.VERB:
            return True
        if part in (Part.NORMAL, Part.ABNORMAL):
            return True
        if part is not Part.SIZE:
            return False
    return False


def _alternative(marks: Sequence[Mark], at: int) -> int | None:
    """Return the place of another name, if "or" or "versus" leaves open which of the two is meant."""
    for step in (1, -1):
        place = at + step
        while 0 <= place < len(marks) and marks[place].part is Part.SIZE:
            place += step
        if not 0 <= place < len(marks) or marks[place].part is not Part.OR:
            continue
        places = range(place + step, min(max(place + step * _REACH, -1), len(marks)), step)
        other = next((i for i in places if marks[i].part in _NAMES), None)
        if other is not None:
            return other
    return None
