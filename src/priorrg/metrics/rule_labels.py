"""Do two reports say the same of CheXpert's 14 observations? F1 of labels by rules, which are not CheXbert's.

Knows strings only; how labels become scores, ``observation_f1`` says for every labeler.
"""

from collections.abc import Sequence

import numpy as np

from priorrg.language.label_grammar import OBSERVATIONS, Label
from priorrg.language.labels import labels_of
from priorrg.metrics.observation_f1 import FIVE, Findings, Flags, f1_tallies
from priorrg.metrics.pairs import check_pairs
from priorrg.metrics.tallies import Tallies

_CONVENTIONS = (
    ("", (Label.POSITIVE, Label.UNCERTAIN), "rules, not CheXbert; uncertain counts as positive"),
    ("_certain", (Label.POSITIVE,), "rules, not CheXbert; positive only"),
)
"""What ends a score's name, what counts as found, and that in words."""


def rule_label_f1(generated: Sequence[str], references: Sequence[str]) -> Tallies:
    """Return F1 over 14 and 5 observations and of each one, in 0..1, under both conventions for uncertain.

    Raises ``DataError`` unless texts come in pairs.
    """
    check_pairs("rule labels", generated, references)
    said, true = (list(map(labels_of, texts)) for texts in (generated, references))
    conventions = [
        Findings(found=_among(said, counted), true=_among(true, counted), said=how, suffix=suffix)
        for suffix, counted, how in _CONVENTIONS
    ]
    return f1_tallies("rule_label", OBSERVATIONS, conventions, {"14": OBSERVATIONS, "5": FIVE})


def _among(labels: Sequence[Sequence[Label | None]], counted: Sequence[Label]) -> Flags:
    flags = [[label in counted for label in row] for row in labels]
    return np.array(flags, dtype=np.bool_).reshape(len(labels), len(OBSERVATIONS))
