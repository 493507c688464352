"""THE table of metrics: name → what it says, what it needs, how it is computed.

To add a metric, write one file and add one row. Knows strings and plain rows only.
"""

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from priorrg.errors import DataError, MissingExtraError, PriorRGError, UsageError, WeightsError
from priorrg.metrics.bleu import bleu
from priorrg.metrics.chexbert import WEIGHTS_NEEDED, chexbert_f1, semscore
from priorrg.metrics.cider import cider
from priorrg.metrics.counts import share
from priorrg.metrics.estimates import Plain
from priorrg.metrics.imported import read_imported
from priorrg.metrics.lcc import lcc
from priorrg.metrics.material import Material
from priorrg.metrics.meteor import meteor
from priorrg.metrics.metric import Measured, Metric, Options, with_variants
from priorrg.metrics.phantom_truth import keyed, phantom_counts, phantom_tallies
from priorrg.metrics.prior_mention import (
    hallucinated_prior,
    hallucinated_prior_by_reference,
    prior_mention,
)
from priorrg.metrics.question import question_answered
from priorrg.metrics.rouge import rouge_l
from priorrg.metrics.rule_labels import rule_label_f1
from priorrg.metrics.tallies import Tallies, mean_tallies
from priorrg.metrics.tem import tem


def _texts(
    measure: Callable[[Sequence[str], Sequence[str]], Tallies],
) -> Callable[[Material, Options], Tallies]:
    return lambda material, _: measure(material.generated, material.references or ())


def _cased(measure: Callable[..., Tallies]) -> Callable[[Material, Options], Tallies]:
    return lambda material, options: measure(
        material.generated, material.references or (), lowercase=options.lowercase
    )


def _read(measure: Callable[..., Tallies]) -> Callable[[Material, Options], Tallies]:
    return lambda material, options: measure(
        material.generated, material.references or (), options.chexbert
    )


def _phantom(material: Material) -> tuple[dict[str, str], set[str] | None]:
    """Return reports by id, and the ids of those that were given no prior, where it is known."""
    reports = keyed(zip(material.ids, material.generated, strict=True))
    if material.given_prior is None:
        return reports, None
    return reports, {i for i, given in zip(material.ids, material.given_prior, strict=True) if not given}


def _phantom_truth(material: Material, _: Options) -> Tallies:
    reports, without = _phantom(material)
    return phantom_tallies(reports, material.truth or {}, without_prior=without)


def _phantom_counts(material: Material, _: Options) -> Plain:
    reports, without = _phantom(material)
    counts = phantom_counts(reports, material.truth or {}, without_prior=without)
    how = {
        "studies": "reports scored against the phantom's truth",
        "studies_with_prior": "of these, studies that truly have a prior",
        "studies_without_prior": "of these, studies whose writer was given no prior",
        "asked": "findings that their indications ask for",
        "missing": "reports without a word",
    }
    return Plain(how=how, values={name: int(count) for name, count in counts.items()})


def _length(material: Material, _: Options) -> Tallies:
    how = {"words_per_report": "words between spaces, mean over reports"}
    columns = [material.generated]
    if material.references is not None:
        how["words_per_reference"] = "the same of the references, uncut"
        columns.append(material.references)
    return mean_tallies(how, np.array([[float(len(t.split())) for t in texts] for texts in columns]).T)


def _variety(material: Material, _: Options) -> Plain:
    texts = [" ".join(text.split()) for text in material.generated]
    empty = sum(not text for text in texts)
    how = {
        "reports": "reports scored",
        "empty_reports": "reports without a word, those that are missing among them",
        "distinct_reports": "different texts per report, white space collapsed",
    }
    distinct = share(len(set(texts)), len(texts))
    return Plain(
        how=how,
        values={"reports": len(texts), "empty_reports": empty, "distinct_reports": distinct},
    )


def _copies(material: Material, _: Options) -> Tallies:
    known = material.training or ()
    values = [float(" ".join(text.split()) in known) for text in material.generated]
    how = {"training_copies": "share of reports that are a training report, word by word"}
    return mean_tallies(how, np.array(values)[:, None])


