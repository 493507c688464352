"""Decide what a clause says of change over time, name by name.

A word of change stands before its name ("new effusion", "increase in the effusion"), or behind it as a
predicate ("effusion has increased", "effusion, unchanged"), and is shared along a list. A denied change
is no change. Knows strings only.
"""

from itertools import pairwise

from priorrg.language.grammar import NAMES, ChangeWord, Clause, Kind, Mark, Reach, Row, Sides
from priorrg.language.observations import DEVICES, Change

_N, _L, _S, _U, _R = Change.NEW, Change.LARGER, Change.SMALLER, Change.UNCHANGED, Change.RESOLVED
_F, _B = Reach.FORWARD, Reach.BACKWARD
_HOW = (
    r"(?: (?:significant(?:ly)?|substantial(?:ly)?|appreciabl[ey]|relevant|definite(?:ly)?|interval|"
    r"material(?:ly)?|"
    r"marked(?:ly)?|major|gross(?:ly)?|clear(?:ly)?|further|obvious(?:ly)?|real(?:ly)?|overall|"
    r"otherwise|other|"
    r"short-term|convincing(?:ly)?|notable|measurabl[ey]|much|radiographic|and))*"
)
_EXTENT = (
    r"(?: (?:the )?(?:size|extent|appearance|position|severity|degree|amount|volume|density|"
    r"prominence|number)(?: of)?)?"
)
_IN = r"(?: (?:in(?! (?:comparison|the inter|interval))|of|to|within)" + _EXTENT + r")"
_MOVED = (
    r"(?:change[sd]?|changing|different|difference|altered|alteration|increase[sd]?|decrease[sd]?|"
    r"larger|smaller|bigger|"
    r"worse|worsen(?:ed|ing)|better|improved|improvement|progress(?:ed|ion)|enlarging|grown|growth|"
    r"resolved|cleared|"
    r"reduced|reduction|regressed|regression)"
)
_SEEN = (
    r"(?:seen|present|visible|visuali[sz]ed|evident|identified|noted|demonstrated|apparent|"
    r"appreciated|detected)"
)
DEGREES = (
    r"(?:extensive|prominent|pronounced|conspicuous|severe|dense|confluent|marked|apparent|evident|"
    r"diffuse|"
    r"widespread|substantial|focal|opaque|visible|consolidated|well-defined|engorged|congested|distended|"
    r"numerous|dilated|displaced|flattened)"
)
_EARLIER = r"(?:prior|previous|earlier|preceding|last|comparison)"


def _word(
    kind: Change, pattern: str, reach: Reach = Reach.EITHER, *, weak: bool = False, devices: bool = False
) -> Row:
    return Kind.CHANGE, pattern, ChangeWord(kind, reach, weak, devices)


