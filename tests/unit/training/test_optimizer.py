"""Who moves which parameter, and that several optimizers are as good as one."""

import pytest
import torch
from torch import nn
from transformers import GPT2Config, GPT2LMHeadModel

from priorrg.training.optimizer import SeveralOptimizers, build_optimizer


class Net(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.words = nn.Embedding(7, 4)
        self.linear = nn.Linear(4, 4)
        self.norm = nn.LayerNorm(4)

    def loss(self) -> torch.Tensor:
        return self.norm(self.linear(self.words.weight)).sin().sum()


def optimizer_of(net: nn.Module, rate: float = 0.1) -> SeveralOptimizers:
    built = build_optimizer(
        net, [(list(net.parameters()), rate)], name="muon", weight_decay=0.1, fused=False
    )
    assert isinstance(built, SeveralOptimizers)
    return built


def steps(net: Net, optimizer: torch.optim.Optimizer, count: int) -> None:
    for _ in range(count):
        optimizer.zero_grad()
        net.loss().backward()
        optimizer.step()


def test_muon_turns_the_matrices_of_linear_layers_and_adamw_moves_all_the_rest():
    net = Net()
    muon, adamw = optimizer_of(net).parts
    assert [p for g in muon.param_groups for p in g["params"]] == [net.linear.weight]
    rest = {p for g in adamw.param_groups for p in g["params"]}
    assert rest == set(net.parameters()) - {net.linear.weight}
    decayed = {p for g in adamw.param_groups for p in g["params"] if g["weight_decay"]}
    assert decayed == {net.words.weight}


def test_an_output_layer_tied_to_the_word_embeddings_is_not_a_matrix_to_turn():
    decoder = GPT2LMHeadModel(
        GPT2Config(n_embd=8, n_layer=1, n_head=2, vocab_size=9, bos_token_id=0, eos_token_id=1)
    )
    muon, _ = optimizer_of(decoder).parts
    turned = {p for g in muon.param_groups for p in g["params"]}
    assert decoder.lm_head.weight not in turned
    assert decoder.transformer.h[0].attn.c_attn.weight in turned


def test_every_parameter_moves_and_one_of_rate_zero_does_not():
    net = Net()
    before = [p.clone() for p in net.parameters()]
    steps(net, optimizer_of(net), 1)
    assert all(not torch.equal(p, b) for p, b in zip(net.parameters(), before, strict=True))

    net = Net()
    frozen = [(list(net.words.parameters()), 0.0), (list(net.linear.parameters()), 0.1)]
    steps(net, build_optimizer(net, frozen, name="muon", weight_decay=0.0, fused=False), 1)
    assert torch.equal(net.words.weight, Net().words.weight)
    assert not net.words.weight.requires_grad


@pytest.mark.parametrize("rate", [0.1, 0.01])
def test_a_saved_state_goes_on_as_the_unbroken_run_does_and_still_obeys_its_schedule(rate):
    whole, broken = Net(), Net()
    one, other = optimizer_of(whole), optimizer_of(broken)
    steps(whole, one, 2)
    steps(broken, other, 2)
    state, weights = other.state_dict(), broken.state_dict()
    broken = Net()
    broken.load_state_dict(weights)
    other = optimizer_of(broken)
    other.load_state_dict(state)
    for optimizer in (one, other):
        for group in optimizer.param_groups:
            group["lr"] = rate
    steps(whole, one, 3)
    steps(broken, other, 3)
    for a, b in zip(whole.parameters(), broken.parameters(), strict=True):
        torch.testing.assert_close(a, b, rtol=0, atol=0)
