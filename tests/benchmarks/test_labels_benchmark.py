"""The measure of the rule labels, on labels whose score is known."""

import pytest
from benchmarks.labels import CODED, bound, coded, scores

from priorrg.language.labels import label_report

FOUND = {
    "sure": label_report("Small effusion."),
    "doubted": label_report("Probable effusion."),
    "speculative": label_report("Effusion cannot be excluded.", speculation=True),
    "none": label_report("No effusion."),
}


@pytest.mark.parametrize(
    ("counting", "precision", "recall"),
    [
        ("uncertain_as_positive", 1.0, 1.0),
        ("positive_alone", 1.0, 1 / 2),
        ("with_speculation", 2 / 3, 1.0),
    ],
)
def test_doubt_counts_as_the_way_of_counting_says(counting, precision, recall):
    truth = {
        name: {observation: observation == "Pleural Effusion" and name in ("sure", "doubted")
               for observation in CODED}
        for name in FOUND
    }  # fmt: skip
    measured = scores(FOUND, truth, list(FOUND), counting)
    assert measured["Pleural Effusion"]["precision"] == pytest.approx(precision)
    assert measured["micro"]["recall"] == pytest.approx(recall)


def test_the_share_that_was_coded_is_told_by_degree_of_doubt():
    truth = {name: dict.fromkeys(CODED, name in ("sure", "none")) for name in FOUND}
    assert {degree: row["coded"] for degree, row in coded(FOUND, truth).items()} == {
        "positive": 1.0,
        "doubted": 0.0,
        "speculative": 0.0,
        "negative": 1.0,
    }


def test_no_reading_is_better_than_the_speculation_that_nobody_coded_allows():
    truth = {
        name: {
            observation: name == "sure" and observation == "Pleural Effusion" for observation in CODED
        }
        for name in FOUND
    }
    assert bound(FOUND, truth) == pytest.approx(2 / 3)
