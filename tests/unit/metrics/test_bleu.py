"""BLEU against its definition written out and a second implementation."""

import math
from collections import Counter

import numpy as np
import pytest
from tests.unit.metrics.test_overlap import GENERATED, REFERENCES

from priorrg.metrics.bleu import bleu
from priorrg.metrics.overlap import prepare


def _plain_bleu(order: int) -> float:
    """Corpus BLEU: clipped n-gram precisions, their geometric mean, brevity penalty."""
    tokens = [
        (prepare(a).split(), prepare(b).split()) for a, b in zip(GENERATED, REFERENCES, strict=True)
    ]
    logs = 0.0
    for n in range(1, order + 1):
        hits = total = 0
        for said, true in tokens:
            grams = Counter(tuple(said[i : i + n]) for i in range(len(said) - n + 1))
            known = Counter(tuple(true[i : i + n]) for i in range(len(true) - n + 1))
            hits += sum((grams & known).values())
            total += sum(grams.values())
        logs += math.log(hits / total)
    said_length, true_length = (sum(len(t[k]) for t in tokens) for k in (0, 1))
    return math.exp(logs / order) * min(1.0, math.exp(1 - true_length / said_length))


@pytest.mark.parametrize("order", [1, 2, 3, 4])
def test_bleu_equals_its_definition_written_out(order):
    assert bleu(GENERATED, REFERENCES).scores[order - 1] == pytest.approx(_plain_bleu(order), abs=1e-9)


def test_bleu_4_is_sacrebleus_without_its_tokenizer():
    corpus_bleu = pytest.importorskip("sacrebleu").corpus_bleu
    candidates, answers = ([prepare(t) for t in texts] for texts in (GENERATED, REFERENCES))
    theirs = corpus_bleu(candidates, [answers], tokenize="none", smooth_method="none", force=True)
    assert bleu(GENERATED, REFERENCES).scores[3] == pytest.approx(theirs.score / 100, abs=1e-9)


def test_equal_texts_score_one_and_foreign_ones_next_to_nothing():
    same = ["The heart is enlarged."]
    assert bleu(same, same).scores == pytest.approx(1)
    assert bleu(same, ["unrelated words only"]).scores == pytest.approx(0, abs=1e-4)


def test_an_empty_report_costs_the_length_of_its_reference():
    # three words of six: exp(1 - 6 / 3)
    scores = bleu(["The heart.", ""], ["The heart.", "The lungs."]).scores
    assert scores[0] == pytest.approx(math.exp(-1))


def test_a_draw_of_reports_scores_what_those_reports_score():
    drawn = np.array([0, 3, 3, 6])
    again = bleu([GENERATED[i] for i in drawn], [REFERENCES[i] for i in drawn])
    np.testing.assert_allclose(bleu(GENERATED, REFERENCES).of(drawn).scores, again.scores)
