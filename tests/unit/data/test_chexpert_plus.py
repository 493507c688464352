"""CheXpert Plus: a prior only where nothing contradicts it, and what the order column is worth."""

from dataclasses import replace
from datetime import date, datetime

import polars as pl
import pytest
from chexpert_tree import ROWS, Row, write_chexpert_tree

from priorrg.data.chexpert_plus import prepare
from priorrg.data.dates import dates_in
from priorrg.errors import DataError


def prepared_from(tmp_path, *rows):
    write_chexpert_tree(tmp_path / "root", rows=rows)
    return prepare(tmp_path / "root", tmp_path / "out")


def study(prepared, study_id):
    return prepared.study_table.row(by_predicate=pl.col("study_id") == study_id, named=True)


def reasons(prepared):
    return {row["study_id"][-6:]: row["prior_reason"] for row in prepared.study_table.to_dicts()}


def test_rows_become_studies_with_sections_views_and_split(tmp_path):
    prepared = prepared_from(tmp_path, *ROWS)
    found = study(prepared, "patient00001-study2")
    assert (found["sex"], found["age"], found["split"]) == ("M", 68.0, "train")
    assert found["history"] == "68 years of age, Male, line placement."
    assert found["impression"] == "1. No change. 2. Line in place."
    assert found["taken_at"] == datetime(2010, 2, 20)
    assert '"history": "section_clinical_history"' in found["section_headers"]
    views = {image.image_id: image.view for image in prepared.images()}
    assert views["patient00001-study2-view1_frontal"] == "AP"
    assert views["patient00001-study2-view2_lateral"] == "LATERAL"
    assert views["patient00003-study1-view1_frontal"] == "FRONTAL"
    assert study(prepared, "patient00003-study1")["split"] == "validate"


def test_a_comparison_that_names_the_day_of_the_study_before_gives_a_prior(tmp_path):
    prepared = prepared_from(tmp_path, *ROWS)
    assert not prepared.card["order_check"]["order_column_trusted"]
    found = study(prepared, "patient00001-study2")
    assert (found["prior_study_id"], found["days_since_prior"]) == ("patient00001-study1", 12)


def test_an_order_column_against_the_dates_gives_no_prior_and_is_counted(tmp_path):
    prepared = prepared_from(tmp_path, *ROWS)
    assert study(prepared, "patient00002-study1")["prior_reason"] == "order_unsure"
    assert study(prepared, "patient00002-study2")["prior_reason"] == "order_unsure"
    found = prepared.card["order_check"]
    assert (found["pairs_by_order"], found["pairs_dated_in_order"], found["pairs_dated_reversed"]) == (
        2, 1, 1,
    )  # fmt: skip
    assert found["comparison_names_the_study_before_by_order"] == 1
    assert found["comparison_says_none"] == 1
    assert found["comparison_says_none_after_a_study_by_order"] == 0


def test_an_order_column_that_holds_elsewhere_is_trusted_without_such_a_wording(tmp_path):
    days = ("2/1/2010", "2/2/2010", "2/9/2010", "3/1/2010")
    rows = [Row(patient=1, study=n, order=n, day=day) for n, day in enumerate(days, start=1)]
    prepared = prepared_from(tmp_path, *rows)
    assert prepared.card["order_check"]["order_column_trusted"]
    assert set(reasons(prepared).values()) == {"first_study", "linked"}


def test_where_order_column_and_dates_agree_by_chance_alone_nothing_is_linked(tmp_path):
    rows = [
        Row(patient=patient, study=study, order=order, day=day)
        for patient in range(1, 9)
        for study, order, day in (
            (1, 1 + patient % 2, "2/1/2010"),
            (2, 2 - patient % 2, "2/9/2010"),
        )
    ]
    prepared = prepared_from(tmp_path, *rows)
    found = prepared.card["order_check"]
    assert (found["pairs_dated_in_order"], found["pairs_dated_reversed"]) == (4, 4)
    assert set(prepared.study_table["prior_reason"]) == {"order_unsure"}


