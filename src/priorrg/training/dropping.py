"""Leave inputs out at random, without making the target a lie.

A report that speaks of change or of a prior needs its prior; a report that denies what was asked needs
its question. Those keep their inputs whatever the dice say.
"""

from dataclasses import replace
from functools import lru_cache

import numpy as np

from priorrg.language.claims import mentions_prior, read_claims
from priorrg.language.observations import Change, Polarity
from priorrg.settings import DataSettings
from priorrg.study import ClinicalContext, Study


def drop_inputs(study: Study, settings: DataSettings, generator: np.random.Generator) -> Study:
    """Return the study with its prior or context left out at the rates of ``settings``."""
    prior_dice, context_dice = generator.random(2)
    text = _said(study)
    if study.prior is not None and prior_dice < settings.drop_prior and not speaks_of_prior(text):
        study = replace(study, prior=None, days_since_prior=None, prior_reason="dropped")
    if study.context and context_dice < settings.drop_context and not denies(text):
        study = replace(study, context=ClinicalContext())
    return study


def lacks_its_prior(study: Study) -> bool:
    """Whether the report speaks of a prior that is not there: it would teach to invent one."""
    return study.prior is None and speaks_of_prior(_said(study))


def _said(study: Study) -> str:
    return f"{study.report.findings} {study.report.impression}"


@lru_cache(maxsize=100_000)
def speaks_of_prior(text: str) -> bool:
    """Whether a text is only true beside a prior."""
    return mentions_prior(text) or any(claim.change is not None for claim in read_claims(text))


@lru_cache(maxsize=100_000)
def denies(text: str) -> bool:
    """Whether a text denies something, which only a question makes worth saying."""
    return any(
        claim.polarity is Polarity.ABSENT and claim.change is not Change.RESOLVED
        for claim in read_claims(text)
    )
