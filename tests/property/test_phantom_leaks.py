"""What must not be guessable: change from anything but the two films, findings from the question."""

import re
from collections import Counter
from itertools import pairwise

import numpy as np
import pytest
from sklearn.ensemble import RandomForestClassifier
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import accuracy_score, balanced_accuracy_score
from sklearn.preprocessing import StandardScaler

from priorrg.data.phantom.changes import SLOTS, finding_changes, visible
from priorrg.data.phantom.patients import PhantomPatient, PhantomStudy, imagine_cohort
from priorrg.language.observations import FINDINGS, Change

PATIENTS = 3000
COMPARING = re.compile(
    r"\b(new|newly|again|unchanged|persist\w*|interval|stable|increas\w*|decreas\w*|larger|smaller|wors\w*|"
    r"better|improv\w*|resol\w*|prior|previous\w*|before|since|no longer|change\w*|compar\w*|develop\w*|"
    r"remov\w*|placed|placement|advanced|withdrawn|pulled|remain\w*|progress\w*|now|still|than|clear(ed|ing))\b",
    re.IGNORECASE,
)
CLASSES = (Change.NEW, Change.LARGER, Change.SMALLER, Change.UNCHANGED)


@pytest.fixture(scope="module")
def cohort() -> list[PhantomPatient]:
    return list(imagine_cohort(PATIENTS, 11))


@pytest.fixture(scope="module")
def studies(cohort: list[PhantomPatient]) -> list[PhantomStudy]:
    return [study for patient in cohort for study in patient.studies]


def context_of(study: PhantomStudy) -> str:
    if study.question is None:
        return "nocontext"
    return f"{study.question.context.indication} {study.question.context.history}"


def heading_of(study: PhantomStudy) -> str:
    """Return the whole letter above what was dictated."""
    return re.split(r" (?:FINDINGS|IMPRESSION):", study.text)[0]


def around(patient: PhantomPatient, number: int) -> list[float]:
    """Return what is known of a study without looking at any film."""
    study = patient.studies[number]
    taken = study.visit.taken_at
    return [
        float(study.visit.view == "PA"),
        float(study.visit.has_lateral),
        float(number),
        float(len(patient.studies)),
        float(patient.sex == "F"),
        float(patient.age),
        float(study.days_since_prior or 0.0),
        np.log1p(study.days_since_prior or 0.0),
        float(sum(s.visit.taken_at is None for s in patient.studies)),
        float(taken.hour if taken else -1),
        float(study.visit.study_id[1:3]),
        float(study.question is None),
    ]


@pytest.fixture(scope="module")
def changes(cohort: list[PhantomPatient]) -> tuple[np.ndarray, list[str], np.ndarray, np.ndarray]:
    """Features, heading, change class and patient of every visible finding of a study with a prior."""
    features, contexts, classes, owners = [], [], [], []
    for patient in cohort:
        for number, study in enumerate(patient.studies):
            if study.prior is None:
                continue
            now, changed = visible(study.scene), finding_changes(study.prior, study.scene)
            for slot, finding in now.items():
                seat = [float(slot == other) for other in SLOTS]
                level = [
                    finding.severity,
                    finding.severity**2,
                    float(len(now)),
                    float(len(study.scene.devices)),
                ]
                asked = float(study.question is not None and study.question.asked is slot[0])
                features.append([*around(patient, number), *level, asked, *seat])
                contexts.append(heading_of(study))
                classes.append(CLASSES.index(changed[slot]))
                owners.append(patient.index)
    return np.array(features), contexts, np.array(classes), np.array(owners)


def test_text_metadata_and_severity_do_not_tell_the_change(changes) -> None:
    features, contexts, classes, owners = changes
    words = CountVectorizer(min_df=20, binary=True).fit_transform(contexts).toarray()
    every = np.hstack([StandardScaler().fit_transform(features), words])
    train = owners < PATIENTS * 0.6
    readers = {
        "linear": (LogisticRegression(max_iter=300, class_weight="balanced"), every),
        "forest": (
            RandomForestClassifier(150, min_samples_leaf=20, class_weight="balanced", random_state=0),
            features,
        ),
    }

    for name, (reader, inputs) in readers.items():
        reader.fit(inputs[train], classes[train])
        reached = balanced_accuracy_score(classes[~train], reader.predict(inputs[~train]))
        print(f"change from text, metadata and severity, {name}: {reached:.3f} (chance 0.250)")
        assert reached <= 1 / len(CLASSES) + 0.04, name


