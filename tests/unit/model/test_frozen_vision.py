"""A frozen encoder reads some images at a time, and under autocast through a rounded copy of its own."""

import copy
import gc
import weakref

import pytest
import torch
from torch import Tensor

from priorrg.model import frozen_vision
from priorrg.model.frozen_vision import read_in_parts, rounded
from priorrg.model.inputs import VisionFeatures
from priorrg.model.vision import DinoEncoder

DINO = {
    "hidden_size": 16,
    "num_hidden_layers": 3,
    "num_attention_heads": 2,
    "image_size": 28,
    "patch_size": 14,
}
PIXELS = torch.randn(3, 1, 28, 28, generator=torch.Generator().manual_seed(1))


@pytest.fixture
def encoder() -> DinoEncoder:
    torch.manual_seed(0)
    return DinoEncoder(DINO, 28).requires_grad_(False).eval()


def trained(encoder: DinoEncoder) -> VisionFeatures:
    """Return what training sees."""
    with torch.autocast("cpu", torch.bfloat16):
        return read_in_parts(encoder, PIXELS, 2, with_layers=True, half=True)


def error(found: Tensor, near: Tensor) -> float:
    return float((found.float() - near.float()).square().mean().sqrt() / near.float().std())


def test_images_read_in_parts_have_the_features_of_images_read_together(small_network, small_batch):
    vision, pixels = small_network().study_encoder.vision, small_batch().current
    together = vision(pixels)
    parts = read_in_parts(vision, pixels, 3, with_layers=True, half=False)
    torch.testing.assert_close(parts.last, together.last, rtol=0, atol=1e-12)
    torch.testing.assert_close(parts.layers, together.layers, rtol=0, atol=1e-12)
    bare = read_in_parts(vision, pixels, 3, with_layers=False, half=False)
    torch.testing.assert_close(bare.last, together.last, rtol=0, atol=1e-12)
    assert bare.layers.shape[1] == 0


@torch.no_grad()
def test_under_autocast_features_are_those_of_the_encoder_but_for_rounding(encoder):
    exact = encoder(PIXELS)
    with torch.autocast("cpu", torch.bfloat16):
        cast = encoder(PIXELS)
    found = trained(encoder)
    assert found.layers.dtype == found.last.dtype == torch.bfloat16
    assert 0 < error(found.last, exact.last) < max(2e-2, 2 * error(cast.last, exact.last))
    assert 0 < error(found.layers, exact.layers) < 2e-2
    again = encoder(PIXELS)
    assert torch.equal(again.last, exact.last)
    assert torch.equal(again.layers, exact.layers)


def test_the_copy_is_made_once_and_anew_when_weights_are_loaded_or_moved(encoder):
    first = trained(encoder).last
    made = rounded(encoder)
    assert rounded(encoder) is made
    torch.manual_seed(1)
    encoder.load_state_dict(DinoEncoder(DINO, 28).state_dict())
    loaded = trained(encoder).last
    assert rounded(encoder) is not made
    assert error(loaded, encoder(PIXELS).last) < 2e-2 < error(loaded, first)
    made = rounded(encoder)
    for weight in encoder.parameters():
        weight.data = weight.data.clone()
    assert rounded(encoder) is not made


def test_the_copy_belongs_to_no_encoder_and_goes_with_it(encoder):
    parameters, state = len(list(encoder.parameters())), list(encoder.state_dict())
    trained(encoder)
    assert len(list(encoder.parameters())) == parameters
    assert list(encoder.state_dict()) == state
    twin = copy.deepcopy(encoder)
    assert torch.equal(trained(twin).last, trained(encoder).last)
    assert rounded(twin) is not rounded(encoder)
    held = weakref.ref(rounded(twin))
    del twin
    gc.collect()
    assert held() is None


@pytest.mark.parametrize("processor_rounds", [True, False])
def test_a_network_of_bfloat16_and_a_processor_that_cannot_round_read_without_a_copy(
    encoder, monkeypatch, processor_rounds
):
    monkeypatch.setattr(frozen_vision, "can_round", lambda: processor_rounds)
    monkeypatch.setattr(frozen_vision, "rounded", lambda _: pytest.fail("made a copy"))
    if not processor_rounds:
        assert error(trained(encoder).last, encoder(PIXELS).last) < 2e-2
        return
    found = read_in_parts(encoder.bfloat16(), PIXELS.bfloat16(), 2, with_layers=True, half=True)
    assert torch.equal(found.last, encoder(PIXELS.bfloat16()).last)


def test_outside_training_autocast_is_as_the_caller_has_it(encoder):
    with torch.autocast("cpu", torch.bfloat16):
        found = read_in_parts(encoder, PIXELS, 2, with_layers=True, half=False)
        cast = torch.cat([encoder(PIXELS[:2]).last, encoder(PIXELS[2:]).last])
    assert found.last.dtype == torch.float32
    assert torch.equal(found.last, cast.float())
    assert not torch.equal(found.last, encoder(PIXELS).last)
