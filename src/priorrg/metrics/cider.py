"""CIDEr: n-grams that two reports share, the rarer among all references the more they count.

Knows strings only.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from priorrg.metrics.overlap import ORDERS, Block, Shared, blocks, preparation
from priorrg.metrics.tallies import Numbers, Tallies, mean_tallies

_SIGMA = 6.0
"""Standard deviation, in words, of the penalty for another length."""
_PENDING = 1 << 22
"""N-grams that wait until they are merged into the table of frequencies."""


def cider(generated: Sequence[str], references: Sequence[str], *, lowercase: bool = False) -> Tallies:
    """Return the mean over pairs of CIDEr, in 0..10: ten times the mean of the cosines of orders 1 to 4.

    How rare an n-gram is, is counted once, over all references that are given; intervals and subgroups do not
    count it again. A single pair scores 0, since nothing in it is rarer than anything else.
    """
    known = tuple(_Frequencies() for _ in range(ORDERS))
    for block in blocks(generated, references, lowercase=lowercase):
        for some, frequencies in zip(block.shared, known, strict=True):
            frequencies.add(some)
    total = np.log(max(len(references), 1))
    parts = [
        _values(block, known, total) for block in blocks(generated, references, lowercase=lowercase)
    ]
    how = (
        f"mean CIDEr, σ = {_SIGMA:g}, document frequencies from all {len(references)} references, also in "
        f"intervals and subgroups, {preparation(lowercase=lowercase)}"
    )
    return mean_tallies({"cider": how}, np.concatenate([np.empty(0), *parts])[:, None])


class _Frequencies:
    """In how many references each n-gram stands, by its fingerprint."""

    def __init__(self) -> None:
        self._fingerprints: NDArray[np.uint64] = np.empty(0, np.uint64)
        self._references: Numbers = np.empty(0)
        self._pending: list[tuple[NDArray[np.uint64], Numbers]] = []

    def add(self, some: Shared) -> None:
        references = np.bincount(some.gram[some.reference > 0], minlength=len(some.fingerprints))
        self._pending.append((some.fingerprints, references.astype(np.float64)))
        if sum(len(counts) for _, counts in self._pending) > max(_PENDING, len(self._references)):
            self._merge()

    def rarity(self, fingerprints: NDArray[np.uint64], total: float) -> Numbers:
        """Return ``total`` less the logarithm of the frequency, of n-grams that were added.

        One that stands in generated reports alone counts as if it stood in one reference.
        """
        if self._pending:
            self._merge()
        found = self._references[np.searchsorted(self._fingerprints, fingerprints)]
        rarity: Numbers = total - np.log(np.maximum(found, 1))
        return rarity

    def _merge(self) -> None:
        parts = [(self._fingerprints, self._references), *self._pending]
        self._fingerprints, place = np.unique(
            np.concatenate([prints for prints, _ in parts]), return_inverse=True
        )
        counts = np.concatenate([counts for _, counts in parts])
        references = np.bincount(place, counts, len(self._fingerprints))
        self._references = references.astype(np.float64)
        self._pending = []


def _values(block: Block, known: Sequence[_Frequencies], total: float) -> Numbers:
    pairs = len(block.lengths)
    cosines = np.zeros(pairs)
    for some, frequencies in zip(block.shared, known, strict=True):
        weight = frequencies.rarity(some.fingerprints, total)[some.gram] ** 2
        said, true = some.generated.astype(np.float64), some.reference.astype(np.float64)
        product = np.bincount(some.pair, weight * np.minimum(said, true) * true, pairs)
        norms = np.sqrt(np.bincount(some.pair, weight * said**2, pairs))
        norms *= np.sqrt(np.bincount(some.pair, weight * true**2, pairs))
        cosines += np.divide(product, norms, out=np.zeros(pairs), where=norms > 0)
    lengths = np.maximum(
        block.lengths - 1, 0
    )  # pairs of words, as the caption evaluation measures length
    penalty = np.exp(-((lengths[:, 0] - lengths[:, 1]) ** 2) / (2 * _SIGMA**2))
    values: Numbers = 10 * penalty * cosines / ORDERS
    return values
