"""Whole synthetic patients: visits, scenes, questions, priors and reports; everything but pixels.

A patient follows from the seed and its index alone, however many there are and whoever makes them.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from priorrg.data.phantom.chance import happens
from priorrg.data.phantom.changes import visible
from priorrg.data.phantom.course import sample_course
from priorrg.data.phantom.dictation import Dictation, dictate
from priorrg.data.phantom.letter import write_letter
from priorrg.data.phantom.questions import Question, ask
from priorrg.data.phantom.scene import Scene
from priorrg.data.phantom.visits import Visit, may_be_prior, patient_identifier, sample_visits
from priorrg.data.priors import StudyRecord, link
from priorrg.study import Radiograph

_STORY, _WORDS = 0, 1  # streams of chance


@dataclass(frozen=True, slots=True, kw_only=True)
class PhantomStudy:
    """One study with all that is true of it. ``prior`` is the scene of the linked prior image."""

    visit: Visit
    scene: Scene
    prior: Scene | None
    prior_study_id: str
    prior_reason: str
    days_since_prior: float | None
    question: Question | None
    dictation: Dictation
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PhantomPatient:
    """One patient; ``studies`` are in the order of time. ``age`` in years at the first study."""

    index: int
    patient_id: str
    sex: str
    age: int
    studies: tuple[PhantomStudy, ...]


def imagine_patient(index: int, seed: int) -> PhantomPatient:
    """Return patient number ``index`` of the cohort of this seed."""
    story, words = (
        np.random.default_rng(np.random.SeedSequence([seed, index, s])) for s in (_STORY, _WORDS)
    )
    patient_id = patient_identifier(index, seed)
    sex = "F" if happens(story, 0.5) else "M"
    age = int(story.integers(18, 91))
    visits = sample_visits(story, index, seed)
    scenes = sample_course(story, may_be_prior(visits))
    links = link(
        StudyRecord(
            patient_id=patient_id,
            study_id=visit.study_id,
            taken_at=visit.taken_at,
            images=[Radiograph(image_id=e.image_id, view=e.acquisition.view) for e in visit.exposures],
        )
        for visit in visits
    )
    by_id = {visit.study_id: scene for visit, scene in zip(visits, scenes, strict=True)}
    studies = []
    for visit, scene in zip(visits, scenes, strict=True):
        found = links[visit.study_id]
        prior = by_id[found.prior_study_id] if found.prior_study_id else None
        question = ask(words, {observation for observation, _ in visible(scene)}, sex)
        dictation = dictate(words, scene, prior, question.asked if question else None)
        views = tuple(exposure.acquisition.view for exposure in visit.exposures)
        studies.append(
            PhantomStudy(
                visit=visit,
                scene=scene,
                prior=prior,
                prior_study_id=found.prior_study_id or "",
                prior_reason=found.reason.value,
                days_since_prior=found.days_since_prior,
                question=question,
                dictation=dictation,
                text=write_letter(words, dictation, question, views, has_prior=prior is not None),
            )
        )
    return PhantomPatient(index=index, patient_id=patient_id, sex=sex, age=age, studies=tuple(studies))


def imagine_cohort(patients: int, seed: int) -> Iterator[PhantomPatient]:
    """Yield the patients of a cohort, without pixels."""
    for index in range(patients):
        yield imagine_patient(index, seed)
