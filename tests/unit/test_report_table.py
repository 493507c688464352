"""reports.csv: complete, in order, and resumable."""

import csv
import json
import shutil
from contextlib import contextmanager
from itertools import islice
from unittest.mock import patch

import polars as pl
import pytest
from tests.conftest import QUICK_MODES

from priorrg import report_table
from priorrg.data.manifest import PreparedData
from priorrg.errors import DataError, UsageError
from priorrg.model_folder import ModelFolder
from priorrg.report_table import COLUMNS, generate_table
from priorrg.study import Radiograph, Study

pytestmark = pytest.mark.slow


def rows_of(table):
    with table.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_every_frontal_image_of_the_split_gets_a_row(small_model, small_data, tmp_path):
    out = tmp_path / "reports.csv"
    count = generate_table(small_model, small_data, out, split="test")
    rows = rows_of(out)
    studies = PreparedData(small_data).studies("test", views="frontal")
    assert [row["image_id"] for row in rows] == [s.current.image_id for s in studies]
    assert count == len(rows)
    assert tuple(rows[0]) == COLUMNS
    assert [row["reference"] for row in rows] == [s.report.findings for s in studies]
    assert sorted(p.name for p in tmp_path.iterdir()) == ["reports.csv", "reports.json"]


@contextmanager
def dying_after(reports):
    """Interrupt after so many reports."""
    real = report_table.generate_reports

    def dying(*arguments):
        yield from islice(real(*arguments), reports)
        raise KeyboardInterrupt

    with patch.object(report_table, "generate_reports", dying):
        yield


@contextmanager
def counting():
    """Gather the studies that are reported."""
    real, studies_seen = report_table.generate_reports, []

    def seeing(network, batcher, studies, *arguments):
        studies_seen.extend(studies)
        yield from real(network, batcher, studies, *arguments)

    with patch.object(report_table, "generate_reports", seeing):
        yield studies_seen


def test_an_interrupted_table_goes_on_to_the_same_end(small_model, small_data, tmp_path):
    generate_table(small_model, small_data, tmp_path / "whole.csv", split="train")
    with dying_after(40), pytest.raises(KeyboardInterrupt):
        generate_table(small_model, small_data, tmp_path / "broken.csv", split="train")
    assert not (tmp_path / "broken.csv").exists()

    with counting() as written:
        generate_table(small_model, small_data, tmp_path / "broken.csv", split="train")
    whole = rows_of(tmp_path / "whole.csv")
    assert rows_of(tmp_path / "broken.csv") == whole
    assert len(written) == len(whole) - 40


def test_a_row_that_a_crash_cut_off_is_written_again(small_model, small_data, tmp_path):
    out = tmp_path / "reports.csv"
    generate_table(small_model, small_data, tmp_path / "whole.csv", split="test")
    with dying_after(3), pytest.raises(KeyboardInterrupt):
        generate_table(small_model, small_data, out, split="test")
    part = out.with_name("reports.csv.part")
    part.write_bytes(part.read_bytes()[:-20])
    generate_table(small_model, small_data, out, split="test")
    assert out.read_bytes() == (tmp_path / "whole.csv").read_bytes()
    assert not part.exists()


def test_reports_of_another_models_weights_are_not_taken_over(small_model, small_data, tmp_path):
    with dying_after(1), pytest.raises(KeyboardInterrupt):
        generate_table(small_model, small_data, tmp_path / "reports.csv", split="test")
    other = tmp_path / "other"
    folder = ModelFolder.load(small_model)
    folder.network.decoder.model.transformer.wpe.weight.data += 1.0
    folder.save(other)
    with counting() as written:
        count = generate_table(other, small_data, tmp_path / "reports.csv", split="test")
    assert len(written) == count


def test_a_device_that_is_not_there_is_refused_before_anything_is_read(
    small_model, small_data, tmp_path
):
    with pytest.raises(UsageError, match=r"device 'cuda:99': not to be had; this machine has cpu"):
        generate_table(small_model, small_data, tmp_path / "reports.csv", device="cuda:99")
    assert list(tmp_path.iterdir()) == []


