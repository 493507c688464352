"""A table of one's own: what its columns may hold, and what is said where they cannot be right."""

import gzip
import json
from datetime import UTC, date, datetime

import polars as pl
import pytest
from films import write_film
from own_tree import ROWS, row, write_own_tree
from typer.testing import CliRunner

from priorrg.cli import app
from priorrg.data.own_table import prepare
from priorrg.errors import DataError, UsageError


def prepared_from(tmp_path, rows, **options):
    write_own_tree(tmp_path / "root", rows=tuple(rows))
    return prepare(tmp_path / "root", tmp_path / "out", **options)


def study(prepared, study_id):
    return prepared.study_table.row(
        by_predicate=pl.col("study_id") == study_id,
        named=True,
    )


def test_one_row_an_image_becomes_studies_with_priors_by_date(tmp_path):
    prepared = prepared_from(tmp_path, ROWS)
    current, side = (s for s in prepared.studies() if s.study_id == "a2")
    assert (current.current.image_id, current.current.view) == ("ann/a2", "AP")
    assert (side.current.image_id, side.current.view) == ("ann/a2-side", "LATERAL")
    assert current.prior.image_id == side.prior.image_id == "ann/a1"
    assert (current.prior_reason, current.days_since_prior) == ("linked", 2.5)
    assert (current.sex, current.age, current.context.indication) == ("F", 57.0, "Cough?")
    assert study(prepared, "b1")["prior_reason"] == "no_date"
    assert prepared.card["dropped"]["studies_without_date"] == 1
    assert json.loads(study(prepared, "a1")["section_headers"])["findings"] == "findings"


def test_a_date_alone_is_not_earlier_than_a_time_on_that_day(tmp_path):
    rows = [
        row("p", "dated", "2024-01-01", "1.png"),
        row("p", "timed", "2024-01-01T09:00", "2.png"),
        row("p", "next", "2024-01-02T09:00", "3.png"),
    ]
    prepared = prepared_from(tmp_path, rows)
    reasons = {s: study(prepared, s)["prior_reason"] for s in ("dated", "timed", "next")}
    assert reasons == {"dated": "same_time", "timed": "same_time", "next": "prior_ambiguous"}


@pytest.mark.parametrize(
    "text", ["2024-01-31 14:05:09.5", "2024-01-31T14:05:09.500", "2024/01/31 14:05:09.5"]
)
def test_dates_come_in_the_forms_of_iso_8601(tmp_path, text):
    prepared = prepared_from(tmp_path, [row("p", "s", text, "1.png")])
    assert study(prepared, "s")["taken_at"] == datetime(2024, 1, 31, 14, 5, 9, 500_000)


def test_time_zones_are_brought_to_one_clock(tmp_path):
    rows = [
        row("p", "second", "2024-01-01T09:00+01:00", "1.png"),
        row("p", "first", "2024-01-01T03:30-04:00", "2.png"),
    ]
    prepared = prepared_from(tmp_path, rows)
    assert study(prepared, "second")["prior_study_id"] == "first"
    with pytest.raises(DataError, match="time zone in some rows only"):
        prepared_from(tmp_path, [*rows, row("p", "third", "2024-01-01T09:00", "3.png")])


def test_missing_columns_are_fine_and_unknown_ones_are_named_in_the_card(tmp_path):
    rows = [{"patient": "p", "study": "s", "image": "1.png", "ward": "7"}]
    prepared = prepared_from(tmp_path, rows)
    (only,) = prepared.studies()
    assert (only.current.view, only.report.findings, only.prior_reason) == ("unk", "", "no_date")
    assert prepared.card["columns_not_used"] == ["ward"]


