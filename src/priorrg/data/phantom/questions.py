"""What the referring clinician asks, and in which words.

A question names one observation and nothing else. Whether the film shows it is a coin's decision, for
each observation alike; background, complaint and "follow-up" are noise. Knows which observations a film
shows, but not since when, how much or on which side.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import cache
from itertools import chain, combinations

import numpy as np

from priorrg.data.phantom.chance import happens, pick, weighted
from priorrg.data.phantom.course import PREVALENCE
from priorrg.language.observations import FINDINGS, LATERAL_OBSERVATIONS, Observation
from priorrg.study import ClinicalContext

NO_CONTEXT = 0.2
"""Share of studies without any word from the clinician."""

_TERMS: Mapping[Observation, tuple[str, ...]] = {
    Observation.EFFUSION: ("effusion", "pleural effusion", "effusions"),
    Observation.CONSOLIDATION: ("consolidation", "pneumonia", "pneumonia"),
    Observation.EDEMA: ("pulmonary edema", "edema"),
    Observation.ATELECTASIS: ("atelectasis",),
    Observation.PNEUMOTHORAX: ("pneumothorax",),
    Observation.CARDIOMEGALY: ("cardiomegaly",),
    Observation.NODULE: ("nodule", "pulmonary nodule", "lung nodule"),
    Observation.FRACTURE: ("rib fracture", "fracture", "rib fractures"),
}
_ASKING = (
    "evaluate for {}",
    "assess for {}",
    "rule out {}",
    "please evaluate for {}",
    "please assess for {}",
    "concern for {}",
    "question {}",
    "any {}?",
    "? {}",
    "?{}",
    "{}?",
)
_COMPLAINTS: Mapping[Observation, tuple[str, ...]] = {
    Observation.EFFUSION: ("shortness of breath", "dyspnea"),
    Observation.CONSOLIDATION: ("fever and cough", "cough", "fever"),
    Observation.EDEMA: ("shortness of breath", "dyspnea", "leg swelling"),
    Observation.ATELECTASIS: ("low oxygen saturation", "shortness of breath"),
    Observation.PNEUMOTHORAX: ("chest pain", "shortness of breath"),
    Observation.CARDIOMEGALY: ("palpitations", "dyspnea"),
    Observation.NODULE: ("weight loss", "smoking history"),
    Observation.FRACTURE: ("fall", "chest pain after fall", "trauma"),
}
_NEUTRAL_COMPLAINTS = ("chest pain", "weakness", "fever", "cough", "malaise", "dizziness")
_BACKGROUNDS = (
    "diabetes",
    "hypertension",
    "COPD",
    "asthma",
    "atrial fibrillation",
    "coronary artery disease",
    "chronic kidney disease",
    "cirrhosis",
    "breast cancer",
    "colon cancer",
    "stroke",
    "kidney transplant",
    "hip replacement",
    "abdominal surgery",
    "bypass surgery",
    "anemia",
)
_ERRANDS = ("Follow-up", "Follow up", "Preoperative", "Routine", "Surveillance", "Admission")
_PERSONS = {
    "M": ("___-year-old man", "___ year old man", "___M", "___-year-old male"),
    "F": ("___-year-old woman", "___ year old woman", "___F", "___-year-old female"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What is asked, and the clinician's words: one of the two texts may be empty."""

    asked: Observation
    context: ClinicalContext


def ask(rng: np.random.Generator, shown: Collection[Observation], sex: str) -> Question | None:
    """Return a question to a film that shows ``shown``; None for a study without context."""
    if happens(rng, NO_CONTEXT):
        return None
    asked = choose(rng, shown)
    wish, background = _wish(rng, asked, sex), _background(rng, sex)
    form = rng.random()
    if form < 0.2:
        return Question(asked=asked, context=ClinicalContext(indication=wish, history=background))
    text = f"{background} {wish}" if happens(rng, 0.45) else wish
    if form < 0.55:
        return Question(asked=asked, context=ClinicalContext(history=text))
    return Question(asked=asked, context=ClinicalContext(indication=text))


