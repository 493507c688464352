"""What a caller forbids is no candidate of the search; everything else is as without it."""

import pytest
import torch
from transformers import GPT2Config, GPT2LMHeadModel

from priorrg.model.beam_search import beam_search
from priorrg.model.next_words import plainly

WORDS, EOS, PAD = 30, 0, 1
KNOBS = {"max_tokens": 9, "bos_id": EOS, "eos_id": EOS, "pad_id": PAD}


@pytest.fixture(scope="module")
def gpt2() -> GPT2LMHeadModel:
    """Return a random decoder whose reports differ and end at different lengths."""
    torch.manual_seed(3)
    config = GPT2Config(
        vocab_size=WORDS,
        n_embd=16,
        n_layer=1,
        n_head=2,
        n_positions=16,
        add_cross_attention=True,
        initializer_range=0.5,
        bos_token_id=EOS,
        eos_token_id=EOS,
        pad_token_id=None,
    )
    return GPT2LMHeadModel(config).double().eval()


@pytest.fixture(scope="module")
def memory() -> torch.Tensor:
    return torch.randn(12, 3, 16, dtype=torch.float64, generator=torch.Generator().manual_seed(0)) * 3


def reports(ids: torch.Tensor) -> list[list[int]]:
    """Return each report up to its last token or padding."""
    rows = []
    for row in ids.tolist():
        ends = [i for i, token in enumerate(row) if i and token in (EOS, PAD)]
        rows.append(row[1 : ends[0]] if ends else row[1:])
    return rows


def favourites(found: list[list[int]]) -> set[int]:
    words = [word for report in found for word in report]
    return set(sorted(set(words), key=words.count)[-6:])


@pytest.mark.parametrize("beams", [1, 3])
def test_a_forbidden_word_is_never_written_and_reports_without_it_stay(gpt2, memory, beams):
    free = reports(beam_search(plainly(gpt2), memory, beams=beams, **KNOBS))
    bad = favourites(free)
    said = reports(
        beam_search(plainly(gpt2), memory, beams=beams, forbids=lambda _, ids: ids[-1] in bad, **KNOBS)
    )
    assert any(bad & set(report) for report in free)
    assert not any(bad & set(report) for report in said)
    assert len(set(map(tuple, said))) > 6


def test_one_beam_takes_the_best_allowed_word_each_time(gpt2, memory):
    bad = favourites(reports(beam_search(plainly(gpt2), memory, beams=1, **KNOBS)))

    def forbids(row: int, ids: list[int]) -> bool:
        return ids[-1] in bad | {PAD} or (len(ids) > 3 and ids[-1] == ids[-2])

    for row, said in enumerate(
        reports(beam_search(plainly(gpt2), memory, beams=1, forbids=forbids, **KNOBS))
    ):
        ids = [EOS]
        while len(ids) < KNOBS["max_tokens"] and (len(ids) == 1 or ids[-1] != EOS):
            logits = gpt2(input_ids=torch.tensor([ids]), encoder_hidden_states=memory[row][None]).logits
            order = logits[0, -1].argsort(descending=True).tolist()
            ids.append(next(word for word in order if not forbids(row, [*ids, word])))
        assert said == [word for word in ids[1:] if word != EOS]


def test_rows_of_which_nothing_is_forbidden_are_as_without_the_rule(gpt2, memory):
    free = beam_search(plainly(gpt2), memory, beams=3, **KNOBS)
    bad = favourites(reports(free))
    ruled = beam_search(
        plainly(gpt2), memory, beams=3, forbids=lambda row, ids: row % 2 == 1 and ids[-1] in bad, **KNOBS
    )
    found, expected = reports(ruled), reports(free)
    assert found[::2] == expected[::2]
    assert found[1::2] != expected[1::2]


@pytest.mark.parametrize("beams", [1, 3])
def test_a_report_that_may_say_nothing_at_all_is_empty(gpt2, memory, beams):
    ids = beam_search(plainly(gpt2), memory, beams=beams, forbids=lambda _, ids: ids[-1] != EOS, **KNOBS)
    assert reports(ids) == [[]] * len(memory)


def test_only_candidates_that_would_be_taken_are_judged(gpt2, memory):
    asked = []
    beam_search(
        plainly(gpt2), memory[:1], beams=2, forbids=lambda row, ids: bool(asked.append(ids)), **KNOBS
    )
    assert len(asked) <= 4 * (KNOBS["max_tokens"] - 1)
