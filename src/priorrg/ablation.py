"""Does the model use what it is given? Take inputs away, or exchange them, and see what the reports lose.

Each intervention maps studies to studies and leaves the true report and the identity of the row as they
are; what changes is only what the model gets to see.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TypeVar

import numpy as np

from priorrg.errors import UsageError
from priorrg.study import ClinicalContext, Radiograph, Study

T = TypeVar("T")
Intervention = Callable[[Sequence[Study], int], list[Study]]


def full(studies: Sequence[Study], seed: int) -> list[Study]:
    """Everything as it is."""
    return list(studies)


def without_prior(studies: Sequence[Study], seed: int) -> list[Study]:
    """The prior withheld."""
    return [_with_prior(s, None) for s in studies]


def wrong_prior(studies: Sequence[Study], seed: int) -> list[Study]:
    """Another patient's image as the prior, for the studies that have one."""
    priors = [(s.patient_id, s.prior) for s in studies if s.prior is not None]
    strangers = iter(_strangers(priors, seed))
    return [s if s.prior is None else _with_prior(s, next(strangers)) for s in studies]


def self_prior(studies: Sequence[Study], seed: int) -> list[Study]:
    """The current image as its own prior, for the studies that have one."""
    return [s if s.prior is None else _with_prior(s, s.current) for s in studies]


def swapped(studies: Sequence[Study], seed: int) -> list[Study]:
    """Current and prior exchanged, for the studies that have both; the row keeps its identity."""
    return [s if s.prior is None else replace(s, current=s.prior, prior=s.current) for s in studies]


def shuffled_image(studies: Sequence[Study], seed: int) -> list[Study]:
    """Another patient's image as the current one."""
    strangers = _strangers([(s.patient_id, s.current) for s in studies], seed)
    return [replace(s, current=image) for s, image in zip(studies, strangers, strict=True)]


def without_context(studies: Sequence[Study], seed: int) -> list[Study]:
    """Indication and history withheld."""
    return [replace(s, context=ClinicalContext()) for s in studies]


def wrong_context(studies: Sequence[Study], seed: int) -> list[Study]:
    """Another patient's indication and history, for the studies that have some."""
    contexts = [(s.patient_id, s.context) for s in studies if s.context]
    strangers = iter(_strangers(contexts, seed))
    return [replace(s, context=next(strangers)) if s.context else s for s in studies]


INTERVENTIONS: dict[str, Intervention] = {
    f.__name__: f
    for f in (
        full,
        without_prior,
        wrong_prior,
        self_prior,
        swapped,
        shuffled_image,
        without_context,
        wrong_context,
    )
}


def _with_prior(study: Study, prior: Radiograph | None) -> Study:
    if prior is None:
        return replace(study, prior=None, days_since_prior=None, prior_reason="withheld")
    return replace(study, prior=prior)


def _strangers(owned: Sequence[tuple[str, T]], seed: int) -> list[T]:
    """Return, for each item, one that belongs to another patient: a seeded shuffle, mended where needed.

    Where more than half are one patient's, others' items serve several times. Raises ``UsageError`` if all are.
    """
    if len({patient for patient, _ in owned}) == 1:
        raise UsageError(
            f"all {len(owned)} inputs are one patient's; expected another patient's to give instead. Take more "
            "patients"
        )
    generator = np.random.default_rng([seed, len(owned)])
    order = generator.permutation(len(owned)).tolist()
    for i in range(len(order)):
        if owned[order[i]][0] != owned[i][0]:
            continue
        others = generator.permutation(len(order)).tolist()
        for j in others:
            swaps = owned[order[j]][0] != owned[i][0] and owned[order[i]][0] != owned[j][0]
            if swaps:
                order[i], order[j] = order[j], order[i]
                break
        else:
            order[i] = next(j for j in others if owned[j][0] != owned[i][0])
    return [owned[k][1] for k in order]
