"""F1 of labels by rules between two sets of reports."""

import numpy as np
import pytest
from sklearn.metrics import f1_score

from priorrg.errors import DataError
from priorrg.language.label_grammar import OBSERVATIONS, Label
from priorrg.language.labels import labels_of
from priorrg.metrics.observation_f1 import FIVE
from priorrg.metrics.rule_labels import rule_label_f1

REFERENCES = [
    "Small left effusion. No pneumothorax.",
    "Cardiomegaly with mild edema. Pacemaker.",
    "The lungs are clear.",
    "Probable atelectasis. Possible pneumonia.",
    "Consolidation and effusion.",
]
GENERATED = [
    "Possible left effusion.",
    "Cardiomegaly. No edema.",
    "Small nodule.",
    "Atelectasis. Pneumonia.",
    "No consolidation. Effusion.",
]


def scores(generated, references):
    tallies = rule_label_f1(generated, references)
    return dict(zip(tallies.names, tallies.scores, strict=True))


def positives(texts, counted, names):
    places = [OBSERVATIONS.index(name) for name in names]
    return np.array([[labels_of(text)[place] in counted for place in places] for text in texts])


@pytest.mark.parametrize(("number", "names"), [(14, OBSERVATIONS), (5, FIVE)])
@pytest.mark.parametrize(
    ("ending", "counted"),
    [("", (Label.POSITIVE, Label.UNCERTAIN)), ("_certain", (Label.POSITIVE,))],
)
def test_scores_are_those_of_an_independent_library(number, names, ending, counted):
    said, true = positives(GENERATED, counted, names), positives(REFERENCES, counted, names)
    found = scores(GENERATED, REFERENCES)
    assert found[f"rule_label_{number}_micro_f1{ending}"] == pytest.approx(
        f1_score(true, said, average="micro")
    )
    assert found[f"rule_label_{number}_macro_f1{ending}"] == pytest.approx(
        f1_score(true, said, average="macro", zero_division=0)
    )


def test_each_observation_has_its_own_score():
    found = scores(GENERATED, REFERENCES)
    assert found["rule_label_f1_pleural_effusion"] == 1.0
    assert found["rule_label_f1_edema"] == 0.0
    assert np.isnan(found["rule_label_f1_fracture"])


def test_identical_reports_score_one_and_an_empty_one_is_not_flattered():
    same = scores(REFERENCES, REFERENCES)
    assert same["rule_label_14_micro_f1"] == same["rule_label_5_macro_f1"] == 1.0
    assert scores(["", "", "", "", ""], REFERENCES)["rule_label_14_micro_f1"] == 0.0


def test_sums_of_many_resamples_are_scored_in_one_call():
    tallies = rule_label_f1(GENERATED, REFERENCES)
    rows = np.stack([tallies.rows.sum(axis=0), tallies.rows[:2].sum(axis=0)])
    many = tallies.score(rows)
    np.testing.assert_allclose(many[0], tallies.scores)
    np.testing.assert_allclose(many[1], tallies.of(np.arange(2)).scores)


def test_no_reports_have_no_score():
    assert np.isnan(scores([], [])["rule_label_14_micro_f1"])


def test_unpaired_reports_are_refused():
    with pytest.raises(DataError, match="got 1 reports and 2 references"):
        rule_label_f1(["a"], ["a", "b"])
