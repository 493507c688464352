"""Training on a table of one's own: what it lacks is said before the long work, and a failed start is no trap."""

import pytest
from own_cohort import own_cohort
from tests.conftest import SMALL
from typer.testing import CliRunner

from priorrg.cli import app
from priorrg.errors import DataError, UsageError
from priorrg.model_folder import ModelFolder
from priorrg.settings import load_settings
from priorrg.training import run
from priorrg.training.encode import encoder_warning
from priorrg.training.run_folder import RunFolder

WITHOUT_ENCODER = [*SMALL, "encoder.steps=0"]


def test_without_labels_the_ways_that_work_are_named_before_any_image_is_packed(
    tmp_path, small_settings
):
    data = own_cohort(tmp_path)
    with pytest.raises(DataError, match=r"8 of 8 studies have no labels \(first: s0\)") as seen:
        run.pretrain(data.folder, small_settings, tmp_path / "run")
    for way in ("label columns of your own table", "`--encoder RUN`", "`--set encoder.steps=0`"):
        assert way in str(seen.value)
    assert not (data.folder / "store").exists()
    assert not (tmp_path / "run").exists()


def test_labels_are_asked_only_of_the_studies_that_are_learnt_from(tmp_path, small_settings):
    data = own_cohort(tmp_path, view="LATERAL")
    with pytest.raises(DataError, match=r"0 training and 0 validation studies.*not frontal 6"):
        run.pretrain(data.folder, small_settings, tmp_path / "run")


def test_an_encoder_that_nothing_teaches_is_warned_of():
    assert "random and frozen" in encoder_warning(load_settings("tiny", WITHOUT_ENCODER))
    assert encoder_warning(load_settings("tiny")) == ""
    assert encoder_warning(load_settings("base")) == ""


def test_a_split_without_studies_is_named_with_the_others_and_packs_nothing(tmp_path, small_settings):
    data = own_cohort(tmp_path, split="test", Edema="1")
    with pytest.raises(
        DataError, match=r"no image is in split train; got images by split: test 6, valid"
    ):
        run.pretrain(data.folder, small_settings, tmp_path / "run")
    assert not (data.folder / "store").exists()


def test_the_folder_of_a_run_that_failed_before_it_learnt_can_be_taken(tmp_path, small_settings):
    data = own_cohort(tmp_path, Edema="1")
    other = load_settings("tiny", WITHOUT_ENCODER)
    RunFolder(tmp_path / "run", stage="pretrain", settings=small_settings, data=data)
    (tmp_path / "run" / "tokenizers").mkdir()
    (tmp_path / "run" / "encoder").mkdir()
    again = RunFolder(tmp_path / "run", stage="train", settings=other, data=data)
    assert not (again.folder / "tokenizers").exists()
    assert load_settings(again.folder / "settings.yaml") == other
    (tmp_path / "run" / "align").mkdir()
    (tmp_path / "run" / "align" / "last.ckpt").write_bytes(b"")
    with pytest.raises(UsageError, match="holds a run of stage 'train', got 'pretrain'"):
        RunFolder(tmp_path / "run", stage="pretrain", settings=other, data=data)


def test_a_folder_that_holds_something_besides_a_run_is_never_cleared(tmp_path, small_settings):
    data = own_cohort(tmp_path)
    RunFolder(tmp_path / "run", stage="pretrain", settings=small_settings, data=data)
    (tmp_path / "run" / "notes.txt").write_text("mine")
    with pytest.raises(UsageError, match="holds a run of stage"):
        RunFolder(tmp_path / "run", stage="train", settings=small_settings, data=data)
    assert (tmp_path / "run" / "notes.txt").is_file()


def command(*words, changes):
    sets = [part for change in changes for part in ("--set", change)]
    result = CliRunner().invoke(app, [*map(str, words), *sets], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return " ".join(result.stderr.split())


@pytest.mark.slow
def test_a_table_with_labels_trains_and_damaged_images_are_told(tmp_path):
    data = own_cohort(tmp_path, Edema="1")
    (tmp_path / "root" / "0.png").write_bytes(b"broken")
    told = command("pretrain", data.folder, "--out", tmp_path / "run", changes=SMALL)
    place = data.folder / "store" / "32-pad" / "quarantine.csv"
    assert f"1 image could not be read and is left out; see {place}" in told
    assert ModelFolder.load(tmp_path / "run" / "model").provenance.training_studies == 5


@pytest.mark.slow
def test_a_table_without_labels_trains_with_the_encoder_left_random_and_says_so(tmp_path):
    data = own_cohort(tmp_path)
    changes = WITHOUT_ENCODER
    assert "random and frozen" in command(
        "pretrain", data.folder, "--out", tmp_path / "run", changes=changes
    )
    assert "not pre-trained" in ModelFolder.load(tmp_path / "run" / "model").provenance.encoder
