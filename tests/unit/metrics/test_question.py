"""Whether the question of the indication is answered."""

import numpy as np
import pytest
from change_tables import rows

from priorrg.metrics.question import answers, question_answered

TABLE = rows("question_before_rules") + rows("question_after_rules")


@pytest.mark.parametrize(("indication", "report", "expected"), TABLE)
def test_a_report_says_something_of_what_is_asked(indication, report, expected):
    assert answers(report, indication) == {"yes": True, "no": False, "-": None}[expected]


def test_the_table_is_as_large_as_it_is_meant_to_be():
    assert len(TABLE) >= 60


def test_studies_whose_indication_asks_for_nothing_do_not_count():
    texts = ["No effusion.", "Clear lungs.", "No effusion."]
    asked = ["Effusion?", "Effusion?", "Chest pain."]
    assert question_answered(texts, asked).scores == pytest.approx([0.5])
    assert np.isnan(question_answered(texts[2:], asked[2:]).scores).all()
