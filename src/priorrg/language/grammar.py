"""The parts of speech that matter in a radiology sentence.

A sentence is read as a row of marks: mentions of observations and the words that deny, doubt, place,
compare or connect them. Everything else is left out. Each concept file lists its words as rows of
(kind, pattern, value); ``scanner`` finds them. Knows strings only.
"""

from dataclasses import dataclass
from enum import Enum, auto
from typing import Any

from priorrg.language.observations import Change, Observation, Side


class Kind(Enum):
    MENTION = auto()
    """Observations by name; the value is a tuple of them."""
    SUBJECT = auto()
    """A structure that is normal or not ("heart size"); the value is the observation that its being
    abnormal amounts to."""
    ABNORMAL = auto()
    """"Enlarged", "blunted": makes a SUBJECT a finding; the value is what it means of change."""
    NORMAL = auto()
    """"Normal in size", "sharp": denies what the SUBJECT would be."""
    OPACITY = auto()
    """A finding without a name: it hands side and change on to the name that follows."""
    OTHER = auto()
    """Anything else that can be compared or placed ("lung volumes"): it keeps what is said about it."""
    DENIAL = auto()
    """Denies what follows: "no", "without"."""
    DENIED = auto()
    """Denies what precedes: "is not seen"."""
    DOUBT = auto()
    DOUBTED = auto()
    VERSUS = auto()
    """Between two names of which one is meant."""
    CHANGE = auto()
    """The value is a ``ChangeWord``."""
    FORMERLY = auto()
    """"Previously seen": what is denied then is resolved."""
    SIDE = auto()
    """The value is a tuple of sides."""
    PLACE = auto()
    """A side behind a preposition: "on the left"."""
    COMMA = auto()
    AND = auto()
    OR = auto()
    WITH = auto()
    BREAK = auto()
    """Ends every scope: "but", ";"."""
    THERE = auto()
    """"There is": begins a statement."""
    RELATIVE = auto()
    """"Which is": the value tells whether all names before it are meant."""
    VERB = auto()
    ARTICLE = auto()
    SIZE = auto()
    BARRIER = auto()
    """A preposition between two names that have nothing else to share: "after"."""
    SKIP = auto()
    """Words that would mislead: "right atrium"."""


NAMES = frozenset({Kind.MENTION, Kind.SUBJECT, Kind.OPACITY, Kind.OTHER})
LINKS = frozenset({Kind.COMMA, Kind.AND, Kind.OR, Kind.WITH})


class Reach(Enum):
    """Where a word of change finds what it speaks of."""

    EITHER = auto()
    """An adjective before it, or a predicate behind it: "new effusion", "effusion, new"."""
    FORWARD = auto()
    """"Increase in", "removal of"."""
    BACKWARD = auto()
    """"Persists", "tube removal"."""


@dataclass(frozen=True, slots=True)
class ChangeWord:
    """``weak`` words only count where no other is said; ``devices`` are only said of devices."""

    change: Change
    reach: Reach = Reach.EITHER
    weak: bool = False
    devices: bool = False


@dataclass(frozen=True, slots=True)
class Mark:
    """One marked stretch of a sentence, ``start`` to ``end`` in characters, half open."""

    kind: Kind
    value: Any
    start: int
    end: int


Row = tuple[Kind, str, Any]
"""Kind, regular expression without capturing groups (lower case), value."""

Clause = list[Mark]
"""The marks of one proposition, in order."""

Sides = tuple[Side, ...]
Observations = tuple[Observation, ...]
