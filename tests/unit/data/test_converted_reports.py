"""Reports whose sections are known, written down in MIMIC text form and read back."""

import random
import tarfile
from collections import Counter
from pathlib import Path
from xml.etree import ElementTree

import pytest
from mimic_text import mimic_text

from priorrg.data.phantom.patients import imagine_cohort
from priorrg.data.sections import clean, parse_sections

INDIANA = Path(__file__).parents[4] / "shared" / "data" / "openi" / "ecgen-radiology.tar.gz"
SECTIONS = ("indication", "comparison", "findings", "impression")
SEEDS = range(10)
HOLD_A_HEADER = {
    "CXR1496": "indication begins with INDICATION:",
    "CXR2464": "indication begins with INDICATION:",
    "CXR2550": "indication begins with INDICATION:",
    "CXR3291": "indication begins with INDICATION:",
    "CXR3535": "indication begins with INDICATION:",
    "CXR3625": "indication begins with INDICATION:",
    "CXR3667": "indication begins with INDICATION:",
    "CXR3922": "indication begins with INDICATION:",
    "CXR676": "indication begins with INDICATION:",
    "CXR2415": "impression holds the whole report once more",
    "CXR2800": "indication holds COMPARISON :",
    "CXR3608": "findings hold a second film's own heading, where a line happens to begin with it",
    "CXR631": "comparison ends in STUDY, where a line happens to hold that word alone",
}
SENTENCES = (
    "The heart is normal in size.", "XXXX XXXX are clear bilaterally.", "No pneumothorax; no effusion.",
    "1. Left base opacity, 2. Stable XXXX.", "Heart: Normal. Lungs: Clear.", "Film taken at 5:30 PM.",
    "Findings are compatible with a large hernia.", "History of smoking, comparison is difficult.",
    "PA and lateral views show a 4 mm nodule (right apex).", "NO ACUTE DISEASE.", "Study is limited.",
    "Impression of the clavicle on the apex/pleura.", "T-spine: mild wedging, T8 and T9 - unchanged.",
)  # fmt: skip


def lost(sections: dict[str, str], seed: str) -> list[str]:
    """Return the sections that do not come back as they were."""
    found = parse_sections(mimic_text(sections, seed))
    return [name for name in SECTIONS if getattr(found, name) != sections[name]]


@pytest.fixture(scope="module")
def phantom():
    return [study for patient in imagine_cohort(400, 5) for study in patient.studies]


def test_dictation_of_the_phantom_comes_back_from_any_form(phantom):
    for number, study in enumerate(phantom):
        asked = study.question.context.indication if study.question is not None else ""
        said = study.dictation
        sections = {"indication": clean(asked), "comparison": "None."}
        sections |= {"findings": said.findings, "impression": said.impression}
        assert lost(sections, f"{number}") == []


def test_the_letters_of_the_phantom_come_back_as_they_were_dictated(phantom):
    for study in phantom:
        found = parse_sections(study.text)
        read = [text.replace("- ", "-") for text in (found.findings, found.impression)]
        said = [study.dictation.findings, study.dictation.impression]  # a line may end in "right-"
        assert read in (said, ["", said[0]])
        if study.question is not None:
            asked = clean(study.question.context.indication)
            assert found.indication.replace("- ", "-") == asked.replace("- ", "-")


def test_sentences_with_colons_numbers_and_words_of_headers_come_back_from_any_form():
    rng = random.Random(0)
    for number in range(1000):
        drawn = {name: " ".join(rng.sample(SENTENCES, rng.randrange(1, 5))) for name in SECTIONS}
        assert lost(drawn, f"{number}") == []


def test_a_header_within_a_section_opens_a_section():
    sections = dict.fromkeys(SECTIONS, "")
    sections |= {"indication": "INDICATION: PAIN;", "impression": "Clear. COMPARISON: None."}
    found = parse_sections(mimic_text(sections, "0"))
    assert (found.indication, found.impression, found.comparison) == ("PAIN;", "Clear.", "None.")


@pytest.mark.skipif(not INDIANA.is_file(), reason="no reports of Indiana University at hand")
def test_reports_of_indiana_come_back_but_for_those_that_hold_a_header_within_a_section():
    reports = indiana()
    assert len(reports) == 3184
    failed = Counter(
        name for seed in SEEDS for name, report in reports.items() if lost(report, f"{seed}:{name}")
    )
    assert failed.keys() == HOLD_A_HEADER.keys()
    assert sum(times == len(SEEDS) for times in failed.values()) == 10


def indiana() -> dict[str, dict[str, str]]:
    """Return the cleaned sections of every report of the archive, by id."""
    reports = {}
    with tarfile.open(INDIANA) as archive:
        for member in archive:
            if member.name.endswith(".xml"):
                report = ElementTree.parse(archive.extractfile(member)).getroot()
                texts = dict.fromkeys(SECTIONS, "")
                for part in report.iter("AbstractText"):
                    if (name := part.get("Label", "").lower()) in texts:
                        texts[name] += f" {''.join(part.itertext())}"
                reports[report.find("uId").get("id")] = {name: clean(t) for name, t in texts.items()}
    return reports
