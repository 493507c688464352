"""CIDEr where its value is known beforehand."""

import numpy as np
import pytest

from priorrg.metrics.cider import cider


def test_the_references_themselves_score_ten_where_every_order_tells_them_apart():
    texts = ["left effusion is large today", "the heart was normal again", "both lungs look quite clear"]
    assert cider(texts, texts).scores == pytest.approx(10)


def test_one_pair_alone_scores_zero():
    assert cider(["No effusion."], ["No effusion."]).scores == 0


def test_what_every_reference_says_counts_for_nothing():
    references = ["clear", "clear", "clear"]
    assert cider(references, references).scores == 0


def test_another_length_costs_by_the_gauss_curve_of_six_words():
    others = ["a b c d e f", "g h i j k l"]
    (short,) = cider(["m n o p"], ["m n o p"]).of(np.array([0])).scores
    assert short == 0
    same = cider(["m n o p", *others], ["m n o p", *others]).of(np.array([0])).scores[0]
    padded = cider(["m n o p" + " a" * 6, *others], ["m n o p", *others])
    # the six foreign words lengthen the vectors of orders 1 to 4 too
    rare, common = np.log(3) ** 2, np.log(3) ** 2
    cosines = [
        np.sqrt(4 * rare / (4 * rare + 36 * common)),
        np.sqrt(3 / (3 + 1 + 25)),
        np.sqrt(2 / (2 + 2 + 16)),
        np.sqrt(1 / (1 + 3 + 9)),
    ]
    assert same == pytest.approx(10)
    expected = 10 * np.exp(-0.5) * np.mean(cosines)
    assert padded.of(np.array([0])).scores[0] == pytest.approx(expected)


def test_a_subgroup_keeps_the_frequencies_of_all_references_and_the_score_says_so():
    texts = ["left effusion is large", "the heart is normal", "both lungs are clear"]
    tallies = cider(texts, texts)
    assert tallies.of(np.array([0])).scores == pytest.approx(tallies.rows[0, 0])
    assert "from all 3 references" in tallies.how["cider"]
