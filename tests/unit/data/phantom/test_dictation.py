"""What the phantom's radiologist says, and what not."""

import re

import numpy as np
import pytest

from priorrg.data.phantom.changes import finding_changes, visible
from priorrg.data.phantom.dictation import LONGEST, dictate
from priorrg.data.phantom.letter import write_letter
from priorrg.data.phantom.patients import PhantomStudy, imagine_cohort
from priorrg.data.phantom.questions import Question
from priorrg.data.phantom.scene import Device, Finding, Scene, Zone
from priorrg.language.claims import asked_observations, mentions_prior, read_claims
from priorrg.language.observations import FINDINGS, Observation, Polarity, Side
from priorrg.study import ClinicalContext

WORDS = {
    Observation.EFFUSION: "effusion",
    Observation.CONSOLIDATION: "consolidation",
    Observation.EDEMA: "edema",
    Observation.ATELECTASIS: "atelectasis",
    Observation.PNEUMOTHORAX: "pneumothora",
    Observation.CARDIOMEGALY: "cardiomegaly|heart",
    Observation.NODULE: "nodule",
    Observation.FRACTURE: "fracture",
}
DENYING = re.compile(r"\b(No|no evidence|not enlarged|normal in size|size is normal)\b")
GENERAL = re.compile(r"No (acute (cardiopulmonary )?(abnormality|process)|.*change.*)\.?$")


def found(observation: Observation, side: Side = Side.NONE, severity: float = 0.5) -> Finding:
    zone = Zone.NONE if side is Side.NONE else Zone.LOWER
    return Finding(observation=observation, side=side, zone=zone, severity=severity, shape_seed=1)


def sentences(text: str) -> list[str]:
    return [part for part in re.split(r"(?<=\.) ", text) if part]


def said(current: Scene, prior: Scene | None = None, asked: Observation | None = None) -> list[str]:
    return [dictate(np.random.default_rng(s), current, prior, asked).findings for s in range(60)]


@pytest.fixture(scope="module")
def studies() -> list[PhantomStudy]:
    return [study for patient in imagine_cohort(500, 4) for study in patient.studies]


def test_every_visible_and_every_resolved_finding_is_mentioned_with_its_side(studies) -> None:
    for study in studies:
        told = sentences(study.dictation.findings)
        findings = list(study.scene.findings) + (list(study.prior.findings) if study.prior else [])
        for finding in findings:
            side = finding.side.value
            assert any(
                re.search(WORDS[finding.observation], text, re.IGNORECASE)
                and (
                    finding.side is Side.NONE or re.search(rf"\b({side}|bilateral)", text, re.IGNORECASE)
                )
                for text in told
            ), (finding, study.dictation.findings)


def test_only_what_is_asked_is_denied(studies) -> None:
    for study in studies:
        asked = study.question.asked if study.question else None
        there = asked is not None and any(f.observation is asked for f in study.scene.findings)
        denials = [
            t for t in sentences(study.dictation.findings) if DENYING.search(t) and not GENERAL.match(t)
        ]
        assert len(denials) <= (0 if asked is None or there else 1), study.dictation.findings
        for text in denials:
            assert re.search(WORDS[asked], text, re.IGNORECASE)


def test_an_absent_asked_finding_is_always_answered(studies) -> None:
    for study in studies:
        if study.question is None or any(
            f.observation is study.question.asked for f in study.scene.findings
        ):
            continue
        assert study.dictation.said[study.question.asked] is Polarity.ABSENT
        for text in (study.dictation.findings, study.dictation.impression):
            assert re.search(WORDS[study.question.asked], text, re.IGNORECASE), text


def test_a_resolved_finding_answers_the_question_by_itself() -> None:
    texts = said(Scene(), Scene(findings=(found(Observation.EDEMA),)), Observation.EDEMA)

    assert all("esol" in text or "no longer" in text for text in texts)
    assert 0.1 < np.mean([bool(re.search("No .*edema|no .*edema", t)) for t in texts]) < 0.6


def test_a_normal_film_gets_a_general_sentence() -> None:
    assert all(re.search("clear|ormal|acute", text) for text in said(Scene()))


def test_a_growing_finding_is_said_to_grow_and_a_shrinking_one_to_shrink() -> None:
    small, large = (Scene(findings=(found(Observation.EFFUSION, Side.LEFT, s),)) for s in (0.4, 0.55))

    assert all(re.search("(?i)increas|larger|worse", text) for text in said(large, small))
    assert all(re.search("(?i)decreas|smaller|improv", text) for text in said(small, large))


