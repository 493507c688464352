"""What a model in training is judged by: shared words, the same findings, the same changes. Knows strings only."""

import math
from collections.abc import Sequence

from priorrg.metrics.bleu import bleu
from priorrg.metrics.lcc import lcc
from priorrg.metrics.rule_labels import rule_label_f1

SELECTED_BY = {"bleu_4": bleu, "rule_label_14_micro_f1": rule_label_f1, "lcc_fine": lcc}


def selection_scores(generated: Sequence[str], references: Sequence[str]) -> dict[str, float]:
    """Return BLEU-4, rule-label F1 and LCC, each in 0..1; 0 where one does not exist, as LCC without a change."""
    found = {}
    for name, measure in SELECTED_BY.items():
        tallies = measure(generated, references)
        value = float(tallies.scores[tallies.names.index(name)])
        found[name] = 0.0 if math.isnan(value) else value
    return found
