"""The finished report as MIMIC-CXR stores it: headers, line breaks, ``___``.

Knows sections and views; what is said inside FINDINGS and IMPRESSION is the dictation's business.
"""

import textwrap

import numpy as np

from priorrg.data.phantom.chance import happens, pick
from priorrg.data.phantom.dictation import Dictation
from priorrg.data.phantom.questions import Question

WITHOUT_FINDINGS = 0.07
"""Share of reports that tell everything under IMPRESSION."""
WITH_ADDENDUM = 0.03

_WIDTH = 78
_TITLE = " " * 33 + "FINAL REPORT"
_INDICATION = ("INDICATION", "INDICATION", "REASON FOR EXAM", "REASON FOR EXAMINATION")
_HISTORY = ("HISTORY", "CLINICAL HISTORY", "CLINICAL INFORMATION")
_EXAMINATIONS = {
    ("PA",): ("CHEST (PA)", "CHEST RADIOGRAPH (PA)", "CHEST (SINGLE VIEW)"),
    ("AP",): ("CHEST (PORTABLE AP)", "PORTABLE CHEST", "CHEST (AP)"),
    ("PA", "LATERAL"): ("CHEST (PA AND LAT)", "CHEST (PA AND LATERAL)", "CHEST TWO VIEWS"),
}
_TECHNIQUES = {
    ("PA",): ("PA view of the chest.", "Single frontal view of the chest."),
    ("AP",): ("Portable AP view of the chest.", "Single frontal view of the chest."),
    ("PA", "LATERAL"): ("PA and lateral views of the chest.", "Frontal and lateral views of the chest."),
}
_COMPARISONS = ("___.", "Chest radiograph ___.", "Prior chest radiograph ___.", "Radiograph from ___.")
_NO_COMPARISONS = ("None.", "None available.")
_ADDENDA = (
    "The findings were discussed with Dr. ___ by telephone at ___.",
    "This report was reviewed by Dr. ___ on ___.",
    "The results were conveyed to the referring team at ___ on ___.",
)


def write_letter(
    rng: np.random.Generator,
    dictation: Dictation,
    question: Question | None,
    views: tuple[str, ...],
    *,
    has_prior: bool,
) -> str:
    """Return the text of the report file."""
    examination = pick(rng, ("EXAMINATION", "EXAMINATION", "EXAM", "STUDY"))
    blocks = [_block(examination, pick(rng, _EXAMINATIONS[views]))]
    if question is not None:
        if question.context.indication:
            blocks.append(_block(pick(rng, _INDICATION), question.context.indication))
        if question.context.history:
            blocks.append(_block(pick(rng, _HISTORY), question.context.history))
    if happens(rng, 0.7):
        blocks.append(_block("TECHNIQUE", pick(rng, _TECHNIQUES[views])))
    if happens(rng, 0.8):
        blocks.append(_block("COMPARISON", pick(rng, _COMPARISONS if has_prior else _NO_COMPARISONS)))
    open_layout = happens(rng, 0.5)
    if happens(rng, WITHOUT_FINDINGS):
        blocks.append(_block("IMPRESSION", dictation.findings, open_layout=open_layout))
    else:
        blocks.append(_block("FINDINGS", dictation.findings, open_layout=open_layout))
        blocks.append(_block("IMPRESSION", dictation.impression, open_layout=open_layout))
    head = _TITLE + "\n"
    if happens(rng, WITH_ADDENDUM):
        head = _block("ADDENDUM", pick(rng, _ADDENDA)) + "\n " + "_" * (_WIDTH - 1) + "\n" + head
    return head + "\n \n".join(blocks) + "\n"


def _block(header: str, text: str, *, open_layout: bool = False) -> str:
    if open_layout:
        return f" {header}: \n \n" + textwrap.fill(
            text, _WIDTH, initial_indent=" ", subsequent_indent=" "
        )
    return textwrap.fill(f"{header}:  {text}", _WIDTH, initial_indent=" ", subsequent_indent=" ")
