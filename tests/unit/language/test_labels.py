"""What reports say of CheXpert's 14 observations, by rules."""

import time

import pytest
from tests.unit.language.label_sentences import SEVERAL, TABLES

from priorrg.data.label_names import CHEXPERT_LABELS
from priorrg.language.label_grammar import OBSERVATIONS, Label
from priorrg.language.labels import label_report, labels_of


def labels(text, *, speculation=True):
    found = label_report(text, speculation=speculation)
    return {name: int(finding.label) for name, finding in found.items()}


@pytest.mark.parametrize(
    ("observation", "sentence", "label"),
    [(name, *row) for name, table in TABLES.items() for row in table.items()],
)
def test_each_observation_is_read_as_a_reader_would(observation, sentence, label):
    assert labels(sentence).get(observation) == label


@pytest.mark.parametrize(("sentence", "expected"), SEVERAL.items())
def test_words_of_denial_and_doubt_reach_as_far_as_they_mean(sentence, expected):
    found = labels(sentence)
    found.pop("No Finding", None)
    assert found == expected


def test_the_observations_are_those_that_data_sets_name():
    assert OBSERVATIONS == CHEXPERT_LABELS
    assert set(TABLES) == set(OBSERVATIONS)


@pytest.mark.parametrize(
    ("report", "label"),
    [
        ("No effusion. Possible effusion. Small left effusion.", 1),
        ("No effusion. Possible effusion.", -1),
        ("No effusion. No large effusion.", 0),
    ],
)
def test_any_affirmation_wins_then_any_doubt_then_denial(report, label):
    assert labels(report)["Pleural Effusion"] == label


def test_the_phrase_that_decided_is_told_as_it_stands():
    found = label_report(
        "Heart size normal.\nNo focal consolidation or Pleural Effusion. Edema is possible."
    )
    assert found["Pleural Effusion"].phrase == "No focal consolidation or Pleural Effusion"
    assert found["Edema"].phrase == "Edema is possible"


def test_of_two_alternatives_both_stand_in_the_phrase():
    found = label_report("Streaky density, scarring or small atelectasis.")
    assert found["Atelectasis"].phrase == "scarring or small atelectasis"


def test_a_phrase_stays_in_place_behind_letters_that_grow_in_lower_case():
    assert label_report("İİİ: no effusion seen")["Pleural Effusion"].phrase == "no effusion"


@pytest.mark.parametrize(
    ("sentence", "speculative"),
    [
        ("Opacity may represent pneumonia.", True),
        ("Pneumonia cannot be excluded.", True),
        ("Opacity concerning for pneumonia.", True),
        ("Differential considerations include pneumonia.", True),
        ("Possible pneumonia.", False),
        ("Questionable pneumonia.", True),
        ("Opacity suggesting pneumonia.", True),
        ("Probable pneumonia.", False),
        ("Atelectasis or pneumonia.", False),
        ("Pneumonia.", False),
        ("No pneumonia.", False),
    ],
)
def test_what_something_may_be_differs_from_what_is_seen_and_doubted(sentence, speculative):
    assert label_report(sentence, speculation=True)["Pneumonia"].speculative is speculative
    assert ("Pneumonia" in label_report(sentence)) is not speculative


def test_speculation_is_left_out_and_does_not_make_the_report_normal():
    report = "Nodule cannot be excluded. Probable effusion. No edema."
    assert labels(report, speculation=False) == {"Pleural Effusion": -1, "Edema": 0}
    assert labels("A nodule cannot be excluded.", speculation=False) == {}


def test_a_doubted_finding_counts_more_than_a_speculation():
    found = labels("Opacity may be edema. Probable edema.", speculation=False)
    assert found == {"Edema": -1, "Lung Opacity": 1}


def test_labels_come_in_the_order_of_the_observations():
    row = labels_of("Small effusion. No pneumothorax.")
    assert row[OBSERVATIONS.index("Pleural Effusion")] is Label.POSITIVE
    assert row[OBSERVATIONS.index("Pneumothorax")] is Label.NEGATIVE
    assert sum(label is not None for label in row) == 2


@pytest.mark.parametrize(
    "word", ["effusion, ", "no ", "no effusion or ", "heart ", "opacity ", "a", "( "]
)
def test_a_long_text_without_full_stops_takes_no_longer_than_its_length_asks(word):
    start = time.perf_counter()
    label_report(word * (100_000 // len(word)))
    assert time.perf_counter() - start < 10