ROWS: tuple[Row, ...] = (
    _word(_U, r"neither " + _MOVED + r" n?or " + _MOVED),
    _word(_U, r"(?:no|without|nor)" + _HOW + " " + _MOVED + _IN, _F),
    _word(_U, r"(?:no|without|nor|not|never)(?: been| be| yet)?" + _HOW + " " + _MOVED),
    _word(_U, r"(?:little|minimal)" + _HOW + r" change(?: (?:in|of)" + _EXTENT + r")?"),
    _word(
        _N,
        r"(?:(?:is|are|was|were|has|have) )?not (?:previously|formerly) "
        + _SEEN
        + r"|not "
        + _SEEN
        + r" (?:previously|before)|"
        r"(?:(?:is|are|was|were) )?not " + _SEEN + r" (?:on|in|at) (?:the )?(?:\w+ )?" + _EARLIER + r"|"
        r"absent (?:on|in) (?:the )?" + _EARLIER + r"|"
        r"(?:does|did) not (?:appear|seem) to (?:be|have been) "
        + _SEEN
        + r" (?:on|in|at) (?:the )?"
        + _EARLIER,
        _B,
    ),
    _word(
        _S,
        r"(?:partial(?:ly)?|near(?:ly)?|almost|incomplete(?:ly)?|mostly|largely|some)"
        r"(?:[- ](?:complete(?:ly)?|interval|total))* (?:resol\w+|clear\w+)(?: of)?",
    ),
    _word(_R, r"(?:resolution|clearing|disappearance|clearance) of", _F),
    _word(_R, r"removal of", _F, devices=True),
    _word(_R, r"no longer(?: (?:\w+ )?" + _SEEN + r"| enlarged)?"),
    _word(
        _R,
        r"resolved|disappeared|vanished|gone|cleared(?! of)|(?:interval|complete) (?:resolution|"
        r"clearing)",
    ),
    _word(_R, r"removed|taken out|explanted|discontinued|(?<=been )pulled(?! back)", devices=True),
    _word(_R, r"removal", _B, devices=True),
    _word(_S, r"resolving"),
    _word(_S, r"resolution|clearing", _B),
    _word(
        _N,
        r"(?:interval (?:development|appearance|onset|recurrence)|development|onset|recurrence) of",
        _F,
    ),
    _word(_N, r"interval (?:placement|insertion|introduction|implantation)(?: of)?", devices=True),
    _word(
        _N,
        r"(?:has|have)(?: \w+)? been (?:\w+ly )?(?:placed|inserted|introduced|implanted)",
        devices=True,
    ),
    _word(_N, r"(?:newly|interval(?:ly)?) (?:placed|inserted|introduced)", devices=True),
    _word(
        _N,
        r"new(?:ly)?|developed|recurrent|recurred|reappeared|arisen|emerged|(?<=has )appeared|(?<=have )appeared",
    ),
    _word(
        _N,
        r"(?<=there is )now|(?<=there are )now|now(?: (?:seen|present|visible|evident|noted|in place))",
        weak=True,
    ),
    _word(
        _U,
        r"unchanged(?: in(?: appearance| size| extent| position)?)?|stable|stably|constant|unaltered|"
        r"static",
    ),
    _word(_U, r"(?:stability|persistence) of", _F),
    _word(_U, r"similar|identical|(?:about |essentially |largely )?the same|as before", _B),
    _word(_U, r"similar(?: (?:size|appearance|extent|degree|position))? of", _F),
    _word(_U, r"persistent(?:ly)?|persisting|continued|ongoing|re-?demonstrat\w+", weak=True),
    _word(_U, r"persists?|persisted|continues?", _B, weak=True),
    _word(_U, r"again|remain(?:s|ed|ing)?", weak=True),
    _word(
        _L,
        r"(?:increases?|progression|growth|worsening|interval enlargement|deterioration) (?:in|of)"
        + _EXTENT,
        _F,
    ),
    _word(
        _L,
        r"increas(?:e[sd]?|ing)|enlarging|grow(?:n|s|ing|th)|grew|wors(?:e|en|ens|ened|ening)|"
        r"progress(?:ed|es|ion|ive|"
        r"ing)(?:ly)?|deteriorat\w+|reaccumulat\w+|exacerbat\w+|expanding|(?:larger|bigger|greater|"
        r"heavier|denser|thicker)"
        r"(?: in(?: size| extent))?|more " + DEGREES + r"|up from",
    ),
    _word(_S, r"(?:decreases?|improvement|reduction|regression|diminution) (?:in|of)" + _EXTENT, _F),
    _word(
        _S,
        r"decreas(?:e[sd]?|ing)|smaller(?: in(?: size| extent))?|improv(?:e[sd]?|ing|ement)|"
        r"lessen(?:ed|ing)|reduced|"
        r"reduction|regress(?:ed|ing|ion)|diminish(?:ed|ing)|shr[aiu]nk\w*|receded|abated|subsided|"
        r"declined|milder|"
        r"better(?! (?:seen|visuali|evaluat|appreciat|assess|defin|aerat|delineat|inspir|demonstrat))|"
        r"less(?: " + DEGREES + r")|down from",
    ),
    (
        Kind.FORMERLY,
        r"previously(?: " + _SEEN + r"| described| reported| known| mentioned)?|formerly|"
        r"(?:prior|previous)(?! (?:study|studies|exam|radiograph|film|image|x-?ray|chest x|chest r|ct|"
        r"scan|comparison|report))",
        None,
    ),
    (Kind.FORMERLY, _SEEN + r" (?:on|in|at) (?:the )?(?:\w+ )?" + _EARLIER, None),
)

