"""Read one sentence: what it says of each observation that it names.

Joins what negation, sides, anatomy and changes find in each clause. Knows strings only.
"""

from dataclasses import dataclass
from functools import lru_cache

from priorrg.language.anatomy import state_of
from priorrg.language.changes import Said, changes_in, decide
from priorrg.language.clauses import split_clauses
from priorrg.language.grammar import NAMES, ChangeWord, Clause, Kind, Sides
from priorrg.language.negation import polarity_of
from priorrg.language.observations import LATERAL_OBSERVATIONS, Change, Observation, Polarity, Side
from priorrg.language.scanner import normalise, scan
from priorrg.language.sides import join_sides, sides_in

_PRONOUNS = (
    "it ",
    "they ",
    "this ",
    "these ",
    "both ",
    "that ",
    "the finding",
    "the latter",
    "the appearance",
)
_PLURAL = ("they ", "these ", "both ", "the findings")
_REMEMBERED = 65536


@dataclass(frozen=True, slots=True)
class Proposition:
    """One observation of a sentence, with what is said of it on these sides. ``definite``: named as
    something known ("the effusion")."""

    observation: Observation
    sides: Sides
    polarity: Polarity
    change: Change | None
    definite: bool
    phrase: str


@dataclass(frozen=True, slots=True)
class Reference:
    """A change that is said of something named before: "it has increased", "the left is unchanged"."""

    change: Change
    sides: Sides
    plural: bool
    phrase: str


@dataclass(frozen=True, slots=True)
class Reading:
    propositions: tuple[Proposition, ...]
    references: tuple[Reference, ...]


@lru_cache(maxsize=_REMEMBERED)
def read_sentence(sentence: str) -> Reading:
    """Return what one sentence says; the same sentence is only read once."""
    text = normalise(sentence)
    marks = join_sides(scan(text))
    propositions: list[Proposition] = []
    references: list[Reference] = []
    named = any(mark.kind in NAMES for mark in marks)
    for clause in split_clauses(marks):
        if any(mark.kind in NAMES for mark in clause):
            propositions += _propositions(clause, text)
        else:
            references += references_in(clause, text, named)
    return Reading(tuple(propositions), tuple(references))


def _propositions(clause: Clause, text: str) -> list[Proposition]:
    sides = sides_in(clause)
    said = changes_in(clause)
    result: list[Proposition] = []
    for i, mark in enumerate(clause):
        if mark.kind is Kind.MENTION:
            result += of_mention(clause, i, text, sides.get(i, ()), said.get(i, []))
        elif mark.kind is Kind.SUBJECT:
            result += _of_structure(clause, i, text, sides.get(i, ()), said.get(i, []))
    return result


def of_mention(clause: Clause, at: int, text: str, sides: Sides, said: list[Said]) -> list[Proposition]:
    """Return what the clause says of the observations that its mark ``at`` names."""
    value = clause[at].value
    phrase = text[clause[at].start : clause[at].end]
    if value == "extubated":
        return [
            _proposition(Observation.ENDOTRACHEAL_TUBE, (), Polarity.ABSENT, Change.RESOLVED, phrase)
        ]
    if value == "newly intubated":
        return [_proposition(Observation.ENDOTRACHEAL_TUBE, (), Polarity.PRESENT, Change.NEW, phrase)]
    if value == "intact ribs":
        return [_proposition(Observation.FRACTURE, sides, Polarity.ABSENT, None, phrase)]
    polarity, decided = polarity_of(clause, at)
    if decided is not None:
        phrase = text[clause[decided].start : clause[decided].end].strip()
    if polarity is Polarity.ABSENT and was_formerly(clause, at):
        said = [*said, (Change.RESOLVED, False, None, at)]
    definite = is_definite(clause, at)
    result: list[Proposition] = []
    for observation in value:
        if observation in LATERAL_OBSERVATIONS and any(s[2] for s in said):
            for side in _all_sides(sides, said):
                ruling = [s for s in said if s[2] is None or side in s[2]]
                result.append(
                    _with_change(observation, (side,), polarity, ruling, definite, phrase, clause, text)
                )
        else:
            result.append(
                _with_change(observation, sides, polarity, said, definite, phrase, clause, text)
            )
    return result


