"""A study's memory: what it is made of, and what it must not depend on."""

from dataclasses import replace

import pytest
import torch

from priorrg.model.inputs import StudyBatch, VisionFeatures


def one_study(batch: StudyBatch, row: int) -> StudyBatch:
    """Return a batch of one study, its texts without padding."""
    before = int(batch.has_prior[:row].sum())
    own = slice(before, before + int(batch.has_prior[row]))
    words = int(batch.context_mask[row].sum())
    return StudyBatch(
        current=batch.current[row : row + 1],
        prior=batch.prior[own],
        has_prior=batch.has_prior[row : row + 1],
        current_view=batch.current_view[row : row + 1],
        prior_view=batch.prior_view[own],
        context_ids=batch.context_ids[row : row + 1, :words],
        context_mask=batch.context_mask[row : row + 1, :words],
    )


def test_a_study_has_the_same_memory_alone_as_in_a_batch(small_network, small_batch):
    network, batch = small_network(), small_batch()
    together = network.encode(batch).memory
    for row in range(len(batch)):
        alone = network.encode(one_study(batch, row)).memory
        torch.testing.assert_close(alone[0], together[row], rtol=0, atol=1e-12)


@pytest.mark.parametrize("statement_rows", [False, True])
def test_a_study_has_the_same_report_alone_as_in_a_batch(small_network, small_batch, statement_rows):
    network, batch = small_network(statement_rows=statement_rows), small_batch()
    together = network.generate(batch, beams=3, max_tokens=12)
    for row in range(len(batch)):
        alone = network.generate(one_study(batch, row), beams=3, max_tokens=12)[0]
        assert together[row, : len(alone)].tolist() == alone.tolist()
        assert set(together[row, len(alone) :].tolist()) <= {1}


def test_padding_of_the_context_has_no_meaning(small_network, small_batch):
    network, batch = small_network(), small_batch()
    other_words = torch.where(batch.context_mask, batch.context_ids, 17)
    changed = replace(batch, context_ids=other_words)
    torch.testing.assert_close(
        network.encode(changed).memory, network.encode(batch).memory, rtol=0, atol=1e-12
    )


def test_studies_without_a_prior_are_untouched_by_the_priors_of_others(small_network, small_batch):
    network, batch = small_network(), small_batch()
    changed = replace(batch, prior=batch.prior * -2)
    before, after = network.encode(batch).memory, network.encode(changed).memory
    torch.testing.assert_close(after[~batch.has_prior], before[~batch.has_prior], rtol=0, atol=1e-12)
    assert (after[batch.has_prior] - before[batch.has_prior]).abs().amax(dim=(1, 2)).min() > 1e-6


def test_a_batch_may_have_no_prior_at_all_and_still_trains(small_network, small_batch):
    network = small_network().train()
    batch = small_batch(has_prior=(False, False), lengths=(2, 2))
    network.report_loss(batch, observations=1.0, changes=1.0)["loss"].backward()
    fusion = network.study_encoder.temporal_fusion
    assert all(p.grad is not None and not p.grad.any() for p in fusion.parameters())


def test_a_study_without_any_context_token_has_finite_memory(small_network, small_batch):
    network, batch = small_network(), small_batch()
    mask = batch.context_mask.clone()
    mask[2] = False
    memory = network.encode(replace(batch, context_mask=mask)).memory
    assert memory.isfinite().all()


@pytest.mark.parametrize(
    ("method", "with_joint", "parts"),
    [
        ({}, True, 3),
        ({}, False, 2),
        ({"use_hidden": False}, True, 2),
        ({"use_context": False}, True, 2),
        ({"use_context": False, "use_hidden": False}, True, 1),
        ({"use_prior": False}, True, 3),
        ({"coarse_to_fine": False}, True, 3),
        ({"prior_pixels": "blank"}, True, 3),
    ],
)
def test_memory_has_the_latents_of_each_part_in_use(
    small_network, small_batch, method, with_joint, parts
):
    network = small_network(**method)
    encoded = network.encode(small_batch(), with_joint=with_joint)
    assert encoded.memory.shape == (4, parts * 3, 16)
    assert (encoded.context is None) == (method.get("use_context") is False)


