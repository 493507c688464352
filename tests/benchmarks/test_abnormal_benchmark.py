"""The measure of the abnormal-sentence rule, on reports whose answer is known."""

from benchmarks.abnormal import RULES, scores

REPORTS = {
    "sick": "Left effusion without pneumothorax. Lungs clear.",
    "well": "No effusion. Normal heart.",
    "odd": "The spine is long.",
    "missed": "The lungs are not well seen.",
}
LABELS = {"sick": True, "well": False, "odd": False, "missed": True}


def test_precision_and_recall_are_those_of_reports_and_the_share_that_of_sentences():
    measured = scores(RULES["rule"], REPORTS, LABELS)
    assert measured == {"precision": 0.5, "recall": 0.5, "sentences_kept": 2 / 6}


def test_the_plain_rule_drops_a_finding_beside_a_denial():
    measured = scores(RULES["negation_words_alone"], REPORTS, LABELS)
    assert measured == {"precision": 0, "recall": 0, "sentences_kept": 1 / 6}
