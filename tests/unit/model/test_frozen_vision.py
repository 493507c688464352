"""A frozen encoder reads some images at a time, and under autocast through a rounded copy of its own."""

import copy
import gc
import weakref

import pytest
import torch
from tests.conftest import needs_rounding
from torch import Tensor

from priorrg.model import frozen_vision
from priorrg.model.activation import Gelu
from priorrg.model.frozen_vision import read_in_parts, rounded_copy
from priorrg.model.inputs import VisionFeatures
from priorrg.model.packed_linear import PackedLinear
from priorrg.model.vision import ROUNDED_ATTENTION, DinoEncoder

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


@needs_rounding
@torch.no_grad()
def test_under_autocast_features_are_those_of_the_encoder_but_for_rounding(encoder):
    exact = encoder(PIXELS)
    with torch.autocast("cpu", torch.bfloat16):
        cast = encoder(PIXELS)
    found = trained(encoder)
    assert found.layers.dtype == found.last.dtype == torch.bfloat16
    assert 0 < error(found.last, cast.last) < 2e-2
    assert 0 < error(found.last, exact.last) < 2e-2
    assert 0 < error(found.layers, exact.layers) < 2e-2
    copied = rounded_copy(encoder)
    one_by_one = [copied(pixels[None]) for pixels in PIXELS]
    assert torch.equal(found.last, torch.cat([one.last for one in one_by_one]).bfloat16())
    assert torch.equal(found.layers, torch.cat([one.layers for one in one_by_one]).bfloat16())
    again = encoder(PIXELS)
    assert torch.equal(again.last, exact.last)
    assert torch.equal(again.layers, exact.layers)


@needs_rounding
def test_the_copy_is_packed_and_rounds_its_attention_and_the_encoder_is_neither(encoder):
    def kinds(of):
        return {type(part) for part in of.modules()}

    before = kinds(encoder)
    copied = rounded_copy(encoder)
    assert PackedLinear in kinds(copied)
    assert Gelu in kinds(copied)
    assert copied.backbone.config._attn_implementation == ROUNDED_ATTENTION
    assert kinds(encoder) == before
    assert encoder.backbone.config._attn_implementation != ROUNDED_ATTENTION


@needs_rounding
@pytest.mark.parametrize("at_once", [1, 2, 3])
def test_no_more_images_are_read_side_by_side_than_are_said(encoder, monkeypatch, at_once):
    most = []
    monkeypatch.setattr(
        frozen_vision,
        "side_by_side",
        lambda work, items, streams: (
            most.append((len(items), streams)) or [work(item) for item in items]
        ),
    )
    with torch.autocast("cpu", torch.bfloat16):
        read_in_parts(encoder, PIXELS, at_once, with_layers=False, half=True)
    assert most == [(3, at_once)]


@needs_rounding
def test_the_copy_is_made_once_and_anew_when_weights_are_loaded_or_moved(encoder):
    first = trained(encoder).last
    made = rounded_copy(encoder)
    assert rounded_copy(encoder) is made
    torch.manual_seed(1)
    encoder.load_state_dict(DinoEncoder(DINO, 28).state_dict())
    loaded = trained(encoder).last
    assert rounded_copy(encoder) is not made
    assert error(loaded, encoder(PIXELS).last) < 2e-2 < error(loaded, first)
    made = rounded_copy(encoder)
    for weight in encoder.parameters():
        weight.data = weight.data.clone()
    assert rounded_copy(encoder) is not made


@needs_rounding
def test_the_copy_belongs_to_no_encoder_and_goes_with_it(encoder):
    parameters, state = len(list(encoder.parameters())), list(encoder.state_dict())
    trained(encoder)
    assert len(list(encoder.parameters())) == parameters
    assert list(encoder.state_dict()) == state
    twin = copy.deepcopy(encoder)
    assert torch.equal(trained(twin).last, trained(encoder).last)
    assert rounded_copy(twin) is not rounded_copy(encoder)
    held = weakref.ref(rounded_copy(twin))
    del twin
    gc.collect()
    assert held() is None


@torch.no_grad()
@pytest.mark.parametrize("why", ["bfloat16 weights", "half precision", "a processor that cannot round"])
def test_what_the_copy_is_not_for_is_read_without_one(encoder, monkeypatch, why):
    monkeypatch.setattr(frozen_vision, "can_round", lambda: why != "a processor that cannot round")
    monkeypatch.setattr(frozen_vision, "rounded_copy", lambda _: pytest.fail("made a copy"))
    exact = encoder(PIXELS).last
    if why == "bfloat16 weights":
        encoder.bfloat16()
    kind = torch.float16 if why == "half precision" else torch.bfloat16
    with torch.autocast("cpu", kind):
        found = read_in_parts(
            encoder, PIXELS.to(next(encoder.parameters()).dtype), 2, with_layers=True, half=True
        )
    assert found.last.dtype == kind
    assert error(found.last, exact) < 3e-2


def test_outside_training_autocast_is_as_the_caller_has_it(encoder):
    with torch.autocast("cpu", torch.bfloat16):
        found = read_in_parts(encoder, PIXELS, 2, with_layers=True, half=False)
        cast = torch.cat([encoder(PIXELS[:2]).last, encoder(PIXELS[2:]).last])
    assert found.last.dtype == torch.float32
    assert torch.equal(found.last, cast.float())
    assert not torch.equal(found.last, encoder(PIXELS).last)
