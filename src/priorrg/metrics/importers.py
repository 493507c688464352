"""THE table of tools whose scores by report are taken in: which columns they write, what their scores mean.

Knows names and numbers only; reading is for ``imported``.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass

MADE_BY = "made_by"
"""A column that may say, alike in every row, which model and version made the scores."""
FOUND, TRUE = "generated: ", "reference: "
"""How names of label columns begin: 0 or 1, the label in the report and in the reference."""
_SHARE = (0.0, 1.0)
_ANY = (-math.inf, math.inf)


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """One column: ``says`` what it means, ``columns`` the names under which tools write it, ours first.

    ``within`` are the least and greatest possible value.
    """

    says: str
    columns: tuple[str, ...]
    within: tuple[float, float] = _SHARE


@dataclass(frozen=True, slots=True, kw_only=True)
class Importer:
    """One tool. ``scores`` by name; ``corpus``: the mean over reports is what papers print.

    ``inverse`` names a further score, one over the mean of the first. ``labels``: the table may hold label columns
    instead, from which F1 is taken over all reports.
    """

    title: str
    scores: Mapping[str, Score]
    corpus: bool = True
    lower_is_better: bool = False
    inverse: str | None = None
    labels: bool = False


def _radgraph(variant: str, casing: str) -> Importer:
    levels = {
        "simple": "entities and their labels",
        "partial": "entities, their labels and whether they are related",
        "complete": "entities, their labels and every relation",
    }
    return Importer(
        title=f"RadGraph F1 ({casing})",
        scores={
            f"radgraph_{variant}{level}": Score(
                says=f"RadGraph F1, {says}, {casing}", columns=(f"radgraph_{level}", level)
            )
            for level, says in levels.items()
        },
    )


IMPORTERS: Mapping[str, Importer] = {
    "radgraph": _radgraph("", "texts lower-cased"),
    "radgraph_cased": _radgraph("cased_", "case kept"),
    "radcliq": Importer(
        title="RadCliQ-v1",
        scores={
            "radcliq_v1": Score(
                says="RadCliQ-v1, errors a radiologist would count, standardised",
                columns=("radcliq_v1", "RadCliQ-v1", "radcliq"),
                within=_ANY,
            )
        },
        lower_is_better=True,
        inverse="radcliq_v1_inverse",
    ),
    "bertscore": Importer(
        title="BERTScore",
        scores={
            "bertscore": Score(
                says="BERTScore F1",
                columns=("bertscore", "bertscore_f1", "f1"),
                within=(-math.inf, 1.0001),
            )
        },
    ),
    "ratescore": Importer(
        title="RaTEScore",
        scores={"ratescore": Score(says="RaTEScore", columns=("ratescore", "RaTEScore"))},
    ),
    "green": Importer(
        title="GREEN", scores={"green": Score(says="GREEN", columns=("green", "green_score", "GREEN"))}
    ),
    "srrbert": Importer(
        title="SRR-BERT",
        scores={
            "srrbert_report_f1": Score(
                says="F1 of SRR-BERT's labels within each report (papers print the F1 over all reports instead)",
                columns=("srrbert_report_f1", "srrbert_weighted_f1", "srr_bert_f1"),
            )
        },
        corpus=False,
        labels=True,
    ),
}
"""THE table of tools. To add one, add one row."""
