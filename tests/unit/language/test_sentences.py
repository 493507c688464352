"""Sentences: what ends one, and what only looks so."""

import pytest

from priorrg.language.sentences import split_sentences


@pytest.mark.parametrize(
    ("text", "sentences"),
    [
        ("", []),
        ("  \n ", []),
        ("No effusion", ["No effusion"]),
        ("No effusion. Heart normal.", ["No effusion.", "Heart normal."]),
        ("no effusion. heart normal.", ["no effusion.", "heart normal."]),
        ("A 1.5 cm nodule. Stable.", ["A 1.5 cm nodule.", "Stable."]),
        ("Discussed with Dr. Smith. Done.", ["Discussed with Dr. Smith.", "Done."]),
        ("Atelectasis vs. pneumonia.", ["Atelectasis vs. pneumonia."]),
        ("Opacity, e.g. edema. Next.", ["Opacity, e.g. edema.", "Next."]),
        ("The left\neffusion is\n stable.", ["The left effusion is stable."]),
        ("Left effusion\n\nNo edema", ["Left effusion", "No edema"]),
        ("1. Left effusion.\n2. No edema.", ["Left effusion.", "No edema."]),
        ("1. Left effusion. 2. No edema.", ["Left effusion.", "No edema."]),
        ("No effusion . Heart normal .", ["No effusion .", "Heart normal ."]),
        ("No effusion.The heart is normal.", ["No effusion.", "The heart is normal."]),
        ("Is there edema? No!", ["Is there edema?", "No!"]),
        ("Seen at 5 p.m. today. Ok.", ["Seen at 5 p.m. today.", "Ok."]),
    ],
)
def test_a_report_is_cut_where_its_sentences_end(text: str, sentences: list[str]) -> None:
    assert split_sentences(text) == sentences


def test_a_sentence_that_nobody_would_dictate_is_cut():
    parts = split_sentences("edema " * 17_000)
    assert max(len(part.split()) for part in parts) == 300
    assert sum(len(part.split()) for part in parts) == 17_000
