"""The quick decoder says of every next word what transformers' own forward pass says."""

import pytest
import torch
from transformers import GPT2Config, GPT2LMHeadModel

from priorrg.model import quick_words
from priorrg.model.beam_search import beam_search
from priorrg.model.next_words import PlainWords, plainly
from priorrg.model.quick_words import QuickWords, quickly

KNOBS = {"max_tokens": 12, "bos_id": 0, "eos_id": 0, "pad_id": 1}


@pytest.fixture(params=[{}, {"scale_attn_by_inverse_layer_idx": True}, {"scale_attn_weights": False}])
def gpt2(request):
    torch.manual_seed(0)
    config = GPT2Config(
        vocab_size=30, n_embd=16, n_layer=2, n_head=2, n_positions=32, add_cross_attention=True,
        initializer_range=0.6, bos_token_id=0, eos_token_id=0, **request.param,
    )  # fmt: skip
    return GPT2LMHeadModel(config).eval().double()


@pytest.fixture
def memory():
    return torch.randn(5, 7, 16, generator=torch.Generator().manual_seed(1), dtype=torch.float64)


@torch.no_grad()
@pytest.mark.parametrize("room", [1, 5, 48])
@pytest.mark.parametrize("beams", [1, 3, 50])
def test_whatever_beams_go_on_and_studies_leave(gpt2, memory, beams, room, monkeypatch):
    monkeypatch.setattr(quick_words, "_ROOM", room)
    plain, quick = PlainWords(gpt2, memory), QuickWords(gpt2, memory, torch.float64)
    random = torch.Generator().manual_seed(beams)
    studies, before = len(memory), 1
    for step in range(9):
        last = torch.randint(0, 30, (studies, before), generator=random)
        torch.testing.assert_close(quick(last), plain(last), rtol=0, atol=1e-9)
        staying = torch.arange(studies)[: max(1, studies - (step % 3 == 2))]
        parent = torch.randint(0, before, (len(staying), beams), generator=random)
        for words in (plain, quick):
            words.go_on(staying, parent)
        studies, before = len(staying), beams
    assert studies < len(memory)


@torch.no_grad()
def test_a_memory_that_is_kept_in_bfloat16_says_nearly_the_same():
    torch.manual_seed(0)
    config = GPT2Config(
        vocab_size=30, n_embd=16, n_layer=2, n_head=2, n_positions=32, add_cross_attention=True,
        initializer_range=0.2, bos_token_id=0, eos_token_id=0,
    )  # fmt: skip
    model, memory = GPT2LMHeadModel(config).eval(), torch.randn(5, 7, 16)
    plain, quick = PlainWords(model, memory), QuickWords(model, memory, torch.bfloat16)
    for token in range(4):
        last = torch.full((5, 1), token)
        expected, found = plain(last), quick(last)
        assert 0 < (found - expected).abs().max() < 0.05 * expected.std()


@pytest.mark.parametrize("beams", [1, 2, 4])
def test_a_search_finds_the_same_reports(gpt2, memory, beams):
    expected = beam_search(plainly(gpt2), memory, beams=beams, **KNOBS)
    found = beam_search(quickly(gpt2, torch.float64), memory, beams=beams, **KNOBS)
    assert found.tolist() == expected.tolist()
    assert len({tuple(row) for row in expected.tolist()}) > 1