def _with_change(
    observation: Observation,
    sides: Sides,
    polarity: Polarity,
    said: list[Said],
    definite: bool,
    phrase: str,
    clause: Clause,
    text: str,
) -> Proposition:
    """A denied finding does not change unless it has resolved; a resolved one is absent."""
    decision = decide(said)
    change = None if decision is None else decision[0]
    if change is Change.RESOLVED:
        polarity = Polarity.ABSENT
    elif polarity is Polarity.ABSENT:
        change = None
    if decision is not None and change is not None:
        mark = clause[decision[1]]
        phrase = text[mark.start : mark.end].strip()
    return _proposition(observation, sides, polarity, change, phrase, definite)


def _of_structure(
    clause: Clause, at: int, text: str, sides: Sides, said: list[Said]
) -> list[Proposition]:
    """A structure is a finding if called abnormal or said to grow or shrink; denied if called normal."""
    observation: Observation = clause[at].value
    decision = decide(said)
    change = None if decision is None else decision[0]
    state = state_of(clause, at)
    word = clause[at] if state is None else clause[state]
    phrase = text[word.start : word.end].strip()
    if change is Change.RESOLVED:
        return [_proposition(observation, sides, Polarity.ABSENT, change, phrase)]
    if state is None:
        if observation is not Observation.CARDIOMEGALY or change in (None, Change.UNCHANGED):
            return []
        return [_proposition(observation, sides, Polarity.PRESENT, change, phrase)]
    if word.kind is Kind.NORMAL:
        return [_proposition(observation, sides, Polarity.ABSENT, word.value, phrase)]
    polarity, _ = polarity_of(clause, min(at, state))
    if polarity is Polarity.PRESENT and text.startswith("borderline", word.start):
        polarity = Polarity.UNCERTAIN
    if polarity is Polarity.ABSENT:
        change = None
    return [_proposition(observation, sides, polarity, change, phrase)]


def _proposition(
    observation: Observation,
    sides: Sides,
    polarity: Polarity,
    change: Change | None,
    phrase: str,
    definite: bool = False,
) -> Proposition:
    if observation not in LATERAL_OBSERVATIONS or not sides:
        sides = (Side.NONE,)
    return Proposition(observation, sides, polarity, change, definite, phrase)


def _all_sides(sides: Sides, said: list[Said]) -> Sides:
    spoken = {side for one in said for side in one[2] or ()} | set(sides)
    return tuple(side for side in (Side.LEFT, Side.RIGHT) if side in spoken)


def was_formerly(clause: Clause, at: int) -> bool:
    """Tell whether the name ``at`` is said to have been there before.

    In front of it ("previously seen effusion"), or between it and its denial ("effusion seen on the prior
    study is not present").
    """
    behind = clause[at + 1 :]
    denial = next((i for i, mark in enumerate(behind) if mark.kind is Kind.DENIED), 0)
    if any(mark.kind is Kind.FORMERLY for mark in behind[:denial]):
        return True
    for i in range(at - 1, -1, -1):
        if clause[i].kind is Kind.FORMERLY:
            return True
        if clause[i].kind not in (Kind.SIDE, Kind.SIZE, Kind.ARTICLE):
            return False
    return False


def is_definite(clause: Clause, at: int) -> bool:
    """Tell whether the name ``at`` stands as something known ("the effusion")."""
    first = next((m for m in clause[:at] if m.kind is Kind.ARTICLE), None)
    return (
        first is not None and first.value == "definite" and not any(m.kind in NAMES for m in clause[:at])
    )


def references_in(clause: Clause, text: str, named: bool) -> list[Reference]:
    """Read a clause without a name: whose side or whose pronoun points back. ``named``: the sentence has one."""
    word = next((m for m in clause if m.kind is Kind.CHANGE and not m.value.devices), None)
    if word is None or any(m.kind in (Kind.DENIAL, Kind.DENIED) for m in clause):
        return []
    change: ChangeWord = word.value
    phrase = text[word.start : word.end]
    sides = next((m.value for m in clause if m.kind in (Kind.SIDE, Kind.PLACE)), ())
    if sides:
        return [Reference(change.change, sides, False, phrase)]
    if named or not (
        text.startswith(_PRONOUNS) or (word.start == 0 and not text.startswith(("no ", "without")))
    ):
        return []
    return [Reference(change.change, (), text.startswith(_PLURAL), phrase)]
