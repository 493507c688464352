"""What is believed of each finding reaches the decoder, and never a change since a prior that is not there."""

from dataclasses import replace

import pytest
import torch

from priorrg.model.auxiliary import AuxiliaryLogits
from priorrg.model.statement_rows import Beliefs

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


@pytest.mark.parametrize(("has_prior", "listens"), [(True, True), (False, False)])
def test_a_change_is_told_only_beside_a_prior(small_network, small_batch, has_prior, listens):
    network = small_network(statement_rows=True)
    batch = with_targets(small_batch(has_prior=[has_prior] * 4), network)
    before = network.report_loss(batch)["language"].item()
    shout_new(network)
    after = network.report_loss(batch)["language"].item()
    assert (before != after) == listens


def test_a_network_that_leaves_the_prior_out_is_told_of_no_change(small_network, small_batch):
    network = small_network(statement_rows=True, use_prior=False)
    batch = with_targets(small_batch(has_prior=[True] * 4), network)
    before = network.report_loss(batch)["language"].item()
    shout_new(network)
    assert network.report_loss(batch)["language"].item() == before


def test_reports_are_written_from_the_memory_and_from_what_is_believed(
    small_network, small_batch, monkeypatch
):
    network = small_network(statement_rows=True)
    batch = small_batch(has_prior=[True, True, False, False])
    read = []

    def listen(rows, *_):
        read.append(rows)
        return batch.target_ids

    monkeypatch.setattr(network.decoder, "generate", listen)
    network.generate(batch)
    shout_new(network)
    network.generate(batch)
    memory = network.encode(batch).memory
    below = memory.shape[1]
    for rows in read:
        assert rows.shape[1] == below + network.config.auxiliary_slots
        torch.testing.assert_close(rows[:, :below], memory)
    heard = (read[0][:, below:] != read[1][:, below:]).flatten(1).any(dim=1)
    assert heard.tolist() == [True, True, False, False]


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


def test_what_is_certain_is_what_a_sure_head_would_believe():
    observations = torch.tensor([[[1.0, 0.0], [0.0, 1.0]]])
    changes = torch.tensor([[3, 0]])
    sure = AuxiliaryLogits(
        (observations - 0.5) * 1e3, torch.nn.functional.one_hot(changes, CHANGES) * 1e3
    )
    believed = Beliefs.of(sure, torch.tensor([True]))
    certain = Beliefs.certain(observations, changes, CHANGES)
    torch.testing.assert_close(believed.statements, certain.statements)
    torch.testing.assert_close(believed.changes, certain.changes)
