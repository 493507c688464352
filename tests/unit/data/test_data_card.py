"""The page that says what a prepared data set holds."""

from dataclasses import replace
from xml.etree import ElementTree

import polars as pl
import pytest
from mimic_tree import Film, two_visits, write_tree

from priorrg.data.data_card import CARD, PICTURE, REASONS, write_data_card
from priorrg.data.interval_picture import CLASSES, count_intervals, interval_picture
from priorrg.data.mimic_cxr import prepare
from priorrg.data.priors import PriorReason

OEDEMA = " FINDINGS: Mild pulmonary edema. No pneumothorax.\n"


def films():
    return [
        *two_visits(),
        Film(patient="10000001", study="70000001", image="zz", split="test", view="AP", date="1"),
        Film(
            patient="10000002", study="70000002", image="yy", split="test", on_disk=False, report=OEDEMA
        ),
    ]


def card_of(tmp_path, some, **options):
    out = prepare(write_tree(tmp_path / "root", some, **options), tmp_path / "out").folder
    return (out / CARD).read_text()


def row(card, first):
    return next(
        [cell.strip() for cell in line.split("|")[2:-1]]
        for line in card.splitlines()
        if line.startswith(f"| {first} |")
    )


def test_the_card_counts_patients_studies_and_images_of_each_split(tmp_path):
    card = card_of(tmp_path, films())
    assert row(card, "train") == ["1", "2", "3", "1 (50.0 %)"]
    assert row(card, "test") == ["2", "2", "1", "0 (0.0 %)"]
    assert "3 patients, 4 studies, 4 images" in card


def test_the_card_says_how_many_studies_have_a_question_and_a_prior(tmp_path):
    card = card_of(tmp_path, films())
    assert row(card, "indication") == ["100.0 %", "50.0 %", "75.0 %"]
    assert row(card, "prior") == ["50.0 %", "0.0 %", "25.0 %"]


def test_the_card_explains_why_studies_have_no_prior_and_what_is_missing(tmp_path):
    card = card_of(tmp_path, films())
    assert row(card, "`no_date`") == ["the study itself has no date", "1", "25.0 %"]
    assert row(card, "images missing") == ["1"]
    assert row(card, "LATERAL") == ["1", "25.0 %", ""]


def test_every_reason_code_is_explained():
    assert set(REASONS) == set(PriorReason)


def test_lengths_are_in_words(tmp_path):
    card = card_of(tmp_path, films()).partition("Lengths")[2]
    assert row(card, "findings") == ["4", "4", "4", "4", "4", "5", "5"]


def test_observations_are_the_sources_labels_where_there_are_some(tmp_path):
    card = card_of(tmp_path, films())
    assert "Labels of the source" in card
    assert row(card, "Edema") == ["0.0 %", "100.0 %", "0.0 %"]


def test_without_labels_observations_are_read_from_the_reports_and_called_an_estimate(tmp_path):
    card = card_of(tmp_path, films(), without=["chexpert"])
    assert "of 4 reports" in card
    assert "an estimate" in card
    assert row(card, "pulmonary edema") == ["25.0 %", "0.0 %", "0.0 %"]
    assert row(card, "pneumothorax") == ["0.0 %", "0.0 %", "25.0 %"]


def test_the_card_names_the_tables_it_was_made_from_and_the_terms(tmp_path):
    card = card_of(tmp_path, films())
    assert len(row(card, "`mimic-cxr-2.0.0-metadata.csv`")[1]) == len("``") + 64
    assert "PhysioNet Credentialed Health Data License" in card


def test_a_synthetic_cohort_is_said_to_be_one(small_data):
    card = (small_data / CARD).read_text()
    assert "Synthetic patients" in card
    assert "no patient stands behind it" in card


def test_the_same_data_give_the_same_bytes_wherever_they_lie(tmp_path):
    cards = []
    for place in ("here", "there"):
        card_of(tmp_path / place, films())
        out = tmp_path / place / "out"
        cards.append([(out / name).read_bytes() for name in (CARD, PICTURE)])
    assert cards[0] == cards[1]
    assert str(tmp_path).encode() not in cards[0][0]


def test_a_bar_in_a_name_does_not_break_the_table(tmp_path):
    card_of(tmp_path, [replace(films()[0], view="PA")])
    out = tmp_path / "out"
    pl.read_parquet(out / "images.parquet").with_columns(view=pl.lit("a|b")).write_parquet(
        out / "images.parquet"
    )
    write_data_card(out)
    assert row((out / CARD).read_text(), "a/b") == ["1", "100.0 %", ""]


def test_a_study_is_counted_in_the_class_of_its_interval():
    counts = dict(count_intervals(pl.Series([0.5, 1.0, 1.99, 365.9, 366.0, 9000.0, None])))
    assert {name: n for name, n in counts.items() if n} == {
        "under 1 day": 1,
        "1 day": 2,
        "181–365 days": 1,
        "1–2 years": 1,
        "over 5 years": 1,
    }


@pytest.mark.parametrize("counts", [[0] * len(CLASSES), [1, 400, *[0] * (len(CLASSES) - 2)]])
def test_the_picture_is_an_svg_whose_longest_bar_is_the_largest_count(counts):
    named = list(zip((name for name, _ in CLASSES), counts, strict=True))
    root = ElementTree.fromstring(interval_picture(named))
    bars = [float(r.get("width")) for r in root.iter("{http://www.w3.org/2000/svg}rect")][1:]
    assert len(bars) == len(CLASSES)
    assert [b == max(bars) for b in bars] == [c == max(counts) for c in counts]
