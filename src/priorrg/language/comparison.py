"""Tell whether a text speaks of an earlier examination, by name or by comparing with one.

Knows strings only.
"""

import re

from priorrg.language.advice import without_advice
from priorrg.language.changes import DEGREES

_NOT_MEANT = re.compile(
    r"\b(?:no|without|not?)\b(?: \w+){0,2}? (?:priors?|previous|comparisons?|"
    r"earlier)(?: \w+){0,4}? (?:available(?: for comparison)?|for comparison)|"
    r"\bcomparison(?: is)?(?: made)?:? (?:none|not available|unavailable|no\b)|"
    r"\bno(?: relevant| recent)? (?:priors?|comparisons?)\b|\bwithout(?: \w+)? comparisons?\b|"
    r"\bno (?:\w+ )?(?:prior|previous|earlier|old)(?: \w+){0,2} (?:stud(?:y|ies)|exams?|examinations?|images?|"
    r"imaging|radiographs?|films?)\b|\bnew(?:ly)?[- ](?:onset|diagnosed)\b|"
    r"\b(?:prior|previous|remote)(?: \w+)? (?:granulomatous|surg\w+|operat\w+|cabg|bypass|sternotomy|"
    r"thoracotomy|lobectomy|"
    r"pneumonectomy|mastectomy|resection|trauma|infection|infarct\w*|radiation|vertebroplasty|"
    r"cholecystectomy|rib|fractures?|"
    r"fusion|spinal|spine|laminectomy|arthroplasty|injur\w+|stroke|tuberculosis|histoplasm\w+|gunshot|disease|history|valve|repair)|"
    r"\bprior to\b|\bincreased (?:ap |anteroposterior )?(?:diameter|retrosternal|interstitial|"
    r"bronchovascular|lung|pulmonary|"
    r"(?:\w+ )?(?:densit(?:y|ies)|markings)|tortuosity|"
    r"ap dimensions?|opacity|lucency|opacification|attenuation|kyphosis|translucency)\b|"
    r"\b(?:decreased|reduced|diminished) (?:lung volumes?|inspirat\w+|aeration|bone)\b|"
    r"\blung volumes? (?:are|is) (?:decreased|reduced|diminished)\b|"
    r"\b(?:greater|larger|more|worse|smaller|less|bigger|lower|higher)(?: \w+)? (?:on the (?:left|"
    r"right) )?than (?:that )?(?:on |in |of )?(?:the )?(?:left|right)\b|"
    r"\bcompared (?:to|with) (?:the |that of the )?(?:left|right|contralateral|opposite)\b|"
    r"\b(?:greater|more \w+) (?:on|in|at) (?:the )?(?:left|right)\b|"
    r"\b(?:left|right) (?:is )?(?:greater|larger|more|worse)\b|"
    r"\bbetter (?:seen|visuali\w+|evaluat\w+|appreciat\w+|assess\w+|defin\w+|aerated|delineat\w+)\b|"
    r"\b(?:hemodynamically|clinically) stable\b|\bless likely\b|\bchronic change\b"
)
_MEANT = re.compile(
    r"\b(?:priors?|previous(?:ly)?|formerly|earlier|preceding|comparison|compar(?:ed|ing)|"
    r"interval(?:ly)?|(?:in|over) the interim|since|again|"
    r"before|unchanged|unaltered|changed|no change|not changed|without change|stable|stably|stability|"
    r"persist\w*|constant|"
    r"new|newly|now|increas(?:e|ed|es|ing)|decreas(?:e|ed|es|ing)|larger|smaller|bigger|enlarging|"
    r"grow(?:n|ing)|"
    r"improv\w+|wors(?:e|ened|ening|en|ens)|progress(?:ed|ion|ive|ing|ively)|regress\w+|resol(?:ved|"
    r"ving|ution|ve)|cleared|"
    r"no longer|disappear\w+|removed|removal|remains?|remained|residual|reduced|reduction|diminished|"
    r"lessened|"
    r"re-?demonstrat\w+|recurred|recurrent|recurrence|reaccumul\w+|has developed|have developed|"
    r"have appeared|has appeared|"
    r"(?:more|less) "
    + DEGREES
    + r"|better (?:inspir\w+|expanded)|(?:lower|higher) (?:lung )?volumes|little change|"
    r"(?:has|have) (?:replaced|(?:\w+ )?enlarged)|"
    r"(?:has|have) been (?:placed|inserted|advanced|retracted|withdrawn|pulled|repositioned|exchanged)|"
    r"similar(?: in \w+| appearance| size)? (?:to|as)|extubated|extubation|re-?expan\w+)\b"
)


def mentions_prior(text: str) -> bool:
    """Tell whether ``text`` compares with an earlier film or speaks of any change.

    "No new consolidation" does; "no prior studies are available", "prior sternotomy", "left greater than
    right" and an "elevated hemidiaphragm" do not.
    """
    line = without_advice(" ".join(text.lower().split()))
    return _MEANT.search(_NOT_MEANT.sub(" ", line)) is not None
