"""ReXGradient-160K: entries of JSON, filled from CSV, ordered by dates without times."""

import polars as pl
import pytest
from rexgradient_tree import entry, write_rexgradient_tree

from priorrg.data.rexgradient import prepare
from priorrg.errors import DataError


def prepared_from(tmp_path, *train):
    write_rexgradient_tree(tmp_path / "root", studies={"train": train, "valid": (), "test": ()})
    return prepare(tmp_path / "root", tmp_path / "out")


def study(prepared, number):
    return prepared.study_table.row(
        by_predicate=pl.col("study_id").str.ends_with(f".{number}"), named=True
    )


def test_an_entry_becomes_a_study_with_its_images(tmp_path):
    write_rexgradient_tree(tmp_path / "root")
    prepared = prepare(tmp_path / "root", tmp_path / "out")
    found = study(prepared, 2)
    assert (found["patient_id"], found["sex"], found["age"]) == ("GRA", "F", 57.0)
    assert (found["indication"], found["comparison"]) == ("Cough.", "None.")
    assert (found["prior_study_id"], found["days_since_prior"]) == ("pGRA_aA1_s1.2.1", 4.0)
    assert [s.current.view for s in prepared.studies() if s.study_id == found["study_id"]] == [
        "PA",
        "LATERAL",
        "unk",
    ]
    assert prepared.studies("validate")[0].prior_reason == "no_date"
    assert prepared.card["dropped"]["studies_without_date"] == 1


def test_two_studies_of_one_day_are_not_ordered(tmp_path):
    prepared = prepared_from(
        tmp_path, entry("P", "1", 20180101), entry("P", "2", 20180101), entry("P", "3", 20180102)
    )
    assert [study(prepared, n)["prior_reason"] for n in (1, 2, 3)] == [
        "same_time",
        "same_time",
        "prior_ambiguous",
    ]


def test_what_the_json_lacks_comes_from_the_csv(tmp_path):
    write_rexgradient_tree(tmp_path / "root")
    path = tmp_path / "root" / "metadata" / "train_metadata_view_position.json"
    path.write_text(
        path.read_text().replace('"StudyDate"', '"Other"').replace('"Indication"', '"Other2"')
    )
    found = study(prepare(tmp_path / "root", tmp_path / "out"), 2)
    assert (found["indication"], found["days_since_prior"]) == ("Cough.", 4.0)


@pytest.mark.parametrize("nothing", [None, "None", "nan", "N/A", float("nan")])
def test_texts_that_say_there_is_none_are_empty_but_for_the_comparison(tmp_path, nothing):
    prepared = prepared_from(tmp_path, entry("P", "1", 20180101, Findings=nothing))
    assert study(prepared, 1)["findings"] == ""
    assert study(prepared, 1)["comparison"] == "None."


def test_the_patient_is_in_the_id_if_it_is_nowhere_else(tmp_path):
    assert study(prepared_from(tmp_path, entry("P", "1", 1, PatientID=None)), 1)["patient_id"] == "P"


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"ImagePath": ["../../x.png"]}, "expected one relative to the images"),
        ({"ImageViewPosition": []}, "lists of one length"),
    ],
)
def test_an_entry_that_cannot_be_is_refused_by_name(tmp_path, more, words):
    with pytest.raises(DataError, match=words) as caught:
        prepared_from(tmp_path, entry("P", "1", 20180101, **more))
    assert "pP_aA1_s1.2.1" in str(caught.value)


def test_one_study_in_two_splits_is_refused(tmp_path):
    one = entry("P", "1", 20180101)
    write_rexgradient_tree(tmp_path / "root", studies={"train": (one,), "valid": (), "test": (one,)})
    with pytest.raises(DataError, match="patient 'P' is in split 'train' and in 'test'"):
        prepare(tmp_path / "root", tmp_path / "out")