def test_two_sides_of_one_change_may_share_a_sentence_and_of_two_changes_never() -> None:
    left, right = found(Observation.EFFUSION, Side.LEFT), found(Observation.EFFUSION, Side.RIGHT)
    both = Scene(findings=(left, right))

    assert any("bilateral" in text for text in said(both, both))
    assert not any("bilateral" in text for text in said(both, Scene(findings=(left,))))


def test_devices_are_stated_new_moved_and_removed() -> None:
    high = Scene(devices=(Device(observation=Observation.ENDOTRACHEAL_TUBE, tip=0.3),))
    low = Scene(devices=(Device(observation=Observation.ENDOTRACHEAL_TUBE, tip=0.7),))

    assert all("tube" in text for text in said(high))
    assert all(re.search("(?i)new|placed|placement", text) for text in said(high, Scene()))
    assert all("advanced" in text for text in said(low, high))
    assert all(re.search("withdrawn|pulled back", text) for text in said(high, low))
    assert all(re.search("(?i)remov|no longer", text) for text in said(Scene(), high))


def test_findings_stay_short_enough_to_be_read(studies) -> None:
    assert max(len(study.dictation.findings.split()) for study in studies) <= LONGEST


def test_the_vocabulary_is_small_and_the_reports_are_many(studies) -> None:
    texts = [study.dictation.findings for study in studies]

    assert len({word for text in texts for word in re.findall(r"[a-z-]+", text.lower())}) <= 400
    assert len(set(texts)) > 0.75 * len(texts)


def test_one_positive_statement_in_eight_is_hedged_whatever_its_change(studies) -> None:
    hedge = re.compile("(?i)possible|probable|likely|may ")
    kinds = {"new": "(?i)new", "larger": "(?i)increas|larger", "unchanged": "(?i)unchanged|stable"}
    device = re.compile("tube|line|catheter|pacemaker|drain|resol|No |no ")
    told = [
        t for s in studies if s.prior for t in sentences(s.dictation.findings) if not device.search(t)
    ]

    for pattern in kinds.values():
        chosen = [bool(hedge.search(text)) for text in told if re.search(pattern, text)]
        assert 0.04 < np.mean(chosen) < 0.24


def test_the_letter_has_the_form_of_the_archive() -> None:
    rng = np.random.default_rng(0)
    question = Question(
        asked=Observation.EDEMA,
        context=ClinicalContext(indication="Evaluate for edema.", history="COPD."),
    )
    for _ in range(40):
        spoken = dictate(rng, Scene(), None, Observation.EDEMA)
        text = write_letter(rng, spoken, question, ("PA", "LATERAL"), has_prior=False)
        headers = re.findall(r"(?m)^ ([A-Z ]+):", text)

        assert "FINAL REPORT" in text
        assert max(map(len, text.splitlines())) <= 80
        assert all(line.startswith(" ") for line in text.splitlines() if line)
        assert "IMPRESSION" in headers
        assert {"INDICATION", "REASON FOR EXAM", "REASON FOR EXAMINATION"} & set(headers)
        assert {"HISTORY", "CLINICAL HISTORY", "CLINICAL INFORMATION"} & set(headers)


def test_without_a_question_the_letter_has_no_clinical_header(studies) -> None:
    for study in (s for s in studies if s.question is None):
        assert not re.search("INDICATION:|HISTORY:|REASON|INFORMATION:", study.text)


def test_a_few_letters_lack_findings_and_a_few_have_an_addendum(studies) -> None:
    assert 0.04 < np.mean(["FINDINGS:" not in study.text for study in studies]) < 0.11
    assert 0.01 < np.mean(["ADDENDUM:" in study.text for study in studies]) < 0.06


def test_a_question_never_says_that_something_is_known(studies) -> None:
    for study in (s for s in studies if s.question is not None):
        context = study.question.context
        text = f"{context.indication} {context.history}"
        assert not re.search(r"(?i)\b(known|shows?|new|increas|worsen|persist|again|resolv)", text), text
        assert asked_observations(text) == {study.question.asked}, text


def test_a_reader_by_rules_finds_every_finding_with_its_side_and_change(studies) -> None:
    for study in studies:
        read = {
            (claim.observation, claim.side): (claim.polarity is Polarity.ABSENT, claim.change)
            for claim in read_claims(study.dictation.findings)
            if claim.observation in FINDINGS
        }
        changes = finding_changes(study.prior, study.scene) if study.prior else {}
        shown = visible(study.scene)
        for slot in {*shown, *changes}:
            assert read[slot] == (slot not in shown, changes.get(slot)), study.dictation.findings


def test_a_reader_by_rules_hears_of_a_prior_only_where_there_is_one(studies) -> None:
    for study in (s for s in studies if s.prior is None):
        assert not mentions_prior(f"{study.dictation.findings} {study.dictation.impression}")