METRICS: tuple[Metric, ...] = (
    Metric(
        name="bleu",
        says="shared runs of 1 to 4 words; little about being right",
        needs=("references",),
        compute=_cased(bleu),
        cut=True,
        lower=True,
    ),
    Metric(
        name="rouge_l",
        says="longest run of words in the same order",
        needs=("references",),
        compute=_cased(rouge_l),
        cut=True,
        lower=True,
    ),
    Metric(
        name="cider",
        says="shared rare runs of words, 0 to 10",
        needs=("references",),
        compute=_cased(cider),
        cut=True,
        lower=True,
    ),
    Metric(
        name="meteor",
        says="shared words, their stems and synonyms",
        needs=("references",),
        program=True,
        compute=_texts(meteor),
        cut=True,
    ),
    Metric(
        name="phantom_truth",
        says="claims against the phantom's truth",
        needs=("truth",),
        compute=_phantom_truth,
        shown=(
            "finding_f1",
            "change_f1",
            "change_f1_micro",
            "question_answered",
            "false_prior",
            "unasked_denials",
            "device_f1",
            "device_change_f1",
        ),
    ),
    Metric(
        name="phantom_counts",
        says="what the scores against the truth rest on",
        needs=("truth",),
        compute=_phantom_counts,
    ),
    Metric(
        name="rule_label",
        says="14 observations as rules read them",
        needs=("references",),
        compute=_texts(rule_label_f1),
        shown=(
            "rule_label_14_micro_f1",
            "rule_label_14_macro_f1",
            "rule_label_5_micro_f1",
            "rule_label_5_macro_f1",
        ),
    ),
    Metric(
        name="chexbert",
        says="14 observations as a trained labeler reads them",
        needs=("references",),
        reader=True,
        compute=_read(chexbert_f1),
        shown=(
            "chexbert_14_micro_f1",
            "chexbert_14_macro_f1",
            "chexbert_5_micro_f1",
            "chexbert_5_macro_f1",
        ),
    ),
    Metric(
        name="semscore",
        says="how alike the labeler takes the texts to be",
        needs=("references",),
        reader=True,
        compute=_read(semscore),
    ),
    Metric(
        name="tem",
        says="the same words of change as the reference",
        needs=("references",),
        compute=_texts(tem),
        shown=("tem",),
    ),
    Metric(
        name="lcc",
        says="the reference's changes, told as they are there",
        needs=("references",),
        compute=_texts(lcc),
    ),
    Metric(
        name="prior_mention",
        says="speaks of a prior or a change",
        compute=lambda material, _: prior_mention(material.generated),
    ),
    Metric(
        name="hallucinated_prior",
        says="speaks of a prior though there is none",
        needs=("given_prior",),
        compute=lambda m, _: hallucinated_prior(m.generated, m.given_prior or ()),
    ),
    Metric(
        name="hallucinated_prior_by_reference",
        says="speaks of a prior, the reference does not",
        needs=("references",),
        yields_to="given_prior",
        compute=_texts(hallucinated_prior_by_reference),
    ),
    Metric(
        name="question",
        says="speaks of what the indication asks for",
        needs=("indications",),
        yields_to="truth",
        compute=lambda m, _: question_answered(m.generated, m.indications or ()),
    ),
    Metric(name="length", says="length of a report", compute=_length, shown=("words_per_report",)),
    Metric(
        name="training_copies",
        says="copied whole from the training reports",
        needs=("training",),
        compute=_copies,
    ),
    Metric(name="sanity", says="how many reports, how many different ones", compute=_variety),
)
_MISSING = {
    "references": "no references: --reference",
    "truth": "no phantom truth: --truth",
    "given_prior": "no column has_prior: --has-prior",
    "training": "no training reports: --training",
    "indications": "no column indication: --indication",
}


def measure(
    material: Material, names: Sequence[str] | None = None, options: Options | None = None
) -> list[Measured]:
    """Compute the named metrics (default: all), each followed by its variants.

    Of all, what lacks its material, weights or an optional package is skipped, and says why; what is named and
    lacks it raises DataError, WeightsError or MissingExtraError. Raises UsageError for a name that
    is unknown.
    """
    chosen = options or Options()
    known = {metric.name: metric for metric in METRICS}
    for name in names or ():
        if name not in known:
            raise UsageError(f"metric {name!r} is unknown; expected some of {', '.join(known)}")
    metrics = [known[name] for name in names] if names is not None else _for(material)
    cut = None
    if chosen.cut is not None and material.references is not None and any(m.cut for m in metrics):
        cut = material.with_references(chosen.cut.shorten)
    measured: list[Measured] = []
    for metric in metrics:
        try:
            _check(metric, material, chosen)
            measured += with_variants(metric, material, cut, chosen)
        except (_LackingError, MissingExtraError) as reason:
            if names is None:
                measured.append(Measured(metric=metric, skipped=str(reason)))
            elif isinstance(reason, MissingExtraError):
                raise
            else:
                raise _refusal(metric, str(reason)) from None
    return measured


def unaided(material: Material) -> list[str]:
    """Return the names of the metrics that need nothing but ``material``: no weights, no other program."""
    return [
        metric.name
        for metric in _for(material)
        if not (metric.reader or metric.program)
        and all(getattr(material, need) is not None for need in metric.needs)
    ]


def measure_imported(tool: str, path: Path, ids: Sequence[str]) -> Measured:
    """Return the scores by report that another tool wrote; errors are those of ``read_imported``."""
    read = read_imported(tool, path, ids)
    shown = tuple(name for name in read.tallies.names if not name.startswith(f"{tool}_f1_"))
    row = Metric(
        name=tool, says=f"imported from {path.name}", compute=lambda _, __: read.tallies, shown=shown
    )
    return Measured(metric=row, result=read.tallies, notices=read.notices)


def _for(material: Material) -> list[Metric]:
    return [m for m in METRICS if m.yields_to is None or getattr(material, m.yields_to) is None]


def _refusal(metric: Metric, reason: str) -> PriorRGError:
    if reason == WEIGHTS_NEEDED:
        return WeightsError(reason)
    return DataError(f"metric {metric.name}: {reason}")


class _LackingError(Exception):
    """What a metric needs is not there."""


def _check(metric: Metric, material: Material, options: Options) -> None:
    for need in metric.needs:
        if getattr(material, need) is None:
            raise _LackingError(_MISSING[need])
    if metric.reader and options.chexbert is None:
        raise _LackingError(WEIGHTS_NEEDED)
