"""Decide for each name in a clause whether it is affirmed, doubted or denied.

"No" and "without" deny what follows along a list; "is not seen" denies what precedes. Words that deny a
change and not a finding ("no interval increase") are listed with the changes. Knows strings only.
"""

from priorrg.language.grammar import LINKS, NAMES, Clause, Kind, Row
from priorrg.language.observations import Polarity

_FIRM = (
    r"(?:(?:definite|convincing|obvious|clear|radiographic|other|new|appreciable|large|significant) )*"
)
_SEEN = (
    r"(?:seen|present|identified|evident|visuali[sz]ed|visible|appreciated|demonstrated|detected|noted|"
    r"found|"
    r"observed|apparent|shown|developed|occurred|appeared|recurred|there|definitely)"
)
_MOVED = r"(?:change|difference|alteration|increase|decrease|progression|improvement|worsening|growth)"
_WORSENING = r"(?:increas\w+|worsening|enlarging|progressi\w+|larger|growing|changing|evolving)"

ROWS: tuple[Row, ...] = (
    (
        Kind.DOUBT,
        r"(?:cannot|can not|could not|can't|unable to|difficult to|hard to|not|to|does not|doesn't) "
        r"(?:\w+ )?(?:exclude|rule out)",
        None,
    ),
    (
        Kind.DOUBTED,
        r"(?:cannot|can not|could not|can't|may not) (?:\w+ )?be (?:\w+ )?(?:excluded|ruled out)|"
        r"(?:is|are|was|were) not (?:\w+ )?(?:excluded|ruled out)|not (?:\w+ )?excluded|"
        r"(?:is|are) (?:difficult|hard) to exclude",
        None,
    ),
    (Kind.DENIED, r"(?:has|have|is|are|was|were)(?: been)? (?:excluded|ruled out)", None),
    (Kind.DENIED, r"(?:is|are|was|were) (?:\w+ )?absent|absent(?= *[.,;)]|$)", None),
    (
        Kind.DENIED,
        r"(?:(?:is|are|was|were|has|have|had|can|could)(?: \w+)? )?(?:not|never)(?: yet)?(?: been| be)?"
        r"(?: (?:clearly|definitely|well|well-|currently|otherwise|convincingly|readily|any longer))* "
        + _SEEN,
        None,
    ),
    (
        Kind.DENIAL,
        r"no new or " + _WORSENING + r"|no " + _WORSENING + r" or new",
        None,
    ),
    (
        Kind.DENIAL,
        r"(?:there is (?!no(?: \w+){0,3} "
        + _MOVED
        + r"\b))?(?:no|without|lack of|absence of|negative for|free of|free from|clear of|"
        r"rather than|"
        r"instead of|nor (?:is|are) there|neither|none of the|(?:does|do|did) not (?:show|demonstrate|"
        r"reveal|have|suggest)|not) "
        + _FIRM
        + r"(?:(?:evidence|signs?|findings|indication|suggestion|interval development|"
        r"development|recurrence|"
        r"appearance|interval appearance) (?:of|for|to suggest) )?" + _FIRM,
        None,
    ),
    (Kind.DENIAL, r"neither|no|without|not", None),
    (Kind.DENIED, r"(?<=: )(?:none|no)(?= *[.,;]|$)|(?<=- )none|negative(?= *[.,;]|$)", None),
    (
        Kind.DOUBT,
        r"possib(?:le|ly|ility of)|probab(?:le|ly)|likely|(?:may|might|could)(?! (?:also )?be (?:not|"
        r"in part))|"
        r"(?<!to )suggest\w*(?: of)?|suspicious for|suspected|suspicion (?:of|for)|"
        r"concern(?:ing)? (?:for|of)|"
        r"question(?:able)?(?: of)?|equivocal|presum\w+|favou?r\w*|potential(?:ly)?|perhaps|"
        r"conceivabl[ey]|"
        r"raises? (?:the )?(?:possibility|question|concern) (?:of|for)|less likely|unlikely|questioned|"
        r"\?",
        None,
    ),
    (
        Kind.DOUBTED,
        r"(?:is|are|remains?|seems?) (?:also )?(?:possible|probable|suspected|questionable|questioned|"
        r"likely|unlikely|"
        r"equivocal|indeterminate|a (?:possibility|concern|consideration))(?= *(?:[.,;)]|$|but|and|"
        r"given|in))|"
        r"(?:is|are|was|were) (?:thought|felt|considered)(?: to be)? (?:\w+ )?(?:possible|probable|"
        r"likely|unlikely)",
        None,
    ),
    (Kind.VERSUS, r"versus|vs\.?|and/or|/(?= ?[a-z]{4})", None),
)

