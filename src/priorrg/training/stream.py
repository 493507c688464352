"""The order in which studies are seen: a pure function of the seed and the position.

A stream is an endless row of micro-batches; position ``m`` always holds the same studies with the same
things dropped, whatever was loaded before, by however many workers. That is what makes an interrupted
run continue exactly.
"""

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any

import numpy as np
from torch.utils.data import DataLoader, Dataset

from priorrg.errors import DataError


class Stream:
    """Where each micro-batch of a training run comes from.

    ``load`` receives dataset indices and a generator for whatever is random in the batch. The last,
    incomplete batch of a pass is left out; a pass with fewer than ``batch`` items uses all it has.
    """

    def __init__(
        self, size: int, batch: int, seed: int, load: Callable[[Sequence[int], np.random.Generator], Any]
    ) -> None:
        if size < 2:
            raise DataError(f"training data: got {size} usable studies; expected at least 2")
        self.size, self.batch, self.seed, self.load = size, min(batch, size), seed, load
        self.per_pass = size // self.batch

    def indices(self, position: int) -> list[int]:
        """Return the dataset indices of one micro-batch."""
        current_pass, offset = divmod(position, self.per_pass)
        order = _permutation(self.seed, current_pass, self.size)
        return [int(i) for i in order[offset * self.batch : (offset + 1) * self.batch]]

    def __getitem__(self, position: int) -> Any:
        return self.load(self.indices(position), np.random.default_rng([self.seed, 1, position]))


@lru_cache(maxsize=2)
def _permutation(seed: int, current_pass: int, size: int) -> np.ndarray:
    return np.random.default_rng([seed, 0, current_pass]).permutation(size)


class Leg(Dataset[Any]):
    """A stretch of a stream between two checkpoints; ``rank`` of ``world`` processes takes its share."""

    def __init__(self, stream: Stream, start: int, length: int, rank: int = 0, world: int = 1) -> None:
        self.stream, self.start, self.length, self.rank, self.world = stream, start, length, rank, world

    def __len__(self) -> int:
        return self.length

    def __getitem__(self, i: int) -> Any:
        if not 0 <= i < self.length:
            raise IndexError(i)
        return self.stream[(self.start + i) * self.world + self.rank]


def loader(dataset: Dataset[Any], workers: int) -> DataLoader[Any]:
    """Return a loader that hands on ready batches and draws nothing from the global generator."""
    import torch

    return DataLoader(
        dataset,
        batch_size=None,
        num_workers=workers,
        generator=torch.Generator().manual_seed(0),
        prefetch_factor=4 if workers else None,
        multiprocessing_context="fork" if workers else None,
    )
