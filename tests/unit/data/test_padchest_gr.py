"""PadChest-GR: sentences as findings, priors as given, boxes not lost."""

import json

import polars as pl
import pytest
from films import FOREIGN
from padchest_tree import REPORTS, ROWS, report, row, write_padchest_tree

from priorrg.data.padchest_gr import prepare
from priorrg.errors import DataError


def prepared_from(tmp_path, reports, rows, **options):
    write_padchest_tree(tmp_path / "root", reports=reports, rows=rows)
    return prepare(tmp_path / "root", tmp_path / "out", **options)


def study(prepared, study_id):
    return prepared.study_table.row(by_predicate=pl.col("study_id") == study_id, named=True)


def test_sentences_become_findings_and_the_given_prior_is_kept(tmp_path):
    prepared = prepared_from(tmp_path, REPORTS, ROWS)
    (first, second) = prepared.studies("train")
    assert first.report.findings == f"Left effusion in 1001. {FOREIGN}"
    assert (first.prior.image_id, first.prior_reason, first.days_since_prior) == ("900_x", "given", None)
    assert (second.prior, second.prior_reason) == (None, "first_study")
    assert (first.sex, first.age, first.current.view) == ("F", 71.0, "FRONTAL")
    assert [s.current.image_id for s in prepared.studies("validate")] == ["2001"]


def test_the_prior_alone_is_not_reported_on(tmp_path):
    prepared = prepared_from(tmp_path, REPORTS, ROWS)
    assert (study(prepared, "900")["split"], study(prepared, "900")["patient_id"]) == ("", "ann")


def test_the_sentences_may_be_spanish(tmp_path):
    prepared = prepared_from(tmp_path, REPORTS, ROWS, language="es")
    assert study(prepared, "1001")["findings"] == "Derrame izquierdo en 1001. Manchas."
    assert json.loads(study(prepared, "1001")["section_headers"]) == {"findings": "sentence_es"}


def test_boxes_and_progression_are_kept_beside_the_tables_and_the_card_says_so(tmp_path):
    prepared = prepared_from(tmp_path, REPORTS, ROWS)
    kept = json.loads((prepared.folder / "grounded_reports_20240819.json").read_text(encoding="utf-8"))
    assert kept[0]["findings"][0]["boxes"] == [[0.5, 0.6, 0.9, 0.95]]
    assert kept[0]["findings"][0]["progression"] == "stable"
    assert (prepared.folder / "master_table.csv").is_file()
    assert "boxes, labels, locations and progression" in prepared.card["not_in_the_tables"]


@pytest.mark.parametrize(("named", "study_id"), [("900", "900"), ("True", "900_x-study")])
def test_a_prior_that_the_table_names_counts_where_the_reports_name_none(tmp_path, named, study_id):
    rows = [row("ann", "1002", "train", prior_study=named, prior_imageID="900_x.png")]
    prepared = prepared_from(tmp_path, [report("1002", "1002.png")], rows)
    assert study(prepared, "1002")["prior_study_id"] == study_id
    assert prepared.studies("train")[0].prior.image_id == "900_x"


def test_two_priors_for_one_study_are_none(tmp_path):
    rows = [row("ann", "1002", "train", prior_imageID=image) for image in ("a.png", "b.png")]
    prepared = prepared_from(tmp_path, [report("1002", "1002.png")], rows)
    assert study(prepared, "1002")["prior_reason"] == "prior_ambiguous"


def test_a_prior_that_is_a_current_image_itself_is_one_study(tmp_path):
    reports = [report("1001", "1001.png"), report("1002", "1002.png", ("1001", "1001.png"))]
    prepared = prepared_from(tmp_path, reports, ROWS)
    assert study(prepared, "1002")["prior_study_id"] == "1001"
    assert sorted(prepared.study_table["study_id"]) == ["1001", "1002"]


def test_another_image_of_a_reported_study_is_a_study_of_its_own(tmp_path):
    reports = [report("1001", "1001.png"), report("1002", "1002.png", ("1001", "other.png"))]
    prepared = prepared_from(tmp_path, reports, ROWS)
    assert study(prepared, "1002")["prior_study_id"] == "1001-prior"


def test_lost_priors_and_studies_without_a_row_are_counted(tmp_path):
    write_padchest_tree(tmp_path / "root", rows=ROWS[:-1])
    next((tmp_path / "root").rglob("900_x.png")).unlink()
    prepared = prepare(tmp_path / "root", tmp_path / "out")
    assert study(prepared, "1001")["prior_reason"] == "prior_has_no_image"
    assert prepared.card["dropped"]["priors_missing"] == 1
    assert prepared.card["dropped"]["studies_not_in_the_table"] == 1


@pytest.mark.parametrize(
    ("reports", "words"),
    [
        ([{"StudyID": "1001"}], r"\[0\]: KeyError 'ImageID'; expected StudyID, ImageID and findings"),
        ([report("1001", "1001.png")] * 2, "study '1001' occurs twice"),
        ([report("1001", "1001.png", ("2001", "2001.png")), report("2001", "2001.png")], "of another patient"),
        ([report("1001", "1001.png", ("1001", "1001.png"))], "of the study itself"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused(tmp_path, reports, words):
    (tmp_path / "root").mkdir()
    write_padchest_tree(tmp_path / "root")
    (tmp_path / "root" / "grounded_reports_20240819.json").write_text(json.dumps(reports))
    with pytest.raises(DataError, match=words):
        prepare(tmp_path / "root", tmp_path / "out")
    assert not (tmp_path / "out").exists()
