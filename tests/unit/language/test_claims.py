"""Claims: tables of sentences, and what only whole texts show."""

from pathlib import Path

import pytest

from priorrg.language.claims import read_claims, summarize
from priorrg.language.observations import Change, Claim, Observation, Polarity, Side

GOLDEN = Path(__file__).parents[2] / "golden"
SHORT = {
    "effusion": Observation.EFFUSION,
    "edema": Observation.EDEMA,
    "fracture": Observation.FRACTURE,
    "ett": Observation.ENDOTRACHEAL_TUBE,
    "line": Observation.CENTRAL_LINE,
    "enteric": Observation.ENTERIC_TUBE,
    "drain": Observation.CHEST_DRAIN,
}
Expected = list[tuple[Observation, Side, Polarity, Change | None]]


def _table(name: str) -> list[tuple[str, Expected]]:
    rows = []
    for line in (GOLDEN / f"{name}.txt").read_text(encoding="utf-8").splitlines():
        if line.strip() and not line.startswith("#"):
            sentence, _, claims = line.partition("|")
            rows.append((sentence.strip(), [_expected(c) for c in claims.split(";") if c.strip()]))
    return rows


def _expected(text: str) -> tuple[Observation, Side, Polarity, Change | None]:
    name, side, polarity, *change = text.split()
    observation = SHORT.get(name) or Observation(name)
    return observation, Side(side), Polarity(polarity), Change(change[0]) if change else None


def _read(text: str) -> Expected:
    return sorted((c.observation, c.side, c.polarity, c.change) for c in read_claims(text))


TABLES = (
    "claims_before_rules",
    "changes_before_rules",
    "claims_after_rules",
    "changes_after_rules",
    "real_world_style",
)


@pytest.mark.parametrize(("sentence", "expected"), [row for name in TABLES for row in _table(name)])
def test_a_sentence_is_read_as_a_radiologist_means_it(sentence: str, expected: Expected) -> None:
    assert _read(sentence) == sorted(expected)


@pytest.mark.parametrize(("sentence", "expected"), _table("known_misreadings"))
@pytest.mark.xfail(strict=True, reason="known misreading")
def test_a_known_misreading_is_still_misread(sentence: str, expected: Expected) -> None:
    assert _read(sentence) == sorted(expected)


def test_the_tables_are_as_large_as_they_are_meant_to_be() -> None:
    changes = sum(any(c[3] for c in row[1]) for name in TABLES for row in _table(name))
    assert sum(len(_table(name)) for name in TABLES) >= 120
    assert changes >= 50


@pytest.mark.parametrize("text", ["", "   ", "\n\n", "...", "___"])
def test_an_empty_text_claims_nothing(text: str) -> None:
    assert read_claims(text) == []


def test_the_index_of_the_sentence_is_kept() -> None:
    claims = read_claims("The lungs are clear. Left effusion. The heart is enlarged.")
    assert [c.sentence for c in claims] == [1, 2]


def test_what_is_said_twice_is_one_claim_with_the_change_of_either() -> None:
    (claim,) = read_claims("Small left effusion. The left effusion is unchanged. Left effusion.")
    assert (claim.side, claim.change) == (Side.LEFT, Change.UNCHANGED)


def test_contradicting_claims_all_stay_in_order() -> None:
    claims = read_claims("Left effusion. No left effusion.")
    assert [c.polarity for c in claims] == [Polarity.PRESENT, Polarity.ABSENT]


def test_a_pronoun_speaks_of_the_subject_of_the_sentence_before() -> None:
    claims = read_claims("Left effusion and a nodule in the right lung. It has increased.")
    assert {c.observation: c.change for c in claims} == {
        Observation.EFFUSION: Change.LARGER,
        Observation.NODULE: None,
    }


def test_a_pronoun_does_not_reach_back_two_sentences() -> None:
    claims = read_claims("Left effusion. The lungs are otherwise clear. It has increased.")
    assert [c.change for c in claims] == [None]


def test_general_statements_of_stability_change_nothing() -> None:
    assert [c.change for c in read_claims("Left effusion. No significant interval change.")] == [None]


def test_a_resolved_finding_outweighs_a_present_one_in_the_summary() -> None:
    slot = Observation.EFFUSION, Side.LEFT
    present = Claim(observation=slot[0], side=slot[1])
    resolved = Claim(observation=slot[0], side=slot[1], polarity=Polarity.ABSENT, change=Change.RESOLVED)
    assert summarize([present, resolved])[slot] == resolved
    assert summarize([resolved, present])[slot] == resolved


def test_the_summary_keeps_the_surest_polarity_and_the_first_change() -> None:
    slot = Observation.NODULE, Side.RIGHT
    doubted = Claim(observation=slot[0], side=slot[1], polarity=Polarity.UNCERTAIN, change=Change.NEW)
    present = Claim(observation=slot[0], side=slot[1], change=Change.LARGER)
    denied = Claim(observation=slot[0], side=slot[1], polarity=Polarity.ABSENT)
    summary = summarize([denied, doubted, present])[slot]
    assert (summary.polarity, summary.change) == (Polarity.PRESENT, Change.NEW)


def test_a_long_text_without_full_stops_is_read_to_its_end() -> None:
    assert read_claims("word " * 20_000 + "left effusion")[0].side is Side.LEFT