Said = tuple[Change, bool, Sides | None, int]
"""Change, weak, the sides it is said of (``None``: all), index of the mark."""
_ADJECTIVES = frozenset(
    {
        Kind.SIDE,
        Kind.SIZE,
        Kind.ARTICLE,
        Kind.CHANGE,
        Kind.DOUBT,
        Kind.FORMERLY,
        Kind.ABNORMAL,
        Kind.NORMAL,
    }
)
_CUTS = frozenset(
    {
        Kind.WITH,
        Kind.VERB,
        Kind.DENIAL,
        Kind.DENIED,
        Kind.THERE,
        Kind.BARRIER,
        Kind.RELATIVE,
        Kind.CHANGE,
    }
)


def changes_in(clause: Clause) -> dict[int, list[Said]]:
    """Return what is said of the change of each name, in order, by the name's index in the clause."""
    said: dict[int, list[Said]] = {}
    for i in range(len(clause)):
        word = _as_word(clause, i)
        if word is None:
            continue
        sides = _restriction(clause, i)
        for name in _targets(clause, i, word, said):
            if not word.devices or _is_device(clause[name]):
                said.setdefault(name, []).append((word.change, word.weak, sides, i))
    _hand_on(clause, said)
    return said


def decide(said: list[Said]) -> tuple[Change, int] | None:
    """Return the first change that is said outright, else the first weak one."""
    if not said:
        return None
    change, _, _, at = min(said, key=lambda one: one[1])  # the first of equals
    return change, at


def _as_word(clause: Clause, at: int) -> ChangeWord | None:
    mark = clause[at]
    if mark.kind is Kind.CHANGE:
        word: ChangeWord = mark.value
        return word
    if mark.kind is Kind.ABNORMAL and isinstance(mark.value, Change):
        near = _ahead(clause, at)
        if near is None:
            near = _behind(clause, at)
        if near is not None and clause[near].kind is Kind.MENTION:
            return ChangeWord(mark.value)
    return None


def _targets(clause: Clause, at: int, word: ChangeWord, said: dict[int, list[Said]]) -> list[int]:
    behind = _behind(clause, at)
    predicate = behind is not None and _is_predicate(clause, at)
    if word.reach is not Reach.BACKWARD and not predicate:
        ahead = _ahead(clause, at)
        if ahead is None and (behind is None or word.reach is Reach.FORWARD):
            ahead = _further_ahead(clause, at)
        if ahead is not None:
            return _along_list(clause, ahead, word.reach is Reach.FORWARD)
    if behind is None:
        return []
    return _back_along(clause, behind, at, said)


def _is_predicate(clause: Clause, at: int) -> bool:
    before = clause[at - 1]
    if before.kind is Kind.CHANGE:
        return bool(before.value.weak) and at >= 2 and _is_predicate(clause, at - 1)
    if before.kind is Kind.SIZE and at >= 2:
        return clause[at - 2].kind is Kind.VERB and _ahead(clause, at) is None
    return before.kind in (Kind.VERB, Kind.RELATIVE)


def _ahead(clause: Clause, at: int) -> int | None:
    for i in range(at + 1, len(clause)):
        if clause[i].kind in NAMES:
            return i
        following = clause[i + 1].kind if i + 1 < len(clause) else Kind.BREAK
        if (clause[i].kind, following) in ((Kind.OR, Kind.CHANGE), (Kind.AND, Kind.NORMAL)):
            continue
        if clause[i].kind not in _ADJECTIVES:
            return None
    return None


