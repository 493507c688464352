"""An encoder is taken over only where it fits."""

from dataclasses import replace

import pytest
from tests.conftest import SMALL

from priorrg.errors import UsageError
from priorrg.model_folder import ModelFolder
from priorrg.settings import load_settings
from priorrg.training import run

pytestmark = pytest.mark.slow


def refused(small_data, settings, encoder, tmp_path, match):
    with pytest.raises(UsageError, match=match):
        run.pretrain(small_data, settings, tmp_path / "run", encoder=encoder)
    assert not (tmp_path / "run").exists()


def test_an_encoder_of_another_width_is_refused_by_name(small_data, small_stage1, tmp_path):
    wider = load_settings("tiny", [*SMALL, "model.vision.width=64"])
    refused(small_data, wider, small_stage1, tmp_path, r"vision\.width was 32, got 64")


def test_an_encoder_of_another_image_size_is_refused(small_data, small_stage1, tmp_path):
    larger = load_settings("tiny", [*SMALL, "image.size=64"])
    refused(small_data, larger, small_stage1, tmp_path, r"image\.size was 32, got 64")


def test_an_encoder_that_would_not_be_used_is_refused(
    small_data, small_stage1, small_settings, tmp_path
):
    none = replace(small_settings, encoder=replace(small_settings.encoder, steps=0))
    refused(small_data, none, small_stage1, tmp_path, "has no place in preset 'tiny'")


def test_a_folder_without_an_encoder_is_refused(small_data, small_settings, tmp_path):
    refused(small_data, small_settings, tmp_path / "none", tmp_path, "no such file; expected a finished")


def test_the_card_says_where_the_encoder_came_from(small_data, small_stage1, small_settings, tmp_path):
    first = ModelFolder.load(small_stage1 / "model").provenance.encoder
    assert "pre-trained on the training patients of phantom" in first
    taken = run.pretrain(small_data, small_settings, tmp_path / "run", encoder=small_stage1)
    assert "pre-trained in the run stage1" in ModelFolder.load(taken).provenance.encoder
    assert "pre-trained in the run stage1" in (taken / "README.md").read_text()
    stage2 = run.train(small_data, tmp_path / "run", tmp_path / "stage2", small_settings)
    assert "pre-trained in the run stage1" in ModelFolder.load(stage2).provenance.encoder
