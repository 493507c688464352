"""Fit how sure sentences are, on the validation split."""

import json
import shutil
from unittest.mock import patch

import pytest

from priorrg import calibrating
from priorrg.calibrating import calibrate, knowledge
from priorrg.data.manifest import PreparedData
from priorrg.errors import DataError
from priorrg.generation import Written
from priorrg.language.observations import Observation, Side
from priorrg.model_folder import ModelFolder
from priorrg.reading_back import SIGNALS

pytestmark = pytest.mark.slow


@pytest.fixture
def model(small_model, tmp_path):
    copy = tmp_path / "model"
    shutil.copytree(small_model, copy)
    return copy


@pytest.fixture
def without_truth(small_data, tmp_path):
    copy = tmp_path / "data"
    shutil.copytree(small_data, copy)
    (copy / "phantom-truth.csv").unlink()
    return copy


@pytest.fixture
def parrot():
    """Let the model write the reference reports, left and right exchanged where asked for."""

    def writer(wrong):
        def write(network, batcher, studies, settings, progress=None):
            for number in range(120):
                study = studies[number % len(studies)]
                text = study.report.findings
                if wrong(number):
                    text = text.replace("left", "LEFT").replace("right", "left").replace("LEFT", "right")
                ids, _ = batcher.targets([text])
                yield Written(study=study, ids=tuple(ids[0].tolist()), text=batcher_text(batcher, ids))

        return patch.object(calibrating, "write_reports", write)

    def batcher_text(batcher, ids):
        (text,) = batcher.tokenizers.decoder.batch_decode(ids, skip_special_tokens=True)
        return " ".join(text.split())

    return writer


@pytest.mark.parametrize("judge", ["truth", "reports"])
def test_a_calibration_is_written_into_the_model_and_says_what_it_rests_on(
    model, small_data, without_truth, parrot, judge
):
    data = small_data if judge == "truth" else without_truth
    (model / "notes.txt").write_text("mine")
    with parrot(lambda number: number % 2):
        made = calibrate(model, data, method="logistic")
    assert 0 < made.right < made.sentences
    assert made.judged_by == ("the phantom's truth" if judge == "truth" else "the reference reports")
    assert made.fitted_on.endswith("split validate")
    assert ModelFolder.load(model).calibration == made
    assert made.signals == SIGNALS
    assert f"{made.sentences:,} sentences" in (model / "README.md").read_text()
    assert (model / "notes.txt").read_text() == "mine"
    assert json.loads((model / "confidence.json").read_text())["method"] == "logistic"


def test_the_method_is_the_models_own_setting(model, small_data, parrot):
    with parrot(lambda number: number % 2):
        assert calibrate(model, small_data).method == "isotonic"


def test_sentences_that_are_all_right_teach_nothing(model, without_truth, parrot):
    with (
        parrot(lambda _: False),
        pytest.raises(DataError, match=r"expected 50 or more, right and wrong"),
    ):
        calibrate(model, without_truth)
    assert not (model / "confidence.json").exists()


def test_what_is_known_of_a_study_comes_from_the_truth_else_from_its_report(small_data, without_truth):
    prepared = PreparedData(small_data)
    study = next(s for s in prepared.studies("train", views="frontal") if "right" in s.report.findings)
    by_truth = knowledge(prepared, "findings")(study)
    by_report = knowledge(PreparedData(without_truth), "findings")(study)
    assert by_report.present <= by_truth.present
    assert by_report.changes.items() <= by_truth.changes.items()
    assert any(side is Side.RIGHT for _, side in by_truth.present | set(by_truth.changes))
    assert all(isinstance(observation, Observation) for observation, _ in by_truth.present)
