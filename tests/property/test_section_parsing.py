"""What holds for any report text."""

from hypothesis import given
from hypothesis import strategies as st

from priorrg.data.sections import clean, parse_sections

PIECES = (
    "FINDINGS:", "Findings:", " IMPRESSION:", "IMPRESSION", "INDICATION: ", "HISTORY:",
    "REASON FOR EXAM:",
    "CHEST, TWO VIEWS:", "LUNGS:", "ADDENDUM", "WET READ:", "FINAL REPORT", "_" * 40, "___",
    "\n", "\n\n", " ",
    "The lungs are clear.", "No effusion.", "at 5:30", "word",
)  # fmt: skip
REPORTS = st.one_of(st.text(max_size=200), st.lists(st.sampled_from(PIECES), max_size=25).map("".join))


@given(REPORTS)
def test_no_text_makes_the_parser_fail_or_invent_words(report):
    sections = parse_sections(report)
    words = set(clean(report).replace(":", " ").split())
    for text in (sections.findings, sections.impression, sections.indication, sections.last_paragraph):
        assert set(text.replace(":", " ").split()) <= words | set(report.replace(":", " ").split())
        assert text == clean(text)


@given(REPORTS)
def test_indentation_and_line_ends_of_another_system_change_nothing(report):
    assert parse_sections(report) == parse_sections(report.replace("\n", "\r\n"))
