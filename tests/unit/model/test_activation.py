"""Activations in place are PyTorch's, and do not depend on how many threads or rows there are."""

import pytest
import torch
from tests.conftest import with_threads
from torch.nn import functional as F

from priorrg.model.activation import Gelu, Silu

SHAPES = [(1, 7), (3, 3072), (47, 3072), (5, 1001), (3, 41, 640)]


@pytest.mark.parametrize("approximate", ["none", "tanh"])
@pytest.mark.parametrize("shape", SHAPES)
def test_gelu_is_that_of_pytorch_with_any_number_of_threads(shape, approximate):
    torch.manual_seed(0)
    numbers = torch.randn(shape)
    found = {
        threads: with_threads(threads, lambda: Gelu(approximate)(numbers.clone()))
        for threads in (1, 2, 5, 7, 16)
    }
    torch.testing.assert_close(found[1], F.gelu(numbers, approximate=approximate))
    assert all(torch.equal(found[1], one) for one in found.values())


@pytest.mark.parametrize("threads", [1, 2, 5])
@pytest.mark.parametrize("width", [24, 3072])
def test_gelu_of_a_row_does_not_depend_on_the_rows_beside_it(threads, width):
    torch.manual_seed(0)
    rows = torch.randn(48, width)
    together = with_threads(threads, lambda: Gelu("tanh")(rows.clone()))
    for count in (1, 3, 47):
        few = with_threads(threads, lambda count=count: Gelu("tanh")(rows[:count].clone()))
        assert torch.equal(few, together[:count])


def test_gelu_of_a_part_of_a_tensor_leaves_the_other_part_alone():
    whole = torch.randn(4, 80)
    before = whole.clone()
    torch.testing.assert_close(Gelu("none")(whole[:, 40:]), F.gelu(before[:, 40:]))
    assert torch.equal(whole, before)


@pytest.mark.parametrize("layout", [torch.contiguous_format, torch.channels_last])
@pytest.mark.parametrize("shape", [(1, 16, 65, 65), (2, 3, 5, 7), (1, 5, 1, 1)])
def test_silu_is_that_of_pytorch_in_either_layout_with_any_number_of_threads(shape, layout):
    torch.manual_seed(0)
    features = torch.randn(shape).contiguous(memory_format=layout)
    found = {
        threads: with_threads(
            threads, lambda: Silu()(features.clone(memory_format=torch.preserve_format))
        )
        for threads in (1, 2, 5)
    }
    torch.testing.assert_close(found[1], F.silu(features))
    assert found[1].is_contiguous(memory_format=layout)
    assert all(torch.equal(found[1], one) for one in found.values())
