"""What the network knew of each sentence when it wrote it."""

from collections.abc import Sequence

import pytest
import torch

from priorrg.batching import CHANGE_CLASSES
from priorrg.language.claims import claims_by_sentence
from priorrg.language.observations import SLOTS, Change, Observation, Side
from priorrg.model.auxiliary import AuxiliaryLogits
from priorrg.reading_back import SIGNALS, _signals, decisions, grounds, owners_of_tokens

PIECES = ["", "The heart", " is en", "larged", ".", " No eff", "usion. ", " ", "End", ""]


def words(ids: Sequence[int]) -> str:
    return " ".join("".join(PIECES[i] for i in ids).split())


def test_each_token_belongs_to_the_sentence_that_its_last_letter_is_in():
    sentences = ["The heart is enlarged.", "No effusion.", "End"]
    owners = owners_of_tokens(range(len(PIECES)), sentences, words)
    assert owners == [0, 0, 0, 0, 1, 1, None, 2, None]


def test_a_token_across_two_sentences_belongs_to_the_second():
    shown = ["", "No effusion. The he", "art is large."]
    owners = owners_of_tokens(
        range(3), ["No effusion.", "The heart is large."], lambda ids: "".join(shown[i] for i in ids)
    )
    assert owners == [1, 1]


@pytest.fixture
def decided() -> AuxiliaryLogits:
    """Return logits of one study: each slot affirmed at its number, denied at minus its number."""
    number = torch.arange(len(SLOTS), dtype=torch.float32)
    changes = torch.zeros(1, len(SLOTS), len(CHANGE_CLASSES))
    changes[0, SLOTS.index((Observation.EFFUSION, Side.RIGHT)), CHANGE_CLASSES.index(Change.NEW)] = 3.0
    return AuxiliaryLogits(torch.stack([number, -number], dim=-1)[None], changes)


def asked(sentence: str, decided: AuxiliaryLogits) -> list[float]:
    ((_, claims),) = claims_by_sentence(sentence)
    return decisions(claims, decided).tolist()


def test_the_head_is_asked_for_what_is_claimed(decided):
    left, right = (SLOTS.index((Observation.EFFUSION, side)) for side in (Side.LEFT, Side.RIGHT))
    assert asked("There is a left pleural effusion.", decided) == [left]
    assert asked("There is a pleural effusion.", decided) == [max(left, right)]
    assert asked("There is no pleural effusion.", decided) == [min(-left, -right)]
    firm, new = asked("There is a new right pleural effusion.", decided)
    assert firm == right
    assert new == pytest.approx(3.0 - torch.tensor([3.0, 0, 0, 0, 0, 0]).logsumexp(0).item())


def test_of_what_has_resolved_only_the_change_is_asked(decided):
    (gone,) = asked("The left pleural effusion has resolved.", decided)
    assert gone == pytest.approx(-torch.tensor(6.0).log().item())


def test_the_prior_explains_the_change_where_one_is_stated_and_else_the_whole(decided):
    right = SLOTS.index((Observation.EFFUSION, Side.RIGHT))
    for sentence, expected in (
        ("There is a new right pleural effusion.", [right + 3.0, 3.0]),
        ("There is a right pleural effusion.", [right, right]),
        ("The left pleural effusion has resolved.", [0.0, 0.0]),
    ):
        ((_, claims),) = claims_by_sentence(sentence)
        assert [float(number) for number in grounds(claims, decided)] == expected


def signals(
    sentence: str, decided: AuxiliaryLogits | None, *, has_prior: bool = True
) -> dict[str, float]:
    ((_, claims),) = claims_by_sentence(sentence)
    found = _signals(claims, torch.tensor([-1.0, -3.0]), decided, has_prior=has_prior)
    return dict(zip(SIGNALS, found, strict=True))


def test_signals_say_what_confidence_is_made_of(decided):
    right = SLOTS.index((Observation.EFFUSION, Side.RIGHT))
    found = signals("There is a new right pleural effusion.", decided)
    assert found["mean_log_probability"] == -2
    assert found["least_log_probability"] == -3
    assert found["decision"] == right
    assert -1 < found["change"] < 0
    assert (found["has_prior"], found["states_change"], found["denies"], found["claims"]) == (1, 1, 0, 1)
    denial = signals("No pleural effusion or pneumothorax.", decided, has_prior=False)
    assert (denial["has_prior"], denial["states_change"], denial["denies"], denial["claims"]) == (
        0,
        0,
        1,
        2,
    )


def test_a_network_without_a_head_has_the_wording_alone():
    found = signals("There is a new right pleural effusion.", None)
    assert (found["decision"], found["change"]) == (0, 0)
    assert found["mean_log_probability"] == -2


def test_a_sentence_that_claims_nothing_has_no_signals():
    assert _signals((), torch.tensor([-1.0]), None, has_prior=True) is None
