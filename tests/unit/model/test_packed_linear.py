"""Packed layers multiply as their mode says, and no row knows of the others."""

import pytest
import torch
from tests.conftest import QUICK_MODES, on_threads, with_threads
from torch import nn
from transformers.pytorch_utils import Conv1D

from priorrg.model import packed_linear
from priorrg.model.packed_linear import PackedLinear, pack

MODES = QUICK_MODES
RANDOM = torch.Generator().manual_seed(0)
WEIGHT, BIAS = torch.randn(48, 96, generator=RANDOM) / 96**0.5, torch.randn(48, generator=RANDOM)
TOKENS = torch.randn(4, 80, 96, generator=RANDOM)
ERROR = {"fp32": 1e-6, "bf16": 6e-3, "int8": 1.5e-2}
"""Root mean square of the error, as a share of the result's, that the mode's rounding may cause."""


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("bias", [BIAS, None], ids=["bias", "none"])
def test_the_result_is_that_of_the_layer_as_far_as_the_mode_goes(mode, bias):
    expected = nn.functional.linear(TOKENS, WEIGHT, bias)
    made = PackedLinear(WEIGHT, bias, mode)(TOKENS)
    assert made.dtype == torch.float32
    error = (made - expected).square().mean().sqrt() / expected.square().mean().sqrt()
    assert error <= ERROR[mode]
    if mode != "fp32":
        assert error > 1e-4  # it does round


@pytest.fixture(params=[1, 2, 5, 16])
def threads(request):
    with on_threads(request.param):
        yield


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize(("before", "after"), [(768, 3072), (3072, 768), (96, 48)])
@pytest.mark.usefixtures("threads")
def test_a_row_of_a_large_layer_is_bit_by_bit_the_same_whoever_stands_beside_it(mode, before, after):
    random = torch.Generator().manual_seed(0)
    layer = PackedLinear(torch.randn(after, before, generator=random), None, mode)
    rows = torch.randn(48, before, generator=random)
    whole = layer(rows)
    for count in (1, 2, 3, 9, 30):
        assert torch.equal(layer(rows[:count]), whole[:count])


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize(("before", "after"), [(768, 3072), (3072, 768), (1536, 768), (96, 48)])
@pytest.mark.parametrize("rows", [3, 12, 128, 1370])
def test_a_layer_makes_bit_by_bit_the_same_with_any_number_of_threads(mode, before, after, rows):
    random = torch.Generator().manual_seed(0)
    layer = PackedLinear(torch.randn(after, before, generator=random), None, mode)
    tokens = torch.randn(rows, before, generator=random)
    one, *more = (with_threads(threads, lambda: layer(tokens)) for threads in (1, 2, 3, 5, 16, 64))
    assert all(torch.equal(one, made) for made in more)


@pytest.mark.parametrize("mode", MODES)
def test_a_row_is_bit_by_bit_the_same_whoever_stands_beside_it(mode):
    layer = PackedLinear(WEIGHT, BIAS, mode)
    whole = layer(TOKENS.flatten(0, 1))
    for count in (1, 2, 3, 17, 256, 300):
        assert torch.equal(layer(TOKENS.flatten(0, 1)[:count]), whole[:count])
    assert torch.equal(layer(TOKENS[:, :1]), whole.view(4, 80, 48)[:, :1])


@pytest.mark.skipif("int8" not in MODES, reason="this processor has no AVX-512 VNNI")
def test_one_large_row_does_not_cost_the_others_their_steps():
    layer = PackedLinear(WEIGHT, BIAS, "int8")
    tokens = TOKENS[0].clone()
    quiet = layer(tokens)[1:]
    tokens[0] *= 1e4
    assert torch.equal(layer(tokens)[1:], quiet)


@pytest.mark.parametrize("mode", MODES)
def test_rows_of_zeros_give_the_bias(mode):
    made = PackedLinear(WEIGHT, BIAS, mode)(torch.zeros(3, 96))
    torch.testing.assert_close(made, BIAS.expand(3, -1), rtol=4e-3, atol=0)


@pytest.mark.parametrize("mode", MODES)
def test_no_rows_give_none(mode):
    assert PackedLinear(WEIGHT, BIAS, mode)(torch.zeros(0, 5, 96)).shape == (0, 5, 48)


@torch.no_grad()
@pytest.mark.parametrize("mode", MODES)
def test_every_linear_layer_is_packed_and_the_others_stay(mode):
    torch.manual_seed(0)
    module = nn.Sequential(nn.Linear(96, 96), nn.LayerNorm(96), nn.Sequential(Conv1D(48, 96)))
    expected = module(TOKENS)
    pack(module, mode)
    assert [type(child).__name__ for child in module.modules()].count("PackedLinear") == 2
    error = (module(TOKENS) - expected).square().mean().sqrt() / expected.square().mean().sqrt()
    assert error <= 2 * ERROR[mode]


@pytest.mark.parametrize("mode", ["fp32", "bf16"])
def test_where_nothing_is_packed_the_result_is_that_of_the_layer_too(monkeypatch, mode):
    monkeypatch.setattr(packed_linear, "_can_pack", lambda _: False)
    made = PackedLinear(WEIGHT, BIAS, mode)(TOKENS)
    expected = nn.functional.linear(TOKENS, WEIGHT, BIAS)
    assert made.dtype == torch.float32
    assert (made - expected).square().mean().sqrt() <= ERROR[mode] * expected.square().mean().sqrt()
