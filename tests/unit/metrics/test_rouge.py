"""ROUGE-L and the longest common subsequence."""

import random
from functools import cache

import pytest

from priorrg.metrics.rouge import common_subsequence, rouge_l


def _plain(first: tuple[int, ...], second: tuple[int, ...]) -> int:
    @cache
    def longest(i: int, j: int) -> int:
        if not i or not j:
            return 0
        if first[i - 1] == second[j - 1]:
            return longest(i - 1, j - 1) + 1
        return max(longest(i - 1, j), longest(i, j - 1))

    return longest(len(first), len(second))


def test_the_common_subsequence_is_that_of_the_table_written_out():
    rng = random.Random(0)
    for _ in range(200):
        first, second = (tuple(rng.choices(range(5), k=rng.randrange(90))) for _ in range(2))
        assert common_subsequence(first, second) == _plain(first, second)


def test_recall_weighs_more_than_precision():
    # "a b" in "a b c d": precision 1, recall 1/2
    assert rouge_l(["a b"], ["a b c d"]).scores == pytest.approx(2.44 * 0.5 / (0.5 + 1.44))
    assert rouge_l(["a b c d"], ["a b"]).scores == pytest.approx(2.44 * 0.5 / (1 + 1.44 * 0.5))


def test_equal_texts_score_one_and_an_empty_report_halves_the_mean():
    assert rouge_l(["The heart."], ["The heart."]).scores == pytest.approx(1)
    assert rouge_l(["The heart.", ""], ["The heart.", "The lungs."]).scores == pytest.approx(0.5)


def test_two_texts_of_100_kb_are_compared():
    rng = random.Random(0)
    long, other = (" ".join(rng.choices(("effusion", "left", "no"), k=17_000)) for _ in range(2))
    assert len(long) > 90_000
    assert 0.5 < rouge_l([long], [other]).scores[0] < 1
