"""The tracker that a flag names follows every stage, or is refused before anything is made."""

import pytest

from priorrg.errors import MissingExtraError, UsageError
from priorrg.training import loggers, run


def test_an_unknown_logger_lists_those_that_exist_and_starts_no_run(
    small_data, small_settings, tmp_path
):
    with pytest.raises(
        UsageError, match="'tensorflow': expected one of none, tensorboard, wandb, mlflow"
    ):
        run.pretrain(small_data, small_settings, tmp_path / "run", logger="tensorflow")
    assert not (tmp_path / "run").exists()


def test_a_logger_whose_package_is_absent_names_the_extra_and_starts_no_run(
    small_data, small_settings, tmp_path, monkeypatch
):
    monkeypatch.setattr(loggers, "find_spec", lambda name: None)
    with pytest.raises(MissingExtraError, match=r"pip install 'priorrg\[wandb\]'"):
        run.pretrain(small_data, small_settings, tmp_path / "run", logger="wandb")
    assert not (tmp_path / "run").exists()


@pytest.mark.slow
def test_tensorboard_sees_every_stage(small_data, small_settings, tmp_path):
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    run.pretrain(small_data, small_settings, tmp_path / "one", logger="tensorboard")
    run.train(small_data, tmp_path / "one", tmp_path / "two", small_settings, logger="tensorboard")
    for stage in ("one/encoder", "one/writing", "one/align", "two/report"):
        events = EventAccumulator(str(tmp_path / stage / "tensorboard"))
        events.Reload()
        assert "val_loss" in events.Tags()["scalars"], stage
