"""Choose reports to look at, and mark the words in which report and reference differ.

Knows texts only: no scores, no markup.
"""

import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

from priorrg.metrics.material import Material
from priorrg.metrics.subgroups import affirmed_observations

MOST_WORDS = 400
"""Words of a text that a page shows; finding the differences takes time with the square of them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """Words in a row; ``shared`` if they stand in the other text, too."""

    text: str
    shared: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """A report beside its reference. ``unlike`` are the observations that only one of the two affirms.

    ``more`` counts the words of reference and report that are not shown.
    """

    name: str
    about: str
    unlike: tuple[str, ...]
    reference: tuple[Run, ...]
    generated: tuple[Run, ...]
    more: tuple[int, int]


def choose(material: Material, each: int = 20, *, seed: int = 0) -> tuple[list[Pair], list[Pair]]:
    """Return the worst pairs, worst first, and as many drawn by lot from the others.

    Worst are those with the most observations that only one text affirms, then those that share the fewest
    words. Without references there are none.
    """
    references = material.references
    if references is None:
        return [], []
    ranked = sorted(
        range(len(references)),
        key=lambda n: _badness(references[n], material.generated[n]),
        reverse=True,
    )
    worst, others = ranked[:each], ranked[each:]
    typical = random.Random(seed).sample(others, min(each, len(others)))
    return [_pair(material, n) for n in worst], [_pair(material, n) for n in sorted(typical)]


def differences(first: Sequence[str], second: Sequence[str]) -> tuple[tuple[Run, ...], tuple[Run, ...]]:
    """Return both texts, given as words, in runs of words that are shared and that are not."""
    matcher = SequenceMatcher(
        a=[w.lower() for w in first], b=[w.lower() for w in second], autojunk=False
    )
    ones, others = [], []
    for kind, start, end, other_start, other_end in matcher.get_opcodes():
        shared = kind == "equal"
        if end > start:
            ones.append(Run(text=" ".join(first[start:end]), shared=shared))
        if other_end > other_start:
            others.append(Run(text=" ".join(second[other_start:other_end]), shared=shared))
    return tuple(ones), tuple(others)


def _badness(reference: str, generated: str) -> tuple[int, float]:
    unlike = affirmed_observations(reference) ^ affirmed_observations(generated)
    true, said = Counter(reference.lower().split()), Counter(generated.lower().split())
    either = (true | said).total()
    return len(unlike), 1 - (true & said).total() / either if either else 0.0


def _pair(material: Material, number: int) -> Pair:
    reference = (material.references or ())[number].split()
    generated = material.generated[number].split()
    unlike = affirmed_observations(" ".join(reference)) ^ affirmed_observations(" ".join(generated))
    true, said = differences(reference[:MOST_WORDS], generated[:MOST_WORDS])
    known = {name: values[number] for name, values in (material.groups or {}).items()}
    if material.indications is not None:
        known["indication"] = material.indications[number]
    if material.given_prior is not None:
        known["prior"] = "given" if material.given_prior[number] else "none"
    return Pair(
        name=material.ids[number],
        about=" · ".join(f"{name.replace('_', ' ')}: {text}" for name, text in known.items() if text),
        unlike=tuple(sorted(unlike)),
        reference=true,
        generated=said,
        more=(max(0, len(reference) - MOST_WORDS), max(0, len(generated) - MOST_WORDS)),
    )
