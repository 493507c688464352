"""One made-up report for each form that a parser of fixed, indented capitals misreads."""

import json
from dataclasses import asdict
from pathlib import Path

import pytest

from priorrg.data.sections import parse_sections

GOLDEN = sorted((Path(__file__).parents[2] / "golden" / "sections").glob("*.txt"))


def test_no_report_is_without_its_sections():
    assert len(GOLDEN) == 14
    assert all(path.with_suffix(".json").is_file() for path in GOLDEN)


@pytest.mark.parametrize("report", GOLDEN, ids=lambda path: path.stem)
def test_a_report_of_an_unusual_form_falls_into_exactly_its_sections(report):
    found = parse_sections(report.read_text(encoding="utf-8"))
    expected = json.loads(report.with_suffix(".json").read_text(encoding="utf-8"))
    assert {name: value for name, value in asdict(found).items() if value} == expected
