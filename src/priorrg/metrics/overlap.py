"""How many words generated and reference reports share: BLEU and ROUGE-L.

Both see ``'.' → ' .'``, runs of white space collapsed, case kept, tokens cut at spaces. They say little
about being right. Knows strings only.
"""

import math
from collections.abc import Sequence
from typing import Any

from priorrg.errors import DataError

BETA = 1.2
"""Weight of recall in ROUGE-L."""
_ORDERS = (1, 2, 3, 4)


def prepare(text: str, *, lowercase: bool = False) -> str:
    """Return the text as it is compared: full stops set apart, white space collapsed."""
    spaced = " ".join(text.replace(".", " .").split())
    return spaced.lower() if lowercase else spaced


def bleu(
    generated: Sequence[str], references: Sequence[str], *, lowercase: bool = False
) -> dict[str, float]:
    """Return corpus BLEU-1 to BLEU-4 in 0..1, without smoothing, one reference each.

    An empty report adds nothing but its reference's length. A score is 0 where no n-gram of its order
    matches at all, and where there is no pair. Counted by sacrebleu, ``tokenize='none'``.
    """
    _same_length(generated, references)
    names = [f"bleu_{n}" for n in _ORDERS]
    if not generated:
        return dict.fromkeys(names, 0.0)
    from sacrebleu.metrics.bleu import BLEU

    candidates = [prepare(text, lowercase=lowercase) for text in generated]
    answers = [prepare(text, lowercase=lowercase) for text in references]
    result = BLEU(tokenize="none", smooth_method="none", force=True).corpus_score(candidates, [answers])
    precisions = [share / 100 for share in result.precisions]
    return {
        name: result.bp * math.exp(sum(map(math.log, precisions[:n])) / n)
        if min(precisions[:n]) > 0
        else 0.0
        for n, name in zip(_ORDERS, names, strict=True)
    }


def rouge_l(
    generated: Sequence[str], references: Sequence[str], *, lowercase: bool = False
) -> dict[str, float]:
    """Return ``rouge_l`` (β = 1.2) and ``rouge_l_f1`` (β = 1), each the mean over pairs, in 0..1.

    F_β = (1 + β²) P R / (R + β² P), from the precision and recall of the library ``rouge_score``, whose
    own F is that of β = 1. A pair of which either side is empty scores 0; without pairs both are 0.
    """
    _same_length(generated, references)
    if not generated:
        return {"rouge_l": 0.0, "rouge_l_f1": 0.0}
    from rouge_score.rouge_scorer import RougeScorer

    scorer = RougeScorer(["rougeL"], tokenizer=_Spaces())
    weighted = plain = 0.0
    for candidate, answer in zip(generated, references, strict=True):
        pair = prepare(answer, lowercase=lowercase), prepare(candidate, lowercase=lowercase)
        if not all(pair):
            continue
        score: Any = scorer.score(*pair)["rougeL"]
        weighted += f_beta(score.precision, score.recall, BETA)
        plain += score.fmeasure
    return {"rouge_l": weighted / len(generated), "rouge_l_f1": plain / len(generated)}


def f_beta(precision: float, recall: float, beta: float) -> float:
    """Return F_β; 0 where both are 0."""
    below = recall + beta**2 * precision
    return (1 + beta**2) * precision * recall / below if below > 0 else 0.0


class _Spaces:
    """Cut at spaces, as the definition wants; the library's own tokenizer drops case and full stops."""

    def tokenize(self, text: str) -> list[str]:
        return text.split()


def _same_length(generated: Sequence[str], references: Sequence[str]) -> None:
    if len(generated) != len(references):
        raise DataError(
            f"overlap: got {len(generated)} reports and {len(references)} references; expected pairs"
        )
