"""Mention of an earlier film, where there is one and where there is none."""

import numpy as np
import pytest
from change_tables import rows

from priorrg.metrics.prior_mention import (
    hallucinated_prior,
    hallucinated_prior_by_reference,
    prior_mention,
)

TABLE = rows("prior_mention_before_rules") + rows("prior_mention_after_rules")


@pytest.mark.parametrize(("expected", "text"), TABLE)
def test_a_text_speaks_of_an_earlier_film_or_not(expected, text):
    assert prior_mention([text]).scores == pytest.approx([float(expected)])
    assert hallucinated_prior([text], [False]).scores == pytest.approx([float(expected)])


def test_the_table_is_as_large_as_it_is_meant_to_be():
    assert len(TABLE) >= 60


def test_only_studies_without_a_prior_count_as_hallucinated():
    texts = ["Unchanged effusion.", "New effusion.", "Small effusion."]
    assert prior_mention(texts).scores == pytest.approx([2 / 3])
    assert hallucinated_prior(texts, [True, False, False]).scores == pytest.approx([0.5])
    assert np.isnan(hallucinated_prior(texts, [True, True, True]).scores).all()


def test_without_that_column_the_reference_says_which_studies_count():
    texts = ["Unchanged effusion.", "New effusion.", "Small effusion."]
    references = ["Effusion is larger.", "Small effusion.", ""]
    assert hallucinated_prior_by_reference(texts, references).scores == pytest.approx([0.5])