def test_the_columns_may_have_other_names(tmp_path):
    rows = [{"mrn": "p", "accession": "s", "file": "1.png", "befund": "Clear."}]
    columns = {"patient": "mrn", "study": "accession", "image": "file", "findings": "befund"}
    prepared = prepared_from(tmp_path, rows, columns=columns)
    assert study(prepared, "s")["findings"] == "Clear."
    with pytest.raises(UsageError, match=r"other way round: `--column patient=mrn`\?"):
        prepare(tmp_path / "root", tmp_path / "out", columns={"mrn": "patient"})
    with pytest.raises(
        DataError, match="patient, study, image is missing; found mrn, accession"
    ) as seen:
        prepare(tmp_path / "root", tmp_path / "out")
    assert "`--column patient=NAME`" in str(seen.value)
    assert "`--without-images`" in str(seen.value)
    with pytest.raises(UsageError, match="column 'ward' is not known; expected OURS=THEIRS") as seen:
        prepare(tmp_path / "root", tmp_path / "out", columns={"ward": "mrn"})
    assert "other way round" not in str(seen.value)


def test_a_column_that_was_named_and_is_not_there_is_no_missing_column(tmp_path):
    write_own_tree(tmp_path / "root")
    with pytest.raises(DataError, match="column anamnesis is missing; found patient"):
        prepare(tmp_path / "root", tmp_path / "out", columns={"history": "anamnesis"})


def test_sex_and_age_that_cannot_be_read_are_counted(tmp_path):
    prepared = prepared_from(tmp_path, [row("p", "s", "", "1.png", sex="7", age="sixty")])
    assert (study(prepared, "s")["sex"], study(prepared, "s")["age"]) == ("", None)
    assert prepared.card["dropped"]["sexes_not_read"] == 1
    assert prepared.card["dropped"]["ages_not_read"] == 1


def test_a_whole_report_fills_the_sections_without_a_column_of_their_own(tmp_path):
    text = "INDICATION: Fever.\nFINDINGS: Opacity.\nIMPRESSION: Pneumonia."
    prepared = prepared_from(
        tmp_path, [row("p", "s", "", "1.png", report=text, findings="Mine.", indication="")]
    )
    found = study(prepared, "s")
    assert (found["indication"], found["findings"], found["impression"]) == (
        "Fever.", "Mine.", "Pneumonia."
    )  # fmt: skip
    assert json.loads(found["section_headers"]) == {
        "findings": "findings",
        "impression": "IMPRESSION",
        "indication": "INDICATION",
    }


def test_without_a_split_patients_are_drawn_whole_and_by_seed(tmp_path):
    rows = [row(f"p{n}", f"s{n}{m}", "", f"{n}{m}.png") for n in range(40) for m in "ab"]
    one = prepared_from(tmp_path, rows)
    again = prepare(tmp_path / "root", tmp_path / "out")
    other = prepare(tmp_path / "root", tmp_path / "other", seed=1)
    assert one.study_table.equals(again.study_table)
    assert set(one.study_table["split"]) == {"train", "validate", "test"}
    assert one.study_table["split"].to_list() != other.study_table["split"].to_list()
    assert other.card["split"] == "drawn by patient, seed 1"


def test_a_given_split_stands_and_what_has_none_is_counted(tmp_path):
    rows = [row("p", "s", "", "1.png", split="val"), row("q", "t", "", "2.png", split="")]
    prepared = prepared_from(tmp_path, rows)
    assert [study(prepared, s)["split"] for s in ("s", "t")] == ["validate", ""]
    assert prepared.card["dropped"]["studies_without_split"] == 1


def test_a_parquet_table_with_typed_columns_gives_the_same(tmp_path):
    write_own_tree(tmp_path / "root")
    typed = {
        "patient": [1.0, 1.0, 2.0],
        "study": [10, 11, 20],
        "taken_at": [datetime(2024, 1, 1, 8, tzinfo=UTC), datetime(2024, 1, 2, 8, tzinfo=UTC), None],
        "image": ["ann/a1.png", "ann/a2.png", "bob/b1.png"],
        "age": [57.5, 57.5, None],
        "findings": ["Clear.", None, "Clear."],
    }
    pl.DataFrame(typed).write_parquet(tmp_path / "mine.parquet")
    prepared = prepare(tmp_path / "root", tmp_path / "out", table=tmp_path / "mine.parquet")
    assert study(prepared, "11")["prior_study_id"] == "10"
    assert (study(prepared, "11")["patient_id"], study(prepared, "11")["age"]) == ("1", 57.5)
    dates = pl.DataFrame(typed).with_columns(taken_at=pl.Series([date(2024, 1, 1), None, None]))
    dates.write_parquet(tmp_path / "mine.parquet")
    prepared = prepare(tmp_path / "root", tmp_path / "out", table=tmp_path / "mine.parquet")
    assert study(prepared, "10")["taken_at"] == datetime(2024, 1, 1)