def test_withholding_priors_makes_every_study_one_without(small_network, small_batch):
    batch = small_batch()
    withheld = small_network(use_prior=False).encode(batch).memory
    none = torch.zeros(len(batch), dtype=torch.bool)
    without = replace(batch, has_prior=none, prior=batch.prior[:0], prior_view=batch.prior_view[:0])
    torch.testing.assert_close(withheld, small_network().encode(without).memory)


def test_a_blank_prior_tells_that_it_exists_but_not_what_it_shows(small_network, small_batch):
    network, batch = small_network(prior_pixels="blank"), small_batch()
    memory = network.encode(batch).memory
    torch.testing.assert_close(network.encode(replace(batch, prior=batch.prior + 3)).memory, memory)
    torch.testing.assert_close(
        small_network(use_prior=False).encode(batch).memory[~batch.has_prior], memory[~batch.has_prior]
    )
    other_view = replace(batch, prior_view=(batch.prior_view + 1) % 5)
    assert not torch.allclose(network.encode(other_view).memory, memory, atol=1e-9)


def test_context_guides_what_is_seen_only_from_coarse_to_fine(small_network, small_batch):
    batch = small_batch()
    other = replace(batch, context_ids=batch.context_ids.flip(0))
    for guided in (True, False):
        network = small_network(coarse_to_fine=guided)
        seen = [network.encode(b).spatiotemporal_latents for b in (batch, other)]
        assert torch.equal(*seen) != guided


def test_cached_features_give_the_memory_of_their_pixels(small_network, small_batch):
    network, batch = small_network(frozen=True), small_batch()
    cached = replace(
        batch, current=network.encode_images(batch.current), prior=network.encode_images(batch.prior)
    )
    torch.testing.assert_close(network.encode(cached).memory, network.encode(batch).memory)


def test_a_frozen_vision_encoder_neither_learns_nor_drifts(small_network, small_batch):
    network = small_network(frozen=True).train()
    before = {name: t.clone() for name, t in network.study_encoder.vision.state_dict().items()}
    network.report_loss(small_batch())["loss"].backward()
    vision = network.study_encoder.vision
    assert not vision.training
    assert all(p.grad is None for p in vision.parameters())
    assert all(torch.equal(before[name], t) for name, t in vision.state_dict().items())


def test_normalisation_learns_its_statistics_from_real_tokens_only(small_network, small_batch):
    running = []
    for pad in (17, 23):
        network, batch = small_network().train(), small_batch()
        ids = torch.where(batch.context_mask, batch.context_ids, pad)
        longer = [torch.nn.functional.pad(x, (0, pad)) for x in (ids, batch.context_mask)]
        network.encode(replace(batch, context_ids=longer[0], context_mask=longer[1]))
        running.append(network.study_encoder.text_projection.batch_norm.running_mean)
    torch.testing.assert_close(*running)


def test_each_projection_updates_its_statistics_once_per_pass(small_network, small_batch):
    network = small_network().train()
    network.align_loss(small_batch())
    network.report_loss(small_batch())
    assert network.study_encoder.visual_projection.batch_norm.num_batches_tracked == 2
    assert network.study_encoder.text_projection.batch_norm.num_batches_tracked == 2


def test_priors_that_do_not_match_their_rows_are_refused(small_network, small_batch):
    batch = small_batch()
    wrong = replace(batch, has_prior=torch.ones(4, dtype=torch.bool))
    with pytest.raises(ValueError, match="true for 4 rows, but priors are 2"):
        small_network().encode(wrong)


def test_pixels_and_cached_features_are_not_mixed(small_network, small_batch):
    network, batch = small_network(), small_batch()
    with pytest.raises(ValueError, match="both be pixels or both be VisionFeatures"):
        network.encode(replace(batch, prior=network.encode_images(batch.prior)))


def test_a_batch_moves_as_a_whole(small_network, small_batch):
    network, batch = small_network(), small_batch()
    cached = replace(batch, current=network.encode_images(batch.current), change_targets=None)
    moved = cached.to("meta")
    assert isinstance(moved.current, VisionFeatures)
    assert moved.current.layers.device.type == moved.prior.device.type == "meta"
    assert moved.context_mask.device.type == "meta"
    assert moved.change_targets is None
    assert len(moved) == 4
