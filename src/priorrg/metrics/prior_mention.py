"""How often reports speak of an earlier film, and how often where there is none.

Knows strings and numbers only.
"""

from collections.abc import Sequence

import numpy as np

from priorrg.language.comparison import mentions_prior
from priorrg.metrics.tallies import Numbers, Tallies, mean_tallies

_SPEAKS = "that speak of an earlier film or of a change, by rules"


def prior_mention(generated: Sequence[str]) -> Tallies:
    """Return the share of reports that speak of an earlier film; name: ``prior_mention``."""
    return mean_tallies({"prior_mention": f"share of reports {_SPEAKS}"}, _mentions(generated)[:, None])


def hallucinated_prior(generated: Sequence[str], has_prior: Sequence[bool]) -> Tallies:
    """Return the share that speaks of an earlier film among studies that have none.

    Name: ``hallucinated_prior``; not a number where every study has one.
    """
    given = np.fromiter(has_prior, dtype=bool, count=len(has_prior))
    said = np.where(given, np.nan, _mentions(generated))
    how = {"hallucinated_prior": f"share of reports {_SPEAKS}, among studies without a prior"}
    return mean_tallies(how, said[:, None])


def hallucinated_prior_by_reference(generated: Sequence[str], references: Sequence[str]) -> Tallies:
    """Return the share that speaks of an earlier film among reports whose reference does not.

    For tables that do not say which studies have a prior: some of these have one. Name:
    ``hallucinated_prior_by_reference``.
    """
    said = np.where(_mentions(references) == 1, np.nan, _mentions(generated))
    how = {
        "hallucinated_prior_by_reference": f"share of reports {_SPEAKS}, among those whose reference does not"
    }
    return mean_tallies(how, said[:, None])


def _mentions(texts: Sequence[str]) -> Numbers:
    return np.fromiter(map(mentions_prior, texts), dtype=np.float64, count=len(texts))
