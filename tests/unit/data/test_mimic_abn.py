"""MIMIC-ABN: read from its annotation, or derived from MIMIC-CXR and named so."""

import polars as pl
import pytest
from mimic_tree import Film, two_visits, write_tree
from own_tree import write_own_tree
from released_tree import write_released_tree

from priorrg.data import mimic_abn, mimic_cxr, own_table
from priorrg.data.mimic_abn_derived import prepare
from priorrg.errors import UsageError

ABNORMAL = " INDICATION: Cough.\n\n FINDINGS: Left effusion. No edema.\n\n IMPRESSION: No change.\n"
NORMAL = " FINDINGS: No effusion.\n"
PATIENT = "10000099"


def film(study, date, report, **more):
    return Film(patient=PATIENT, study=study, image=f"i{study}", date=date, report=report, **more)


def write(tmp_path, *films):
    return write_tree(tmp_path / "root", films)


def study(prepared, study_id):
    return prepared.study_table.row(by_predicate=pl.col("study_id") == study_id, named=True)


def test_the_annotation_is_read_as_the_released_one_under_its_own_name(tmp_path):
    write_released_tree(tmp_path / "root")
    prepared = mimic_abn.prepare(tmp_path / "root", tmp_path / "out")
    assert (prepared.name, prepared.card["reader"]) == ("mimic-abn", "mimic-abn")
    assert prepared.studies("test")[0].prior_reason == "given"


def test_abnormal_sentences_remain_and_studies_without_one_are_dropped_and_counted(tmp_path):
    root = write(
        tmp_path,
        film("1", "21800101", ABNORMAL),
        film("2", "21800201", NORMAL),
        film("3", "21800301", " IMPRESSION: Left effusion.\n"),
    )
    prepared = prepare(root, tmp_path / "out")
    assert prepared.study_table["study_id"].to_list() == ["1"]
    found = study(prepared, "1")
    assert (found["findings"], found["impression"], found["indication"]) == (
        "Left effusion.",
        "",
        "Cough.",
    )
    dropped = prepared.card["dropped"]
    assert dropped["studies_without_abnormal_sentence"] == 1
    assert dropped["studies_without_findings"] == 1
    assert dropped["sentences_left_out"] == 2
    assert prepared.name == "mimic-abn-derived"
    assert list(prepared.labels()) == ["1"]


def test_the_prior_is_that_of_the_whole_data_set_though_its_own_report_was_normal(tmp_path):
    root = write(
        tmp_path,
        film("1", "21800101", ABNORMAL),
        film("2", "21800201", NORMAL),
        film("3", "21800301", ABNORMAL, view="AP"),
    )
    prepared = prepare(root, tmp_path / "out")
    (first, last) = prepared.studies("train")
    assert (first.study_id, first.prior_reason) == ("1", "first_study")
    assert (last.prior.image_id, last.prior_reason, last.days_since_prior) == ("i2", "linked", 29.0)
    alone = study(prepared, "2")
    assert (alone["split"], alone["findings"], alone["prior_reason"]) == ("", "", "prior_alone")


def test_a_prepared_data_set_gives_the_same_as_the_raw_tree(tmp_path):
    root = write_tree(tmp_path / "root", [*two_visits(), film("9", "21800101", ABNORMAL)])
    mimic_cxr.prepare(root, tmp_path / "whole")
    raw, prepared = prepare(root, tmp_path / "a"), prepare(tmp_path / "whole", tmp_path / "b")
    assert raw.fingerprint == prepared.fingerprint
    assert raw.card == prepared.card
    assert prepared.image_path(prepared.images()[0]).is_file()
    assert prepare(tmp_path / "whole", tmp_path / "b").fingerprint == raw.fingerprint


def test_only_a_preparation_of_mimic_with_images_is_taken(tmp_path):
    write_own_tree(tmp_path / "own")
    own_table.prepare(tmp_path / "own", tmp_path / "prepared")
    with pytest.raises(UsageError, match="was prepared by own; expected MIMIC-CXR"):
        prepare(tmp_path / "prepared", tmp_path / "out")
    root = write(tmp_path, film("1", "21800101", ABNORMAL))
    mimic_cxr.prepare(root, tmp_path / "texts", with_images=False)
    with pytest.raises(UsageError, match="prepared by mimic-cxr without images"):
        prepare(tmp_path / "texts", tmp_path / "out")
    assert len(prepare(tmp_path / "texts", tmp_path / "out", with_images=False).study_table) == 1
