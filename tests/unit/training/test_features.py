"""Cached features are those of the image, whatever was cached beside it."""

import pytest
import torch

from priorrg.batching import Batcher
from priorrg.data.manifest import PreparedData
from priorrg.model_folder import ModelFolder
from priorrg.training.features import cache_features
from priorrg.training.run import training_data

pytestmark = pytest.mark.slow


def test_an_image_has_the_same_features_alone_and_the_encoder_stays_as_it_was(
    small_data, small_stage1, small_settings, tmp_path
):
    model = ModelFolder.load(small_stage1 / "model")
    training = training_data(PreparedData(small_data), small_settings)
    batcher = Batcher(settings=small_settings, tokenizers=model.tokenizers, pixels=training.store.pixels)
    vision = model.network.study_encoder.vision.train()
    before = {name: tensor.clone() for name, tensor in vision.state_dict().items()}
    image = training.radiographs[0]
    among_others = cache_features(model.network, batcher, training.radiographs, tmp_path / "all")
    vision.train()
    alone = cache_features(model.network, batcher, [image], tmp_path / "one")
    # Stored in half precision.
    torch.testing.assert_close(among_others([image]).last, alone([image]).last, rtol=0, atol=4e-3)
    for name, tensor in vision.state_dict().items():
        torch.testing.assert_close(tensor, before[name], rtol=0, atol=0)


def test_both_stages_read_the_same_features(small_data, small_model):
    assert len(list((small_data / "features").glob("*.npy"))) == 1