def _further_ahead(clause: Clause, at: int) -> int | None:
    """Return the name that an inverted sentence brings after its verb ("again seen is a nodule")."""
    for i in range(at + 1, len(clause)):
        if clause[i].kind in NAMES:
            return i
        if clause[i].kind in (Kind.WITH, Kind.AND, Kind.OR, Kind.BARRIER, Kind.DENIAL):
            if clause[i].kind is Kind.BARRIER and _verb_before_name(clause, i):
                continue  # "new since the prior study is an effusion"
            return None
    return None


def _verb_before_name(clause: Clause, at: int) -> bool:
    nearest = next((mark for mark in clause[at:] if mark.kind in NAMES | {Kind.VERB}), None)
    return nearest is not None and nearest.kind is Kind.VERB


def _behind(clause: Clause, at: int) -> int | None:
    return next((i for i in range(at - 1, -1, -1) if clause[i].kind in NAMES), None)


def _along_list(clause: Clause, first: int, noun: bool) -> list[int]:
    """Return the name and those that follow it in one list. After a noun of change ("increase in") each
    may have an article and a size of its own; after an adjective such a name begins a new statement."""
    names, last = [first], first
    for i in range(first + 1, len(clause)):
        kind = clause[i].kind
        if kind in _CUTS or (not noun and kind in (Kind.ARTICLE, Kind.SIZE)):
            break
        if kind in NAMES:
            if not any(m.kind in (Kind.AND, Kind.OR, Kind.COMMA, Kind.VERSUS) for m in clause[last:i]):
                break
            names.append(i)
            last = i
    return names


def _back_along(clause: Clause, nearest: int, at: int, said: dict[int, list[Said]]) -> list[int]:
    names = [nearest]
    relative = next((m for m in reversed(clause[nearest:at]) if m.kind is Kind.RELATIVE), None)
    if relative is not None and not relative.value:
        return names
    if nearest in said:
        return names
    for i in range(nearest - 1, -1, -1):
        kind = clause[i].kind
        if kind in (Kind.BARRIER, Kind.DENIAL, Kind.DENIED):
            break
        if kind in NAMES:
            if i in said:
                break
            names.append(i)
    return names


def _restriction(clause: Clause, at: int) -> Sides | None:
    """Return the side that a predicate is restricted to: "larger on the right", "left unchanged"."""
    if _ahead(clause, at) is not None:
        return None
    after = at + 1
    if after < len(clause) and clause[after].kind is Kind.PLACE:
        sides: Sides = clause[after].value
        return sides
    before = at - 1
    while before >= 0 and clause[before].kind in (Kind.VERB, Kind.CHANGE):
        before -= 1
    if (
        before >= 1
        and clause[before].kind in (Kind.SIDE, Kind.PLACE)
        and _behind(clause, before) is not None
    ):
        apart = clause[before - 1].kind in (Kind.COMMA, Kind.AND, Kind.WITH, Kind.ARTICLE)
        if apart:
            return tuple(clause[before].value)
    return None


def _hand_on(clause: Clause, said: dict[int, list[Said]]) -> None:
    """An unnamed opacity passes its change on to the name that it is given."""
    for first, second in passed_on(clause):
        if first in said and second not in said:
            said[second] = list(said[first])


def passed_on(clause: Clause) -> list[tuple[int, int]]:
    """Return each unnamed opacity with the name that it is then given: "opacity, likely pneumonia"."""
    names = [i for i, mark in enumerate(clause) if mark.kind in NAMES]
    return [
        (first, second)
        for first, second in pairwise(names)
        if clause[first].kind is Kind.OPACITY
        and not {mark.kind for mark in clause[first + 1 : second]}
        & {Kind.AND, Kind.BARRIER, Kind.THERE, Kind.DENIAL, Kind.DENIED}
    ]


def _is_device(mark: Mark) -> bool:
    return mark.kind is Kind.MENTION and isinstance(mark.value, tuple) and mark.value[0] in DEVICES