@pytest.mark.parametrize("wording", ["None", "None.", "No prior studies available.", "none available"])
def test_wording_that_denies_an_earlier_study_gives_no_prior(tmp_path, wording):
    first = Row(patient=1, study=1, order=1, day="2/8/2010")
    prepared = prepared_from(
        tmp_path, first, replace(first, study=2, order=2, day="2/9/2010", comparison=wording)
    )
    assert reasons(prepared) == {"study1": "first_study", "study2": "order_unsure"}
    assert prepared.card["order_check"]["comparison_says_none_after_a_study_by_date"] == 1


@pytest.mark.parametrize(
    ("order", "day", "reason"),
    [
        (2, "2/8/2010", "same_time"),
        (2, "", "no_date"),
        (1, "2/9/2010", "order_unsure"),
        ("", "2/9/2010", "order_unsure"),
        (2, "13/45/2010", "no_date"),
        (2, "11 January 24th", "no_date"),
    ],
)
def test_what_does_not_order_gives_no_prior(tmp_path, order, day, reason):
    first = Row(patient=1, study=1, order=1, day="2/8/2010")
    prepared = prepared_from(tmp_path, first, replace(first, study=2, order=order, day=day))
    assert reasons(prepared)["study2"] == reason
    assert study(prepared, "patient00001-study2")["prior_study_id"] is None


def test_an_undated_study_between_two_makes_the_later_unsure(tmp_path):
    first = Row(patient=1, study=1, order=1, day="2/8/2010")
    prepared = prepared_from(
        tmp_path,
        first,
        replace(first, study=2, order=2, day=""),
        replace(first, study=3, order=3, day="2/9/2010"),
    )
    assert reasons(prepared) == {"study1": "first_study", "study2": "no_date", "study3": "order_unsure"}


def test_the_images_may_be_those_of_another_release(tmp_path):
    write_chexpert_tree(tmp_path / "root")
    for path in sorted((tmp_path / "root").rglob("*.jpg")):
        target = tmp_path / "root" / "PNG" / path.relative_to(tmp_path / "root").with_suffix(".png")
        target.parent.mkdir(parents=True, exist_ok=True)
        path.rename(target)
    prepared = prepare(tmp_path / "root", tmp_path / "out")
    assert prepared.card["dropped"]["images_missing"] == 0
    assert prepared.images()[0].location == "PNG/train/patient00001/study1/view1_frontal.png"


def test_texts_that_differ_within_a_study_are_counted(tmp_path):
    first = Row(patient=1, study=1, order=1)
    prepared = prepared_from(tmp_path, first, replace(first, view="view2_lateral", findings="Other."))
    assert prepared.card["dropped"]["studies_whose_texts_differ"] == 1
    assert study(prepared, "patient00001-study1")["findings"] == "Lungs clear."


def test_the_patient_column_may_hold_the_number_alone(tmp_path):
    write_chexpert_tree(tmp_path / "root")
    table = tmp_path / "root" / "df_chexpert_plus_240401.csv"
    table.write_text(table.read_text().replace(",patient0000", ","))
    prepared = prepare(tmp_path / "root", tmp_path / "out")
    assert study(prepared, "patient00001-study2")["patient_id"] == "patient00001"


def test_a_path_of_another_form_is_refused(tmp_path):
    write_chexpert_tree(tmp_path / "root")
    table = tmp_path / "root" / "df_chexpert_plus_240401.csv"
    table.write_text(table.read_text().replace("train/patient00001/study1/", "train/"))
    with pytest.raises(DataError, match="expected train/patient1/study1/view1_frontal"):
        prepare(tmp_path / "root", tmp_path / "out")


def test_dates_are_found_as_americans_write_them():
    text = "Compared to 2/8/2010, Feb 9, 2010, 10 March 2010 and 2010-04-11; not 31/12/2010 nor 5/5/10."
    assert dates_in(text) == [date(2010, 2, 8), date(2010, 2, 9), date(2010, 3, 10), date(2010, 4, 11)]
