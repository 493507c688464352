"""Beam search of reports that end at different lengths: the ids that the published model's library gives."""

import json
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file
from transformers import GPT2Config, GPT2LMHeadModel

from priorrg.model.beam_search import beam_search
from priorrg.model.next_words import plainly

FOLDER = Path(__file__).parent / "golden" / "beam_search"
EXPECTED = json.loads((FOLDER / "ids.json").read_text())
KNOBS = {name: EXPECTED[name] for name in ("beams", "max_tokens", "bos_id", "eos_id", "pad_id")}


@pytest.fixture(scope="module")
def decoder():
    """Return a random GPT-2 that likes to end, and 64 memories."""
    tensors = load_file(FOLDER / "gpt2.safetensors")
    memory = tensors.pop("memory").double()
    config = GPT2Config(
        vocab_size=40,
        n_embd=16,
        n_layer=1,
        n_head=2,
        n_positions=32,
        add_cross_attention=True,
        bos_token_id=0,
        eos_token_id=0,
        pad_token_id=None,
    )
    model = GPT2LMHeadModel(config).eval()
    missing, unknown = model.load_state_dict(tensors, strict=False)
    assert (missing, unknown) == (["lm_head.weight"], [])
    model.tie_weights()
    return model.double(), memory


def without_padding(row):
    """Return the ids of a report up to and including its last token."""
    ends = [place for place, token in enumerate(row) if token == KNOBS["eos_id"] and place]
    return row[: ends[0] + 1] if ends else row


def test_the_ids_are_those_of_the_published_search(decoder):
    model, memory = decoder
    ids = [beam_search(plainly(model), row[None], **KNOBS)[0].tolist() for row in memory]
    assert ids == EXPECTED["ids"]
    lengths = {len(row) for row in ids}
    assert min(lengths) < 5
    assert max(lengths) == KNOBS["max_tokens"]


@pytest.mark.parametrize("size", [2, 5, 64])
def test_a_report_that_ends_early_does_not_disturb_the_others(decoder, size):
    model, memory = decoder
    order = torch.randperm(len(memory), generator=torch.Generator().manual_seed(size)).tolist()
    for start in range(0, len(order), size):
        some = order[start : start + size]
        for place, row in zip(
            some, beam_search(plainly(model), memory[some], **KNOBS).tolist(), strict=True
        ):
            assert without_padding(row) == EXPECTED["ids"][place]


def test_one_beam_is_greedy(decoder):
    model, memory = decoder
    ids = beam_search(plainly(model), memory[:8], **(KNOBS | {"beams": 1}))
    for row, remembered in zip(ids, memory, strict=False):
        words = without_padding(row.tolist())
        logits = model(input_ids=torch.tensor([words]), encoder_hidden_states=remembered[None]).logits[0]
        assert logits.argmax(dim=-1)[:-1].tolist() == words[1:]


def test_a_limit_of_one_token_leaves_the_first_alone(decoder):
    model, memory = decoder
    assert beam_search(plainly(model), memory[:2], **(KNOBS | {"max_tokens": 1})).tolist() == [[0], [0]]