def test_a_table_is_never_named_like_its_own_record(small_model, small_data, tmp_path):
    with pytest.raises(UsageError, match="expected another suffix"):
        generate_table(small_model, small_data, tmp_path / "reports.json")
    assert list(tmp_path.iterdir()) == []


def test_every_row_says_that_it_is_a_draft(small_model, small_data, tmp_path):
    generate_table(small_model, small_data, tmp_path / "reports.csv", split="test")
    assert all("not for diagnosis" in row["notice"] for row in rows_of(tmp_path / "reports.csv"))


def emptied_of(data, folder, column, value, where):
    """Copy a prepared data set and set a column of the studies or images of its test split."""
    shutil.copytree(data, folder, ignore=shutil.ignore_patterns("store", "features"))
    table = pl.read_parquet(folder / where)
    test = pl.read_parquet(folder / "studies.parquet").filter(pl.col("split") == "test")["study_id"]
    chosen = pl.when(pl.col("study_id").is_in(test.implode()))
    table.with_columns(chosen.then(pl.lit(value)).otherwise(pl.col(column)).alias(column)).write_parquet(
        folder / where
    )
    return folder


def test_a_split_without_images_is_named_with_what_the_others_hold(small_model, small_data, tmp_path):
    data = emptied_of(small_data, tmp_path / "data", "split", "train", "studies.parquet")
    with pytest.raises(DataError, match=r"no image is in split test; got images by split: train \d+"):
        generate_table(small_model, data, tmp_path / "reports.csv")


def test_a_split_of_lateral_images_alone_is_told_from_an_empty_one(small_model, small_data, tmp_path):
    data = emptied_of(small_data, tmp_path / "data", "view", "LATERAL", "images.parquet")
    with pytest.raises(
        DataError, match=r"none of the \d+ images of split 'test' is frontal and readable"
    ):
        generate_table(small_model, data, tmp_path / "reports.csv")


def test_a_table_under_an_intervention_keeps_the_rows_and_says_what_was_given(
    small_model, small_data, tmp_path
):
    full, bare = tmp_path / "full.csv", tmp_path / "bare.csv"
    generate_table(small_model, small_data, full, split="test")
    generate_table(small_model, small_data, bare, split="test", given="without_prior")
    identity = ("study_id", "image_id", "reference")
    for before, after in zip(rows_of(full), rows_of(bare), strict=True):
        assert [before[name] for name in identity] == [after[name] for name in identity]
        assert after["has_prior"] == "0"
    assert any(row["has_prior"] == "1" for row in rows_of(full))


@pytest.mark.parametrize(("most", "kept"), [(1, 2), (2, 2), (4, 2), (5, 5), (9, 5)])
def test_a_limited_table_takes_whole_patients(most, kept):
    studies = [
        Study(patient_id=patient, study_id=f"{number}", current=Radiograph(image_id=f"{number}"))
        for number, patient in enumerate("AABBB")
    ]
    assert len(report_table._first_patients(studies, most)) == kept


def test_the_record_and_every_row_say_in_which_mode_the_reports_were_made(
    small_model, small_data, tmp_path
):
    out = tmp_path / "reports.csv"
    for asked, recorded in ((None, "fp32"), ("exact", "exact"), (QUICK_MODES[-1],) * 2):
        generate_table(small_model, small_data, out, most=4, mode=asked)
        assert json.loads(out.with_suffix(".json").read_text())["generation"]["mode"] == recorded
        assert {row["mode"] for row in rows_of(out)} == {recorded}


def test_single_precision_writes_the_reports_of_the_exact_mode(small_model, small_data, tmp_path):
    texts = []
    for mode in ("exact", "fp32"):
        generate_table(small_model, small_data, tmp_path / f"{mode}.csv", mode=mode)
        texts.append([row["generated"] for row in rows_of(tmp_path / f"{mode}.csv")])
    assert texts[0] == texts[1]
    assert len(set(texts[0])) > 1
