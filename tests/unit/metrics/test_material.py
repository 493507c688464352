"""Tables of reports of any system, as what there is to score."""

import json
from pathlib import Path

import polars as pl
import pytest

from priorrg.errors import DataError, UsageError
from priorrg.language.observations import Observation, Side
from priorrg.metrics.material import first_words, read_material
from priorrg.metrics.report_columns import Columns
from priorrg.truth import TruthRow

HEADER = "study_id,image_id,has_prior,reference,generated\n"


def table(tmp_path: Path, text: str, name: str = "reports.csv") -> Path:
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (HEADER, "no rows"),
        (HEADER + "s,i,1,a,b\ns,i,1,a,c\n", "image_id i comes twice, with different texts"),
        (HEADER + "s,,1,a,b\n", "row 1 has no image_id"),
        (HEADER + "s,i,maybe,a,b\n", "has_prior of row 1 is 'maybe'"),
    ],
)
def test_a_bad_table_is_refused_in_one_line(tmp_path, text, message):
    with pytest.raises(DataError, match=message) as error:
        read_material(table(tmp_path, text))
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    "columns",
    [
        Columns(generated="draft"),
        Columns(reference="gold"),
        Columns(id="uid"),
        Columns(patient="who"),
        Columns(indication="why"),
    ],
)
def test_an_unknown_column_is_refused_with_the_names_there_are(tmp_path, columns):
    path = table(tmp_path, HEADER + "s,i,1,a,b\n")
    with pytest.raises(UsageError, match=r"no column '\w+'; it has study_id, image_id, has_prior"):
        read_material(path, columns)


def test_a_missing_column_of_texts_is_refused_with_the_option_that_names_it(tmp_path):
    with pytest.raises(UsageError, match="Name it with --generated"):
        read_material(table(tmp_path, "id,reference,draft\na,b,c\n"))


def test_every_kind_of_table_gives_the_same_material(tmp_path):
    rows = [
        {"uid": 1, "who": "a", "gold": "Clear.", "text": "Clear lungs."},
        {"uid": 2, "who": "b", "gold": None, "text": "No effusion."},
    ]
    lines = table(tmp_path, "\n".join(map(json.dumps, rows)), "r.jsonl")
    parquet, csv = tmp_path / "r.parquet", tmp_path / "r.csv"
    pl.DataFrame(rows).write_parquet(parquet)
    pl.DataFrame(rows).write_csv(csv)
    columns = Columns(id="uid", patient="who", reference="gold", generated="text")
    one, two, three = (read_material(path, columns) for path in (lines, parquet, csv))
    assert one == two == three
    assert (one.ids, one.patients, one.references) == (["1", "2"], ["a", "b"], ["Clear.", ""])


def test_numbers_nothing_and_lists_of_sentences_are_texts(tmp_path):
    rows = [
        {"id": "a", "reference": ["No effusion.", "Clear."], "generated": float("nan")},
        {"id": "b", "reference": None, "generated": 7},
        {"id": "c", "generated": "x"},
    ]
    material = read_material(table(tmp_path, "\n".join(map(json.dumps, rows)), "r.jsonl"))
    assert material.references == ["No effusion. Clear.", "", ""]
    assert material.generated == ["", "7", "x"]


def test_line_breaks_and_very_long_texts_are_read(tmp_path):
    path = table(tmp_path, HEADER + 's,i,1,"a\nb","' + "effusion " * 30_000 + '"\n')
    assert read_material(path).references == ["a\nb"]


def test_equal_rows_count_once_and_it_is_said(tmp_path):
    material = read_material(table(tmp_path, HEADER + "s,i,1,a,b\n" * 2))
    assert material.ids == ["i"]
    assert any("1 rows come twice" in notice for notice in material.notices)


def test_empty_references_are_counted_and_said(tmp_path):
    material = read_material(table(tmp_path, "id,reference,generated\na,,b\nb,nan,b\nc,c,\n"))
    assert "2 of 3 references are empty; they are scored as such" in material.notices


def test_without_ids_reports_go_by_row_number_and_without_patients_each_is_its_own(tmp_path):
    material = read_material(table(tmp_path, "reference,generated\na,b\nc,d\n"))
    assert material.ids == ["1", "2"]
    assert list(material.patient_numbers) == [0, 1]
    assert any("row number" in notice for notice in material.notices)
    assert any("no column patient_id" in notice for notice in material.notices)


def test_images_of_a_study_are_one_patient_where_no_column_says_more(tmp_path):
    material = read_material(table(tmp_path, HEADER + "s,i,1,a,b\ns,j,1,a,b\nt,k,1,a,b\n"))
    assert list(material.patient_numbers) == [0, 0, 1]


def test_a_study_is_stood_for_by_its_first_frontal_image(tmp_path):
    text = (
        "study_id,image_id,view,generated\ns,i,LATERAL,a\ns,j,AP,b\ns,k,PA,c\nt,l,LL,d\nt,m,LATERAL,e\n"
    )
    material = read_material(table(tmp_path, text), unit="study")
    assert material.generated == ["b", "d"]
    assert any("3 further images" in notice for notice in material.notices)


def test_the_unit_study_needs_studies(tmp_path):
    with pytest.raises(UsageError, match="no column study_id"):
        read_material(table(tmp_path, "id,generated\na,b\n"), unit="study")
    with pytest.raises(UsageError, match="image, study"):
        read_material(table(tmp_path, "id,generated\na,b\n"), unit="patient")


def test_a_report_that_should_be_there_is_scored_as_empty_and_a_stranger_is_left_out(tmp_path):
    reports = table(tmp_path, "id,generated\na,Clear.\nx,Edema.\n")
    references = table(tmp_path, "id,reference,patient_id\na,Clear.,p\nb,Effusion.,p\n", "gold.csv")
    material = read_material(reports, references=references)
    assert (material.ids, material.generated) == (["a", "b"], ["Clear.", ""])
    assert (material.missing, material.left_out) == (1, 1)
    assert any("1 of 2 reports are missing" in notice for notice in material.notices)


def test_rows_of_views_that_the_truth_does_not_describe_are_left_out_and_counted(tmp_path):
    row = TruthRow(study_id="s", image_id="i1", observation=Observation.EFFUSION, side=Side.LEFT)
    path = table(tmp_path, HEADER + "s,i1,0,A.,B.\ns,i2,0,A.,B.\n")
    material = read_material(path, truth={"s": (row,)})
    assert (material.ids, material.left_out) == (["i1"], 1)


def test_references_are_cut_to_words_and_full_stops():
    assert first_words("No effusion. Clear.", 4) == "No effusion . Clear"
    assert first_words("No  effusion.", 3) == "No  effusion."
