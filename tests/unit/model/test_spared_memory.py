"""What a step keeps in memory changes neither its loss nor its gradients."""

import pytest
import torch
from torch.nn import functional as F

from priorrg.model import decoder, layer_fusion
from priorrg.stage_settings import MemorySettings

SPARING = MemorySettings(recompute=True, images_at_once=3)


def stage1(network, batch):
    return network.align_loss(batch)


def stage2(network, batch):
    return network.report_loss(batch, observations=1.0, changes=1.0)["loss"]


def after_backward(network, batch, loss_of, memory, half=False):
    """Return the loss, every gradient and every buffer after one backward pass."""
    network.train().spare(memory)
    torch.manual_seed(7)  # of dropout
    with torch.autocast("cpu", torch.bfloat16, enabled=half):
        loss = loss_of(network, batch)
    loss.backward()
    gradients = {name: p.grad for name, p in network.named_parameters() if p.grad is not None}
    return loss.detach(), gradients, dict(network.named_buffers())


@pytest.mark.parametrize("loss_of", [stage1, stage2])
@pytest.mark.parametrize("frozen", [True, False])
def test_a_step_that_spares_memory_computes_what_the_plain_step_computes(
    small_network, small_batch, loss_of, frozen, monkeypatch
):
    monkeypatch.setattr(decoder, "_LOGITS_AT_ONCE", 5)
    again, fused = layer_fusion._again, []
    monkeypatch.setattr(layer_fusion, "_again", lambda *part: fused.append(part) or again(*part))
    monkeypatch.setattr(layer_fusion, "_TRAINED_AT_ONCE", 24 * 4 * 5)  # five tokens of four studies
    plain = after_backward(small_network(frozen=frozen), small_batch(), loss_of, MemorySettings())
    spared = after_backward(small_network(frozen=frozen), small_batch(), loss_of, SPARING)
    # Twice for each part, the second time in the backward pass of the whole.
    assert (len(fused) > 8) == (loss_of is stage2)
    torch.testing.assert_close(spared[0], plain[0], rtol=1e-6, atol=0)  # logits are summed in single
    assert spared[1].keys() == plain[1].keys()
    torch.testing.assert_close(spared[1], plain[1], rtol=1e-4, atol=1e-7)
    # Running statistics as well: what is computed again is not counted again.
    torch.testing.assert_close(spared[2], plain[2], rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("loss_of", [stage1, stage2])
def test_mixed_precision_rounds_and_no_more(small_network, small_batch, loss_of):
    def single(batch):
        return batch._map(lambda x: x.float() if x.dtype == torch.float64 else x)

    network = small_network(frozen=True).float()
    plain_loss, plain, _ = after_backward(network, single(small_batch()), loss_of, MemorySettings())
    plain = {name: g.clone() for name, g in plain.items()}
    network = small_network(frozen=True).float()
    loss, gradients, _ = after_backward(network, single(small_batch()), loss_of, SPARING, half=True)
    torch.testing.assert_close(loss, plain_loss, rtol=2e-2, atol=2e-2)
    one, other = (torch.cat([g.flatten() for g in found.values()]) for found in (plain, gradients))
    assert F.cosine_similarity(one, other, dim=0) > 0.98


def test_the_loss_of_a_report_is_that_of_all_logits_without_padding(small_network, small_batch):
    network, batch = small_network(), small_batch()
    memory = network.encode(batch).memory
    logits = network.decoder.logits(memory, batch.target_ids[:, :-1])
    target = batch.target_ids[:, 1:].masked_fill(~batch.target_mask[:, 1:], -100)
    every = F.cross_entropy(logits.flatten(0, 1).float(), target.flatten(), ignore_index=-100)
    torch.testing.assert_close(
        network.decoder(memory, batch.target_ids, batch.target_mask), every, rtol=1e-6, atol=0
    )


@torch.no_grad()
@pytest.mark.parametrize("frozen", [True, False])
def test_features_are_kept_as_bfloat16_of_a_frozen_encoder_alone(small_network, small_batch, frozen):
    network = small_network(frozen=frozen).float().train()
    network.spare(SPARING)
    with torch.autocast("cpu", torch.bfloat16):
        features = network.encode_images(small_batch().current.float())
    assert features.layers.dtype == (torch.bfloat16 if frozen else torch.float32)
