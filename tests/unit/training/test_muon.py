"""Our Muon is PyTorch's where that one goes, and goes on to convolutions."""

import pytest
import torch
from torch import nn

from priorrg.training.muon import Muon, orthogonalised


def trained(optimizer_of, shapes, steps=4):
    torch.manual_seed(0)
    parameters = [nn.Parameter(torch.randn(shape)) for shape in shapes]
    targets = [torch.randn(shape) for shape in shapes]
    optimizer = optimizer_of(parameters)
    for _ in range(steps):
        optimizer.zero_grad()
        sum(((p - t) ** 2).sum() for p, t in zip(parameters, targets, strict=True)).backward()
        optimizer.step()
    return parameters


def test_matrices_move_as_by_the_optimizer_of_pytorch():
    shapes = [(8, 8), (8, 24), (24, 8), (8, 8)]
    ours = trained(lambda p: Muon(p, lr=0.05, weight_decay=0.1), shapes)
    theirs = trained(
        lambda p: torch.optim.Muon(p, lr=0.05, weight_decay=0.1, adjust_lr_fn="match_rms_adamw"), shapes
    )
    start = trained(lambda p: Muon(p, lr=0.05), shapes, steps=0)
    for a, b, s in zip(ours, theirs, start, strict=True):
        # Both iterate in bfloat16: equal to some percent of the way gone.
        assert (a - b).norm() < 0.03 * (a - s).norm()


@pytest.mark.parametrize("layout", [torch.contiguous_format, torch.channels_last])
def test_a_kernel_moves_as_the_matrix_that_it_is(layout):
    torch.manual_seed(0)
    kernel = torch.randn(6, 4, 3, 3)
    gradient = torch.randn(6, 4, 3, 3)
    one = nn.Parameter(kernel.clone(memory_format=layout))
    other = nn.Parameter(kernel.flatten(1).clone())
    one.grad, other.grad = gradient.to(memory_format=layout), gradient.flatten(1).clone()
    Muon([one], lr=0.1).step()
    Muon([other], lr=0.1).step()
    torch.testing.assert_close(one.flatten(1), other, rtol=0, atol=0)
    assert not torch.equal(one, kernel)


def test_all_directions_of_a_matrix_move_alike():
    torch.manual_seed(0)
    uneven = torch.randn(2, 12, 12) @ torch.diag(torch.logspace(0, -2, 12)) @ torch.randn(2, 12, 12)
    values = torch.linalg.svdvals(orthogonalised(uneven).float())
    assert values.max() < 1.3
    # The least of them grows by a factor of 3.4 an iteration until it is near 1.
    assert values.median() > 0.6


def test_what_has_no_gradient_stays():
    parameter = nn.Parameter(torch.ones(2, 2))
    Muon([parameter], lr=0.1, weight_decay=0.5).step()
    assert torch.equal(parameter, torch.ones(2, 2))
