"""What the network knew of each sentence when it wrote it: its claims, how sure it was, and what it looked at.

The report goes through the network once more, word for word. Two things are asked of each sentence: how
probable were its tokens, and how firmly did the auxiliary head decide what it claims. The evidence is where
in the images that decision comes from; without a head or a claim, where the wording comes from.
Axes: token, slot (observation and side), statement (affirmed, denied), change.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

import torch
from torch import Tensor

from priorrg.batching import CHANGE_CLASSES, Batcher
from priorrg.generation import Words, Written, report_reader
from priorrg.language.claims import claims_by_sentence
from priorrg.language.observations import SLOTS, Change, Claim, Polarity
from priorrg.model.auxiliary import AuxiliaryLogits
from priorrg.model.evidence import evidence, watched
from priorrg.model.network import PriorRGNetwork
from priorrg.settings import GenerationSettings

Grid = tuple[tuple[float, ...], ...]
SIGNALS = (
    "mean_log_probability",
    "least_log_probability",
    "decision",
    "change",
    "has_prior",
    "states_change",
    "denies",
    "claims",
)
"""What confidence is made of, one number each; what a network or a sentence has not is 0."""
_AFFIRM, _DENY = 0, 1


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadSentence:
    """One sentence of a report. ``signals`` are those of ``SIGNALS``; ``None`` if not asked or it claims nothing.

    ``current`` and ``prior`` are maps over the patches of the square that the encoder saw, row by row,
    each with sum 1, or 0 where nothing speaks for the sentence; ``None`` if not asked for or without that
    image. ``source``: do the maps explain a ``decision`` or the ``wording``?
    """

    text: str
    claims: tuple[Claim, ...]
    signals: tuple[float, ...] | None
    source: Literal["decision", "wording"]
    current: Grid | None = None
    prior: Grid | None = None


def read_back(
    network: PriorRGNetwork,
    batcher: Batcher,
    written: Written,
    settings: GenerationSettings,
    *,
    with_evidence: bool,
) -> list[ReadSentence]:
    """Return the sentences of a report that this network wrote with these settings."""
    network.eval()
    sentences = claims_by_sentence(written.text)
    if not sentences:
        return []
    device = next(network.parameters()).device
    batch = batcher([written.study]).to(device)
    if with_evidence:
        batch = watched(network, batch)
    with torch.set_grad_enabled(with_evidence):
        again = network.read_again(
            batch, torch.tensor([written.ids], device=device), guarded=settings.guarded
        )
    plain = None if again.decided is None else AuxiliaryLogits(*(t.detach() for t in again.decided))
    owners = owners_of_tokens(
        written.ids, [text for text, _ in sentences], report_reader(batcher, settings)
    )
    result = []
    for index, (text, claims) in enumerate(sentences):
        tokens = again.tokens[0][torch.tensor([owner == index for owner in owners], device=device)]
        decides = again.decided is not None and bool(claims)
        current = prior = None
        if with_evidence:
            seen = compared = tokens.sum()
            if again.decided is not None and claims:
                seen, compared = grounds(claims, again.decided)
            now, before = evidence(seen, batch)
            if compared is not seen and len(before):
                _, before = evidence(compared, batch)
            current, prior = _grid(now[0]), _grid(before[0]) if len(before) else None
        result.append(
            ReadSentence(
                text=text,
                claims=claims,
                signals=_signals(claims, tokens.detach(), plain, has_prior=bool(batch.has_prior[0])),
                source="decision" if decides else "wording",
                current=current,
                prior=prior,
            )
        )
    return result


def claimed(written: Written) -> list[ReadSentence]:
    """Return the sentences of a report and what they claim, without asking the network anything."""
    return [
        ReadSentence(text=text, claims=claims, signals=None, source="wording")
        for text, claims in claims_by_sentence(written.text)
    ]


def owners_of_tokens(ids: Sequence[int], sentences: Sequence[str], words: Words) -> list[int | None]:
    """Return the sentence that each token after the first belongs to, by its last visible letter.

    Tokens that show nothing belong to none. Letters are counted without white space, which cleaning and
    sentence cutting change.
    """
    whole, ends, at = _letters(words(ids)), [], 0
    for sentence in map(_letters, sentences):
        at = whole.index(sentence, at) + len(sentence)
        ends.append(at)
    shown = [len(_letters(words(ids[:count]))) for count in range(1, len(ids) + 1)]
    return [
        next((i for i, end in enumerate(ends) if after <= end), None) if after > before else None
        for before, after in pairwise(shown)
    ]


def _letters(text: str) -> str:
    return "".join(text.split())


def _slots(claim: Claim) -> list[int]:
    """Return the slots that a claim speaks of: without a side, those of both."""
    exact = [i for i, slot in enumerate(SLOTS) if slot == (claim.observation, claim.side)]
    return exact or [i for i, slot in enumerate(SLOTS) if slot[0] is claim.observation]


def decisions(claims: Sequence[Claim], decided: AuxiliaryLogits) -> Tensor:
    """Return how firmly the head decided each claim, a logit, and each stated change, a log probability."""
    scores = []
    for claim in claims:
        slots = _slots(claim)
        if claim.change is not Change.RESOLVED:
            statement = _DENY if claim.polarity is Polarity.ABSENT else _AFFIRM
            logits = decided.observations[0, slots, statement]
            scores.append(logits.min() if statement == _DENY else logits.max())
        if claim.change is not None:
            scores.append(_change(claim, slots, decided))
    return torch.stack(scores)


def grounds(claims: Sequence[Claim], decided: AuxiliaryLogits) -> tuple[Tensor, Tensor]:
    """Return the numbers whose evidence is looked for in the current image, and in the prior.

    In the current image: how firmly the claims and their changes were decided, as a sum of logits. In the
    prior, where a change is stated, only the part that needs it: how far that change was preferred to
    saying nothing of change.
    """
    still = [_unchanging(claim) for claim in claims if claim.change is not Change.RESOLVED]
    changes = [
        (logits[:, CHANGE_CLASSES.index(claim.change)] - logits[:, 0]).max()
        for claim in claims
        if claim.change is not None
        for logits in (decided.changes[0, _slots(claim)],)
    ]
    parts = [*(decisions(still, decided) if still else ()), *changes]
    seen = torch.stack(parts).sum()
    return seen, torch.stack(changes).sum() if changes else seen


def _change(claim: Claim, slots: Sequence[int], decided: AuxiliaryLogits) -> Tensor:
    logs = decided.changes[0, slots].log_softmax(dim=-1)
    return logs[:, CHANGE_CLASSES.index(claim.change)].max()


def _signals(
    claims: Sequence[Claim], tokens: Tensor, decided: AuxiliaryLogits | None, *, has_prior: bool
) -> tuple[float, ...] | None:
    if not claims or not len(tokens):
        return None
    stated = [claim for claim in claims if claim.change is not None]
    still = [claim for claim in claims if claim.change is not Change.RESOLVED]
    firmness = change = 0.0
    if decided is not None:
        if still:
            firmness = float(decisions([_unchanging(claim) for claim in still], decided).min())
        if stated:
            change = min(float(_change(claim, _slots(claim), decided)) for claim in stated)
    return (
        float(tokens.mean()),
        float(tokens.min()),
        firmness,
        change,
        float(has_prior),
        float(bool(stated)),
        float(all(claim.polarity is Polarity.ABSENT for claim in claims)),
        float(len(claims)),
    )


def _unchanging(claim: Claim) -> Claim:
    return Claim(observation=claim.observation, side=claim.side, polarity=claim.polarity)


def _grid(patches: Tensor) -> Grid:
    whole = patches.sum()
    shares = patches / whole if whole > 0 else patches
    return tuple(tuple(row) for row in shares.tolist())
