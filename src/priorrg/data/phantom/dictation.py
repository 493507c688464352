"""The radiologist: two scenes and a question → FINDINGS and IMPRESSION.

Every visible finding is stated; with a prior, so is its change, and what has resolved. Only what was
asked for is denied. Without a prior nothing is said that would need one. Knows no pixels, no dates and
no course: change comes from the two scenes alone.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from priorrg.data.phantom import phrases
from priorrg.data.phantom.chance import happens, pick, shuffled
from priorrg.data.phantom.changes import device_changes
from priorrg.data.phantom.nouns import Noun, name_device, name_finding, name_pair, plain_word
from priorrg.data.phantom.scene import Finding, Scene, Zone
from priorrg.data.phantom.statements import Statement, plan
from priorrg.language.observations import Change, Observation, Polarity

LONGEST = 75
"""Words that FINDINGS may hold."""
_MOST_IN_IMPRESSION = 3
_ORDERS = ("lungs heart devices", "devices lungs heart", "heart lungs devices", "devices heart lungs")


@dataclass(frozen=True, slots=True, kw_only=True)
class Dictation:
    """The spoken report. ``said`` holds the polarity of every observation mentioned, over both sides;
    ``device`` is the polarity of support devices, None if none is mentioned."""

    findings: str
    impression: str
    said: dict[Observation, Polarity]
    device: Polarity | None


def dictate(
    rng: np.random.Generator, current: Scene, prior: Scene | None, asked: Observation | None
) -> Dictation:
    """Report on a scene; ``prior`` is None where no prior image is linked, ``asked`` without context."""
    statements = plan(rng, current, prior)
    said = _said(statements)
    denied = asked if asked is not None and said.get(asked, Polarity.ABSENT) is Polarity.ABSENT else None
    repeat = denied is not None and denied in said and not happens(rng, 0.3)
    denial = None if repeat else denied
    quiet = not any(s.polarity is not Polarity.ABSENT for s in statements)
    findings = ""
    for attempt in range(4):
        findings = _findings(rng, current, prior, statements, denial, terse=attempt == 3)
        if len(findings.split()) <= LONGEST:
            break
    impression = _impression(rng, statements, asked, denied, quiet=quiet)
    if denied is not None:
        said.setdefault(denied, Polarity.ABSENT)
    device = None
    if current.devices:
        device = Polarity.PRESENT
    elif prior is not None and prior.devices:
        device = Polarity.ABSENT
    return Dictation(findings=findings, impression=impression, said=said, device=device)


def _said(statements: Sequence[Statement]) -> dict[Observation, Polarity]:
    rank = (Polarity.ABSENT, Polarity.UNCERTAIN, Polarity.PRESENT)
    said: dict[Observation, Polarity] = {}
    for statement in statements:
        for observation in statement.observations:
            before = said.get(observation, Polarity.ABSENT)
            said[observation] = max(before, statement.polarity, key=rank.index)
    return said


def _findings(
    rng: np.random.Generator,
    current: Scene,
    prior: Scene | None,
    statements: Sequence[Statement],
    denial: Observation | None,
    *,
    terse: bool,
) -> str:
    parts: dict[str, list[str]] = {"lungs": [], "heart": [], "devices": []}
    for statement in shuffled(rng, statements):
        heart = statement.observations == {Observation.CARDIOMEGALY}
        parts["heart" if heart else "lungs"].append(_sentence(rng, statement, terse=terse))
    parts["devices"] = shuffled(rng, _devices(rng, current, prior, terse=terse))
    sentences = [text for name in pick(rng, _ORDERS).split() for text in parts[name]]
    rest = _rest(rng, current, prior, statements, denial)
    return " ".join(sentences + rest if happens(rng, 0.6) else rest + sentences)


def _rest(
    rng: np.random.Generator,
    current: Scene,
    prior: Scene | None,
    statements: Sequence[Statement],
    denial: Observation | None,
) -> list[str]:
    """Return the denial and what is said of normality in general."""
    rest = [] if denial is None else [_deny(rng, denial)]
    if any(statement.polarity is not Polarity.ABSENT for statement in statements):
        return rest
    if not statements:
        if denial is None or happens(rng, 0.6):
            rest.append(pick(rng, phrases.NORMAL))
        same = prior is not None and all(
            change is Change.UNCHANGED for change in device_changes(prior, current).values()
        )
        if same and happens(rng, 0.4):
            rest.append(pick(rng, phrases.NORMAL_UNCHANGED))
    elif happens(rng, 0.3):
        rest.append(pick(rng, phrases.NORMAL))
    return shuffled(rng, rest)


def _sentence(rng: np.random.Generator, statement: Statement, *, terse: bool) -> str:
    if statement.joined:
        return _joined(rng, statement)
    finding, size, change = statement.findings[0], statement.sizes[0], statement.change
    observation = finding.observation
    more, less = phrases.COMPARATIVES[observation]
    noun = _name(rng, statement)
    tail = ""
    if change is not Change.RESOLVED:
        tail = pick(rng, phrases.TAILS[change]).format(more=more, less=less)
    if statement.hedged:
        return _hedged(rng, finding, noun, tail, alone=len(statement.findings) == 1)
    if observation is Observation.CARDIOMEGALY and not terse and happens(rng, 0.4):
        if change is Change.RESOLVED:
            return pick(rng, phrases.HEART_RESOLVED)
        return pick(rng, phrases.HEART).format(size=size, tail=tail)
    patterns = _patterns(observation, change)
    return _fill(patterns[0] if terse else pick(rng, patterns), noun, more=more, less=less)


def _patterns(observation: Observation, change: Change | None) -> tuple[str, ...]:
    if change is None:
        return phrases.PLAIN
    if observation is Observation.FRACTURE and change in phrases.CHANGED_FRACTURE:
        return phrases.CHANGED_FRACTURE[change]
    return phrases.CHANGED[change]


def _hedged(rng: np.random.Generator, finding: Finding, noun: Noun, tail: str, *, alone: bool) -> str:
    place = {Zone.UPPER: "upper", Zone.MIDDLE: "mid", Zone.LOWER: "lower"}.get(finding.zone, "")
    if (
        alone
        and finding.observation in (Observation.CONSOLIDATION, Observation.ATELECTASIS)
        and happens(rng, 0.3)
    ):
        word = plain_word(finding.observation)
        return phrases.MAY_REPRESENT.format(side=finding.side.value, height=place, word=word, tail=tail)
    last = len(phrases.HEDGED) if noun.counted and not noun.plural else len(phrases.HEDGED) - 1
    return _fill(pick(rng, phrases.HEDGED[:last]), noun, tail=tail)


def _joined(rng: np.random.Generator, statement: Statement) -> str:
    one, two = (
        name_finding(rng, finding, size, side_first=True)
        for finding, size in zip(statement.findings, statement.sizes, strict=True)
    )
    return _fill(pick(rng, phrases.JOINED[statement.change]), one, a2=two.indefinite, np2=two.text)


def _name(rng: np.random.Generator, statement: Statement) -> Noun:
    findings, sizes = statement.findings, statement.sizes
    if len(findings) == 1:
        return name_finding(rng, findings[0], sizes[0])
    return name_pair(findings[0].observation, [f.zone for f in findings], sizes)


def _devices(rng: np.random.Generator, current: Scene, prior: Scene | None, *, terse: bool) -> list[str]:
    now = {device.observation: device for device in current.devices}
    before = {} if prior is None else {device.observation: device for device in prior.devices}
    changes = {} if prior is None else device_changes(prior, current)
    sentences = []
    for observation in before | now:
        noun = name_device(rng, now.get(observation) or before[observation])
        change = changes.get(observation)
        if change is not None:
            patterns = phrases.DEVICE_CHANGED[change]
        elif observation not in before:
            patterns = phrases.DEVICE_PLAIN
        elif now[observation].tip > before[observation].tip:
            patterns = phrases.DEVICE_DEEPER
        else:
            patterns = phrases.DEVICE_SHALLOWER
        sentences.append(_fill(patterns[0] if terse else pick(rng, patterns), noun))
    return sentences


def _deny(rng: np.random.Generator, observation: Observation) -> str:
    named = phrases.DENIED_BY_NAME.get(observation, ())
    if named and happens(rng, 0.5):
        return pick(rng, named)
    return pick(rng, phrases.DENIED).format(word=plain_word(observation))


def _impression(
    rng: np.random.Generator,
    statements: Sequence[Statement],
    asked: Observation | None,
    denied: Observation | None,
    *,
    quiet: bool,
) -> str:
    """Sum up: what was asked first, then by severity."""
    ordered = sorted(statements, key=lambda s: (asked not in s.observations, -s.severity))
    lines = [_sentence(rng, statement, terse=True) for statement in ordered[:_MOST_IN_IMPRESSION]]
    answered = any(denied in statement.observations for statement in ordered[:_MOST_IN_IMPRESSION])
    if denied is not None and not answered:
        lines.insert(0, _deny(rng, denied))
    if not lines or (quiet and happens(rng, 0.3)):
        lines.append(pick(rng, phrases.NORMAL))
    return " ".join(lines)


def _fill(pattern: str, noun: Noun, **words: str) -> str:
    new = Noun(text=f"new {noun.text}", counted=noun.counted, plural=noun.plural)
    text = pattern.format(
        a=noun.indefinite,
        the=noun.definite,
        np=noun.text,
        new=new.indefinite,
        **{"is": "are" if noun.plural else "is", "has": "have" if noun.plural else "has"},
        **words,
    )
    return text[0].upper() + text[1:]
