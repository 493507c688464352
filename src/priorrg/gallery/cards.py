"""Lay out one case: sentences marked, claims side by side, what is wrong spelled out in words.

Knows texts and truth rows; pictures come in as finished data URIs.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from priorrg.gallery.cases import Case
from priorrg.gallery.verdicts import (
    NO_CHANGE,
    NOT_SAID,
    Aspect,
    Kind,
    Verdict,
    claims_by_slot,
    compare,
    errors,
    slot_name,
    tally,
)
from priorrg.language.claims import read_claims
from priorrg.language.observations import Slot
from priorrg.language.sentences import split_sentences
from priorrg.truth import TruthRow

_GRAVEST = (Kind.WRONG, Kind.EXTRA, Kind.MISSED, Kind.RIGHT)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sentence:
    """One sentence; ``kind`` is the gravest verdict on its claims, ``None`` if it makes none."""

    text: str
    kind: Kind | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One slot that is there or was spoken of. ``number`` is its box in the image."""

    name: str
    number: int | None
    true: str
    said: str
    presence: Kind | None
    change: Kind | None


@dataclass(frozen=True, slots=True, kw_only=True)
class DrawnBox:
    """A true finding's place in px of the written image; its number stands at ``plate``."""

    number: int
    name: str
    x: int
    y: int
    width: int
    height: int
    plate: tuple[int, int]
    lost: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """Everything the page says of one case. ``current`` and ``prior`` are data URIs."""

    case: Case
    number: int
    current: str
    prior: str | None
    interval: str
    reference: tuple[Sentence, ...]
    generated: tuple[Sentence, ...]
    lines: tuple[Line, ...]
    denied: str
    counts: Mapping[Kind, int]
    faults: tuple[str, ...]
    other_faults: tuple[str, ...]
    boxes: tuple[DrawnBox, ...]


def card_of(case: Case, number: int, current: str, prior: str | None) -> Card:
    """Return the layout of a case."""
    verdicts = compare(case.generated, case.truth, case.has_prior)
    by_slot: dict[Slot, dict[Aspect, Verdict]] = {}
    for verdict in verdicts:
        by_slot.setdefault(verdict.slot, {})[verdict.aspect] = verdict
    rows = {(row.observation, row.side): row for row in case.truth}
    numbers = {s: n for n, s in enumerate((s for s, r in rows.items() if _boxed(r)), start=1)}
    quiet = [s for s, of in by_slot.items() if _rightly_denied(of)]
    wrong = [v for v in errors(verdicts) if v.aspect is Aspect.CHANGE]
    wrong.sort(key=lambda v: v.said == NOT_SAID)
    return Card(
        case=case,
        number=number,
        current=current,
        prior=prior,
        interval=_interval(case.days_since_prior),
        reference=_marked(case.reference, _reference_kinds(case.reference, by_slot)),
        generated=_marked(case.generated, _generated_kinds(verdicts)),
        lines=tuple(
            _line(s, of, rows.get(s), numbers.get(s)) for s, of in by_slot.items() if s not in quiet
        ),
        denied=", ".join(slot_name(s) for s in quiet),
        counts=tally(verdicts),
        faults=tuple(spelled_out(v, rows.get(v.slot), case.has_prior) for v in wrong),
        other_faults=tuple(
            spelled_out(v, rows.get(v.slot), case.has_prior)
            for v in errors(verdicts)
            if v.aspect is Aspect.PRESENCE and v.slot not in {w.slot for w in wrong}
        ),
        boxes=_boxes(numbers, rows, by_slot, case.image_size),
    )


def spelled_out(verdict: Verdict, row: TruthRow | None, has_prior: bool) -> str:
    """Return an error in words: "said: left pleural effusion larger; truth: smaller"."""
    name = slot_name(verdict.slot)
    if verdict.said != NOT_SAID:
        said = f"{name} {verdict.said}"
    elif verdict.sentence is None:
        said = f"nothing about {name}"
    else:
        said = f"{name}, but not how it changed"
    if verdict.aspect is Aspect.PRESENCE:
        return f"said: {said}; truth: {verdict.true}"
    if verdict.true != NO_CHANGE:
        return f"said: {said}; truth: {verdict.true}"
    if not has_prior:
        return f"said: {said}; truth: no prior image was given to compare with"
    there = row is not None and row.present
    return f"said: {said}; truth: {'present, but not so changed' if there else 'not there, then or now'}"


