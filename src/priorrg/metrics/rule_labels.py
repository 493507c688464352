"""Do two reports say the same of CheXpert's 14 observations? F1 of labels by rules, which are not CheXbert's.

Counts hits, false alarms and misses per observation and report. Knows strings only.
"""

from collections.abc import Mapping, Sequence
from types import MappingProxyType

import numpy as np

from priorrg.errors import DataError
from priorrg.language.label_grammar import OBSERVATIONS, Label
from priorrg.language.labels import labels_of
from priorrg.metrics.tallies import Numbers, Tallies, ratio

FIVE = ("Cardiomegaly", "Edema", "Consolidation", "Atelectasis", "Pleural Effusion")
"""The five that the literature reports beside the 14."""
_CONVENTIONS: Mapping[str, tuple[Label, ...]] = MappingProxyType(
    {"": (Label.POSITIVE, Label.UNCERTAIN), "_certain": (Label.POSITIVE,)}
)
"""What counts as positive, by the ending of a score's name."""
_FIVE = [OBSERVATIONS.index(name) for name in FIVE]
_KEYS = tuple(name.lower().replace(" ", "_") for name in OBSERVATIONS)


def rule_label_f1(generated: Sequence[str], references: Sequence[str]) -> Tallies:
    """Return micro and macro F1 over 14 and 5 observations, and that of each, in 0..1.

    Uncertain counts as positive, or (``…_certain``) as not. An observation that neither side has anywhere has
    no F1, and a macro F1 is the mean over those that have one. Raises ``DataError`` unless texts come in pairs.
    """
    if len(generated) != len(references):
        raise DataError(
            f"rule labels: got {len(generated)} reports and {len(references)} references; expected pairs"
        )
    said, true = _labels(generated), _labels(references)
    columns = []
    for positive in _CONVENTIONS.values():
        ours, theirs = np.isin(said, positive), np.isin(true, positive)
        columns += [ours & theirs, ours & ~theirs, ~ours & theirs]
    return Tallies(how=_how(), rows=np.concatenate(columns, axis=1).astype(np.float64), score=_score)


def _labels(texts: Sequence[str]) -> Numbers:
    """Return the labels (reports, 14), not a number where a report does not speak of an observation."""
    cells = [[np.nan if label is None else float(label) for label in labels_of(text)] for text in texts]
    return np.array(cells, dtype=np.float64).reshape(len(texts), len(OBSERVATIONS))


def _score(sums: Numbers) -> Numbers:
    counts = sums.reshape(*sums.shape[:-1], len(_CONVENTIONS), 3, len(OBSERVATIONS))
    scores = []
    for convention in range(len(_CONVENTIONS)):
        mine = counts[..., convention, :, :]
        for chosen in (slice(None), _FIVE):
            some = mine[..., chosen]
            scores += [_f1(some.sum(axis=-1)[..., None])[..., 0], _mean(_f1(some))]
    return np.concatenate([np.stack(scores, axis=-1), _f1(counts[..., 0, :, :])], axis=-1)


def _f1(counts: Numbers) -> Numbers:
    """Return F1 (…, observations) of counts (…, hits and alarms and misses, observations)."""
    hits, alarms, misses = (counts[..., kind, :] for kind in range(3))
    return ratio(2 * hits, 2 * hits + alarms + misses)


def _mean(values: Numbers) -> Numbers:
    known = ~np.isnan(values)
    return ratio(np.where(known, values, 0.0).sum(axis=-1), known.sum(axis=-1))


def _how() -> Mapping[str, str]:
    how = {}
    for ending in _CONVENTIONS:
        counted = "positive alone" if ending else "uncertain counted as positive"
        for number in (14, 5):
            which = f"{number} observations of CheXpert by rules (not CheXbert), {counted}"
            how[f"rule_label_{number}_micro_f1{ending}"] = f"F1 over all labels, {which}"
            how[f"rule_label_{number}_macro_f1{ending}"] = f"mean F1 of observations that occur, {which}"
    for key, name in zip(_KEYS, OBSERVATIONS, strict=True):
        how[f"rule_label_f1_{key}"] = (
            f"F1 of {name} by rules (not CheXbert), uncertain counted as positive"
        )
    return how
