"""Draws from a given generator, quick and plain.

Knows no medicine. Every draw takes the generator, so that nothing depends on hidden state.
"""

from collections.abc import Mapping, Sequence
from typing import TypeVar

import numpy as np

T = TypeVar("T")


def pick(rng: np.random.Generator, options: Sequence[T]) -> T:
    """Return one of the options, each equally likely."""
    return options[int(rng.integers(len(options)))]


def weighted(rng: np.random.Generator, options: Mapping[T, float]) -> T:
    """Return one of the keys with probability proportional to its weight."""
    left = rng.random() * sum(options.values())
    last = None
    for key, weight in options.items():
        if weight <= 0:
            continue
        last = key
        left -= weight
        if left < 0:
            break
    if last is None:
        raise ValueError(f"weights: expected at least one above 0, got {list(options.values())}")
    return last


def happens(rng: np.random.Generator, probability: float) -> bool:
    """Return True with the given probability."""
    return bool(rng.random() < probability)


def shuffled(rng: np.random.Generator, items: Sequence[T]) -> list[T]:
    """Return the items in random order."""
    return [items[int(i)] for i in rng.permutation(len(items))]
