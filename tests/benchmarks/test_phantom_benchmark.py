"""The benchmark measures each row once, keeps what it measured, and says which promises were kept."""

import json
from statistics import median

import pytest
from benchmarks.perfect_reader import always_unchanged, perfect_reader, visibility
from benchmarks.phantom import Work, targets
from tests.conftest import SMALL

from benchmarks import phantom
from priorrg.phantom_trial import Trial


def kept(rows):
    return {(t["row"], t["metric"], t["relation"]): t["met"] for t in targets(rows)}


def test_a_promise_beside_another_row_moves_with_it_and_waits_for_it():
    wrong = {"wrong_prior": {"change_f1": 0.3}}
    place = ("wrong_prior", "change_f1", "<=")
    full = {"finding_f1": 0.9, "change_f1": 0.56, "question_answered": 0.96}
    assert place not in kept(wrong)
    assert kept({**wrong, "full": full})[place]
    assert not kept({**wrong, "full": {**full, "change_f1": 0.54}})[place]


def test_what_could_not_be_measured_keeps_no_promise():
    unmeasured = {"stated_unchanged": None, "stated_new_or_resolved": None}
    assert not any(kept({"self_prior": unmeasured}).values())


@pytest.fixture(scope="module")
def trial(small_data):
    return Trial.of(small_data, split="train")


def test_a_reader_who_sees_all_that_was_reported_names_nearly_every_change(trial):
    scores = perfect_reader(trial, [s.report.findings for s in trial.studies])
    assert scores["finding_f1"] > 0.95
    assert scores["change_f1"] > 0.85


def test_a_reader_who_sees_little_names_few_changes(trial):
    texts = [s.report.findings if i % 3 == 0 else "" for i, s in enumerate(trial.studies)]
    assert median(noise for _, noise in visibility(trial, texts).values()) > 0.1
    sees_all = perfect_reader(trial, [s.report.findings for s in trial.studies])
    assert perfect_reader(trial, texts)["change_f1"] < sees_all["change_f1"] - 0.2


def test_one_who_calls_everything_unchanged_is_right_about_that_alone(trial):
    scores = always_unchanged(trial)
    assert scores["finding_f1"] == 1.0
    assert scores["change_f1_unchanged"] > 0
    assert scores["change_f1_new"] == scores["change_f1_larger"] == scores["change_f1_smaller"] == 0


@pytest.fixture
def result(tmp_path, monkeypatch):
    path = tmp_path / "phantom.json"
    monkeypatch.setattr(phantom, "RESULT", path)
    return path


def silent(what, done, total):
    pass


def test_a_row_is_measured_once_and_one_of_another_budget_or_code_counts_for_nothing(
    tmp_path, result, monkeypatch
):
    def measured(finding_f1):
        return lambda: {"finding_f1": finding_f1}

    Work(tmp_path / "work", 6, ["a=1"], [], silent).record("majority", measured(0.25))
    again = Work(tmp_path / "work", 6, ["a=1"], [], silent)
    again.record("majority", measured(0.5))
    assert json.loads(result.read_text())["rows"]["majority"]["finding_f1"] == 0.25
    result.unlink()
    again.record("majority", measured(0.5))
    assert json.loads(result.read_text())["rows"]["majority"]["finding_f1"] == 0.25
    Work(tmp_path / "work", 6, ["a=2"], [], silent).record("majority", measured(0.5))
    assert json.loads(result.read_text())["rows"]["majority"]["finding_f1"] == 0.5
    monkeypatch.setattr(phantom, "code_digest", lambda: "other")
    Work(tmp_path / "work", 6, ["a=2"], [], silent).record("majority", measured(0.75))
    assert json.loads(result.read_text())["rows"]["majority"]["finding_f1"] == 0.75


@pytest.mark.slow
def test_the_whole_benchmark_walks_every_row_and_goes_on_where_it_stopped(tmp_path, result, monkeypatch):
    arguments = ["--work", str(tmp_path / "work"), "--patients", "30"]
    arguments += ["--full-budget", *SMALL, "--short-budget", *SMALL]
    phantom.main([*arguments, "--only", "model"])
    part = json.loads(result.read_text())
    assert set(phantom.INTERVENED) < set(part["rows"])
    monkeypatch.setattr(phantom, "SEEDS", (0,))
    monkeypatch.setattr(phantom, "ABLATED", {"current_only": phantom.ABLATED["current_only"]})
    phantom.main(arguments)
    whole = json.loads(result.read_text())
    trained = {"current_only", "short_full_seed0"}
    trained |= {"without_stage1_equal_stage2_seed0", "without_stage1_equal_total_seed0"}
    assert set(whole["rows"]) == set(part["rows"]) | trained
    assert {name: whole["rows"][name] for name in part["rows"]} == part["rows"]
    for fact in ("machine", "versions", "commit", "command", "targets"):
        assert whole[fact]
    assert whole["rows"]["reference"]["change_f1"] == 1.0
    assert whole["rows"]["without_prior"]["change_f1"] == 0
