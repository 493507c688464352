"""The claims of each sentence, kept apart."""

from priorrg.language.claims import claims_by_sentence
from priorrg.language.observations import Change, Observation, Polarity, Side


def test_a_sentence_keeps_what_another_has_claimed_before():
    text = "Left pleural effusion is unchanged. The left effusion is stable. Thank you."
    (first, said), (_, again), (_, nothing) = claims_by_sentence(text)
    assert first == "Left pleural effusion is unchanged."
    for claims in (said, again):
        (claim,) = claims
        assert (claim.observation, claim.side) == (Observation.EFFUSION, Side.LEFT)
        assert (claim.polarity, claim.change) == (Polarity.PRESENT, Change.UNCHANGED)
    assert nothing == ()


def test_a_pronoun_is_read_with_the_sentence_before():
    _, (_, claims) = claims_by_sentence("There is a right pneumothorax. It has increased.")
    assert [(c.observation, c.side, c.change) for c in claims] == [
        (Observation.PNEUMOTHORAX, Side.RIGHT, Change.LARGER)
    ]


def test_an_empty_text_has_no_sentence():
    assert claims_by_sentence(" ") == []