_OPEN = frozenset({Kind.ARTICLE, Kind.SIZE, Kind.CHANGE, Kind.DOUBT})
_BEFORE = {Kind.DENIAL: Polarity.ABSENT, Kind.DOUBT: Polarity.UNCERTAIN}
_AFTER = {Kind.DENIED: Polarity.ABSENT, Kind.DOUBTED: Polarity.UNCERTAIN}


def polarity_of(clause: Clause, at: int) -> tuple[Polarity, int | None]:
    """Return the polarity of the name ``clause[at]`` and the index of the mark that decided it."""
    decided = _from_before(clause, at)
    after = _from_after(clause, at)
    if after is not None and (decided is None or clause[after].kind is Kind.DENIED):
        return _AFTER[clause[after].kind], after
    if decided is not None:
        return _BEFORE[clause[decided].kind], decided
    if _one_of_several(clause, at):
        return Polarity.UNCERTAIN, None
    return Polarity.PRESENT, None


def _from_before(clause: Clause, at: int) -> int | None:
    """Walk back along the list that the name stands in, to the word that rules it."""
    opened, verb, either = False, False, _ends_in_or(clause, at)
    for i in range(at - 1, -1, -1):
        kind = clause[i].kind
        if kind in _BEFORE:
            return i
        if kind in LINKS:
            if (kind is Kind.WITH and Kind.DENIAL in {m.kind for m in clause[:i]}) or (
                opened and kind is not Kind.OR and not either
            ):
                return None
            opened = False
        elif kind in _OPEN:
            opened = True
        elif kind is Kind.OPACITY:
            continue
        elif kind in NAMES:
            if verb or not _linked(clause, i, at):
                return None
        elif kind in (Kind.VERB, Kind.THERE, Kind.RELATIVE):
            verb = True
        elif kind in (Kind.BARRIER, Kind.DENIED, Kind.DOUBTED):
            return None
    return None


def _linked(clause: Clause, first: int, last: int) -> bool:
    return any(mark.kind in LINKS or mark.kind is Kind.VERSUS for mark in clause[first + 1 : last])


def _ends_in_or(clause: Clause, at: int) -> bool:
    """Does the list around the name close with "or"?"""
    for mark in clause[at:]:
        if mark.kind is Kind.OR:
            return True
        if mark.kind in (Kind.VERB, Kind.WITH, Kind.BARRIER, Kind.THERE, Kind.RELATIVE):
            return False
    return any(mark.kind is Kind.OR for mark in clause[max(at - 4, 0) : at])


def _from_after(clause: Clause, at: int) -> int | None:
    for i in range(at + 1, len(clause)):
        kind = clause[i].kind
        if kind in _AFTER:
            return i
        if kind in (Kind.WITH, Kind.BARRIER, Kind.DENIAL, Kind.THERE):
            return None
    return None


def _one_of_several(clause: Clause, at: int) -> bool:
    """Is the name one of two that "or" or "versus" leaves open?"""
    for step in (1, -1):
        i = at + step
        while 0 <= i < len(clause) and clause[i].kind in (Kind.SIZE, Kind.ARTICLE, Kind.SIDE):
            i += step
        if 0 <= i < len(clause) and clause[i].kind in (Kind.OR, Kind.VERSUS):
            return True
    return False