def test_an_absolute_path_below_the_root_is_one_below_the_root(tmp_path):
    inside = [row("p", "s", "", str(tmp_path / "root" / "a" / "1.png"))]
    assert prepared_from(tmp_path, inside).images()[0].location == "a/1.png"


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        ([row("p", "s", "31.01.2024", "1.png")], r"study 's': taken_at is no date; expected the form 2024"),
        ([row("p", "s", "", "../1.png")], r"study 's': image path is '\.\./1\.png'; expected one relative"),
        ([row("", "s", "", "1.png")], "row 1 has no patient or no study"),
        ([row("p", "s", "", "1.png"), row("q", "s", "", "2.png")], "rows differ in patient.*unique over all"),
        ([row("p", "s", "", "1.png"), row("p", "s", "", "2.png", findings="No.")], "differ in findings"),
        ([row("p", "s", "", "1.png"), row("p", "s", "", "1.png")], "image '1' occurs 2 times"),
        ([row("p", "s", "", "1.png", split="holdout")], "study 's': split is 'holdout'; expected train"),
        (
            [row("p", "s", "", "1.png", split="train"), row("p", "t", "", "2.png", split="test")],
            "patient 'p' is in split 'train' and in 'test'",
        ),
    ],
)  # fmt: skip
def test_what_cannot_be_right_is_refused_in_one_line(tmp_path, rows, words):
    with pytest.raises(DataError, match=words) as caught:
        prepared_from(tmp_path, rows)
    assert "\n" not in str(caught.value)
    assert not (tmp_path / "out").exists()


def test_a_table_that_is_none_is_refused(tmp_path):
    write_own_tree(tmp_path / "root")
    with pytest.raises(UsageError, match="no such file; expected a table"):
        prepare(tmp_path / "root", tmp_path / "out", table=tmp_path / "none.csv")
    (tmp_path / "broken.parquet").write_bytes(b"PAR1")
    with pytest.raises(DataError, match="not readable as Parquet"):
        prepare(tmp_path / "root", tmp_path / "out", table=tmp_path / "broken.parquet")


@pytest.mark.parametrize(
    ("sign", "name"), [(";", "semicolons"), ("\t", "tabs"), ("|", "bars")], ids=["semi", "tab", "bar"]
)
@pytest.mark.parametrize("packed", [False, True])
def test_a_table_that_is_cut_by_another_sign_than_the_comma_is_told_so(tmp_path, sign, name, packed):
    write_own_tree(tmp_path / "root")
    content = (tmp_path / "root" / "studies.csv").read_text().replace(",", sign).encode()
    table = tmp_path / ("mine.csv.gz" if packed else "mine.csv")
    table.write_bytes(gzip.compress(content) if packed else content)
    with pytest.raises(DataError, match=f"its columns are separated by {name}.*expected commas"):
        prepare(tmp_path / "root", tmp_path / "out", table=table)


def test_a_semicolon_inside_a_comma_separated_heading_is_no_delimiter(tmp_path):
    rows = [{"patient": "p", "study": "s", "image": "1.png", "note; free": "a; b"}]
    assert prepared_from(tmp_path, rows).card["columns_not_used"] == ["note; free"]


def test_two_files_that_would_have_one_id_are_both_named(tmp_path):
    write_film(tmp_path / "root" / "a" / "1.jpg")
    with pytest.raises(DataError, match=r"image 'a/1' occurs 2 times \(files a/1\.jpg, a/1\.png\)"):
        prepared_from(tmp_path, [row("p", "s", "", "a/1.png"), row("p", "t", "", "a/1.jpg")])


