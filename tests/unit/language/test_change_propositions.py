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


@pytest.mark.parametrize(("text", "expected"), table("change_propositions_before_rules"))
def test_a_change_is_read_as_a_radiologist_means_it(text: str, expected: list[str]) -> None:
    assert read(text) == expected
