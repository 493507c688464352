"""The marks that the rule labeler reads in a sentence: names, and the words around them that decide.

Knows strings only.
"""

from dataclasses import dataclass
from enum import Enum, IntEnum, auto

OBSERVATIONS = (
    "Atelectasis", "Cardiomegaly", "Consolidation", "Edema", "Enlarged Cardiomediastinum", "Fracture",
    "Lung Lesion", "Lung Opacity", "No Finding", "Pleural Effusion", "Pleural Other", "Pneumonia",
    "Pneumothorax", "Support Devices",
)  # fmt: skip
"""CheXpert's 14, in the order of the alphabet."""


class Label(IntEnum):
    """What a report says of an observation; what it does not speak of has none."""

    UNCERTAIN = -1
    NEGATIVE = 0
    POSITIVE = 1


class Part(Enum):
    """What a marked word does in its sentence."""

    NAME = auto()
    """A finding; the value holds what it says, a ``Sign`` for each observation."""
    SUBJECT = auto()
    """A structure that can be abnormal ("heart size"); the value is as that of a NAME if it is."""
    SPACE = auto()
    """A structure that is called clear or not at all ("lungs"); the value is what is denied then."""
    ABNORMAL = auto()
    NORMAL = auto()
    BORDERLINE = auto()
    NOT_BEFORE = auto()
    """Denies what follows."""
    NOT_BEHIND = auto()
    """Denies what precedes."""
    GONE = auto()
    """Denies the device that precedes: "has been removed"."""
    DOUBT_BEFORE = auto()
    HINT = auto()
    """Doubts what follows, or is denied together with it: "no opacity to suggest pneumonia"."""
    DOUBT_BEHIND = auto()
    SUPPOSED = auto()
    """What follows is asked for, past or feared: "evaluate for", "history of"."""
    BREAK = auto()
    CAUSE = auto()
    """A new name of its own follows: "due to"."""
    BARRIER = auto()
    AND = auto()
    OR = auto()
    COMMA = auto()
    WITH = auto()
    VERB = auto()
    SEEN = auto()
    SIZE = auto()
    """An article or measure that begins a new item of a list."""
    SKIP = auto()
    """Words that would mislead."""


@dataclass(frozen=True, slots=True)
class Sign:
    """What a name says of an observation.

    If not ``sure``, even the affirmed name leaves it uncertain; if not ``deniable``, its denial says nothing.
    """

    observation: str
    sure: bool = True
    deniable: bool = True


@dataclass(frozen=True, slots=True)
class Mark:
    """A marked stretch of a sentence, ``start`` to ``end`` in characters, half open."""

    part: Part
    signs: tuple[Sign, ...]
    start: int
    end: int


Row = tuple[Part, str, tuple[Sign, ...]]
"""Part, regular expression without capturing groups (lower case), signs."""
