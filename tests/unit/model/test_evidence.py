"""Where a number of the network comes from."""

import torch

from priorrg.model.evidence import attribution, evidence, watched
from priorrg.model.inputs import VisionFeatures


def test_a_score_that_reads_one_patch_has_its_evidence_there():
    torch.manual_seed(0)
    features = VisionFeatures(torch.randn(2, 17, 6), torch.randn(2, 3, 17, 6))
    leaves = features.map(lambda tensor: tensor.requires_grad_())
    unlike = leaves.last[0, 1 + 6].detach() - leaves.last[0, 1:].mean(dim=0).detach()
    gradient = VisionFeatures(
        *torch.autograd.grad(
            (leaves.last[0, 1 + 6] * unlike).sum(),
            [leaves.last, leaves.layers],
            allow_unused=True,
            materialize_grads=True,
        )
    )
    grid = attribution(features, gradient)
    assert grid.shape == (2, 4, 4)
    assert grid[0, 1, 2] > 0
    assert grid[0].sum() == grid[0, 1, 2]
    assert grid[1].sum() == 0


def test_what_is_alike_everywhere_is_no_evidence():
    features = VisionFeatures(torch.ones(1, 17, 6), torch.ones(1, 3, 17, 6))
    assert attribution(features, features).sum() == 0


def test_maps_are_those_of_the_study_alone_and_only_priors_that_are_there_have_one(
    small_network, small_batch
):
    network = small_network(frozen=True, statement_rows=True)
    batch = watched(network, small_batch())
    again = network.read_again(batch, batch.target_ids)
    current, prior = evidence(again.decided.observations[0, 1, 0], batch)
    assert current.shape[0] == 4
    assert prior.shape[0] == 2
    assert current[0].sum() > 0
    assert prior[0].sum() > 0
    assert current[1:].abs().max() == 0
    assert prior[1:].abs().max() == 0


def test_a_batch_without_any_prior_has_maps_of_the_current_images_alone(small_network, small_batch):
    network = small_network(frozen=True)
    batch = watched(network, small_batch(has_prior=(False, False), lengths=(2, 3)))
    current, prior = evidence(network.read_again(batch, batch.target_ids).tokens.sum(), batch)
    assert current.sum() > 0
    assert len(prior) == 0


def test_reading_again_gives_the_log_probabilities_that_writing_had(small_network, small_batch):
    network = small_network(statement_rows=True)
    batch = small_batch()
    logs = network.report_logits(batch).log_softmax(dim=-1)
    expected = logs.gather(2, batch.target_ids[:, 1:, None])[..., 0]
    again = network.read_again(batch, batch.target_ids)
    torch.testing.assert_close(again.tokens.double(), expected, rtol=0, atol=1e-5)
