"""The demonstration fails where it must, and never mixes cohorts."""

import json
import sys

import pytest
from tests.conftest import SMALL

from priorrg.cli import main
from priorrg.demonstration import check_targets, prepared_phantom
from priorrg.errors import UsageError


def scores(**changed):
    names = ("finding_f1", "change_f1", "question_answered", "false_prior")
    good = {
        "full": (0.8, 0.4, 0.95, 0.0),
        "majority": (0.0, 0.0, 0.0, 0.0),
        "without_prior": (0.8, 0.0, 0.95, 0.0),
        "without_prior_raw": (0.8, 0.0, 0.95, 0.0),
        "wrong_prior": (0.8, 0.1, 0.95, 0.0),
    }
    rows = {row: dict(zip(names, values, strict=True)) for row, values in good.items()}
    for place, value in changed.items():
        row, name = place.split("__")
        rows[row][name] = value
    return rows


def missed(**changed):
    return [(t["row"], t["metric"]) for t in check_targets(scores(**changed)) if not t["met"]]


@pytest.mark.parametrize(
    ("changed", "broken"),
    [
        ({}, []),
        ({"full__finding_f1": 0.74}, [("full", "finding_f1")]),
        ({"full__change_f1": 0.27}, [("full", "change_f1")]),
        ({"wrong_prior__change_f1": 0.29}, [("wrong_prior", "change_f1")]),
        ({"full__question_answered": 0.89}, [("full", "question_answered")]),
        ({"without_prior__false_prior": 0.03}, [("without_prior", "false_prior")]),
        ({"without_prior_raw__false_prior": 0.03}, [("without_prior_raw", "false_prior")]),
        ({"full__false_prior": 0.03}, [("full", "false_prior")]),
        ({"majority__finding_f1": 0.8}, [("full", "finding_f1")]),
    ],
)
def test_each_promise_of_the_demonstration_can_be_broken(changed, broken):
    assert missed(**changed) == broken


def test_another_cohort_in_the_same_folder_is_refused_by_its_recipe(tmp_path):
    data = prepared_phantom(tmp_path, 6, 1, None)
    assert prepared_phantom(tmp_path, 6, 1, None) == data
    with pytest.raises(UsageError, match="holds 6 patients of seed 1 at 128 px, got 7 of seed 1"):
        prepared_phantom(tmp_path, 7, 1, None)


@pytest.mark.slow
def test_a_demonstration_that_learns_nothing_fails_and_still_shows_what_it_measured(
    tmp_path, capsys, monkeypatch
):
    arguments = ["priorrg", "demo", "--out", str(tmp_path), "--patients", "24"]
    for change in SMALL:
        arguments += ["--set", change]
    monkeypatch.setattr(sys, "argv", arguments)
    with pytest.raises(SystemExit) as stop:
        main()
    assert stop.value.code == 1
    said = capsys.readouterr()
    assert "missed" in said.out
    assert "finding F1 of the full model is" in said.err
    rows = json.loads((tmp_path / "scores.json").read_text())["rows"]
    assert set(rows) == {
        "reference",
        "majority",
        "full",
        "without_prior",
        "without_prior_raw",
        "wrong_prior",
        "without_context",
    }
    assert rows["reference"]["finding_f1"] == 1.0
    assert (tmp_path / "index.html").is_file()
    assert (tmp_path / "model" / "model.safetensors").is_file()