def test_every_kind_of_change_is_as_frequent_at_every_severity(changes) -> None:
    features, _, classes, _ = changes
    severity = features[:, 12]
    overall = np.bincount(classes, minlength=4) / len(classes)

    for low, high in ((0.1, 0.45), (0.45, 0.5), (0.5, 0.55), (0.55, 0.6), (0.6, 0.65), (0.65, 0.8)):
        inside = (severity >= low) & (severity < high)
        shares = np.bincount(classes[inside], minlength=4) / inside.sum()
        spread = 4 * np.sqrt(0.25 / inside.sum()) + 0.01
        assert np.abs(shares - overall).max() < spread, (low, shares, overall)


def test_the_context_does_not_tell_whether_the_asked_finding_is_there(studies) -> None:
    asked = [study for study in studies if study.question is not None]
    there = np.array([any(o is s.question.asked for o, _ in visible(s.scene)) for s in asked])
    words = CountVectorizer(ngram_range=(1, 2), min_df=10, binary=True).fit_transform(
        [context_of(study) for study in asked]
    )
    train = np.arange(len(asked)) < 0.6 * len(asked)

    reader = LogisticRegression(max_iter=1000, C=0.1).fit(words[train], there[train])

    reached = accuracy_score(there[~train], reader.predict(words[~train]))
    print(f"asked finding from context: {reached:.3f}")
    assert abs(reached - 0.5) <= 0.05


def test_every_observation_is_present_in_about_half_of_its_questions(studies) -> None:
    for observation in FINDINGS:
        there = [
            any(o is observation for o, _ in visible(study.scene))
            for study in studies
            if study.question is not None and study.question.asked is observation
        ]

        assert len(there) > 300
        assert 0.4 <= np.mean(there) <= 0.6, observation


def test_a_report_without_a_prior_never_speaks_of_one(studies) -> None:
    for study in (s for s in studies if s.prior is None):
        body = study.text.split("COMPARISON")[-1].split("TECHNIQUE")[-1]
        said = f"{study.dictation.findings} {study.dictation.impression}"
        body = body.replace("None available.", "").replace("None.", "")

        assert not COMPARING.search(said), said
        assert not COMPARING.search(re.split(r"FINDINGS:|IMPRESSION:", body, maxsplit=1)[-1]), body
        assert "COMPARISON:" not in study.text or re.search(
            r"COMPARISON:  None( available)?\.", study.text
        )


def test_a_report_with_a_prior_states_a_change_of_everything_it_shows(studies) -> None:
    for study in (s for s in studies if s.prior is not None):
        if finding_changes(study.prior, study.scene):
            assert COMPARING.search(study.dictation.findings), study.dictation.findings


def test_no_kind_of_change_is_rare(studies) -> None:
    counts = Counter(
        change
        for s in studies
        if s.prior is not None
        for change in finding_changes(s.prior, s.scene).values()
    )
    print({str(change): round(count / counts.total(), 3) for change, count in counts.items()})

    assert min(counts[change] for change in Change) >= 0.12 * counts.total()


def test_no_pair_of_films_lies_between_unchanged_and_moved(studies) -> None:
    for study in (s for s in studies if s.prior is not None):
        before, now = visible(study.prior), visible(study.scene)
        for slot in before.keys() & now.keys():
            step = abs(now[slot].severity - before[slot].severity)
            assert step <= 0.045 or step >= 0.125


def test_identifiers_do_not_follow_the_dates(cohort) -> None:
    rising = [
        int(a.visit.study_id) < int(b.visit.study_id)
        for patient in cohort
        for a, b in pairwise(patient.studies)
    ]
    identifiers = [study.visit.study_id for patient in cohort for study in patient.studies]

    assert 0.45 < np.mean(rising) < 0.55
    assert len(set(identifiers)) == len(identifiers)
    assert len({patient.patient_id for patient in cohort}) == len(cohort)


def test_prevalence_is_the_same_in_every_study(cohort) -> None:
    first = [len(visible(p.studies[0].scene)) for p in cohort if len(p.studies) > 2]
    last = [len(visible(p.studies[-1].scene)) for p in cohort if len(p.studies) > 2]

    assert abs(np.mean(first) - np.mean(last)) < 0.12


def test_a_fifth_of_the_studies_lacks_context_and_a_fifth_of_the_later_ones_a_prior(
    cohort, studies
) -> None:
    later = [study.prior is None for patient in cohort for study in patient.studies[1:]]

    assert 0.18 < np.mean([study.question is None for study in studies]) < 0.22
    assert 0.17 < np.mean(later) < 0.23
