"""What is decided of each finding reaches the decoder, and never a change since a prior that is not there."""

from dataclasses import replace

import pytest
import torch

from priorrg.model.auxiliary import AuxiliaryLogits
from priorrg.model.statement_rows import Statements

CHANGES = 6


def with_targets(batch, network, written=(True, True, True, True)):
    rows, slots = len(batch), network.config.auxiliary_slots
    generator = torch.Generator().manual_seed(1)
    return replace(
        batch,
        target_ids=torch.randint(2, 40, (rows, 6), generator=generator),
        target_mask=torch.tensor(written)[:, None].expand(rows, 6),
        observation_targets=torch.zeros(rows, slots, 2, dtype=torch.float64),
        change_targets=torch.zeros(rows, slots, dtype=torch.long),
    )


def shout_new(network):
    """Make the head sure that every finding is new."""
    answers = network.auxiliary.answer.bias.data.view(network.config.auxiliary_slots, -1)
    answers[:, 2 + 1] += 50


def stated(network, batch, monkeypatch, *, guarded=True):
    """What the decoder reads below the memory."""
    read = []

    def listen(rows, *_):
        read.append(rows)
        return batch.target_ids

    monkeypatch.setattr(network.decoder, "generate", listen)
    network.generate(batch, guarded=guarded)
    memory = network.encode(batch).memory
    torch.testing.assert_close(read[0][:, : memory.shape[1]], memory)
    return read[0][:, memory.shape[1] :]


def test_a_change_is_stated_only_beside_a_prior(small_network, small_batch, monkeypatch):
    network, batch = (
        small_network(statement_rows=True),
        small_batch(has_prior=[True, True, False, False]),
    )
    before = stated(network, batch, monkeypatch)
    shout_new(network)
    after = stated(network, batch, monkeypatch)
    assert before.shape == (4, network.config.auxiliary_slots, 16)
    assert (before != after).flatten(1).any(dim=1).tolist() == [True, True, False, False]


def test_a_network_that_leaves_the_prior_out_states_no_change(small_network, small_batch, monkeypatch):
    network = small_network(statement_rows=True, use_prior=False)
    batch = small_batch(has_prior=[True] * 4)
    before = stated(network, batch, monkeypatch)
    shout_new(network)
    assert torch.equal(stated(network, batch, monkeypatch), before)


def test_learning_to_report_is_told_what_the_report_states(small_network, small_batch):
    network = small_network(statement_rows=True)
    batch = with_targets(small_batch(has_prior=[True] * 4), network)
    before = network.report_loss(batch)["language"].item()
    shout_new(network)
    assert network.report_loss(batch)["language"].item() == before
    new = replace(batch, change_targets=batch.change_targets + 1)
    assert network.report_loss(new)["language"].item() != before


def test_a_row_without_text_has_no_part_in_the_language_loss(small_network, small_batch):
    network = small_network(statement_rows=True)
    whole = with_targets(small_batch(has_prior=[True] * 4), network, written=(True, True, False, False))
    other = replace(
        whole, target_ids=whole.target_ids.flip(0).where(~whole.target_mask, whole.target_ids)
    )
    assert not torch.equal(whole.target_ids, other.target_ids)
    assert network.report_loss(whole)["language"] == network.report_loss(other)["language"]


def test_writing_from_statements_moves_the_decoder_and_nothing_that_sees(small_network):
    network = small_network(statement_rows=True)
    ids = torch.randint(2, 40, (3, 6), generator=torch.Generator().manual_seed(1))
    observations = torch.zeros(3, 5, 2, dtype=torch.float64)
    network.writing_loss(ids, ids > 0, observations, torch.zeros(3, 5, dtype=torch.long)).backward()
    moved = {name.split(".")[0] for name, p in network.named_parameters() if p.grad is not None}
    assert moved == {"decoder", "statement_rows"}
    learning = {id(p) for p in network.parameter_groups()["decoder"]}
    assert all(id(p) in learning for p in network.parameters() if p.grad is not None)


def test_a_network_without_rows_says_that_it_cannot_learn_to_write(small_network):
    ids = torch.zeros(1, 2, dtype=torch.long)
    with pytest.raises(ValueError, match="without statement_rows"):
        small_network().writing_loss(ids, ids == 0, torch.zeros(1, 5, 2), torch.zeros(1, 5).long())


def test_the_likelier_is_decided_and_without_a_prior_no_change():
    logits = AuxiliaryLogits(
        torch.tensor([[[0.1, -3.0], [-0.1, 2.0]]]).expand(2, 2, 2),
        torch.tensor([[[0.0, 1.0, 0.5, 0, 0, 0], [2.0, 0, 0, 0, 0, 1.9]]]).expand(2, 2, CHANGES),
    )
    decided = Statements.decided(logits, torch.tensor([True, False]))
    assert decided.observations.tolist() == [[[1, 0], [0, 1]]] * 2
    assert decided.changes.tolist() == [[1, 0], [0, 0]]


@pytest.mark.parametrize(
    ("affirm", "deny", "change", "stated"),
    [
        (1.0, -1.0, 2, ([1, 0], 2)),
        (1.0, 2.0, 2, ([0, 1], 0)),  # what is denied does not change
        (2.0, 1.0, 4, ([1, 0], 4)),
        (-1.0, -1.0, 5, ([0, 0], 5)),  # gone: neither there nor worth denying
        (-1.0, -1.0, 1, ([0, 0], 0)),  # what is not there is not new
        (1.0, -1.0, 5, ([1, 0], 0)),  # what is there is not gone
    ],
)
def test_of_each_slot_one_thing_is_stated_that_a_report_can_say(affirm, deny, change, stated):
    logits = AuxiliaryLogits(
        torch.tensor([[[affirm, deny]]]),
        torch.nn.functional.one_hot(torch.tensor([[change]]), CHANGES) * 9.0,
    )
    decided = Statements.decided(logits, torch.tensor([True]))
    assert (decided.observations[0, 0].tolist(), decided.changes.item()) == stated


def test_raw_decoding_states_what_the_head_believes_even_without_a_prior(
    small_network, small_batch, monkeypatch
):
    network, batch = small_network(statement_rows=True), small_batch(has_prior=[False] * 4)
    network.auxiliary.answer.bias.data.view(5, -1)[:, 0] += 50
    before = stated(network, batch, monkeypatch, guarded=False)
    shout_new(network)
    assert (stated(network, batch, monkeypatch, guarded=False) != before).any()


def test_what_a_report_is_not_asked_for_is_not_stated():
    told = Statements.told(torch.tensor([[[1.0, -100.0]]]), torch.tensor([[-100]]))
    assert told.observations.tolist() == [[[1, 0]]]
    assert told.changes.tolist() == [[0]]
