"""Leave out what a report advises or makes a condition: it tells of no film.

"Follow-up to document resolution is recommended" says nothing of a resolution. Knows strings only.
"""

import re

_ADVICE = re.compile(
    r"\b(?:follow(?:ing)?[- ]?up|repeat|comparison|correlation|further|additional|dedicated|short-term|ct)\b"
    r"[^.;,]*\b(?:recommended|advised|suggested|helpful|warranted|"
    r"(?:may|might|can|could) be (?:useful|considered|obtained|performed))\b[^.;]*"
    r"|\b(?:recommend|advise|consider|correlate|"
    r"suggest (?:follow|repeat|further|comparison|ct|correlation))\b[^.;]*"
    r"|\b(?:should|would|if|whether|until|unless|to (?:document|ensure|confirm|assess|evaluate))\b[^.;,]*"
)
_MARKS = ("recommend", "advis", "correlate", "suggest", "helpful", "warrant", " be ", "consider", "should",
          "would", "if ", "whether", "until", "unless", "to ")  # fmt: skip
"""Without any of these there is no advice; looking for them is faster."""


def without_advice(text: str) -> str:
    """Return ``text``, in lower case, without its recommendations and conditions."""
    return _ADVICE.sub(" ", text) if any(mark in text for mark in _MARKS) else text