def test_labels_of_the_table_are_kept_and_a_study_without_any_is_counted(tmp_path):
    rows = [
        row("p", "s", "", "1.png", **{"Edema": "1", "No Finding": ""}),
        row("p", "s", "", "1-side.png", **{"Edema": "", "No Finding": ""}),
        row("q", "t", "", "2.png", **{"Edema": "-1.0", "No Finding": "0"}),
        row("r", "u", "", "3.png", **{"Edema": "", "No Finding": ""}),
    ]
    prepared = prepared_from(tmp_path, rows)
    assert prepared.labels() == {
        "s": {"Edema": 1.0, "No Finding": None},
        "t": {"Edema": -1.0, "No Finding": 0.0},
    }
    assert prepared.card["dropped"]["studies_without_labels"] == 1
    assert prepared.card["columns_not_used"] == []


def test_labels_may_have_other_names_and_no_other_values(tmp_path):
    rows = [row("p", "s", "", "1.png", oedema="1")]
    prepared = prepared_from(tmp_path, rows, columns={"Edema": "oedema"})
    assert prepared.labels() == {"s": {"Edema": 1.0}}
    with pytest.raises(DataError, match=r"study 's': Edema is 'yes'; expected 1, 0, -1 or empty"):
        prepared_from(tmp_path, [row("p", "s", "", "1.png", Edema="yes")])
    with pytest.raises(DataError, match="rows differ in Edema"):
        prepared_from(tmp_path, [row("p", "s", "", f"{n}.png", Edema=str(n)) for n in (0, 1)])


def test_a_table_without_labels_has_no_table_of_labels(tmp_path):
    assert not (prepared_from(tmp_path, ROWS).folder / "labels.parquet").exists()


def test_few_patients_without_a_split_fill_all_three_and_the_card_says_how(tmp_path):
    rows = [row(f"p{n}", f"s{n}", "", f"{n}.png") for n in range(3)]
    prepared = prepared_from(tmp_path, rows)
    assert sorted(prepared.study_table["split"]) == ["test", "train", "validate"]
    assert "got the patient drawn nearest" in (prepared.folder / "DATA_CARD.md").read_text()
    two = prepare_few(tmp_path / "two", rows[:2])
    assert "too few patients for" in two.card["split"]


def prepare_few(folder, rows):
    write_own_tree(folder / "root", rows=tuple(rows))
    return prepare(folder / "root", folder / "out")


def told_by_prepare(root, out):
    result = CliRunner().invoke(app, ["prepare", "own", str(root), str(out)], catch_exceptions=False)
    assert result.exit_code == 0
    return " ".join(result.output.split())


def test_an_empty_split_is_told_on_the_terminal(tmp_path):
    write_own_tree(tmp_path / "root", rows=(row("p", "s", "", "1.png", split="train"),))
    assert "no study is in split validate or test" in told_by_prepare(
        tmp_path / "root", tmp_path / "out"
    )


def test_views_that_nobody_knows_are_counted_with_examples_on_terminal_and_card(tmp_path):
    views = ["pa", "Posteroanterior", "ap view", "sideways", "Sideways", "top|down"]
    rows = [row(f"p{n}", f"s{n}", "", f"{n}.png", view=view) for n, view in enumerate(views)]
    write_own_tree(tmp_path / "root", rows=tuple(rows))
    told = told_by_prepare(tmp_path / "root", tmp_path / "out")
    assert "3 images have a view that is not known, such as 'SIDEWAYS' (2), 'TOP|DOWN' (1)" in told
    card = (tmp_path / "out" / "DATA_CARD.md").read_text()
    assert "3 images have a view that is not known, such as `SIDEWAYS` (2), `TOP/DOWN` (1)" in card
    assert "| PA | 2 |" in card
    write_own_tree(tmp_path / "root")
    assert "not known" not in told_by_prepare(tmp_path / "root", tmp_path / "out")
