"""Does the report say something about what the indication asks for?

Right or wrong, affirmed or denied: only silence fails. Knows strings and numbers only.
"""

from collections.abc import Sequence

import numpy as np

from priorrg.language.answers import findings_addressed
from priorrg.language.indications import asked_findings
from priorrg.metrics.tallies import Tallies, mean_tallies


def answers(report: str, indication: str) -> bool | None:
    """Tell whether ``report`` says something of every finding asked for; ``None`` where none is asked for."""
    asked = asked_findings(indication)
    return asked <= findings_addressed(report) if asked else None


def question_answered(generated: Sequence[str], indications: Sequence[str]) -> Tallies:
    """Return the share of reports that speak of all that their indication asks for.

    Only studies whose indication asks for a finding count. Name: ``question_answered``.
    """
    said = [answers(text, asking) for text, asking in zip(generated, indications, strict=True)]
    values = np.array([np.nan if one is None else float(one) for one in said])
    how = {
        "question_answered": "share of reports that speak of every finding their indication asks for, by rules, "
        "among indications that ask for one"
    }
    return mean_tallies(how, values[:, None])
