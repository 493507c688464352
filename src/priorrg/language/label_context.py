"""Whether a sentence of a report affirms, doubts or denies what it names.

"No" denies what follows along a list, "has resolved" what precedes; a new statement ("…, the heart is large")
ends their reach. Knows strings only.
"""

import re
from collections.abc import Sequence

from priorrg.language.label_grammar import Label, Mark, Part, Row

_SEEN = (
    r"(?:seen|present|identified|evident|visuali[sz]ed|visible|appreciated|demonstrated|detected|noted|found|"
    r"observed|apparent|shown|developed|occurred|appeared|recurred|there|evidenced)"
)
_BE = r"(?:is|are|was|were|be|been|has been|have been|has|have|had|can be|could be)"
_GROWN = (
    r"(?:change\w*|increase\w*|decrease\w*|progress\w*|worsen\w*|improve\w*|enlargement since|growth|"
    r"alteration|difference|resolution)"
)
_MUCH = (
    r"(?:any|interval|significant(?:ly)?|substantial(?:ly)?|appreciable|appreciably|definite|gross|further|marked"
    r"|major|obvious|evidence of|suspicious|relevant|evidence for|radiographic|overall|acute|real)"
)

_PHRASES: tuple[tuple[Part, str], ...] = (
    (Part.SKIP, r"(?:no|without|not) (?:" + _MUCH + r" )*" + _GROWN + r"(?: (?:in|of|from|since|to))?"),
    (
        Part.SKIP,
        r"not only|no doubt|no longer than|not (?:well |fully |completely )?(?:evaluated|assessed)",
    ),
    (Part.SKIP, r"(?:consistent|compatible|in keeping|associated|continuous) with|along with"),
    (
        Part.DOUBT_BEHIND,
        r"(?:(?:can ?not|could not|can't|may not) (?:\w+ )?be|(?:is|are|was|were) not|not) (?:\w+ )?"
        r"(?:excluded|ruled out|discounted)|"
        + _BE
        + r" (?:difficult|hard) to exclude|(?:difficult|hard|unable) to (?:\w+ )?exclude"
        r"(?= *[.,;]|$)",
    ),
    (
        Part.DOUBT_BEFORE,
        r"(?:can ?not|could not|may not|can't|unable to|difficult to|hard to|not|does not|to|would not) "
        r"(?:\w+ )?(?:exclude|rule out)|r/o|rule out|exclude",
    ),
    (Part.NOT_BEHIND, r"(?:has|have|is|are|was|were)(?: been)? (?:excluded|ruled out)"),
    (
        Part.NOT_BEHIND,
        r"(?:"
        + _BE
        + r" )?(?:not|never|no longer)(?: \w+ly| well| yet| any longer| be| been){0,3} "
        + _SEEN,
    ),
    (
        Part.NOT_BEHIND,
        r"(?:(?:has|have|had|is|are|now|interval|nearly|since|completely|entirely|largely) )*"
        r"(?:resolved|cleared(?: up)?|disappeared|absent|gone)|: (?:none|no)(?= *[.,;]|$)|negative(?= *[.,;]|$)",
    ),
    (
        Part.GONE,
        r"(?:(?:has|have|had|is|are|was|were|been|since|now|interval) )*(?:removed|discontinued|withdrawn)|removal(?! of)",
    ),
    (
        Part.HINT,
        r"suggest\w*(?: of)?|suspicious for|worrisome for|concern(?:ing)?(?: (?:for|of))?|indicat(?:e|es|ing|ive)"
        r"(?: of)?|(?:that )?would suggest",
    ),
    (
        Part.NOT_BEFORE,
        r"(?:negative|unremarkable|clear) for|(?:free|clear) (?:of|from)|(?:absence|lack|resolution|clearing|"
        r"removal|disappearance|resolving) of(?: the)?|rather than|instead of|nor (?:is|are) there|neither|"
        r"none of the|no|without|nor|denies|not (?:\w+ly )?(?:demonstrate|show|reveal|appear(?: to (?:be|have|represent|"
        r"reflect))?|have|contain|see|suggest|indicate|reflect|represent)|not|never|non|resolved|rules? out|excludes",
    ),
    (Part.BORDERLINE, r"borderline"),
    (
        Part.DOUBT_BEHIND,
        r"(?:" + _BE + r"|remains?|seems?|appears?|thought|felt|considered) (?:also |less |to be )*"
        r"(?:possible|probable|suspected|questionable|questioned|likely|unlikely|equivocal|indeterminate|"
        r"(?:in )?(?:a |the )?(?:possibility|concern|consideration|differential))|less likely(?= *[.;]|$)|"
        r"(?:may|might|could) (?:also )?be (?:present|considered)|(?:likely|possible|probable|suspected|"
        r"unlikely|questionable|questioned)(?= *[.,;)]|$)|\?",
    ),
    (
        Part.SUPPOSED,
        r"(?:evaluat(?:e|ion|ing)|assess(?:ment)?|screen(?:ing)?|looking|check|work-?up|concern clinically|"
        r"monitor(?:ing)?|treatment|treated|therapy) (?:for|of)(?: (?:any|possible|underlying))*|"
        r"(?:history|h/o|hx|risk|symptoms|follow[- ]?up|diagnosis) (?:of|for)|"
        r"if (?:there (?:is|are|remains) |clinical |a |the )*(?:\w+ )?(?:concern|suspicion|suspected|question)"
        r"(?: (?:for|of|is))?|if",
    ),
    (
        Part.DOUBT_BEFORE,
        r"possib(?:le|ly|ility of|ilit\w+)|probab(?:le|ly|ility)|(?:less |more |most )?likely|unlikely|"
        r"(?:may|might|could|would)(?: also| well| simply| in part)?(?: be| represent| reflect| indicate| relate"
        r"| have| correspond| be (?:seen|related|due|secondary))*(?: to| with)?|suspect(?:ed)?|suspicion (?:of|for)|"
        r"question(?:able)?(?: of)?|equivocal|presum\w+|favou?r\w*|potential(?:ly)?|perhaps|conceivabl[ey]|"
        r"raises? (?:the )?(?:possibility|question|concern) (?:of|for)|differential(?: diagnosis)?"
        r"(?: considerations?)?(?: (?:includes?|is|for))*|consider(?:ations? includes?)?|"
        r"\?",
    ),
    (
        Part.NORMAL,
        r"(?:(?:at |near |within )?(?:the )?(?:upper|high) (?:limits?|range|end) of |(?:upper |high )(?:limits? )?|"
        r"high |within |top )?normal(?: limits| range| size)?|unremarkable|clear(?:ed)?|not enlarged|sharp|"
        r"wnl|midline|well[- ](?:expanded|aerated)|top[- ]normal|nonenlarged|not (?:\w+ )?(?:enlarged|widened)",
    ),
    (
        Part.ABNORMAL,
        r"(?:is |are )?(?:enlarged|enlargement|widened|widening|wide|prominent|generous|increased in size|"
        r"large|bigger|larger|globular|increased|abnormal in size|big)",
    ),
    (
        Part.BREAK,
        r"but|however|although|though|while|whereas|except(?: for)?|apart from|aside from|other than|yet|"
        r"nevertheless|otherwise|;|\. |there(?: (?:is|are|was|were|has been|have been|may be))?",
    ),
    (
        Part.CAUSE,
        r"(?:is |are |be )?(?:due|secondary|related|attributable|owing) to|from|because of|reflecting",
    ),
    (
        Part.BARRIER,
        r"(?:as )?compared (?:to|with)|in comparison (?:to|with)|relative to|status post|s/p|prior to|after|"
        r"following|since|despite|than|given|which|that|by|at|in the setting of|causing|obscur\w+|where",
    ),
    (Part.OR, r"and/or|or|versus|vs\.?|/(?= ?[a-z]{4})"),
    (Part.AND, r"and|as well as|together with|plus|&"),
    (Part.WITH, r"with|accompanied by|status post"),
    (Part.COMMA, r",|\(|\)| - | – | — |:"),
    (
        Part.SKIP,
        r"(?:visible|visuali[sz]ed|apparent|evident|identifiable|detectable|demonstrable|definite|obvious) "
        r"(?=[a-z])(?!on |in |at |and |or |to |by )",
    ),
    (
        Part.SEEN,
        r"(?:(?:is|are|was|were) )?(?:again |also |still |now |once again )*"
        + _SEEN
        + r"|persists?|re-?demonstrated",
    ),
    (
        Part.VERB,
        r"is|are|was|were|be|been|has|have|had|shows?|demonstrates?|reveals?|appears?|seems?|remains?|measures?|"
        r"contains?|represents?|reflects?|obscures?",
    ),
    (
        Part.SIZE,
        r"an?|the|this|another|small|tiny|trace|minimal(?:ly)?|mild(?:ly)?|moderate(?:ly)?|severe(?:ly)?|subtle|"
        r"minor|slight(?:ly)?|marked(?:ly)?|extensive|massive|patchy|faint|stable|unchanged|persistent|"
        r"improved|improving|bilateral|right|left|bibasilar|basilar|chronic|old|healed|low|few|several|"
        r"multiple|scattered|interval|increased|continued|streaky|subsegmental|linear|calcified",
    ),
)
ROWS: tuple[Row, ...] = tuple((part, pattern, ()) for part, pattern in _PHRASES)

