"""Layer fusion, temporal fusion, perceiver, projection and attention, each against plain arithmetic."""

import pytest
import torch
from tests.conftest import with_threads
from torch import nn
from torch.nn import functional as F

from priorrg.model.attention import attend
from priorrg.model.layer_fusion import LayerFusion
from priorrg.model.perceiver import Perceiver
from priorrg.model.projection import Projection
from priorrg.model.temporal_fusion import TemporalFusion
from priorrg.settings import PerceiverSettings


def test_layer_fusion_weighs_blocks_then_places_by_maximum_before_mean():
    torch.manual_seed(0)
    fusion, stack = LayerFusion(12).double().eval(), torch.randn(2, 12, 9, 16).double()
    channel, spatial = fusion.channel_attention, fusion.spatial_attention
    pooled = [stack.mean(dim=(2, 3), keepdim=True), stack.amax(dim=(2, 3), keepdim=True)]
    excited = [
        F.conv2d(F.relu(F.conv2d(p, channel.squeeze.weight)), channel.excite.weight) for p in pooled
    ]
    by_block = stack * torch.sigmoid(excited[0] + excited[1])
    maps = torch.stack([by_block.amax(dim=1), by_block.mean(dim=1)], dim=1)
    by_place = by_block * torch.sigmoid(F.conv2d(maps, spatial.conv.weight, padding=3))
    expected = fusion.merge(F.relu(fusion.batch_norm(fusion.reduce(stack + by_place))))[:, 0]

    fused = fusion(stack)

    assert fused.shape == (2, 9, 16)
    assert channel.squeeze.weight.shape == (3, 12, 1, 1)
    assert fusion.reduce.weight.shape == (6, 12, 1, 1)
    torch.testing.assert_close(fused, expected)


def test_layer_fusion_takes_stacks_of_any_height():
    for layers in (1, 2, 3, 5):
        assert LayerFusion(layers)(torch.randn(2, layers, 5, 8)).shape == (2, 5, 8)


@torch.no_grad()
@pytest.mark.parametrize(
    "shape", [(2, 12, 9, 16), (1, 3, 101, 640), (1, 2, 2, 40_000), (1, 12, 43, 768)]
)
def test_layer_fusion_by_few_tokens_is_that_of_all_whatever_the_threads(shape):
    torch.manual_seed(0)
    fusion, stack = LayerFusion(shape[1]).eval(), torch.randn(shape)
    expected = fusion(stack)
    fusion.few_at_once = True
    found = {threads: with_threads(threads, lambda: fusion(stack)) for threads in (1, 2, 5, 7)}
    torch.testing.assert_close(found[1], expected, rtol=0, atol=1e-5)
    assert all(torch.equal(found[1], one) for one in found.values())


def test_heads_of_temporal_fusion_are_a_quarter_of_the_width():
    fusion = TemporalFusion(width=64, layers=2, heads=8)
    assert fusion.blocks[0].attention.query.weight.shape == (128, 64)
    assert fusion(torch.randn(2, 5, 64), torch.randn(2, 7, 64)).shape == (2, 5, 64)
    assert fusion(torch.randn(0, 5, 64), torch.randn(0, 5, 64)).shape == (0, 5, 64)


def test_a_perceiver_starts_where_it_is_told_to():
    torch.manual_seed(0)
    perceiver = Perceiver(16, PerceiverSettings(layers=2, heads=2, head_width=8, latents=3))
    data = torch.randn(2, 6, 16)
    learned = perceiver.latents.expand(2, -1, -1)
    torch.testing.assert_close(perceiver(data, start=learned), perceiver(data))
    assert not torch.allclose(perceiver(data, start=learned + 1), perceiver(data))


def test_a_perceiver_reads_no_masked_token():
    torch.manual_seed(0)
    perceiver = Perceiver(16, PerceiverSettings(layers=2, heads=2, head_width=8, latents=3))
    data = torch.randn(1, 6, 16)
    mask = torch.tensor([[True, True, True, True, False, False]])
    torch.testing.assert_close(perceiver(data, mask), perceiver(data[:, :4]))


def test_attention_without_any_key_reads_nothing():
    query, key = torch.randn(2, 3, 8), torch.randn(2, 4, 8)
    mask = torch.tensor([[True, False, False, False], [False] * 4])
    read = attend(query, key, key, heads=2, key_mask=mask)
    torch.testing.assert_close(read[0], key[0, :1].expand(3, -1))
    assert not read[1].any()


def test_a_projection_is_its_published_stack_of_layers():
    torch.manual_seed(0)
    projection, tokens = Projection(12, 16, normalise=True).double(), torch.randn(10, 12).double()
    columns = projection.norm(tokens).T[None]
    for mode in (True, False):
        projection.train(mode)
        reduced = nn.Conv1d.forward(projection.reduce, columns)
        active = F.relu(projection.batch_norm(reduced))
        expected = nn.Conv1d.forward(projection.expand, active)[0].T
        torch.testing.assert_close(projection(tokens), expected)


def test_a_projection_trains_on_one_token_or_none():
    projection = Projection(12, 16, normalise=False).train()
    assert projection(torch.randn(1, 12)).isfinite().all()
    assert projection(torch.randn(0, 12)).shape == (0, 16)
    assert projection.batch_norm.num_batches_tracked == 0
