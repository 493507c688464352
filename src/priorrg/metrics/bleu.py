"""BLEU-1 to BLEU-4 over all reports: how many n-grams of the generated text the reference has too.

Says little about being right. Knows strings only.
"""

from collections.abc import Sequence

import numpy as np

from priorrg.metrics.overlap import ORDERS, Block, blocks, preparation
from priorrg.metrics.tallies import Numbers, Tallies

_TINY, _SMALL = 1e-15, 1e-9
"""The caption evaluation's guards against division by zero; they are part of the number that it prints."""


def bleu(generated: Sequence[str], references: Sequence[str], *, lowercase: bool = False) -> Tallies:
    """Return corpus BLEU-1 to BLEU-4 in 0..1, one reference each, as the caption evaluation defines them.

    An empty report adds nothing but its reference's length. Where no n-gram of an order matches, BLEU is not 0
    but tiny (BLEU-4 about 1e-4), as in published tables: its geometric mean takes 1e-15 for the missing match.
    """
    how = f"corpus BLEU, caption evaluation, {preparation(lowercase=lowercase)}"
    parts = [_rows(block) for block in blocks(generated, references, lowercase=lowercase)]
    return Tallies(
        how={f"bleu_{n + 1}": how for n in range(ORDERS)},
        rows=np.concatenate([np.empty((0, 2 * ORDERS + 2)), *parts]),
        score=_score,
    )


def _rows(block: Block) -> Numbers:
    """Return (pairs, columns): matches of each order, n-grams of each order, words of the reference, 1."""
    said, true = block.lengths.T
    matches = [
        np.bincount(some.pair, np.minimum(some.generated, some.reference), len(said))
        for some in block.shared
    ]
    grams = [np.maximum(said - n, 0) for n in range(ORDERS)]
    return np.stack([*matches, *grams, true, np.ones(len(said))], axis=1)


def _score(sums: Numbers) -> Numbers:
    matches, grams = sums[..., :ORDERS], sums[..., ORDERS : 2 * ORDERS]
    said, true, reports = sums[..., ORDERS, None], sums[..., -2, None], sums[..., -1, None]
    precision = np.cumprod((matches + _TINY) / (grams + _SMALL), axis=-1)
    ratio = (said + _TINY) / (true + _SMALL)
    brevity = np.exp(1 - 1 / np.minimum(ratio, 1))
    bleu = precision ** (1 / np.arange(1, ORDERS + 1)) * brevity
    return np.where(reports > 0, bleu, np.nan)
