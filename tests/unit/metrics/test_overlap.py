"""BLEU and ROUGE-L against counts by hand and a second implementation."""

import math
from collections import Counter

import pytest

from priorrg.errors import DataError
from priorrg.metrics.overlap import bleu, f_beta, prepare, rouge_l

PAIRS = [
    ("The heart is enlarged. No effusion.", "The heart is mildly enlarged. No pleural effusion."),
    ("No pneumothorax.", "No pneumothorax or effusion."),
    ("", "The lungs are clear."),
    ("Left effusion is seen again today in the left lung base.", "Left effusion."),
]


def _plain_bleu(pairs: list[tuple[str, str]], order: int) -> float:
    """Corpus BLEU written out: clipped n-gram precisions, their geometric mean, brevity penalty."""
    tokens = [(prepare(a).split(), prepare(b).split()) for a, b in pairs]
    logs = 0.0
    for n in range(1, order + 1):
        hits = total = 0
        for said, true in tokens:
            grams = Counter(tuple(said[i : i + n]) for i in range(len(said) - n + 1))
            known = Counter(tuple(true[i : i + n]) for i in range(len(true) - n + 1))
            hits += sum((grams & known).values())
            total += sum(grams.values())
        if not hits:
            return 0.0
        logs += math.log(hits / total)
    said_length, true_length = (sum(len(t[k]) for t in tokens) for k in (0, 1))
    return math.exp(logs / order) * min(1.0, math.exp(1 - true_length / said_length))


@pytest.mark.parametrize("order", [1, 2, 3, 4])
def test_bleu_equals_its_definition_written_out(order: int) -> None:
    generated, references = (list(texts) for texts in zip(*PAIRS, strict=True))
    assert bleu(generated, references)[f"bleu_{order}"] == pytest.approx(
        _plain_bleu(PAIRS, order), abs=1e-12
    )


def test_full_stops_are_set_apart_white_space_collapses_and_case_is_kept() -> None:
    assert prepare(" The  heart.\nIs big. ") == "The heart . Is big ."
    assert bleu(["the heart is big."], ["The heart is big."])["bleu_1"] == pytest.approx(0.8)
    assert bleu(["the heart is big."], ["The heart is big."], lowercase=True)["bleu_4"] == pytest.approx(
        1
    )


def test_equal_texts_score_one_and_foreign_ones_zero() -> None:
    same = ["The heart is enlarged."]
    assert bleu(same, same)["bleu_4"] == pytest.approx(1)
    assert rouge_l(same, same)["rouge_l"] == pytest.approx(1)
    assert bleu(same, ["unrelated words only"])["bleu_1"] == 0
    assert rouge_l(same, ["unrelated words only"])["rouge_l"] == 0


@pytest.mark.parametrize(
    ("generated", "references"), [([], []), ([""], [""]), ([""], ["A b."]), (["A b."], [""])]
)
def test_empty_texts_score_zero_and_do_not_crash(generated: list[str], references: list[str]) -> None:
    assert set(bleu(generated, references).values()) == {0.0}
    assert set(rouge_l(generated, references).values()) == {0.0}


def test_an_empty_report_still_costs() -> None:
    both = rouge_l(["The heart.", ""], ["The heart.", "The lungs."])
    assert both["rouge_l"] == pytest.approx(0.5)
    assert bleu(["The heart.", ""], ["The heart.", "The lungs."])["bleu_1"] < 1


def test_rouge_l_weighs_recall_more() -> None:
    # "a b" in "a b c d": precision 1, recall 1/2
    score = rouge_l(["a b"], ["a b c d"])
    assert score["rouge_l"] == pytest.approx(2.44 * 0.5 / (0.5 + 1.44))
    assert score["rouge_l_f1"] == pytest.approx(2 / 3)
    assert f_beta(0.0, 0.0, 1.2) == 0


def test_unequal_numbers_of_texts_are_refused() -> None:
    with pytest.raises(DataError, match="1 reports and 2 references"):
        bleu(["a"], ["a", "b"])