_LINKS = frozenset({Part.AND, Part.COMMA, Part.OR, Part.WITH})
_DOUBTS = frozenset({Part.DOUBT_BEFORE, Part.HINT, Part.BORDERLINE})
_NAMES = frozenset({Part.NAME, Part.SUBJECT})
_REACH = 60
"""How many marks away a word may still decide; it keeps text without full stops from taking forever."""
_STOPS = frozenset({Part.BREAK, Part.BARRIER})

_POSSIBLE = re.compile(
    r"\b(?:may|might|could|would|possib\w*|question\w*|concern\w*|suspicious|worrisome|exclude[ds]?|ruled? out|"
    r"r/o|discounted|differential|perhaps|potential\w*|conceivabl[ey]|unlikely|less likely|equivocal|"
    r"indeterminate|consider\w*|raises?)\b|\?"
)

Decision = tuple[Label | None, int]
"""What is said of a name, ``None`` if it is only supposed; the place of the mark that decided, or its own."""


def is_mere_possibility(phrase: str) -> bool:
    """Does the word of doubt leave more open than "probable", "suggests" or "A or B" do?"""
    return _POSSIBLE.search(phrase) is not None


def read_name(marks: Sequence[Mark], at: int) -> Decision:
    """Return what the sentence says of the finding ``marks[at]``."""
    before = _from_before(marks, at)
    behind = _from_behind(marks, at)
    if before is None and behind is None:
        between = _alternative(marks, at)
        return (Label.POSITIVE, at) if between is None else (Label.UNCERTAIN, between)
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
    if part in (Part.BORDERLINE, Part.DOUBT_BEFORE):
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
    last = -1
    for place in range(at + 1, min(at + _REACH, len(marks))):
        part = marks[place].part
        if part in (Part.ABNORMAL, Part.NORMAL, Part.BORDERLINE):
            return place
        if part in _STOPS or part in (Part.NAME, Part.WITH, Part.SEEN, Part.NOT_BEHIND, Part.CAUSE):
            return last
        if part is Part.COMMA and last >= 0:
            return last
        if part is Part.DOUBT_BEFORE:
            last = place
    return last


