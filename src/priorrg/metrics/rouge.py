"""ROUGE-L: the longest common subsequence of words, recall weighing more than precision.

Knows strings only.
"""

from collections import defaultdict
from collections.abc import Sequence

import numpy as np

from priorrg.metrics.overlap import Block, blocks, preparation
from priorrg.metrics.tallies import Numbers, Tallies, mean_tallies

BETA = 1.2
"""Weight of recall."""


def rouge_l(generated: Sequence[str], references: Sequence[str], *, lowercase: bool = False) -> Tallies:
    """Return the mean over pairs of F_β = (1 + β²) P R / (R + β² P), in 0..1, β = 1.2.

    A pair of which either side is empty scores 0. (The caption evaluation scores 1 where both are empty; that
    would flatter a system that writes nothing.)
    """
    parts = [_values(block) for block in blocks(generated, references, lowercase=lowercase)]
    how = f"mean ROUGE-L, β = {BETA}, {preparation(lowercase=lowercase)}"
    return mean_tallies({"rouge_l": how}, np.concatenate([np.empty(0), *parts])[:, None])


def _values(block: Block) -> Numbers:
    words, ends = block.words.tolist(), block.ends.tolist()
    common, start = np.empty(len(ends) // 2), 0
    for pair, (middle, end) in enumerate(zip(ends[::2], ends[1::2], strict=True)):
        common[pair] = common_subsequence(words[start:middle], words[middle:end])
        start = end
    said, true = np.maximum(block.lengths, 1).T
    precision, recall = common / said, common / true
    below = np.where(common > 0, recall + BETA**2 * precision, 1.0)
    values: Numbers = (1 + BETA**2) * precision * recall / below
    return values


def common_subsequence(first: Sequence[int], second: Sequence[int]) -> int:
    """Return the length of the longest common subsequence, a row of its table at a time as bits of one number.

    Hyyrö 2004, "Bit-parallel LCS-length computation revisited": a 0 in the row is a step up of the length.
    """
    places: defaultdict[int, int] = defaultdict(int)
    bit = 1
    for word in second:
        places[word] |= bit
        bit <<= 1
    full = row = bit - 1
    for word in first:
        if word in places:
            met = row & places[word]
            row = (row + met | row - met) & full
    return len(second) - row.bit_count()
