"""Keep a report of a study without a prior from speaking of comparison or change, while it is written.

The search asks about every candidate that it would take, as ids; here they become the text that a reader
would get, and the language room judges it. A text is judged as if it ended there. So the report may end at
any time, no half sentence is left without a way on, and a word that could go on harmlessly ("prior" before
"sternotomy") is refused with the harmful one. Knows ids and strings: no network.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache

from priorrg.language.claims import mentions_prior, read_claims
from priorrg.language.sentences import split_sentences

_REMEMBERED = 16384


@dataclass(frozen=True, slots=True, kw_only=True)
class NoComparison:
    """Forbids comparison in the rows that may not compare; the others are not even read.

    ``words`` turns ids into the text that a reader gets, cleaning included.
    """

    may_compare: Sequence[bool]
    words: Callable[[Sequence[int]], str]

    def __call__(self, row: int, ids: list[int]) -> bool:
        """Tell whether the report of ``row`` must not begin with ``ids``."""
        return not self.may_compare[row] and compares(self.words(ids))


@lru_cache(maxsize=_REMEMBERED)
def compares(text: str) -> bool:
    """Tell whether a text, or a sentence of it, speaks of an earlier film, a comparison or a change."""
    return (
        mentions_prior(text)
        or any(map(mentions_prior, split_sentences(text)))
        or any(claim.change is not None for claim in read_claims(text))
    )
