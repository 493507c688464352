"""Temporal entity match."""

import numpy as np
import pytest
from change_tables import rows

from priorrg.metrics.tem import EPSILON, WORDS, tem, words_of_change

TABLE = rows("tem_before_rules") + rows("tem_after_rules")


@pytest.mark.parametrize(("reference", "generated", "expected"), TABLE)
def test_a_pair_shares_the_words_that_a_hand_counts(reference, generated, expected):
    shared, true, said = map(int, expected.split("/"))
    words, others = words_of_change(reference), words_of_change(generated)
    assert (len(words & others), len(words), len(others)) == (shared, true, said)
    f1 = 2 * shared / (true + said) if true else EPSILON if said else 1.0
    assert tem([generated], [reference]).scores[0] == pytest.approx(f1, rel=1e-9, abs=1e-11)


def test_the_means_and_the_pool_are_what_the_table_says():
    references, generated, expected = zip(*TABLE, strict=True)
    counts = np.array([[int(n) for n in one.split("/")] for one in expected])
    shared, true, said = counts.T
    f1 = 2 * shared / np.maximum(true + said, 1)
    each = np.where(true > 0, f1, np.where(said > 0, EPSILON, 1.0))
    tallies = tem(generated, references)
    assert tallies.names == ("tem", "tem_nonempty_reference", "tem_global")
    assert tallies.scores == pytest.approx(
        [each.mean(), each[true > 0].mean(), 2 * shared.sum() / (true + said).sum()]
    )


def test_the_list_of_words_is_the_published_one():
    assert len(WORDS) == len(set(WORDS)) == 44


def test_the_table_is_as_large_as_it_is_meant_to_be():
    assert len(TABLE) >= 60


def test_no_reference_with_a_word_leaves_no_score_of_its_own():
    scores = tem(["no effusion"], ["no effusion"]).scores
    assert scores[0] == 1.0
    assert np.isnan(scores[1:]).all()
