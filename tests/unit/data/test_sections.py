"""Report text → sections, with the forms in which reports come. All texts are made up."""

import pytest

from priorrg.data.sections import clean, parse_sections

RULE = "_" * 78


def test_a_report_in_the_usual_form_falls_into_its_sections():
    sections = parse_sections(
        """                                 FINAL REPORT
 EXAMINATION:  CHEST (PA AND LAT)

 INDICATION:  ___ year old man with cough  // pneumonia?

 TECHNIQUE:  Chest PA and lateral

 COMPARISON:  Radiograph of ___

 FINDINGS:

 The lungs are clear.
 Heart size is normal.

 IMPRESSION:

 No acute process.
"""
    )
    assert sections.indication == "year old man with cough // pneumonia?"
    assert sections.technique == "Chest PA and lateral"
    assert sections.comparison == "Radiograph of"
    assert sections.findings == "The lungs are clear. Heart size is normal."
    assert sections.impression == "No acute process."
    assert sections.history == sections.last_paragraph == sections.addendum == ""
    assert sections.headers["findings"] == "FINDINGS"


@pytest.mark.parametrize(
    ("header", "section"),
    [
        ("REASON FOR EXAM", "indication"),
        ("REASON FOR EXAMINATION", "indication"),
        ("REASON FOR CHEST X-RAY", "indication"),
        ("CLINICAL INDICATION", "indication"),
        ("CLINICAL HISTORY", "history"),
        ("CLINICAL INFORMATION", "history"),
        ("CONCLUSION", "impression"),
        ("FINDINGS AND IMPRESSION", "impression"),
        ("FINDINGS/IMPRESSION", "impression"),
        ("COMPARISONS", "comparison"),
        ("CHEST, PA AND LATERAL, 2 VIEWS", "findings"),
        ("PORTABLE AP CHEST RADIOGRAPH ___ AT 14:32", "findings"),
        ("Findings", "findings"),
        ("Clinical history", "history"),
        ("Reason for Exam", "indication"),
    ],
)
@pytest.mark.parametrize("indent", ["", " ", "   "])
def test_headers_are_known_by_many_names(header, section, indent):
    sections = parse_sections(f"{indent}TECHNIQUE: One film.\n\n{indent}{header}: The text.\n")
    assert getattr(sections, section) == "The text."
    assert sections.headers[section] == header


def test_an_empty_findings_header_does_not_swallow_the_impression():
    sections = parse_sections(" FINDINGS:\n IMPRESSION: Normal.")
    assert (sections.findings, sections.impression) == ("", "Normal.")
    sections = parse_sections("FINDINGS: IMPRESSION: Normal.")
    assert (sections.findings, sections.impression) == ("", "Normal.")


def test_headers_are_found_without_a_colon_and_within_a_line():
    sections = parse_sections("FINDINGS\nClear lungs.\n\nIMPRESSION\nNormal.")
    assert (sections.findings, sections.impression) == ("Clear lungs.", "Normal.")
    sections = parse_sections("FINDINGS The lungs are clear.  IMPRESSION: Normal.")
    assert (sections.findings, sections.impression) == ("The lungs are clear.", "Normal.")


def test_sentences_that_only_look_like_headers_stay_text():
    text = "The findings: none. History of the heart: long. LEFT lung better at 5:30."
    assert parse_sections(f"FINDINGS: {text}").findings == text


def test_headings_of_organs_stay_within_the_findings():
    sections = parse_sections(" FINDINGS:\n LUNGS: Clear.\n HEART: Normal.\n IMPRESSION: Normal.")
    assert sections.findings == "LUNGS: Clear. HEART: Normal."


def test_a_section_that_occurs_twice_is_joined_and_an_exact_repeat_counts_once():
    sections = parse_sections(" IMPRESSION: One.\n\n IMPRESSION: Two.\n\n IMPRESSION: One.")
    assert sections.impression == "One. Two."


def test_view_words_open_the_findings_only_without_a_findings_header():
    sections = parse_sections(" CHEST, TWO VIEWS: Compared with before.\n\n FINDINGS: Clear.")
    assert sections.findings == "Clear."


def test_an_addendum_above_the_rule_is_kept_apart():
    sections = parse_sections(
        f" ADDENDUM  The tube was discussed.\n {RULE}\n   FINAL REPORT\n IMPRESSION: Normal."
    )
    assert sections.addendum == "The tube was discussed."
    assert sections.impression == "Normal."


def test_an_addendum_below_ends_the_impression():
    sections = parse_sections(" IMPRESSION: Normal.\n\n ADDENDUM: Seen again.")
    assert (sections.impression, sections.addendum) == ("Normal.", "Seen again.")


def test_a_wet_read_is_no_part_of_the_report():
    sections = parse_sections(
        f" WET READ: ___ 9:14 AM\n  IMPRESSION: Perhaps pneumonia.\n {RULE}\n FINAL REPORT\n"
        " HISTORY: Cough.\n\n IMPRESSION: Normal."
    )
    assert sections.impression == "Normal."
    assert "pneumonia" not in repr(sections)


def test_text_after_the_headed_part_is_the_last_paragraph_if_nothing_else_was_seen():
    sections = parse_sections(" COMPARISON: None.\n\n The lungs are clear.\n\n No effusion.")
    assert sections.comparison == "None."
    assert sections.last_paragraph == "The lungs are clear. No effusion."
    assert parse_sections("Only words.").last_paragraph == "Only words."
    assert parse_sections(" IMPRESSION: Seen.\n\n More.").last_paragraph == ""


def test_notices_end_the_impression():
    sections = parse_sections(" IMPRESSION: Tube too deep.\n\n NOTIFICATION: Told by phone.")
    assert sections.impression == "Tube too deep."


def test_windows_line_ends_and_empty_reports_are_no_trouble():
    assert parse_sections(" FINDINGS: Clear.\r\n IMPRESSION: Normal.\r\n").findings == "Clear."
    assert parse_sections("").headers == {}


def test_cleaning_keeps_case_and_punctuation_and_drops_marks():
    assert clean("A  ___-year-old\n woman; Dr. ___ called.") == "A -year-old woman; Dr. called."