def _from_before(marks: Sequence[Mark], at: int) -> Decision | None:
    """Walk back along the list that the name stands in, to the word that rules it."""
    opened = crossed = caused = False
    either = _ends_in_or(marks, at)
    own = _has_own_predicate(marks, at)
    for place in range(at - 1, max(at - _REACH, 0) - 1, -1):
        part = marks[place].part
        if part is Part.NOT_BEFORE or (part is Part.NOT_BEHIND and place == 0):
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
    said = False
    device = any(sign.observation == "Support Devices" for sign in marks[at].signs)
    for place in range(at + 1, min(at + _REACH, len(marks))):
        part = marks[place].part
        if part is Part.NOT_BEHIND or (part is Part.GONE and device):
            return Label.NEGATIVE, place
        if part is Part.DOUBT_BEHIND:
            return Label.UNCERTAIN, place
        if part in _STOPS or part in (
            Part.SEEN,
            Part.WITH,
            Part.NOT_BEFORE,
            Part.CAUSE,
            Part.DOUBT_BEFORE,
            Part.HINT,
        ):
            return None
        if part is Part.VERB:
            said = True
        elif part in _LINKS and said:
            return None
    return None


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
    """Return the place of the "or" or "versus" that leaves open whether this name or another is meant."""
    for step in (1, -1):
        place = at + step
        while 0 <= place < len(marks) and marks[place].part is Part.SIZE:
            place += step
        if not 0 <= place < len(marks) or marks[place].part is not Part.OR:
            continue
        beyond = marks[place + 1 : place + _REACH] if step > 0 else marks[max(place - _REACH, 0) : place]
        if any(mark.part in _NAMES for mark in beyond):
            return place
    return None
