"""Tell sentences that report something abnormal from those that call everything normal.

A rule for what nobody labelled, after the idea of MIMIC-ABN (Ni et al., Findings of EMNLP 2020). Knows
strings only.
"""

import re

from priorrg.language.observations import Polarity
from priorrg.language.propositions import read_sentence
from priorrg.language.sentences import split_sentences

_NORMAL = re.compile(
    r"\b(?:no|not|without|nor|neither|none|negative|free|absent|absence|normal\w*|unremarkable|clear\w*|"
    r"intact|limits|symmetric\w*|resolved|well|midline|sharp|preserved)\b",
    re.IGNORECASE,
)
_TECHNIQUE = re.compile(
    r"\b(?:views?|images?|radiographs?|films?|projections?|examination)\b.*"
    r"\b(?:obtained|acquired|performed|submitted|provided|available|presented|consists?)\b"
    r"|^(?:\w+ ){0,5}\b(?:views?|images?|radiographs?|x-?rays?|films?)(?: of the chest)?\.?$",
    re.IGNORECASE,
)


def abnormal_sentences(text: str) -> list[str]:
    """Return the sentences of ``text`` that report something abnormal, in order."""
    return [sentence for sentence in split_sentences(text) if is_abnormal(sentence)]


def is_abnormal(sentence: str) -> bool:
    """Tell whether one sentence reports something abnormal.

    A sentence that affirms or doubts a finding or device does, whatever else it denies; one that only denies
    does not. Where no known finding is named, a word of negation or normality decides; sentences about how
    the film was taken are not abnormal.
    """
    polarities = {proposition.polarity for proposition in read_sentence(sentence).propositions}
    if polarities:
        return polarities != {Polarity.ABSENT}
    return not denies(sentence) and _TECHNIQUE.search(sentence) is None


def denies(sentence: str) -> bool:
    """Tell whether a word of negation or normality stands in the sentence."""
    return _NORMAL.search(sentence) is not None
