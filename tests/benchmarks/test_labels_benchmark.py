"""The measure of the rule labels, on labels whose score is known."""

import pytest
from benchmarks.labels import CODED, scores

from priorrg.language.labels import label_report

FOUND = {
    "sure": label_report("Small effusion."),
    "probable": label_report("Probable effusion."),
    "possible": label_report("Effusion cannot be excluded."),
    "none": label_report("No effusion."),
}


@pytest.mark.parametrize(
    ("counting", "precision", "recall"),
    [
        ("uncertain_as_positive", 2 / 3, 1.0),
        ("positive_alone", 1.0, 1 / 2),
        ("without_possibilities", 1.0, 1.0),
    ],
)
def test_doubt_counts_as_the_way_of_counting_says(counting, precision, recall):
    truth = {
        name: {observation: observation == "Pleural Effusion" and name in ("sure", "probable")
               for observation in CODED}
        for name in FOUND
    }  # fmt: skip
    measured = scores(FOUND, truth, list(FOUND), counting)
    assert measured["Pleural Effusion"]["precision"] == pytest.approx(precision)
    assert measured["micro"]["recall"] == pytest.approx(recall)
