"""Decide on which side each name in a clause lies.

A side belongs to the nearest name: the one it stands before ("left effusion"), or behind a preposition
the one it follows ("effusion on the left"). A list shares the side of its first member ("left effusion
and atelectasis") or of a place at its end. Knows strings only.
"""

from itertools import pairwise

from priorrg.language.grammar import LINKS, NAMES, Clause, Kind, Mark, Row, Sides
from priorrg.language.observations import LATERAL_OBSERVATIONS, Side

LEFT, RIGHT, BOTH = (Side.LEFT,), (Side.RIGHT,), (Side.LEFT, Side.RIGHT)
_LEFT = r"(?:left(?:[- ]sided)?|lingular?|lll|lul|lt)"
_RIGHT = r"(?:right(?:[- ]sided)?|rll|rul|rml|rt)"
_BOTH = (
    r"(?:bilateral(?:ly)?|both(?! (?:of which|are|have|is|has|unchanged|stable|new|increased|decreased|"
    r"improved|resolved)\b)|(?:right|left) and (?:left|right)(?:[- ]sided)?|bibasilar|bibasal|biapical|"
    r"each (?:side|lung|hemithorax))"
)
_MORE = (
    r"(?:greater|larger|more|worse|smaller|less|bigger|>|<)(?: (?:extensive|prominent|severe|"
    r"pronounced|marked))?"
)
_PREPOSITION = r"(?:on|in|at|of|within|along|over|overlying|involving|to|throughout|near)"
_THE = r" (?:the |a |an |this |its )?(?:(?:extreme|mid|upper|lower|peripheral|lateral) )?"
_ANATOMY = (
    r"(?:heart|atri\w+|ventric\w+|main ?stem|main|paratracheal|lateral decubitus|upper quadrant|"
    r"shoulder|arm|"
    r"clavicle|humer\w+|anterior oblique|aortic|coronary|brachiocephalic|axilla\w*|breast|neck|"
    r"pulmonary arter\w+)"
)

ROWS: tuple[Row, ...] = (
    (
        Kind.SKIP,
        r"shift\w*(?: of (?:the )?\w+(?: \w+)?)? (?:to|toward|towards) (?:the )?(?:left|right)",
        None,
    ),
    (
        Kind.SKIP,
        r"(?:deviat\w+|displac\w+|shift\w*|rotat\w+) (?:slightly )?(?:to|toward|"
        r"towards) (?:the )?(?:left|right)",
        None,
    ),
    (
        Kind.SKIP,
        r"(?:to |in |into |at |of )?(?:the )?(?:left|right)(?:[- ]sided)? (?="
        + _ANATOMY
        + r")"
        + _ANATOMY,
        None,
    ),
    (
        Kind.PLACE,
        _MORE
        + r" (?:on|in|at) (?:the )?(?:left|right)(?: side)? than "
        + r"(?:on |in |at )?(?:the )?(?:left|right)",
        BOTH,
    ),
    (
        Kind.PLACE,
        r"(?:left|right)(?:[- ]sided)? (?:is )?" + _MORE + r"(?: than)? (?:the )?(?:left|right)",
        BOTH,
    ),
    (Kind.SKIP, _MORE + r" than (?:that )?(?:on |in |of )?(?:the )?(?:left|right)\b", None),
    (Kind.PLACE, _PREPOSITION + _THE + _BOTH, BOTH),
    (Kind.PLACE, _PREPOSITION + _THE + _LEFT, LEFT),
    (Kind.PLACE, _PREPOSITION + _THE + _RIGHT, RIGHT),
    (Kind.SIDE, _BOTH, BOTH),
    (Kind.SIDE, _LEFT, LEFT),
    (Kind.SIDE, _RIGHT, RIGHT),
)

_PREMODIFIERS = frozenset(
    {Kind.SIDE, Kind.SIZE, Kind.CHANGE, Kind.DOUBT, Kind.FORMERLY, Kind.ABNORMAL, Kind.NORMAL}
)


def join_sides(marks: list[Mark]) -> list[Mark]:
    """Drop the link between the sides of one name: "large right and small left effusions"."""
    result: list[Mark] = []
    i = 0
    while i < len(marks):
        if marks[i].kind in (Kind.AND, Kind.OR) and result and result[-1].kind is Kind.SIDE:
            j = i + 1
            while j < len(marks) and marks[j].kind is Kind.SIZE:
                j += 1
            if j < len(marks) and marks[j].kind is Kind.SIDE and _name_ahead(marks, j) is not None:
                i = j
        result.append(marks[i])
        i += 1
    return result


