"""Judge a report's claims one by one against the truth of its study.

Knows strings and plain rows only: no images, no pages.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from priorrg.language.claims import read_claims, summarize
from priorrg.language.observations import (
    DEVICES,
    LATERAL_OBSERVATIONS,
    SLOTS,
    Change,
    Claim,
    Polarity,
    Side,
    Slot,
)
from priorrg.truth import TruthRow

NOT_SAID = "not said"
NO_CHANGE = "none"


class Kind(StrEnum):
    RIGHT = "right"
    WRONG = "wrong"
    """Said the opposite, or another change."""
    MISSED = "missed"
    """There, and not said."""
    EXTRA = "extra"
    """Said, and not there."""


class Aspect(StrEnum):
    PRESENCE = "presence"
    CHANGE = "change"


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What one claim, or one silence, is worth.

    ``said`` and ``true`` are words: present, absent, uncertain or a change; ``NOT_SAID`` and
    ``NO_CHANGE`` where there is none. ``sentence`` is the index of the sentence that was judged,
    ``None`` for a silence.
    """

    kind: Kind
    aspect: Aspect
    slot: Slot
    said: str
    true: str
    sentence: int | None = None


def compare(generated: str, truth: Iterable[TruthRow], has_prior: bool) -> list[Verdict]:
    """Return the verdicts on a report, by slot, presence before change.

    A finding that is there and unsaid is missed; a normal finding need not be denied. Where the study
    has no prior, every statement of change is one too many. Of devices, an unsaid change is not counted:
    reports say that a tube is in place and leave it at that.
    """
    rows = {(row.observation, row.side): row for row in truth}
    said = claims_by_slot(read_claims(generated))
    verdicts: list[Verdict] = []
    for slot in sorted({*rows, *said}, key=_order):
        row, claim = rows.get(slot), said.get(slot)
        verdicts += _presence(slot, claim, row is not None and row.present)
        verdicts += _change(slot, claim, row.change if row is not None and has_prior else None)
    return verdicts


def claims_by_slot(claims: Iterable[Claim]) -> dict[Slot, Claim]:
    """Return one claim per slot, as the scores take them.

    A plain denial without a side denies both sides, unless one of them is spoken of by itself.
    """
    said = summarize(claims)
    for slot, claim in list(said.items()):
        plain = claim.polarity is Polarity.ABSENT and claim.change is None
        if _sideless(slot) and plain:
            del said[slot]
            for side in (Side.LEFT, Side.RIGHT):
                said.setdefault((claim.observation, side), claim)
    return said


def slot_name(slot: Slot) -> str:
    """Return a slot in words: "left pleural effusion"."""
    observation, side = slot
    if _sideless(slot):
        return f"{observation} (side not said)"
    return str(observation) if side is Side.NONE else f"{side} {observation}"


def errors(verdicts: Sequence[Verdict]) -> list[Verdict]:
    return [v for v in verdicts if v.kind is not Kind.RIGHT]


def tally(verdicts: Sequence[Verdict]) -> Mapping[Kind, int]:
    """Return how many verdicts there are of each kind."""
    return {kind: sum(v.kind is kind for v in verdicts) for kind in Kind}


def _presence(slot: Slot, claim: Claim | None, there: bool) -> list[Verdict]:
    true = "present" if there else "absent"
    if claim is None:
        missed = Verdict(kind=Kind.MISSED, aspect=Aspect.PRESENCE, slot=slot, said=NOT_SAID, true=true)
        return [missed] if there else []
    affirmed = claim.polarity is not Polarity.ABSENT
    kind = Kind.RIGHT if affirmed == there else Kind.EXTRA if affirmed else Kind.WRONG
    return [
        Verdict(
            kind=kind,
            aspect=Aspect.PRESENCE,
            slot=slot,
            said=str(claim.polarity),
            true=true,
            sentence=claim.sentence,
        )
    ]


def _change(slot: Slot, claim: Claim | None, true: Change | None) -> list[Verdict]:
    said = None if claim is None else claim.change
    if said is None and (true is None or slot[0] in DEVICES):
        return []
    if said == true:
        kind = Kind.RIGHT
    elif said is None:
        kind = Kind.MISSED
    else:
        kind = Kind.EXTRA if true is None else Kind.WRONG
    return [
        Verdict(
            kind=kind,
            aspect=Aspect.CHANGE,
            slot=slot,
            said=NOT_SAID if said is None else str(said),
            true=NO_CHANGE if true is None else str(true),
            sentence=None if claim is None else claim.sentence,
        )
    ]


def _sideless(slot: Slot) -> bool:
    return slot[0] in LATERAL_OBSERVATIONS and slot[1] is Side.NONE


def _order(slot: Slot) -> tuple[int, str, str]:
    return SLOTS.index(slot) if slot in SLOTS else len(SLOTS), slot[0], slot[1]
