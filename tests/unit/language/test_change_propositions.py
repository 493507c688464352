"""Propositions of change: tables of sentences, and what only whole texts show."""

from pathlib import Path

import pytest

from priorrg.language.change_propositions import read_changes

GOLDEN = Path(__file__).parents[2] / "golden"
SHORT = {
    "effusion": "pleural effusion",
    "edema": "pulmonary edema",
    "fracture": "rib fracture",
    "ett": "endotracheal tube",
    "line": "central line",
    "enteric": "enteric tube",
    "drain": "chest drain",
}


def table(name: str) -> list[tuple[str, list[str]]]:
    rows = []
    for line in (GOLDEN / f"{name}.txt").read_text(encoding="utf-8").splitlines():
        if line.strip() and not line.startswith("#"):
            text, _, expected = line.rpartition("|")
            rows.append(
                (text.strip(), sorted(one.strip() for one in expected.split(";") if one.strip()))
            )
    return rows


def read(text: str) -> list[str]:
    names = {long: short for short, long in SHORT.items()}
    return sorted(f"{names.get(p.finding, p.finding)}/{p.side}/{p.change}" for p in read_changes(text))


TABLES = ("change_propositions_before_rules", "change_propositions_after_rules")


@pytest.mark.parametrize(("text", "expected"), [row for name in TABLES for row in table(name)])
def test_a_change_is_read_as_a_radiologist_means_it(text: str, expected: list[str]) -> None:
    assert read(text) == expected


@pytest.mark.parametrize(("text", "expected"), table("change_known_misreadings"))
@pytest.mark.xfail(strict=True, reason="known misreading")
def test_a_known_misreading_of_change_is_still_misread(text: str, expected: list[str]) -> None:
    assert read(text) == expected


def test_the_phrase_and_the_sentence_that_decided_are_kept() -> None:
    one, other = read_changes(
        "Lungs are clear. Left effusion has slightly increased. Hernia, unchanged."
    )
    assert (one.sentence, one.phrase) == (1, "increased")
    assert (other.sentence, other.phrase) == (2, "unchanged")


def test_a_pronoun_speaks_of_the_finding_of_the_sentence_before() -> None:
    assert read("Small hiatal hernia. It is unchanged.") == ["hernia/none/unchanged"]
    assert read("Left effusion. The lungs are otherwise clear. It has increased.") == []


def test_the_finding_takes_the_side_it_had_before() -> None:
    assert read("Small left effusion. The effusion has increased.") == ["effusion/left/larger"]
    assert read("Scar in the left lung. The scar is unchanged.") == ["scarring/left/unchanged"]


def test_what_is_said_twice_is_one_proposition_and_contradictions_stay() -> None:
    assert read("Stable left effusion. Effusion is stable. Effusion is unchanged.") == [
        "effusion/left/unchanged"
    ]
    assert len(read("Left effusion is larger. Left effusion is smaller.")) == 2


@pytest.mark.parametrize("text", ["", "  ", "\n", "...", "___", "new", "unchanged" * 1000, "\x00"])
def test_an_empty_or_senseless_text_states_no_change_of_a_finding(text: str) -> None:
    assert {p.finding for p in read_changes(text)} <= {"chest"}


def test_a_long_text_without_full_stops_is_read_to_its_end() -> None:
    assert read("word " * 20_000 + "new left effusion") == ["effusion/left/new"]
