"""Auxiliary losses: what is not asked does not count."""

import math

import pytest
import torch

from priorrg.model.auxiliary import AuxiliaryHeads, change_loss, observation_loss


def test_every_slot_gets_an_answer_of_its_own():
    torch.manual_seed(0)
    logits = AuxiliaryHeads(width=16, slots=5, changes=6)(torch.randn(2, 9, 16))
    assert logits.observations.shape == (2, 5, 2)
    assert logits.changes.shape == (2, 5, 6)
    assert logits.observations.std(dim=1).min() > 0


def test_observations_that_are_not_asked_do_not_count():
    logits = torch.tensor([[2.0, -1.0, 5.0]])
    targets = torch.tensor([[1.0, 0.0, -100.0]])
    expected = (math.log1p(math.exp(-2)) + math.log1p(math.exp(-1))) / 2
    assert observation_loss(logits, targets).item() == pytest.approx(expected, rel=1e-6)


def test_rare_positives_can_weigh_more():
    logits = torch.tensor([[2.0, -1.0]])
    targets = torch.tensor([[1.0, 0.0]])
    expected = (3 * math.log1p(math.exp(-2)) + math.log1p(math.exp(-1))) / 2
    assert observation_loss(logits, targets, 3.0).item() == pytest.approx(expected, rel=1e-6)


def test_changes_that_are_not_asked_do_not_count():
    logits = torch.zeros(1, 3, 6)
    logits[0, 2] = torch.arange(6.0)
    targets = torch.tensor([[0, 3, -100]])
    assert change_loss(logits, targets).item() == pytest.approx(math.log(6), rel=1e-6)


def test_changes_can_weigh_more_than_none():
    logits = torch.tensor([[[1.0, 0.0], [1.0, 0.0]]])
    targets = torch.tensor([[0, 1]])
    none, change = math.log1p(math.exp(-1)), math.log1p(math.exp(1))
    assert change_loss(logits, targets, 4.0).item() == pytest.approx((none + 4 * change) / 5, rel=1e-6)
    weights = torch.tensor([1.0, 4.0])
    assert change_loss(logits, targets, weights).item() == pytest.approx(
        (none + 4 * change) / 5, rel=1e-6
    )


def test_nothing_asked_costs_nothing_and_has_a_gradient():
    observations = torch.zeros(2, 3, requires_grad=True)
    changes = torch.zeros(2, 3, 6, requires_grad=True)
    loss = observation_loss(observations, torch.full((2, 3), -100.0))
    loss = loss + change_loss(changes, torch.full((2, 3), -100))
    loss.backward()
    assert loss.item() == 0
    assert not observations.grad.any()
    assert not changes.grad.any()
