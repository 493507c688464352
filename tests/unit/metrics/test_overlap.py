"""What BLEU, ROUGE-L and CIDEr have in common."""

import numpy as np
import pytest

from priorrg.errors import DataError
from priorrg.metrics import overlap
from priorrg.metrics.bleu import bleu
from priorrg.metrics.cider import cider
from priorrg.metrics.overlap import prepare
from priorrg.metrics.rouge import rouge_l

GENERATED = [
    "The heart is enlarged. No effusion.",
    "No pneumothorax.",
    "",
    "Left effusion is seen again today in the left lung base.",
    "The heart is large. The heart is large.",
    "No pneumothorax.",
    "The lungs are clear and no effusion is seen.",
]
REFERENCES = [
    "The heart is mildly enlarged. No pleural effusion.",
    "No pneumothorax or effusion.",
    "The lungs are clear.",
    "Left effusion.",
    "The heart is large. No effusion.",
    "No pneumothorax or effusion.",
    "The lungs are clear. No effusion is seen.",
]


def test_full_stops_are_set_apart_white_space_collapses_and_case_is_kept():
    assert prepare(" The  heart.\nIs big. ") == "The heart . Is big ."
    assert prepare("The heart.", lowercase=True) == "the heart ."


@pytest.mark.parametrize("measure", [bleu, rouge_l, cider])
def test_a_score_does_not_depend_on_how_many_pairs_are_counted_at_once(measure, monkeypatch):
    together = measure(GENERATED, REFERENCES)
    monkeypatch.setattr(overlap, "_AT_ONCE", 2)
    np.testing.assert_allclose(measure(GENERATED, REFERENCES).rows, together.rows, atol=1e-12)


def test_long_texts_are_counted_in_blocks_of_their_own(monkeypatch):
    monkeypatch.setattr(overlap, "_CHARACTERS_AT_ONCE", 60)
    sizes = [len(block.lengths) for block in overlap.blocks(GENERATED, REFERENCES)]
    assert sum(sizes) == len(GENERATED)
    assert max(sizes) < 3


@pytest.mark.parametrize("measure", [bleu, rouge_l, cider])
def test_case_counts_unless_it_is_lowered_which_the_score_says(measure):
    shouted = [text.upper() for text in REFERENCES]
    kept, lowered = measure(shouted, REFERENCES), measure(shouted, REFERENCES, lowercase=True)
    small = [text.lower() for text in REFERENCES]
    np.testing.assert_allclose(lowered.scores, measure(small, small).scores)
    assert (kept.scores < lowered.scores).all()
    assert all("case kept" in how for how in kept.how.values())
    assert all("lower-cased" in how for how in lowered.how.values())


@pytest.mark.parametrize("measure", [bleu, rouge_l, cider])
@pytest.mark.parametrize("texts", [("", ""), ("", "A b."), ("A b.", ""), ("\n", ".")])
def test_an_empty_side_scores_zero(measure, texts):
    generated, reference = texts
    scores = (
        measure([generated, "Clear lungs."], [reference, "No edema at all."]).of(np.array([0])).scores
    )
    assert scores == pytest.approx(0, abs=1e-9)


@pytest.mark.parametrize("measure", [bleu, rouge_l, cider])
def test_without_reports_there_is_no_score(measure):
    assert np.isnan(measure([], []).scores).all()


@pytest.mark.parametrize("measure", [bleu, rouge_l, cider])
def test_unequal_numbers_of_texts_are_refused(measure):
    with pytest.raises(DataError, match="1 reports and 2 references"):
        measure(["a"], ["a", "b"])
