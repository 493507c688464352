"""THE table of metrics: name → what it says, what it needs, how it is computed.

To add a metric, write one file and add one row. Knows strings and plain rows only.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from priorrg.errors import UsageError
from priorrg.language.claims import mentions_prior
from priorrg.metrics.bleu import bleu
from priorrg.metrics.cider import cider
from priorrg.metrics.counts import share
from priorrg.metrics.material import Material
from priorrg.metrics.phantom_truth import keyed
from priorrg.metrics.phantom_truth import score as score_truth
from priorrg.metrics.rouge import rouge_l
from priorrg.metrics.tallies import Tallies

Scores = dict[str, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Metric:
    """One row of the table. ``needs`` are names of fields of ``Material``."""

    name: str
    says: str
    needs: tuple[str, ...]
    compute: Callable[[Material], Scores]


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """The scores of one metric, or why there are none."""

    metric: Metric
    scores: Scores
    skipped: str = ""


def _overlap(measure: Callable[[Sequence[str], Sequence[str]], Tallies]) -> Callable[[Material], Scores]:
    def compute(material: Material) -> Scores:
        tallies = measure(material.generated, material.references or ())
        return dict(zip(tallies.names, tallies.scores.tolist(), strict=True))

    return compute


def _phantom_truth(material: Material) -> Scores:
    reports = keyed(zip(material.ids, material.generated, strict=True))
    without = None
    if material.given_prior is not None:
        without = {i for i, given in zip(material.ids, material.given_prior, strict=True) if not given}
    return score_truth(reports, material.truth or {}, without_prior=without)


def _hallucinated_prior(material: Material) -> Scores:
    given = material.given_prior or ()
    speaking = [
        mentions_prior(text) for text, has in zip(material.generated, given, strict=True) if not has
    ]
    return {"hallucinated_prior": share(sum(speaking), len(speaking))}


def _sanity(material: Material) -> Scores:
    texts = [" ".join(text.split()) for text in material.generated]
    words = sum(len(text.split()) for text in texts)
    return {
        "reports": float(len(texts)),
        "empty_reports": float(sum(not text for text in texts)),
        "words_per_report": share(words, len(texts)),
        "distinct_reports": share(len(set(texts)), len(texts)),
        "prior_mention": share(sum(map(mentions_prior, texts)), len(texts)),
    }


METRICS: tuple[Metric, ...] = (
    Metric(
        name="bleu",
        says="shared n-grams, caption evaluation, full references",
        needs=("references",),
        compute=_overlap(bleu),
    ),
    Metric(
        name="rouge_l",
        says="longest common subsequence, β = 1.2",
        needs=("references",),
        compute=_overlap(rouge_l),
    ),
    Metric(
        name="cider",
        says="shared n-grams, the rare ones more, document frequencies from all references",
        needs=("references",),
        compute=_overlap(cider),
    ),
    Metric(
        name="phantom_truth",
        says="claims against the phantom's truth, possible counts as claimed",
        needs=("truth",),
        compute=_phantom_truth,
    ),
    Metric(
        name="hallucinated_prior",
        says="share that speaks of a prior or a change among reports given none",
        needs=("given_prior",),
        compute=_hallucinated_prior,
    ),
    Metric(
        name="sanity",
        says="length, variety, share that speaks of a prior",
        needs=(),
        compute=_sanity,
    ),
)
_MISSING = {
    "references": "no reference texts",
    "truth": "no phantom truth",
    "given_prior": "no column has_prior",
}


def evaluate(material: Material, names: Sequence[str] | None = None) -> list[Outcome]:
    """Compute the named metrics (default: all). What lacks its material is skipped, and says why."""
    known = {metric.name: metric for metric in METRICS}
    unknown = [name for name in names or () if name not in known]
    if unknown:
        raise UsageError(f"metric {unknown[0]!r} is unknown; expected some of {', '.join(known)}")
    outcomes = []
    for metric in METRICS if names is None else [known[name] for name in names]:
        lacking = [need for need in metric.needs if getattr(material, need) is None]
        if lacking:
            outcomes.append(Outcome(metric=metric, scores={}, skipped=_MISSING[lacking[0]]))
        else:
            outcomes.append(Outcome(metric=metric, scores=metric.compute(material)))
    return outcomes