def choose(rng: np.random.Generator, shown: Collection[Observation]) -> Observation:
    """Return the observation to ask about, so that each is present in half of its questions."""
    law = _law()
    hidden = {o: law.hidden[o] for o in FINDINGS if o not in shown}
    if not shown or (hidden and not happens(rng, law.ask_shown)):
        return weighted(rng, hidden)
    return weighted(rng, {o: law.shown[o] for o in FINDINGS if o in shown})


@dataclass(frozen=True, slots=True)
class _Law:
    """``ask_shown``: probability to ask for something that is there, on a film that shows anything;
    ``shown`` and ``hidden``: weights of the observations in either case."""

    ask_shown: float
    shown: dict[Observation, float]
    hidden: dict[Observation, float]


@cache
def _law() -> _Law:
    """Solve for the weights of absent observations: each is to be asked for as often as when present."""
    chance = {o: 1 - (1 - PREVALENCE[o]) ** (2 if o in LATERAL_OBSERVATIONS else 1) for o in FINDINGS}
    films = list(chain.from_iterable(combinations(FINDINGS, n) for n in range(len(FINDINGS))))
    member = np.array([[o in film for o in FINDINGS] for film in films])
    each = np.array([chance[o] for o in FINDINGS])
    likelihood = np.where(member, each, 1 - each).prod(axis=1)
    anything = member.any(axis=1)
    ask_shown = 0.5 / float(likelihood[anything].sum())
    shown = 1 / np.sqrt(each)  # rare findings are asked for nearly as often as common ones
    when_present = _asked(likelihood * anything * ask_shown, member, shown)
    hidden = np.ones(len(FINDINGS))
    for _ in range(200):
        when_absent = _asked(likelihood * np.where(anything, 1 - ask_shown, 1.0), ~member, hidden)
        hidden *= when_present / when_absent
    names = list(FINDINGS)
    return _Law(
        ask_shown,
        dict(zip(names, shown.tolist(), strict=True)),
        dict(zip(names, (hidden / hidden.sum()).tolist(), strict=True)),
    )


def _asked(
    likelihood: np.ndarray[tuple[int], np.dtype[np.float64]],
    eligible: np.ndarray[tuple[int, int], np.dtype[np.bool_]],
    weights: np.ndarray[tuple[int], np.dtype[np.float64]],
) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """Return how often each observation is asked for, over all films."""
    shares = eligible * weights
    totals = np.maximum(shares.sum(axis=1, keepdims=True), 1e-12)
    return np.asarray((likelihood[:, None] * shares / totals).sum(axis=0))


def _wish(rng: np.random.Generator, asked: Observation, sex: str) -> str:
    asking = pick(rng, _ASKING).format(pick(rng, _TERMS[asked]))
    form = int(rng.integers(5))
    complaint = pick(rng, _COMPLAINTS[asked] if happens(rng, 0.6) else _NEUTRAL_COMPLAINTS)
    if form == 0:
        return _sentence(asking)
    if form == 1:
        return _sentence(f"{complaint}, {asking}")
    if form == 2:
        return _sentence(f"{pick(rng, _PERSONS[sex])} with {complaint}, {asking}")
    if form == 3:
        return f"{_sentence(f'{pick(rng, _PERSONS[sex])} with {complaint}')} {_sentence(asking)}"
    return f"{_sentence(complaint)} {_sentence(asking)}"


def _background(rng: np.random.Generator, sex: str) -> str:
    form = int(rng.integers(4))
    first, second = pick(rng, _BACKGROUNDS), pick(rng, _BACKGROUNDS)
    if form == 0:
        return _sentence(pick(rng, _ERRANDS))
    if form == 1:
        return _sentence(f"{pick(rng, _ERRANDS)}, {first}")
    if form == 2 and first != second:
        return _sentence(f"{pick(rng, _PERSONS[sex])} with {first} and {second}")
    return _sentence(first)


def _sentence(text: str) -> str:
    text = text[0].upper() + text[1:]
    return text if text.endswith("?") else text + "."
