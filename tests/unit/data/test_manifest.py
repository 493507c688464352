"""Opening a prepared data set, and what is said of one that is not right."""

import json

import polars as pl
import pytest
from mimic_tree import Film, two_visits, write_tree

from priorrg.data.manifest import SCHEMA_VERSION, PreparedData
from priorrg.data.mimic_cxr import prepare
from priorrg.errors import DataError, UsageError


@pytest.fixture
def folder(tmp_path):
    films = [
        *two_visits(),
        Film(patient="10000001", study="70000001", image="zz", split="test", view="AP"),
        Film(patient="10000002", study="70000002", image="yy", split="validate", view="LATERAL"),
    ]
    return prepare(write_tree(tmp_path / "root", films), tmp_path / "out").folder


def rewrite(folder, name, change):
    path = folder / name
    change(pl.read_parquet(path)).write_parquet(path)


def test_there_is_one_study_per_image_in_a_fixed_order(folder):
    studies = PreparedData(folder).studies()
    keys = [(s.patient_id, s.study_id, s.current.image_id) for s in studies]
    assert keys == sorted(keys)
    assert [key[2] for key in keys] == ["zz", "yy", "bb-new", "cc-side", "aa-old"]


def test_split_and_view_select(folder):
    data = PreparedData(folder)
    assert [s.current.image_id for s in data.studies("test")] == ["zz"]
    assert [s.current.image_id for s in data.studies("train", views="frontal")] == ["bb-new", "aa-old"]
    assert data.studies("validate", views="frontal") == []
    with pytest.raises(UsageError, match="split is 'val'; expected one of train, validate, test"):
        data.studies("val")


def test_a_folder_that_is_no_data_set_is_refused(tmp_path):
    with pytest.raises(UsageError, match=r"data\.json is missing\); make one with `priorrg prepare`"):
        PreparedData(tmp_path)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("{", "not readable as JSON"),
        ("[]", "schema version is None"),
        ('{"schema_version": 99}', "schema version is 99; this version reads 2"),
    ],
)
def test_a_card_of_another_version_is_refused(folder, content, words):
    (folder / "data.json").write_text(content)
    with pytest.raises(DataError, match=words):
        PreparedData(folder)


@pytest.mark.parametrize("name", ["studies.parquet", "images.parquet"])
def test_unknown_missing_and_mistyped_columns_are_named(folder, name):
    rewrite(
        folder, name, lambda table: table.with_columns(pl.lit(1).alias("mood"), pl.lit(2).alias("age2"))
    )
    with pytest.raises(DataError, match="unknown columns mood, age2"):
        PreparedData(folder).studies()
    rewrite(folder, name, lambda table: table.drop("mood", "age2", "patient_id"))
    with pytest.raises(DataError, match="missing columns patient_id"):
        PreparedData(folder).studies()
    rewrite(folder, name, lambda table: table.with_columns(pl.lit(1).alias("patient_id")))
    with pytest.raises(DataError, match="column patient_id holds Int32; expected String"):
        PreparedData(folder).studies()


@pytest.mark.parametrize("name", ["studies.parquet", "images.parquet"])
def test_damaged_and_missing_tables_are_refused(folder, name):
    (folder / name).write_bytes(b"PAR1 nothing")
    with pytest.raises(DataError, match="not readable as Parquet"):
        PreparedData(folder).studies()
    (folder / name).unlink()
    with pytest.raises(DataError, match="no such file"):
        PreparedData(folder).studies()


def test_identifiers_that_do_not_fit_are_refused(folder):
    images = pl.read_parquet(folder / "images.parquet")
    for column in ("study_id", "prior_image_id"):
        images.with_columns(pl.lit("stranger").alias(column)).write_parquet(folder / "images.parquet")
        with pytest.raises(DataError, match=f"{column} 'stranger' is not in the data set"):
            PreparedData(folder).studies()
    pl.concat([images, images[:1]]).write_parquet(folder / "images.parquet")
    with pytest.raises(DataError, match="occurs twice"):
        PreparedData(folder).studies()


def test_the_card_names_the_version_it_was_written_with(folder):
    assert json.loads((folder / "data.json").read_text())["schema_version"] == 2


def test_a_table_says_its_units_and_its_version_itself(folder):
    for name, column, unit in (
        ("studies.parquet", "days_since_prior", "days, with the fraction"),
        ("images.parquet", "width", "px"),
    ):
        said = pl.read_parquet_metadata(folder / name)
        assert json.loads(said["units"])[column] == unit
        assert said["schema_version"] == str(SCHEMA_VERSION)


def test_a_table_at_which_the_parser_breaks_is_refused(folder, monkeypatch):
    def panic(*_, **__):
        raise pl.exceptions.PanicException("assertion failed")

    monkeypatch.setattr(pl, "read_parquet", panic)
    with pytest.raises(DataError, match=r"studies\.parquet: not readable as Parquet"):
        PreparedData(folder).studies()
