"""Cut a sentence's marks into clauses: stretches in which denial, side and change may be shared.

Knows strings only.
"""

from priorrg.language.grammar import LINKS, NAMES, Clause, Kind, Mark, Row

ROWS: tuple[Row, ...] = (
    (
        Kind.BREAK,
        r"but|however|although|though|while|whereas|except(?: for)?|apart from|aside from|other than|"
        r"yet|"
        r"nevertheless|;",
        None,
    ),
    (Kind.SKIP, r"(?:consistent|compatible|in keeping|in line) with|due to|secondary to", None),
    (
        Kind.BARRIER,
        r"(?:as )?compared (?:to|with)|in comparison (?:to|with)|relative to|status post|s/p|prior to",
        None,
    ),
    (Kind.BARRIER, r"after|following|since|despite|than|from|by|for|before|given", None),
    (Kind.AND, r"and|as well as|(?:along|together) with|plus|&", None),
    (Kind.WITH, r"(?:associated )?with|accompanied by", None),
    (Kind.OR, r"or|nor|to (?:suggest|indicate)", None),
    (Kind.COMMA, r",|\(|\)| - | – | — ", None),
    (Kind.THERE, r"there(?: (?:is|are|was|were|has been|have been))?", None),
    (Kind.RELATIVE, r"(?:both |all )?of which|which (?:are|have|were)|that (?:are|have|were)", True),
    (Kind.RELATIVE, r"which(?: (?:is|has|was))?|that (?:is|has|was)", False),
    (
        Kind.VERB,
        r"is|are|was|were|be|been|has|have|had|shows?|demonstrates?|reveals?|appears?|seems?|measures?|"
        r"contains?|"
        r"represents?|reflects?",
        None,
    ),
    (Kind.ARTICLE, r"the|this|these|its", "definite"),
    (Kind.ARTICLE, r"a|an|another", None),
    (Kind.SIZE, r"large", "large"),
    (
        Kind.SIZE,
        r"small|tiny|trace|minimal|mild|moderate|severe|subtle|minor|slight|marked|extensive|massive|"
        r"patchy|"
        r"dense|faint|moderate-sized|minimally displaced|displaced|nondisplaced|non-displaced",
        None,
    ),
)


def split_clauses(marks: list[Mark]) -> list[Clause]:
    """Return the clauses of a sentence.

    A word like "but" always ends one. "And" or a comma ends one where a full statement stands before it
    and a new subject with a predicate of its own behind it.
    """
    clauses: list[Clause] = [[]]
    for i, mark in enumerate(marks):
        current = clauses[-1]
        if mark.kind is Kind.BREAK or (mark.kind is Kind.THERE and _has_name(current)):
            clauses.append([mark] if mark.kind is Kind.THERE else [])
        elif (
            mark.kind in (Kind.COMMA, Kind.AND)
            and _complete(current)
            and _new_statement(marks, i, current)
        ):
            clauses.append([])
        else:
            current.append(mark)
    return [clause for clause in clauses if clause]


def _has_name(clause: Clause) -> bool:
    return any(mark.kind in NAMES for mark in clause)


def _complete(clause: Clause) -> bool:
    """Does the clause hold a name and say something of it?"""
    predicates = (
        Kind.VERB,
        Kind.DENIAL,
        Kind.DENIED,
        Kind.THERE,
        Kind.CHANGE,
        Kind.NORMAL,
        Kind.ABNORMAL,
        Kind.DOUBTED,
    )
    return _has_name(clause) and any(mark.kind in predicates for mark in clause)


def _new_statement(marks: list[Mark], at: int, before: Clause) -> bool:
    """Does a new subject with its own predicate follow the link at ``at``?"""
    i = at + 1
    while i < len(marks) and marks[i].kind in LINKS:
        if marks[i].kind is Kind.WITH:
            return False
        i += 1
    name = either = False
    side = False
    denied = _denies_a_list(before)
    for j in range(i, len(marks)):
        kind = marks[j].kind
        if kind in NAMES:
            if name and marks[j - 1].kind not in LINKS and not _joined(marks, i, j):
                return False
            name = True
        elif kind is Kind.OR:
            either = True
        elif kind is Kind.SIDE:
            side = True
        elif kind in (Kind.DENIAL,):
            return not name
        elif kind in (Kind.VERB, Kind.DOUBTED, Kind.DENIED, Kind.NORMAL) or _predicative(marks, j):
            if not name:
                return side and kind is Kind.VERB
            return not (denied and (either or _existential(marks, j)))
        elif kind in (Kind.BREAK, Kind.THERE, Kind.WITH, Kind.RELATIVE, Kind.BARRIER):
            return False
    return False


def _joined(marks: list[Mark], start: int, end: int) -> bool:
    return any(mark.kind in LINKS for mark in marks[start:end])


def _predicative(marks: list[Mark], at: int) -> bool:
    """Is the word of change at ``at`` a predicate, not an adjective of the next name?"""
    if marks[at].kind not in (Kind.CHANGE, Kind.ABNORMAL):
        return False
    after = marks[at + 1].kind if at + 1 < len(marks) else Kind.BREAK
    before = marks[at - 1].kind
    if before in LINKS:
        return False
    return after not in NAMES | {Kind.SIDE, Kind.SIZE, Kind.ARTICLE, Kind.CHANGE}


def _denies_a_list(clause: Clause) -> bool:
    kinds = [mark.kind for mark in clause]
    if Kind.DENIAL not in kinds:
        return False
    rest = kinds[len(kinds) - 1 - kinds[::-1].index(Kind.DENIAL) :]
    return Kind.VERB not in rest and Kind.CHANGE not in rest


def _existential(marks: list[Mark], at: int) -> bool:
    """ "Is seen", "are present": nothing but the verb follows."""
    rest = [mark.kind for mark in marks[at + 1 :]]
    return marks[at].kind is Kind.VERB and not any(
        kind in (Kind.CHANGE, Kind.NORMAL, Kind.ABNORMAL, Kind.DENIED) for kind in rest[:2]
    )
