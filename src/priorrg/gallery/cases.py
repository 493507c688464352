"""Choose the reports to show: typical ones by lot, the worst by count of errors.

Knows studies, texts and truth rows; images only by their ids.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from priorrg.gallery.verdicts import Aspect, compare, errors
from priorrg.study import Study
from priorrg.truth import TruthRow


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One report beside what it was written from.

    ``current_image`` and ``prior_image`` are ids for the caller's ``images``. ``image_size`` is width
    and height of the written current image in px, the frame of the truth's boxes. ``truth`` is empty
    where there is none.
    """

    study_id: str
    patient_id: str
    view: str
    current_image: str
    prior_image: str | None = None
    days_since_prior: float | None = None
    indication: str = ""
    history: str = ""
    reference: str = ""
    generated: str = ""
    image_size: tuple[int, int] = (256, 256)
    truth: tuple[TruthRow, ...] = ()
    shown_as: Literal["typical", "worst"] = "typical"

    @property
    def has_prior(self) -> bool:
        return self.prior_image is not None

    @classmethod
    def of(cls, study: Study, *, reference: str, generated: str, image_size: tuple[int, int]) -> "Case":
        """Return a study with the report written for it; truth is added by ``choose_cases``."""
        return cls(
            study_id=study.study_id,
            patient_id=study.patient_id,
            view=study.current.view,
            current_image=study.current.image_id,
            prior_image=study.prior.image_id if study.prior else None,
            days_since_prior=study.days_since_prior,
            indication=study.context.indication,
            history=study.context.history,
            reference=reference,
            generated=generated,
            image_size=image_size,
        )


def choose_cases(
    rows: Sequence[Case],
    truth: Mapping[str, Iterable[TruthRow]],
    typical: int = 20,
    worst: int = 10,
    seed: int = 0,
) -> list[Case]:
    """Return the worst and the typical cases, each with its truth; ``truth`` is by study id.

    Worst: most errors of presence and change together, cases with an error of change first, ties by id.
    Typical: drawn by lot from all the others, whatever their errors, and put in the order of their ids.
    """
    cases = [replace(row, truth=tuple(truth.get(row.study_id, ()))) for row in rows]
    ranked = sorted(cases, key=_badness)
    chosen = [replace(case, shown_as="worst") for case in ranked[:worst]]
    rest = sorted(ranked[worst:], key=_identity)
    draw = np.random.default_rng(np.random.SeedSequence([seed, 0x9A11]))
    picked = sorted(draw.permutation(len(rest))[:typical].tolist())
    return chosen + [replace(rest[i], shown_as="typical") for i in picked]


def _badness(case: Case) -> tuple[bool, int, str, str]:
    found = errors(compare(case.generated, case.truth, case.has_prior))
    return not any(v.aspect is Aspect.CHANGE for v in found), -len(found), *_identity(case)


def _identity(case: Case) -> tuple[str, str]:
    return case.study_id, case.current_image
