"""The vision encoders: tokens, blocks, sizes."""

import pytest
import torch

from priorrg.errors import SettingsError, WeightsError
from priorrg.model.config import NetworkConfig
from priorrg.model.vision import ConvEncoder, DinoEncoder, build_vision
from priorrg.settings import ModelSettings, VisionSettings

DINO = {
    "model_type": "dinov2",
    "hidden_size": 16,
    "num_hidden_layers": 3,
    "num_attention_heads": 2,
    "image_size": 28,
    "patch_size": 14,
    "torch_dtype": "float32",
}


@pytest.mark.parametrize(("size", "patch", "tokens"), [(96, 8, 145), (128, 8, 257), (32, 16, 5)])
def test_a_conv_encoder_has_a_class_token_and_one_per_patch(size, patch, tokens):
    encoder = ConvEncoder(image_size=size, patch=patch, width=32, depth=2, heads=2)
    features = encoder(torch.randn(3, 1, size, size))
    assert features.last.shape == (3, tokens, 32)
    assert features.layers.shape == (3, 2, tokens, 32)
    assert (encoder.tokens, encoder.depth, encoder.width, len(features)) == (tokens, 2, 32, 3)


def test_the_last_hidden_state_is_the_normalised_last_block():
    encoder = ConvEncoder(image_size=32, patch=8, width=32, depth=2, heads=2)
    features = encoder(torch.randn(2, 1, 32, 32))
    torch.testing.assert_close(encoder.norm(features.layers[:, -1]), features.last)


@pytest.mark.parametrize(("size", "patch"), [(96, 12), (100, 8), (32, 1)])
def test_a_patch_that_does_not_fit_is_refused_with_its_path(size, patch):
    with pytest.raises(SettingsError, match=r"model\.vision\.patch: got"):
        ConvEncoder(image_size=size, patch=patch, width=32, depth=1, heads=2)


def test_heads_that_do_not_divide_the_width_are_refused():
    with pytest.raises(SettingsError, match=r"model\.vision\.width: got 30, expected a multiple"):
        ConvEncoder(image_size=32, patch=8, width=30, depth=1, heads=4)


def test_every_part_of_a_conv_encoder_learns():
    encoder = ConvEncoder(image_size=32, patch=8, width=32, depth=1, heads=2)
    features = encoder(torch.randn(4, 1, 32, 32))
    (features.last.square().mean() + features.layers[..., 0].mean()).backward()
    assert [name for name, p in encoder.named_parameters() if p.grad is None] == []


def test_a_dinov2_gives_every_block_but_not_the_embedding():
    encoder = DinoEncoder(DINO, 28).eval()
    pixels = torch.randn(2, 1, 28, 28)
    features = encoder(pixels)
    assert features.layers.shape == (2, 3, 5, 16)
    assert encoder.tokens == 5
    torch.testing.assert_close(encoder.backbone.layernorm(features.layers[:, -1]), features.last)
    torch.testing.assert_close(encoder(pixels.expand(-1, 3, -1, -1)).last, features.last)


def test_a_backbone_without_its_configuration_is_refused():
    config = NetworkConfig(
        model=ModelSettings(vision=VisionSettings(backbone="folder/dino")),
        image_size=28,
        vocabulary=9,
        context_vocabulary=9,
        bos_id=0,
        eos_id=0,
        pad_id=1,
        context_pad_id=1,
    )
    with pytest.raises(WeightsError, match=r"'folder/dino': got no configuration; expected its Dinov2"):
        build_vision(config)
