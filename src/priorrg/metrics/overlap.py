"""Texts as they are compared by their words: pairs of reports as numbers, their n-grams counted.

What BLEU, ROUGE-L and CIDEr share. Knows strings only.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain

import numpy as np
from numpy.typing import NDArray

from priorrg.metrics.pairs import check_pairs

ORDERS = 4
"""Longest n-gram."""
_AT_ONCE = 8192
"""Pairs of a block."""
_CHARACTERS_AT_ONCE = 1 << 23
"""Characters of a block, unless one pair alone has more."""
_MULTIPLIER = np.uint64(0x9E3779B97F4A7C15)
"""An odd number without pattern, so that the order of the words matters to a fingerprint."""

Whole = NDArray[np.int64]
Number = NDArray[np.int32]


def prepare(text: str, *, lowercase: bool = False) -> str:
    """Return the text as it is compared: full stops set apart, white space collapsed."""
    spaced = " ".join(text.replace(".", " .").split())
    return spaced.lower() if lowercase else spaced


def preparation(*, lowercase: bool) -> str:
    """Return in words what ``prepare`` does."""
    return f"'.' set apart, white space collapsed, {'lower-cased' if lowercase else 'case kept'}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Shared:
    """N-grams of one order, one entry for each that a pair has on either side.

    ``pair`` numbers the pair of an entry, ascending; ``generated`` and ``reference`` are how often it stands
    there. ``gram`` is its place in ``fingerprints``: 64 bits of what its words are, the same in every block.
    """

    pair: Number
    gram: Number
    generated: Number
    reference: Number
    fingerprints: NDArray[np.uint64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """Some pairs of reports, their words numbered, generated and reference in turn.

    ``ends`` (2 · pairs) are the ends of the texts in ``words``; ``shared`` holds orders 1 to 4.
    """

    words: Whole
    ends: Whole
    shared: tuple[Shared, ...]

    @property
    def lengths(self) -> Whole:
        """Words (pairs, 2) of generated and reference."""
        return np.diff(self.ends, prepend=0).reshape(-1, 2)


def blocks(
    generated: Sequence[str], references: Sequence[str], *, lowercase: bool = False
) -> Iterator[Block]:
    """Yield the pairs in order, as many at a time as memory may hold whatever their number.

    The last blocks are remembered: metrics that go over the same few thousand pairs in turn, as they are,
    lower-cased and against cut references, count them once.
    """
    check_pairs("overlap", generated, references)
    start = characters = 0
    for at, (candidate, answer) in enumerate(zip(generated, references, strict=True)):
        characters += len(candidate) + len(answer)
        if at > start and (at - start >= _AT_ONCE or characters > _CHARACTERS_AT_ONCE):
            yield counted(tuple(generated[start:at]), tuple(references[start:at]), lowercase)
            start, characters = at, len(candidate) + len(answer)
    if start < len(generated):
        yield counted(tuple(generated[start:]), tuple(references[start:]), lowercase)


@lru_cache(maxsize=3)
def counted(generated: tuple[str, ...], references: tuple[str, ...], lowercase: bool) -> Block:
    """Return the pairs as one block; the last three calls are remembered."""
    numbers: defaultdict[str, int] = defaultdict()
    numbers.default_factory = numbers.__len__
    words: list[Whole] = []
    for text in chain.from_iterable(zip(generated, references, strict=True)):
        split = (text.lower() if lowercase else text).replace(".", " .").split()
        words.append(np.fromiter(map(numbers.__getitem__, split), np.int64, len(split)))
    ends = np.cumsum([len(some) for some in words])
    together = np.concatenate(words)
    marks = np.fromiter(map(hash, numbers), np.int64, len(numbers)).view(np.uint64)
    return Block(words=together, ends=ends, shared=tuple(_count(together, ends, marks)))


def _count(words: Whole, ends: Whole, marks: NDArray[np.uint64]) -> Iterator[Shared]:
    """Yield the n-grams of each order: an n-gram is numbered by that of its first n - 1 words and its last."""
    text = np.repeat(np.arange(len(ends)), np.diff(ends, prepend=0))
    starts, grams, prints = np.arange(len(words)), words, marks
    yield _entries(text, grams, prints)
    for order in range(1, ORDERS):
        fits = starts + order < ends[text]
        starts, text = starts[fits], text[fits]
        keys, grams = np.unique(grams[fits] * len(marks) + words[starts + order], return_inverse=True)
        first, last = np.divmod(keys, max(len(marks), 1))
        prints = prints[first] * _MULTIPLIER + marks[last]
        yield _entries(text, grams, prints)


def _entries(text: Whole, grams: Whole, prints: NDArray[np.uint64]) -> Shared:
    pair, side = text >> 1, text & 1
    known = max(len(prints), 1)
    ordered = np.sort((pair * known + grams) * 2 + side)
    entry, side = ordered >> 1, ordered & 1
    new = np.flatnonzero(np.diff(entry, prepend=-1))
    total = np.diff(new, append=len(entry))
    reference = np.add.reduceat(side, new) if len(new) else total
    pair, gram = np.divmod(entry[new], known)
    return Shared(
        pair=pair.astype(np.int32),
        gram=gram.astype(np.int32),
        generated=(total - reference).astype(np.int32),
        reference=reference.astype(np.int32),
        fingerprints=prints,
    )
