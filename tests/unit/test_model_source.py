"""What is given for a model and is none: said at once, with what to give instead."""

import time

import pytest

from priorrg.errors import WeightsError
from priorrg.model_source import check_complete, locate


@pytest.mark.parametrize("name", ["nothere", "./runs/model", "a/b/c", "runs/model folder"])
def test_what_can_be_no_hub_id_is_not_asked_of_the_hub(monkeypatch, tmp_path, name):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("huggingface_hub.snapshot_download", lambda *_, **__: pytest.fail("was asked"))
    with pytest.raises(
        WeightsError, match=r"is not there; expected the folder `model`.*hub id as owner/name"
    ):
        locate(name)


def test_a_file_is_no_model(tmp_path):
    (tmp_path / "model.safetensors").write_bytes(b"")
    with pytest.raises(WeightsError, match="is a file; expected the folder"):
        locate(tmp_path / "model.safetensors")


def test_a_hub_that_cannot_be_reached_is_said_in_seconds(monkeypatch):
    monkeypatch.setattr("huggingface_hub.constants.ENDPOINT", "http://127.0.0.1:9")
    began = time.monotonic()
    with pytest.raises(WeightsError, match=r"owner/name: .*not to be had from the hub.*copy one here"):
        locate("owner/name")
    assert time.monotonic() - began < 20


@pytest.mark.parametrize(
    ("files", "said"),
    [
        (["model/config.json", "run.json"], "is a run, not its model; give"),
        (["run.json"], "has not finished"),
        (["data.json"], "is a prepared data set"),
        ([], "config.json, model.safetensors, settings.yaml, provenance.json, tokenizer missing"),
        (["config.json", "settings.yaml"], "model.safetensors, provenance.json, tokenizer missing"),
    ],
)
def test_a_folder_that_is_no_model_is_told_what_it_is(tmp_path, files, said):
    for name in files:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("{}")
    with pytest.raises(WeightsError, match=said):
        check_complete(tmp_path)