def sides_in(clause: Clause) -> dict[int, Sides]:
    """Return the sides of each name that has any, by its index in the clause."""
    own, placed = _own_sides(clause)
    sides = dict(own)
    names = [i for i, mark in enumerate(clause) if mark.kind in NAMES]
    for previous, name in pairwise(names):
        if name not in sides and previous in sides and _shares_forward(clause, previous, name, placed):
            sides[name] = sides[previous]
    for name, following in reversed(list(pairwise(names))):
        if name not in sides and following in placed and _shares_backward(clause, name, following):
            sides[name] = sides[following]
            placed.add(name)
    return sides


def _own_sides(clause: Clause) -> tuple[dict[int, Sides], set[int]]:
    """Give each word of side to one name; ``placed`` are the names that a preposition placed."""
    own: dict[int, Sides] = {}
    placed: set[int] = set()
    for i, mark in enumerate(clause):
        if mark.kind is Kind.SIDE:
            ahead = _name_ahead(clause, i)
            name = _name_behind(clause, i) if ahead is None else ahead
            if ahead is None and name is not None and name in own and name not in placed:
                continue  # "right effusion, left": the nearer word has it
        elif mark.kind is Kind.PLACE:
            name = _name_behind(clause, i)
            if name is not None and name in own and name not in placed:
                if not set(own[name]) >= set(mark.value):
                    continue
            elif name is None:
                name = next((k for k in range(i + 1, len(clause)) if clause[k].kind in NAMES), None)
            if name is not None:
                placed.add(name)
        else:
            continue
        if name is not None:
            known = own.get(name, ())
            own[name] = tuple(side for side in BOTH if side in known or side in mark.value)
    return own, placed


def _name_ahead(clause: Clause, at: int) -> int | None:
    """Return the name that a side stands before."""
    for i in range(at + 1, len(clause)):
        if clause[i].kind in NAMES:
            return i
        if clause[i].kind not in _PREMODIFIERS:
            return None
    return None


def _name_behind(clause: Clause, at: int) -> int | None:
    for i in range(at - 1, -1, -1):
        if clause[i].kind in NAMES:
            return i
        if clause[i].kind in (Kind.THERE, Kind.BREAK):
            return None
    return None


def _shares_forward(clause: Clause, previous: int, name: int, placed: set[int]) -> bool:
    """Does the later name of a list lie where the earlier one does?"""
    between = [mark.kind for mark in clause[previous + 1 : name]]
    source = clause[previous]
    if source.kind in (Kind.MENTION, Kind.OTHER) and not _observed(source):
        return False
    if Kind.DENIAL in between or Kind.DENIED in between or Kind.THERE in between:
        return False
    if Kind.WITH in between:
        return True
    if _observed(source) & _observed(clause[name]) and Kind.AND not in between:
        return True  # the same thing named twice: "opacity on the left, likely pneumonia"
    if source.kind is Kind.OPACITY:
        return not {Kind.AND, Kind.BARRIER} & set(between)
    linked = bool(LINKS & set(between)) or Kind.VERSUS in between
    if previous in placed:
        leading = not any(mark.kind in (Kind.PLACE, Kind.SIDE) for mark in clause[previous + 1 : name])
        return linked and leading and Kind.ARTICLE not in between
    return linked and not {Kind.ARTICLE, Kind.BARRIER} & set(between)


def _shares_backward(clause: Clause, name: int, following: int) -> bool:
    between = [mark.kind for mark in clause[name + 1 : following]]
    linked = bool({Kind.AND, Kind.OR, Kind.COMMA, Kind.VERSUS} & set(between))
    return linked and not {
        Kind.DENIAL,
        Kind.DENIED,
        Kind.VERB,
        Kind.WITH,
        Kind.BARRIER,
        Kind.ARTICLE,
    } & set(between)


def _observed(mark: Mark) -> set[object]:
    """Return the observations of a name that are counted per side."""
    values = mark.value if isinstance(mark.value, tuple) else (mark.value,)
    return {value for value in values if value in LATERAL_OBSERVATIONS}
