"""The words around a finding that affirm, doubt or deny it, and those that end their reach.

Where two rows fit at one place the first wins. Knows strings only.
"""

from priorrg.language.label_grammar import Part, Row

_SEEN = (
    r"(?:seen|present|identified|evident|visuali[sz]ed|visible|appreciated|demonstrated|detected|"
    r"noted|found|"
    r"observed|apparent|shown|developed|occurred|appeared|recurred|there|evidenced)"
)
_BE = r"(?:is|are|was|were|be|been|has been|have been|has|have|had|can be|could be)"
_GROWN = (
    r"(?:change\w*|increase\w*|decrease\w*|progress\w*|worsen\w*|improve\w*|enlargement since|growth|"
    r"alteration|difference|resolution)"
)
_MUCH = (
    r"(?:any|interval|significant(?:ly)?|substantial(?:ly)?|appreciable|appreciably|definite|gross|"
    r"further|marked"
    r"|major|obvious|evidence of|suspicious|relevant|evidence for|radiographic|overall|acute|real)"
)
_IN_PART = (
    r"(?:almost|near(?:ly)?|partial(?:ly)?|partly|largely|mostly|incomplete(?:ly)?|substantial(?:ly)?)"
)
"""What has resolved thus far is still there."""

_PHRASES: tuple[tuple[Part, str], ...] = (
    (Part.SKIP, r"which(?= (?:is|are|was|were|appears?|remains?|has|have|may|might|could) )"),
    (Part.SKIP, r"(?:no|without|not) (?:" + _MUCH + r" )*" + _GROWN + r"(?: (?:in|of|from|since|to))?"),
    (
        Part.SKIP,
        r"(?:(?:which|that) )?(?:(?:is|are|was|were) )?not (?:previously|formerly) " + _SEEN + r"|"
        r"(?:(?:which|that) )?(?:(?:is|are|was|were) )?not " + _SEEN + r" (?:previously|before|"
        r"earlier|(?:on|in) "
        r"(?:the |a |any )?(?:\w+ )?(?:prior|previous|preceding|earlier|last|comparison))",
    ),
    (Part.SKIP, r"otherwise (?=clear|normal|unremarkable)"),
    (
        Part.SKIP,
        _IN_PART
        + r"[- ](?:complete(?:ly)? |interval )?(?:resol(?:ved|ution)|clear(?:ed|ing)(?! of the lung))"
        r"(?: of(?: the)?)?",
    ),
    (Part.DOUBT_BEFORE, r"if (?:any|present),? (?=[a-z])(?!(?:is|are|was|were|at|in|on|and|but)\b)"),
    (Part.DOUBT_BEHIND, r"if (?:any|present)"),
    (
        Part.SKIP,
        r"not only|no doubt|no longer than|not (?:well |fully |completely )?(?:evaluated|"
        r"assessed)",
    ),
    (Part.SKIP, r"(?:consistent|compatible|in keeping|associated|continuous) with|along with"),
    (
        Part.DOUBT_BEHIND,
        r"(?:(?:can ?not|could not|can't|may not) (?:\w+ )?be|(?:is|are|was|were) not|not) (?:\w+ )?"
        r"(?:excluded|ruled out|discounted)|"
        + _BE
        + r" (?:difficult|hard) to exclude|(?:(?:would|may|might|could) be )?(?:difficult|hard|unable) to "
        r"(?:\w+ )?exclude(?= *[.,;]|$)",
    ),
    (
        Part.DOUBT_BEFORE,
        r"(?:can ?not|could not|may not|can't|unable to|difficult to|hard to|not|does not|to|"
        r"would not) "
        r"(?:\w+ )?(?:exclude|rule out)|r/o|rule out|exclude",
    ),
    (Part.NOT_BEHIND, r"(?:has|have|is|are|was|were)(?: been)? (?:excluded|ruled out)"),
    (
        Part.NOT_BEHIND,
        r"(?:"
        + _BE
        + r" )?(?:not|never|no longer)(?: \w+ly| well| yet| any longer| be| been){0,3} "
        + _SEEN,
    ),
    (
        Part.NOT_BEHIND,
        r"(?:(?:has|have|had|is|are|now|interval|since|completely|entirely) )*"
        r"(?:resolved|cleared(?: up)?|disappeared|absent|gone)|: (?:none|no)(?= *[.,;]|$)|"
        r"negative(?= *[.,;]|$)",
    ),
    (
        Part.GONE,
        r"(?:(?:has|have|had|is|are|was|were|been|since|now|interval) )*(?:removed|discontinued)|removal(?! of)",
    ),
    (
        Part.HINT,
        r"suggest\w*(?: of)?|suspicious for|worrisome for|concern(?:ing)?(?: (?:for|of))?|"
        r"indicat(?:e|es|ing|ive)"
        r"(?: of)?|(?:that )?would suggest",
    ),
    (
        Part.NOT_BEFORE,
        r"(?:negative|unremarkable|clear) for|(?:free|clear) (?:of|from)|(?:absence|lack|resolution|"
        r"clearing|"
        r"removal|disappearance|resolving) of(?: the)?|rather than|instead of|nor (?:is|are) there|"
        r"neither|"
        r"none of the|no|without|nor|denies|not (?:\w+ly )?(?:demonstrate|show|reveal|"
        r"appear(?: to (?:be|have|represent|"
        r"reflect))?|have|contain|see|suggest|indicate|reflect|represent)|not|never|non|resolved|"
        r"rules? out|excludes",
    ),
    (Part.BORDERLINE, r"borderline"),
    (
        Part.DOUBT_BEHIND,
        r"(?:" + _BE + r"|remains?|seems?|appears?|thought|felt|considered) (?:also |less |to be )*"
        r"(?:possible|probable|suspected|questionable|questioned|likely|unlikely|equivocal|"
        r"indeterminate|(?:in )?(?:a |the )?(?:possibility|concern|consideration|differential))"
        r"(?= *(?:[.,;)]|$|but |and |given |in |at |on |with |as |because |than ))|"
        r"less likely(?= *[.;]|$)|"
        r"(?:may|might|could) (?:also )?be (?:present|considered)|(?:likely|possible|probable|"
        r"suspected|unlikely|questionable|questioned)(?= *[.,;)]|$)|\?",
    ),
    (
        Part.SUPPOSED,
        r"(?:evaluat(?:e|ion|ing)|assess(?:ment)?|screen(?:ing)?|looking|check|work-?up|"
        r"concern clinically|"
        r"correlat(?:e|ion)|monitor(?:ing)?|treatment|treated|therapy) (?:for|of)(?: (?:any|possible|"
        r"underlying))*|"
        r"(?:history|h/o|hx|risk|symptoms|follow[- ]?up|diagnosis) (?:of|for)|"
        r"if (?:there (?:is|are|remains) |clinical |a |the )*(?:\w+ )?(?:concern|suspicion|suspected|"
        r"question)"
        r"(?: (?:for|of|is))?|if",
    ),
    (
        Part.DOUBT_BEFORE,
        r"possib(?:le|ly|ility of|ilit\w+)|probab(?:le|ly|ility)|(?:less |more |most )?likely|unlikely|"
        r"(?:may|might|could|would)(?: also| well| simply| in part)?(?: be| represent| reflect|"
        r" indicate| relate"
        r"| have| correspond| be (?:seen|related|due|secondary))*(?: to| with)?|suspect(?:ed)?|"
        r"suspicion (?:of|for)|"
        r"question(?:able)?(?: of)?|equivocal|presum\w+|doubt(?:ful)?|favou?r\w*|potential(?:ly)?|"
        r"perhaps|conceivabl[ey]|"
        r"raises? (?:the )?(?:possibility|question|concern) (?:of|for)|differential(?: diagnosis)?"
        r"(?: considerations?)?(?: (?:includes?|is|for))*|consider(?:ations? includes?)?|"
        r"\?",
    ),
    (
        Part.NORMAL,
        r"(?:(?:at |near |within )?(?:the )?(?:upper|high) (?:limits?|range|end) of |(?:upper |"
        r"high )(?:limits? )?|"
        r"high |within |top )?normal(?: limits| range| size)?|unremarkable|clear(?:ed)?|not enlarged|"
        r"sharp|"
        r"wnl|midline|well[- ](?:expanded|aerated)|top[- ]normal|nonenlarged|"
        r"not (?:\w+ )?(?:enlarged|widened)",
    ),
    (
        Part.ABNORMAL,
        r"(?:is |are )?(?:enlarged|enlargement|widened|widening|wide|prominent|generous|"
        r"increased in size|"
        r"large|bigger|larger|globular|increased|abnormal in size|big)",
    ),
    (
        Part.BREAK,
        r"but|however|although|though|while|whereas|except(?: for)?|apart from|aside from|other than|"
        r"yet|"
        r"nevertheless|otherwise|;|\. |there(?: (?:is|are|was|were|has been|have been|may be))?",
    ),
    (
        Part.CAUSE,
        r"(?:is |are |be )?(?:due|secondary|related|attributable|owing) to|from|because of|reflecting",
    ),
    (
        Part.BARRIER,
        r"(?:as )?compared (?:to|with)|in comparison (?:to|with)|relative to|status post|s/p|"
        r"prior to|after|"
        r"following|since|despite|than|given|which|that|by|at|in the setting of|causing|obscur\w+|"
        r"where",
    ),
    (Part.OR, r"and/or|or|versus|vs\.?|/(?= ?[a-z]{4})"),
    (Part.AND, r"and|as well as|together with|plus|&"),
    (Part.WITH, r"with|accompanied by|status post"),
    (Part.COMMA, r",|\(|\)| - | – | — |:"),
    (
        Part.SKIP,
        r"(?:visible|visuali[sz]ed|apparent|evident|identifiable|detectable|demonstrable|definite|"
        r"obvious) "
        r"(?=[a-z])(?!on |in |at |and |or |to |by )",
    ),
    (
        Part.SEEN,
        r"(?:(?:is|are|was|were) )?(?:again |also |still |now |once again )*"
        + _SEEN
        + r"|persists?|re-?demonstrated",
    ),
    (
        Part.VERB,
        r"is|are|was|were|be|been|has|have|had|shows?|demonstrates?|reveals?|appears?|seems?|"
        r"remains?|measures?|"
        r"contains?|represents?|reflects?|obscures?",
    ),
    (
        Part.SIZE,
        r"an?|the|this|another|small|tiny|trace|minimal(?:ly)?|mild(?:ly)?|moderate(?:ly)?|"
        r"severe(?:ly)?|subtle|"
        r"minor|slight(?:ly)?|marked(?:ly)?|extensive|massive|patchy|faint|stable|unchanged|persistent|"
        r"improved|improving|bilateral|right|left|bibasilar|basilar|chronic|old|healed|low|few|several|"
        r"multiple|scattered|interval|increased|continued|streaky|subsegmental|linear|calcified",
    ),
)
ROWS: tuple[Row, ...] = tuple((part, pattern, ()) for part, pattern in _PHRASES)
