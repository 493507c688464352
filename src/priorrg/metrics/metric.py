"""What a metric is, what it gives, and how its variants and scores are named.

Knows no single metric; ``score`` lists them.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from priorrg.metrics.chexbert import Reader
from priorrg.metrics.estimates import Plain
from priorrg.metrics.material import Material
from priorrg.metrics.tallies import Tallies

Result = Tallies | Plain


@dataclass(frozen=True, slots=True, kw_only=True)
class Cut:
    """How references are shortened before they are compared, besides being taken whole; ``said`` in words."""

    said: str
    shorten: Callable[[str], str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """``lower``: overlap also without regard to case. ``chexbert``: a trained labeler with its weights.

    ``lowercase`` is set for the variant that ``lower`` asks for.
    """

    lower: bool = False
    lowercase: bool = False
    cut: Cut | None = None
    chexbert: Reader | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Metric:
    """One row of the table.

    ``needs`` are names of fields of ``Material``; ``reader``: it needs ``Options.chexbert``, ``program``: another
    program. ``shown`` are the scores that the terminal shows and two systems are compared by, in the order in
    which they come; ``None``: all. ``cut`` and ``lower``: it is also taken against shortened references, and
    without regard to case. ``yields_to`` is a field of ``Material`` that another metric knows more by: where it
    is there, this one is taken by name only.
    """

    name: str
    says: str
    compute: Callable[[Material, Options], Result]
    needs: tuple[str, ...] = ()
    reader: bool = False
    program: bool = False
    shown: tuple[str, ...] | None = None
    cut: bool = False
    lower: bool = False
    yields_to: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """What one metric gave, or why it gave nothing.

    ``variant`` says in words what was done otherwise than by default, ``suffix`` what names of scores end in then.
    ``notices`` are what a reader of the scores should know.
    """

    metric: Metric
    result: Result | None = None
    skipped: str = ""
    variant: str = ""
    suffix: str = ""
    notices: tuple[str, ...] = ()

    @property
    def shown(self) -> tuple[str, ...]:
        """The names of the scores that the terminal shows."""
        names = () if self.result is None else tuple(self.result.how)
        if self.metric.shown is None:
            return names
        return tuple(name for name in names if name.removesuffix(self.suffix) in self.metric.shown)


def label(name: str) -> str:
    """Return the name of a score as people write it: ``bleu_4`` is BLEU-4."""
    words = re.sub(r"^(bleu|rouge)_(\w+?)(?=_|$)", r"\1-\2", name).split("_")
    spelled = " ".join(_SPELLED.get(word, word) for word in words)
    return spelled[:1].upper() + spelled[1:]


_SPELLED = {
    **{word: word.upper() for word in ("f1", "tem", "lcc", "meteor", "rouge-l")},
    **{f"bleu-{order}": f"BLEU-{order}" for order in range(1, 5)},
    "cider": "CIDEr",
    "green": "GREEN",
    "chexbert": "CheXbert",
    "radgraph": "RadGraph",
    "semscore": "SemScore",
    "cut": "(cut references)",
    "lower": "(lower-cased)",
}


def with_variants(
    metric: Metric, material: Material, cut: Material | None, options: Options
) -> Iterator[Measured]:
    """Yield what a metric gives, then its variants; ``cut`` has the shortened references, if there are any."""
    result = metric.compute(material, options)
    if metric.cut:
        result = replace(result, how={n: f"{text}; whole references" for n, text in result.how.items()})
    yield Measured(metric=metric, result=result)
    if metric.lower and options.lower:
        result = metric.compute(material, replace(options, lowercase=True))
        yield _variant(metric, result, "_lower", "lower-cased")
    if metric.cut and cut is not None and options.cut is not None:
        result = metric.compute(cut, options)
        yield _variant(metric, result, "_cut", f"references cut to {options.cut.said}")


def _variant(metric: Metric, result: Result, suffix: str, said: str) -> Measured:
    """Name the scores of a variant for what it is."""
    how = {f"{name}{suffix}": f"{text}; {said}" for name, text in result.how.items()}
    named: Result = replace(result, how=how)
    if isinstance(result, Plain):
        values = {f"{name}{suffix}": value for name, value in result.values.items()}
        named = Plain(how=how, values=values)
    return Measured(metric=metric, result=named, variant=said, suffix=suffix)
