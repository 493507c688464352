"""Beam search that stops when the published model's does.

Finished reports compete by log probability per generated token, and a study is done when its worst
finished report is at least as good as its best candidate, one that has just ended included: the rule of
transformers 4, which published texts were made with. Transformers 5 leaves the ended candidate out and
can stop earlier. Studies that are done leave the batch. What a report must not say a caller may forbid;
the search then goes on as if that had no probability. Knows ids and how probable they are: no strings.
Axes: study (still searching), beam, token, vocabulary.
"""

from collections.abc import Callable
from itertools import islice

import torch
from jaxtyping import Float, Int
from torch import Tensor

from priorrg.model.next_words import StartWriting

Forbids = Callable[[int, list[int]], bool]
"""Is a report of this row of the memory, as far as these ids go, forbidden?

A report that ends must not be forbidden if it was not before its last token: so there is always a way on.
"""


@torch.no_grad()
def beam_search(
    start: StartWriting,
    memory: Float[Tensor, "study row width"],
    *,
    beams: int,
    max_tokens: int,
    bos_id: int,
    eos_id: int,
    pad_id: int,
    forbids: Forbids | None = None,
) -> Int[Tensor, "study token"]:
    """Return the best report of each study: the first token, words, the last token, then padding.

    ``start`` begins to write; scores are summed in the precision of its logits. A report that reaches
    ``max_tokens`` (the first token counts) has no last token. One beam is greedy search. What ``forbids``
    refuses is no candidate: the next best that it allows takes its place. It is asked about the candidates
    that would be taken and no others, so a study of which it refuses nothing is searched as without it.
    """
    studies = torch.arange(len(memory), device=memory.device)
    finished = _Finished(memory, beams, max_tokens, pad_id)
    tokens = torch.full((len(memory), 1, 1), bos_id, device=memory.device)
    scores = memory.new_zeros(len(memory), 1)
    words = start(memory)
    for length in range(1, max_tokens):
        logs = words(tokens[:, :, -1]).log_softmax(dim=-1)
        candidates = logs.add_(scores.unsqueeze(2)).flatten(1)
        sums, place = candidates.topk(2 * beams)
        if forbids is not None:
            _replace_forbidden(sums, place, candidates, tokens, studies, forbids)
        parent, token = place // logs.shape[2], place % logs.shape[2]
        grown = torch.cat([_pick(tokens, parent), token.unsqueeze(2)], dim=2)
        ended = token == eos_id
        finished.take(
            studies, grown[:, :beams], (sums / length).masked_fill(~ended, -torch.inf)[:, :beams]
        )
        searching = finished.worst(studies) < sums[:, 0] / length
        scores, going_on = sums.masked_fill(ended, -torch.inf).topk(beams)
        tokens, parent = _pick(grown, going_on), parent.gather(1, going_on)
        studies, tokens, scores = studies[searching], tokens[searching], scores[searching]
        if not len(studies):
            break
        words.go_on(searching.nonzero().squeeze(1), parent[searching])
    finished.take(studies, tokens, scores / max(max_tokens - 1, 1))
    return finished.best()


def _replace_forbidden(
    sums: Float[Tensor, "study chosen"],
    place: Int[Tensor, "study chosen"],
    candidates: Float[Tensor, "study candidate"],
    tokens: Int[Tensor, "study beam token"],
    studies: Int[Tensor, " study"],
    forbids: Forbids,
) -> None:
    """Put the best allowed candidates into ``sums`` and ``place``, of each study that has a forbidden one."""
    words = candidates.shape[1] // tokens.shape[1]
    for study, row in enumerate(studies.tolist()):
        beams = tokens[study].tolist()

        def allowed(score: float, at: int, row: int = row, beams: list[list[int]] = beams) -> bool:
            beam, token = divmod(at, words)
            return score == -torch.inf or not forbids(row, [*beams[beam], token])

        if not all(map(allowed, sums[study].tolist(), place[study].tolist())):
            sums[study], place[study] = _best_allowed(candidates[study], sums.shape[1], allowed)


def _best_allowed(
    candidates: Float[Tensor, " candidate"], count: int, allowed: Callable[[float, int], bool]
) -> tuple[Float[Tensor, " chosen"], Int[Tensor, " chosen"]]:
    """Return the best ``count`` allowed scores and their places; what is lacking scores minus infinity."""
    tried = count
    while True:
        tried = min(8 * tried, len(candidates))
        sums, place = candidates.topk(tried)
        pairs = zip(sums.tolist(), place.tolist(), strict=True)
        kept = list(islice((i for i, (s, at) in enumerate(pairs) if allowed(s, at)), count))
        if len(kept) == count or tried == len(candidates):
            lacking = count - len(kept)
            pad = torch.nn.functional.pad
            return pad(sums[kept], (0, lacking), value=-torch.inf), pad(place[kept], (0, lacking))


class _Finished:
    """The best finished reports of every study, and their scores."""

    def __init__(self, memory: Tensor, beams: int, max_tokens: int, pad_id: int) -> None:
        self.scores = memory.new_full((len(memory), beams), -torch.inf)
        self.tokens = torch.full(
            (len(memory), beams, max_tokens), pad_id, dtype=torch.long, device=memory.device
        )
        self.pad_id = pad_id

    def take(self, studies: Tensor, tokens: Tensor, scores: Tensor) -> None:
        """Let reports of some studies compete; a score of minus infinity says that it is none."""
        missing = self.tokens.shape[2] - tokens.shape[2]
        padded = torch.nn.functional.pad(tokens, (0, missing), value=self.pad_id)
        beams = self.scores.shape[1]
        best, place = torch.cat([self.scores[studies], scores], dim=1).topk(beams)
        self.scores[studies] = best
        self.tokens[studies] = _pick(torch.cat([self.tokens[studies], padded], dim=1), place)

    def worst(self, studies: Tensor) -> Tensor:
        """Return the score to beat; minus infinity while fewer reports than beams are finished."""
        return self.scores[studies].amin(dim=1)

    def best(self) -> Tensor:
        """Return each study's best report, cut where all are padding."""
        ids = self.tokens[:, 0]
        used = (ids != self.pad_id).any(dim=0).nonzero()
        return ids[:, : int(used.max()) + 1] if len(used) else ids


def _pick(tokens: Int[Tensor, "study beam token"], place: Int[Tensor, "study chosen"]) -> Tensor:
    return tokens.gather(1, place.unsqueeze(2).expand(-1, -1, tokens.shape[2]))
