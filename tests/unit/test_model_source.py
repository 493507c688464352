"""What is given for a model and is none: said at once, with what to give instead."""

import pytest

from priorrg.errors import UsageError, WeightsError
from priorrg.model_source import check_complete, locate, model_of


@pytest.mark.parametrize("name", ["nothere", "./runs/model", "a/b/c", "runs/model folder"])
def test_what_can_be_no_hub_id_is_not_asked_of_the_hub(monkeypatch, tmp_path, name):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("huggingface_hub.snapshot_download", lambda *_, **__: pytest.fail("was asked"))
    with pytest.raises(
        UsageError, match=r"is not there; expected the folder `model`.*hub id as owner/name"
    ):
        locate(name)


def test_a_file_is_no_model(tmp_path):
    (tmp_path / "model.safetensors").write_bytes(b"")
    with pytest.raises(UsageError, match="is a file; expected the folder"):
        locate(tmp_path / "model.safetensors")


@pytest.mark.parametrize(
    ("files", "said"),
    [
        (["model/config.json", "run.json"], "is a run, not its model; give"),
        (["run.json"], "has not finished"),
        (["data.json"], "is a prepared data set"),
        ([], "is empty; expected the folder `model`"),
        (["b.csv", "a.csv", "files/x", "d"], r"holds a.csv, b.csv, d and 1 more; expected the folder"),
        (
            ["config.json", "settings.yaml"],
            "not a whole model folder: model.safetensors, provenance.json, tokenizer missing",
        ),
    ],
)
def test_a_folder_that_is_no_model_is_told_what_it_is(tmp_path, files, said):
    for name in files:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("{}")
    with pytest.raises(WeightsError, match=said):
        check_complete(tmp_path)


def test_a_folder_that_is_not_there_is_not_said_to_lack_files(tmp_path):
    with pytest.raises(WeightsError, match="not a model folder: is not there"):
        check_complete(tmp_path / "gone")


def test_a_run_stands_for_the_model_that_it_has_made(tmp_path):
    model = tmp_path / "run" / "model"
    (model / "tokenizer").mkdir(parents=True)
    for name in ("config.json", "model.safetensors", "settings.yaml", "provenance.json"):
        (model / name).write_text("{}")
    assert model_of(tmp_path / "run") == model_of(model) == model
    (model / "config.json").unlink()
    with pytest.raises(WeightsError, match="model: not a whole model folder: config"):
        model_of(tmp_path / "run")
