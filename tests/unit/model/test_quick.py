"""A network in a quick mode is the same network, rounded as the mode says."""

from dataclasses import replace

import pytest
import torch
from tests.conftest import QUICK_MODES

from priorrg.errors import UsageError
from priorrg.model.quick import check_mode, in_mode

CPU = torch.device("cpu")
ERROR = {"fp32": 1e-5, "bf16": 3e-2, "int8": 8e-2}


@pytest.fixture
def network(small_network):
    return small_network(statement_rows=True).float()


@pytest.fixture
def batch(small_batch):
    batch = small_batch()
    return replace(batch, current=batch.current.float(), prior=batch.prior.float())


@pytest.mark.parametrize("mode", QUICK_MODES)
def test_the_memory_of_every_study_is_that_of_the_exact_network_but_for_rounding(network, batch, mode):
    with torch.no_grad():
        expected, _ = network.readable(batch, True)
        found, _ = in_mode(network, mode).readable(batch, True)
    error = (found - expected).square().mean().sqrt() / expected.square().mean().sqrt()
    assert error <= ERROR[mode]
    if mode != "fp32":
        assert error > 1e-4


@torch.no_grad()
@pytest.mark.parametrize("mode", QUICK_MODES)
def test_the_logits_of_every_word_are_those_of_the_exact_network_but_for_rounding(network, batch, mode):
    for weight in network.decoder.parameters():
        weight.mul_(3 if weight.dim() > 1 else 1)
    expected = network.report_logits(batch)
    found = in_mode(network, mode).report_logits(batch)
    error = (found - expected).square().mean().sqrt() / expected.std()
    assert error <= ERROR[mode]


@torch.no_grad()
@pytest.mark.parametrize("left_out", ["use_prior", "use_context", "use_hidden", "coarse_to_fine"])
@pytest.mark.parametrize("has_prior", [(False, False), (True, False)])
def test_whatever_part_of_the_method_is_left_out(small_network, small_batch, left_out, has_prior):
    network = small_network(statement_rows=True, **{left_out: False}).float()
    batch = small_batch(has_prior=has_prior, lengths=(1, 4))
    batch = replace(batch, current=batch.current.float(), prior=batch.prior.float())
    expected, _ = network.readable(batch, True)
    found, _ = in_mode(network, "fp32").readable(batch, True)
    torch.testing.assert_close(found, expected, rtol=0, atol=1e-5)


@torch.no_grad()
def test_a_context_without_a_single_word_is_none(network, batch):
    none = replace(batch, context_mask=torch.zeros_like(batch.context_mask))
    expected, _ = network.readable(none, True)
    found, _ = in_mode(network, "fp32").readable(none, True)
    torch.testing.assert_close(found, expected, rtol=0, atol=1e-5)


def test_priors_that_belong_to_no_study_are_refused(network, batch):
    wrong = replace(batch, has_prior=torch.tensor([True, False, False, False]))
    with pytest.raises(ValueError, match="has_prior is true for 1 rows, but priors are 2"):
        in_mode(network, "fp32").readable(wrong, True)


def test_single_precision_writes_the_same_words(network, batch):
    for beams in (1, 3):
        found = in_mode(network, "fp32").generate(batch, beams=beams, max_tokens=12)
        assert found.tolist() == network.generate(batch, beams=beams, max_tokens=12).tolist()


def test_the_network_it_is_made_of_stays_as_it_was_and_lends_its_weights(network, batch):
    before = network.generate(batch, max_tokens=8)
    state = {name: tensor.clone() for name, tensor in network.state_dict().items()}
    quick = in_mode(network, QUICK_MODES[-1])
    assert quick.mode == QUICK_MODES[-1]
    assert network.mode == "exact"
    assert torch.equal(network.generate(batch, max_tokens=8), before)
    assert all(torch.equal(tensor, state[name]) for name, tensor in network.state_dict().items())
    own = {parameter.data_ptr() for parameter in network.parameters()}
    assert {parameter.data_ptr() for parameter in quick.parameters()} <= own


def test_a_mode_is_made_once_and_of_the_exact_network(network):
    quick = in_mode(network, "fp32")
    assert in_mode(quick, "fp32") is quick
    assert in_mode(network, "exact") is network
    with pytest.raises(ValueError, match="exact"):
        in_mode(quick, "bf16")
    with pytest.raises(ValueError, match="float64"):
        in_mode(network.double(), "fp32")


@pytest.mark.parametrize(
    ("mode", "lacking"),
    [("bf16", "torch.ops.mkldnn._is_mkldnn_bf16_supported"), ("int8", "torch.cpu._is_vnni_supported")],
)
def test_a_processor_that_cannot_says_so_and_what_it_can(monkeypatch, mode, lacking):
    monkeypatch.setattr(lacking, lambda: False)
    with pytest.raises(UsageError, match=rf"mode {mode}: this processor .*; expected mode exact"):
        check_mode(mode, CPU)


def test_without_the_library_that_packs_the_default_mode_still_drafts(monkeypatch, network, batch):
    expected = network.generate(batch, max_tokens=12).tolist()
    monkeypatch.setattr("torch._C._has_mkldnn", False)
    assert in_mode(network, "fp32").generate(batch, max_tokens=12).tolist() == expected
    with pytest.raises(UsageError, match="mode int8: this PyTorch was built without oneDNN"):
        check_mode("int8", CPU)


def test_eight_bits_are_for_processors():
    with pytest.raises(UsageError, match=r"int8 on cuda: .* expected exact, fp32 or bf16"):
        check_mode("int8", torch.device("cuda"))