def _line(slot: Slot, of: Mapping[Aspect, Verdict], row: TruthRow | None, number: int | None) -> Line:
    presence, change = of.get(Aspect.PRESENCE), of.get(Aspect.CHANGE)
    true = ["present" if row is not None and row.present else "absent"]
    said = [presence.said if presence else NOT_SAID]
    if change is not None and change.true != NO_CHANGE:
        true.append(change.true)
    if change is not None and change.said != NOT_SAID:
        said.append(change.said)
    elif change is not None and change.sentence is not None:
        said.append("no change stated")
    return Line(
        name=slot_name(slot),
        number=number,
        true=", ".join(true),
        said=", ".join(said),
        presence=presence.kind if presence else None,
        change=change.kind if change else None,
    )


def _rightly_denied(of: Mapping[Aspect, Verdict]) -> bool:
    presence = of.get(Aspect.PRESENCE)
    return (
        Aspect.CHANGE not in of
        and presence is not None
        and presence.kind is Kind.RIGHT
        and presence.true == "absent"
    )


def _generated_kinds(verdicts: Sequence[Verdict]) -> dict[int, Kind]:
    kinds: dict[int, list[Kind]] = {}
    for verdict in verdicts:
        if verdict.sentence is not None:
            kinds.setdefault(verdict.sentence, []).append(verdict.kind)
    return {index: _gravest(found) for index, found in kinds.items()}


def _reference_kinds(text: str, by_slot: Mapping[Slot, Mapping[Aspect, Verdict]]) -> dict[int, Kind]:
    """Mark a sentence missed if the draft is silent or differs on any of its claims."""
    kinds: dict[int, list[Kind]] = {}
    for slot, claim in claims_by_slot(read_claims(text)).items():
        for verdict in by_slot.get(slot, {}).values():
            kind = Kind.RIGHT if verdict.kind is Kind.RIGHT else Kind.MISSED
            kinds.setdefault(claim.sentence, []).append(kind)
    return {index: _gravest(found) for index, found in kinds.items()}


def _gravest(kinds: Iterable[Kind]) -> Kind:
    return min(kinds, key=_GRAVEST.index)


def _marked(text: str, kinds: Mapping[int, Kind]) -> tuple[Sentence, ...]:
    return tuple(Sentence(text=s, kind=kinds.get(i)) for i, s in enumerate(split_sentences(text)))


def _boxed(row: TruthRow) -> bool:
    return row.present and row.box is not None


def _boxes(
    numbers: Mapping[Slot, int],
    rows: Mapping[Slot, TruthRow],
    by_slot: Mapping[Slot, Mapping[Aspect, Verdict]],
    size: tuple[int, int],
) -> tuple[DrawnBox, ...]:
    drawn: list[DrawnBox] = []
    for slot, number in numbers.items():
        x0, y0, x1, y1 = rows[slot].box or (0, 0, 0, 0)
        drawn.append(
            DrawnBox(
                number=number,
                name=slot_name(slot),
                x=x0,
                y=y0,
                width=max(1, x1 - x0),
                height=max(1, y1 - y0),
                plate=_plate((x0, y0, x1, y1), [box.plate for box in drawn], size),
                lost=any(v.kind is not Kind.RIGHT for v in by_slot.get(slot, {}).values()),
            )
        )
    return tuple(drawn)


def _plate(
    box: tuple[int, int, int, int], taken: Sequence[tuple[int, int]], size: tuple[int, int]
) -> tuple[int, int]:
    """Return the first corner of a box where a number hides no other number; else the first corner."""
    letter = max(1, size[0] // 14)
    x0, y0, x1, y1 = box
    corners = [
        (min(max(0, x), size[0] - letter), min(max(0, y), size[1] - letter))
        for x, y in (
            (x0, y0),
            (x1 - letter, y0),
            (x0, y1 - letter),
            (x1 - letter, y1 - letter),
            (x0, y0 - letter),
        )
    ]
    free = (
        c
        for c in corners
        if all(abs(c[0] - t[0]) >= letter or abs(c[1] - t[1]) >= letter for t in taken)
    )
    return next(free, corners[0])


def _interval(days: float | None) -> str:
    if days is None:
        return "interval unknown"
    if days < 2:
        hours = round(days * 24)
        return f"{hours} hour{'' if hours == 1 else 's'} earlier"
    return f"{round(days)} days earlier"
