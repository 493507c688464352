"""Which studies a run learns from, and that it says which it left out."""

import json
import shutil
from dataclasses import replace

import pytest
from tests.conftest import SMALL
from typer.testing import CliRunner

from priorrg.cli import app
from priorrg.data.manifest import PreparedData
from priorrg.data.store import ImageStore
from priorrg.errors import DataError, SettingsError
from priorrg.model_folder import ModelFolder
from priorrg.settings import load_settings
from priorrg.training.run import training_data
from priorrg.training.selection import Selection, limit, select


@pytest.fixture(scope="module")
def prepared(small_data):
    return PreparedData(small_data)


@pytest.fixture(scope="module")
def store(prepared):
    return ImageStore.open(prepared, 32, "pad", splits=("train", "validate"))


def chosen(prepared, store, *changes):
    return select(prepared.studies("train"), store, load_settings("tiny", [*SMALL, *changes]).data)


def test_what_is_required_is_there_and_what_lacks_it_is_counted(prepared, store):
    every = chosen(prepared, store)
    found = chosen(prepared, store, "data.require=[prior, indication]")
    assert found.studies
    assert all(s.prior is not None and s.context.indication for s in found.studies)
    lacking = [s for s in every.studies if s.prior is None or not s.context.indication]
    assert found.left_out["no indication"] + found.left_out["no prior"] == len(lacking)


def test_context_is_indication_or_history(prepared, store):
    found = chosen(prepared, store, "data.require=[context]").studies
    assert any(not s.context.indication for s in found)
    assert all(s.context.indication or s.context.history for s in found)


def test_frontal_views_leave_out_the_others_by_count(prepared, store):
    every = chosen(prepared, store, "data.views=all")
    frontal = chosen(prepared, store, "data.views=frontal")
    lateral = [s for s in prepared.studies("train") if not s.current.is_frontal]
    assert frontal.left_out["not frontal"] == len(lateral) > 0
    assert "not frontal" not in every.left_out
    assert all(s.current.is_frontal for s in frontal.studies)


def test_everything_is_either_kept_or_counted(prepared, store):
    found = limit(chosen(prepared, store, "data.require=[prior]"), 10, seed=0)
    assert len(found.studies) + sum(found.left_out.values()) == len(prepared.studies("train"))


def test_a_limit_keeps_whole_patients_in_the_order_of_the_data(prepared, store):
    every = chosen(prepared, store)
    few = limit(every, 12, seed=0)
    patients = {s.patient_id for s in few.studies}
    assert few.studies == [s for s in every.studies if s.patient_id in patients]
    assert 0 < len({s.study_id for s in few.studies}) <= 12


def test_a_larger_limit_keeps_what_a_smaller_one_kept_and_a_seed_draws_others(prepared, store):
    every = chosen(prepared, store)
    kept = [{s.study_id for s in limit(every, most, seed=0).studies} for most in (5, 12, 30)]
    assert kept[0] < kept[1] < kept[2]
    assert {s.study_id for s in limit(every, 12, seed=1).studies} != kept[1]


def test_the_order_of_the_data_plays_no_part(prepared, store):
    every = chosen(prepared, store)
    turned = limit(Selection(studies=every.studies[::-1], left_out={}), 12, seed=0)
    assert turned.studies[::-1] == limit(every, 12, seed=0).studies


def test_no_limit_leaves_nothing_out(prepared, store):
    every = chosen(prepared, store)
    assert limit(every, 0, seed=0) == every
    assert limit(every, 10_000, seed=0) == every


def test_validation_is_held_to_the_same_requirements_but_not_to_the_limit(prepared):
    settings = load_settings("tiny", [*SMALL, "data.require=[context]", "data.max_studies=6"])
    whole = training_data(prepared, load_settings("tiny", [*SMALL, "data.require=[context]"]))
    few = training_data(prepared, settings)
    assert len({s.study_id for s in few.train}) <= 6 < len(whole.train)
    assert few.validate == whole.validate
    assert all(s.context for s in few.validate)


def test_when_nothing_is_left_the_error_says_what_left_it_out(prepared, small_settings):
    every = Selection(studies=prepared.studies("train"), left_out={})
    seed = next(seed for seed in range(99) if not limit(every, 1, seed).studies)
    data = replace(small_settings.data, max_studies=1)
    with pytest.raises(DataError, match=r"Left out of training: .*beyond 1 studies \d+; of validation"):
        training_data(prepared, replace(small_settings, data=data, seed=seed))


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ("data.require=[mood]", r"data\.require\.0"),
        ("data.max_studies=-1", r"data\.max_studies"),
    ],
)
def test_an_impossible_choice_is_refused_with_its_path(change, words):
    with pytest.raises(SettingsError, match=words):
        load_settings("tiny", [change])


@pytest.mark.slow
def test_run_and_model_card_say_what_was_left_out(small_data, tmp_path):
    sets = [part for change in SMALL for part in ("--set", change)]
    options = ["--max-studies", "30", "--views", "all", "--require", "context,history"]
    out, data = tmp_path / "run", tmp_path / "data"
    shutil.copytree(small_data, data)
    result = CliRunner().invoke(
        app, ["pretrain", str(data), "--out", str(out), *options, *sets], catch_exceptions=False
    )
    assert result.exit_code == 0
    record = json.loads((out / "run.json").read_text())
    assert record["state"] == "finished"
    assert record["left_out"].keys() >= {"no history", "beyond 30 studies"}
    provenance = ModelFolder.load(out / "model").provenance
    assert provenance.left_out == record["left_out"]
    assert provenance.training_studies <= 30
    card = (out / "model" / "README.md").read_text()
    assert f"no history: {record['left_out']['no history']}" in card
    settings = load_settings(out / "settings.yaml").data
    assert (settings.max_studies, settings.views) == (30, "all")
    assert settings.require == ("context", "history")
