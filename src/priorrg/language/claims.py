"""What a report claims: one claim for each observation, side and statement.

``read_claims`` reads a text, ``claims_by_sentence`` keeps its sentences apart, ``summarize`` says what
holds in the end. ``mentions_prior`` and
``asked_observations`` are in files of their own and offered here. Knows strings only.
"""

from collections.abc import Iterable
from dataclasses import replace

from priorrg.language.comparison import mentions_prior
from priorrg.language.indications import asked_observations
from priorrg.language.observations import (
    DEVICES,
    LATERAL_OBSERVATIONS,
    Change,
    Claim,
    Polarity,
    Side,
    Slot,
)
from priorrg.language.propositions import Proposition, Reference, read_sentence
from priorrg.language.sentences import split_sentences

__all__ = ["asked_observations", "claims_by_sentence", "mentions_prior", "read_claims", "summarize"]


def read_claims(text: str) -> list[Claim]:
    """Return what ``text`` claims, in its order, each thing once.

    "Bilateral" makes a left and a right claim; oedema, heart and devices have side NONE, and so has a
    lateral finding whose side is not said. A statement of general normality claims nothing. A sentence
    without a finding of its own ("It has increased.") speaks of the sentence before. Statements that
    agree are one claim; contradicting ones all stay.
    """
    return _merged(_every_claim(split_sentences(text)))


def claims_by_sentence(text: str) -> list[tuple[str, tuple[Claim, ...]]]:
    """Return each sentence of ``text`` with what it claims itself, though another may have claimed it before."""
    sentences = split_sentences(text)
    claims = _every_claim(sentences)
    return [
        (sentence, tuple(_merged([c for c in claims if c.sentence == index])))
        for index, sentence in enumerate(sentences)
    ]


def _every_claim(sentences: Iterable[str]) -> list[Claim]:
    claims: list[Claim] = []
    for index, sentence in enumerate(sentences):
        reading = read_sentence(sentence)
        for proposition in reading.propositions:
            claims += _placed(proposition, index, claims)
        for reference in reading.references:
            claims += _referred(reference, index, claims)
    return claims


def summarize(claims: Iterable[Claim]) -> dict[Slot, Claim]:
    """Return one claim for each observation and side.

    RESOLVED wins, then PRESENT, UNCERTAIN, ABSENT; the change is the first one stated.
    """
    summary: dict[Slot, Claim] = {}
    for claim in claims:
        slot = (claim.observation, claim.side)
        known = summary.get(slot)
        if known is None:
            summary[slot] = claim
            continue
        better, other = (claim, known) if _rank(claim) < _rank(known) else (known, claim)
        affirmed = better.polarity is not Polarity.ABSENT and other.change is not Change.RESOLVED
        change = known.change or claim.change if affirmed else better.change
        summary[slot] = better if better.change == change else replace(better, change=change)
    return summary


def _rank(claim: Claim) -> int:
    if claim.change is Change.RESOLVED:
        return 0
    return 1 + (Polarity.PRESENT, Polarity.UNCERTAIN, Polarity.ABSENT).index(claim.polarity)


def _placed(proposition: Proposition, index: int, earlier: list[Claim]) -> list[Claim]:
    """Turn a proposition into claims. "The effusion" without a side is the one spoken of before."""
    sides = proposition.sides
    if (
        proposition.definite
        and sides == (Side.NONE,)
        and proposition.observation in LATERAL_OBSERVATIONS
    ):
        known = [
            c.side
            for c in earlier
            if c.observation is proposition.observation
            and c.polarity is not Polarity.ABSENT
            and c.sentence < index
        ]
        if known and Side.NONE not in known:
            sides = tuple(dict.fromkeys(known))
    return [
        Claim(
            observation=proposition.observation,
            side=side,
            polarity=proposition.polarity,
            change=proposition.change,
            sentence=index,
            phrase=proposition.phrase,
        )
        for side in sides
    ]


def _referred(reference: Reference, index: int, earlier: list[Claim]) -> list[Claim]:
    """Apply "it has increased" or "the left is unchanged" to what was said just before."""
    recent = [
        c for c in earlier if c.sentence in (index - 1, index) and c.polarity is not Polarity.ABSENT
    ]
    if reference.sides:
        recent = [c for c in recent if c.observation in LATERAL_OBSERVATIONS]
        if not recent:
            return []
        return [
            _changed(
                replace(recent[-1], side=side, sentence=index, polarity=Polarity.PRESENT), reference
            )
            for side in reference.sides
        ]
    recent = [c for c in recent if c.observation not in DEVICES] or recent
    if not reference.plural:
        recent = [c for c in recent if c.observation is recent[0].observation]
    return [_changed(replace(c, sentence=index), reference) for c in recent if c.change is None]


def _changed(claim: Claim, reference: Reference) -> Claim:
    absent = reference.change is Change.RESOLVED
    return replace(
        claim,
        change=reference.change,
        polarity=Polarity.ABSENT if absent else claim.polarity,
        phrase=reference.phrase,
    )


def _merged(claims: list[Claim]) -> list[Claim]:
    """Join claims that agree: the same slot, both affirming or both denying, at most one change."""
    result: list[Claim] = []
    for claim in claims:
        for i, known in enumerate(result):
            if _agree(known, claim):
                result[i] = _joined(known, claim)
                break
        else:
            result.append(claim)
    return result


def _agree(known: Claim, claim: Claim) -> bool:
    return (
        known.observation is claim.observation
        and known.side is claim.side
        and (known.polarity is Polarity.ABSENT) == (claim.polarity is Polarity.ABSENT)
        and (known.change is None or claim.change is None or known.change is claim.change)
    )


def _joined(known: Claim, claim: Claim) -> Claim:
    """Keep the surer of two agreeing claims, with the change that either states."""
    surer = Polarity.PRESENT if Polarity.PRESENT in (known.polarity, claim.polarity) else known.polarity
    if known.change is None and claim.change is not None:
        return replace(claim, polarity=surer)
    return known if known.polarity is surer else replace(known, polarity=surer)
