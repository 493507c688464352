"""Rounded attention is attention, as far as bfloat16 goes."""

import pytest
import torch
from tests.conftest import needs_rounding, on_threads, with_threads
from torch.nn import functional as F

from priorrg.model import attention
from priorrg.model.attention import HeadByHead, attend, mix_rounded, mix_steadily


def projected(queries=70, keys=90):
    random = torch.Generator().manual_seed(0)
    return [torch.randn(2, 3, count, 16, generator=random) for count in (queries, keys, keys)]


@pytest.mark.parametrize(
    "at_once", [2**20, 2**11], ids=["together", "a head and some queries at a time"]
)
def test_it_is_near_the_unrounded(monkeypatch, at_once):
    monkeypatch.setattr(attention, "_AT_ONCE", at_once)
    query, key, value = projected()
    expected = F.scaled_dot_product_attention(query, key, value)
    found = mix_rounded(query, key, value, 16**-0.5)
    assert 1e-4 < (found - expected).square().mean().sqrt() / expected.std() < 1e-2


@pytest.mark.parametrize("kind", [torch.float32, torch.bfloat16])
@pytest.mark.parametrize("threads", [1, 2, 5, 16])
def test_attention_of_few_queries_is_bit_by_bit_the_same_whatever_the_batch(kind, threads):
    random = torch.Generator().manual_seed(0)
    query = torch.randn(16, 12, 3, 64, generator=random)
    key, value = (torch.randn(16, 12, 396, 64, generator=random).to(kind) for _ in range(2))
    mask = torch.rand(16, 1, 3, 396, generator=random) > 0.3
    with on_threads(threads):
        whole = mix_steadily(query, key, value, 0.125, mask)
        alone = [
            mix_steadily(*(x[n : n + 1] for x in (query, key, value)), 0.125, mask[n : n + 1])
            for n in (0, 9)
        ]
    assert torch.equal(torch.cat(alone), whole[[0, 9]])
    expected = F.scaled_dot_product_attention(query, key.float(), value.float(), attn_mask=mask)
    assert (whole - expected).square().mean().sqrt() / expected.std() < (1e-6, 1e-2)[
        kind == torch.bfloat16
    ]


@pytest.mark.parametrize("rounded", [False, True])
@pytest.mark.parametrize(("heads", "queries", "keys"), [(8, 128, 1498), (2, 1370, 1370), (12, 30, 30)])
def test_attention_is_bit_by_bit_the_same_with_any_number_of_threads(rounded, heads, queries, keys):
    random = torch.Generator().manual_seed(0)
    query, key, value = (
        torch.randn(1, count, heads * 64, generator=random) for count in (queries, keys, keys)
    )
    one, *more = (
        with_threads(threads, lambda: attend(query, key, value, heads, rounded=rounded))
        for threads in (1, 2, 3, 5, 16)
    )
    assert all(torch.equal(one, made) for made in more)


def flat(queries=70, keys=90):
    """Return what ``attend`` takes."""
    return [part.transpose(1, 2).flatten(2) for part in projected(queries, keys)]


def test_keys_that_do_not_exist_are_not_read():
    query, key, value = flat()
    mask = torch.arange(90).expand(2, -1) < torch.tensor([[40], [0]])
    found = attend(query, key, value, 3, mask, rounded=True)
    short = attend(query[:1], key[:1, :40], value[:1, :40], 3, rounded=True)
    torch.testing.assert_close(found[:1], short, rtol=0, atol=2e-2)
    assert not found[1].any()


@pytest.mark.parametrize("at_once", [2**20, 2**11])
def test_gradients_of_attention_a_head_at_a_time_are_those_of_plain_attention(monkeypatch, at_once):
    monkeypatch.setattr(attention, "_AT_ONCE", at_once)
    ours = [part.double().requires_grad_() for part in projected()]
    theirs = [part.detach().clone().requires_grad_() for part in ours]
    found = HeadByHead.apply(*ours, 0.3)
    expected = F.scaled_dot_product_attention(*theirs, scale=0.3)
    torch.testing.assert_close(found, expected)
    given = torch.randn(found.shape, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    found.backward(given)
    expected.backward(given)
    for own, other in zip(ours, theirs, strict=True):
        torch.testing.assert_close(own.grad, other.grad)


@pytest.fixture
def mixed(monkeypatch):
    """Return one item for each time that attention went a head at a time."""
    mix, calls = attention._mix_by_head, []
    monkeypatch.setattr(attention, "_mix_by_head", lambda *parts: calls.append(mix(*parts)))
    return calls


@needs_rounding
@pytest.mark.parametrize(("queries", "masked"), [(600, False), (600, True), (40, False)])
def test_training_in_bfloat16_goes_a_head_at_a_time_where_scores_are_many(mixed, queries, masked):
    mask = torch.ones(2, 700, dtype=torch.bool) if masked else None
    attend(*(part.bfloat16() for part in flat(queries, 700)), 3, mask)
    assert bool(mixed) == (queries == 600 and not masked)


@needs_rounding
@pytest.mark.parametrize(
    ("louder", "shift", "bound"),
    [(1, 0, 1e-2), (8, 0, 4e-2), (1, 10, 1e-2)],
    ids=["plain", "large scores", "an offset that all tokens share"],
)
def test_a_head_at_a_time_in_bfloat16_is_near_single_precision(louder, shift, bound):
    query, key, value = flat(600, 700)
    ours = [part.bfloat16().requires_grad_() for part in (query * louder, key + shift, value + shift)]
    theirs = [part.detach().float().requires_grad_() for part in ours]
    with torch.autocast("cpu", torch.bfloat16):
        found = attend(*ours, 3)
    expected = attend(*theirs, 3)
    random = torch.Generator().manual_seed(1)
    given = (torch.randn(found.shape, generator=random) + shift).bfloat16()
    found.backward(given)
    expected.backward(given.float())
    pairs = [
        (found, expected),
        *((own.grad, other.grad) for own, other in zip(ours, theirs, strict=True)),
    ]
    for own, other in pairs:
        assert (own - other).norm() / other.norm() < bound


@pytest.mark.parametrize("why", ["single precision", "no gradients", "a processor that cannot round"])
def test_at_any_other_time_attention_is_pytorchs_own(monkeypatch, mixed, why):
    monkeypatch.setattr(attention, "can_round", lambda: why != "a processor that cannot round")
    kind = torch.float32 if why == "single precision" else torch.bfloat16
    parts = [part.to(kind) for part in flat(600, 700)]
    with torch.set_grad_enabled(why != "no gradients"):
        attend(*parts, 3)
    assert mixed == []
