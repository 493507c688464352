"""The names of what reports compare beyond the observations: hernias, lung volumes, markings, wires …

They are marks of kind OTHER or OPACITY, whose value is the finding's name in words; as such they only keep
what is said of them from the observations beside them. Knows strings only.
"""

from priorrg.language.grammar import ChangeWord, Kind, Reach, Row
from priorrg.language.observations import Change, Observation

LUNG_VOLUMES = "lung volumes"
OPACITY = "opacity"
BONES = "bones"
PLEURA = "pleura"
CHEST = "chest"
"""The picture as a whole."""

MIDLINE = frozenset({"mediastinum", "trachea", "aorta", "spine", "pericardial effusion", CHEST})
"""Names that have no side; a side behind them is a direction."""

FURTHER_DEVICES: dict[str, str] = {
    "tracheostomy": r"tracheostomy(?: (?:tube|cannula))?",
    "sternotomy wires": r"(?:median )?sternotomy(?: wires?)?|(?:sternal|cerclage) wires?",
    "surgical clips": r"(?:surgical )?(?:clips?|sutures?|staples?)|(?:suture|staple) (?:lines?|material)",
    "prosthetic valve": r"(?:prosthetic |mitral |aortic |tricuspid |pulmonic |mechanical )+(?:heart )?valves?"
    r"(?: (?:prosthes[ei]s|replacement))?|tavr|annuloplasty ring",
    "stent": r"stents?(?: grafts?)?|endografts?",
    "assist device": r"(?:intra-?\s?aortic )?balloon pumps?|iabp|impella|lvad|ventricular assist devices?|"
    r"ecmo(?: cannulas?)?",
    "support devices": r"(?:support(?:ing|ive)?|monitoring)(?: and (?:support(?:ing|ive)?|monitoring))? "
    r"(?:devices?|apparatus|equipment|hardware)|"
    r"(?:indwelling |various )?(?:tubes and (?:lines|catheters)|lines and (?:tubes|catheters))|"
    r"(?:spinal |orthopedic |fixation |surgical )?hardware(?: in the (?:\w+ )?spine)?|"
    r"loop recorder|(?:nerve )?stimulators?|"
    r"(?:ventriculoperitoneal|vp) shunts?",
}
"""Name → pattern, of tubes and implants that are no observation."""

_AORTIC = r"(?:tortuosity|unfolding|uncoiling|ectasia|dilatation)"
_NOT_OF = (
    r"(?! (?:surgical |calcified )?(?:mass\w*|nod\w+|lesions?|lymph\w*|drains?|clips?|tubes?|vasc\w*|"
    r"vessels?|opaci\w+|densit\w+))"
)
_FINDINGS: dict[str, str] = {
    "pericardial effusion": r"pericardial effusions?",
    "subcutaneous emphysema": r"(?:subcutaneous|soft[- ]tissue|chest wall) (?:emphysema|air|gas)",
    "soft tissues": r"(?:subcutaneous|soft[- ]tissue) (?:o?edema|swelling)|soft tissues?",
    "pleural thickening": r"(?:(?:bi)?apical |pleural )+(?:thickening|caps?)|pleural plaques?|pleural scarring|"
    r"pleural calcifications?",
    PLEURA: r"pleural (?:surfaces?|spaces?|abnormalit\w+|disease)",
    "pneumomediastinum": r"pneumomediastinum|mediastinal (?:air|gas|emphysema)",
    "pneumopericardium": r"pneumopericardium",
    "pneumoperitoneum": r"pneumoperitoneum|free (?:intra-?\s?(?:peritoneal|abdominal) |"
    r"sub-?diaphragmatic |abdominal )?(?:air|gas)",
    "hernia": r"(?:(?:hiatal|hiatus|diaphragmatic|bochdalek|morgagni|paraesophageal) )*hernias?",
    LUNG_VOLUMES: r"(?:lung )?volumes|(?:lung |pulmonary )?(?:re-?)?aerat(?:ion|ed)|"
    r"(?<=better )expanded|(?<=re-)expanded|"
    r"inspirat\w+(?: (?:effort|volumes?|level))?|(?:lung |pulmonary )(?:re-?)?expansion",
    "emphysema": r"(?:(?:centrilobular|bullous|paraseptal) )*emphysema(?:tous (?:changes?|disease|lungs?))?|"
    r"copd|chronic obstructive pulmonary disease|hyper-?\s?(?:inflat|expan)\w+|air[- ]trapping|"
    r"bull(?:a|ae|ous disease)",
    "fibrosis": r"(?:pulmonary |interstitial |apical )*fibro(?:sis|tic (?:changes?|disease))|honeycombing",
    "scarring": r"(?:(?:apical|biapical|parenchymal|pleuroparenchymal) )*scar(?:s|ring)?",
    "interstitial markings": r"(?:(?:interstitial|bronchovascular|reticular|peribronchial|bronchial|"
    r"vascular|septal|lung|pulmonary|coarse) )*(?:markings|prominence(?! of)|(?:wall )?thickening|cuffing|"
    r"reticulation)|interstitial (?:lung )?(?:disease|changes?|process\w*|pattern)|ild|"
    r"reticular (?:changes?|pattern)",
    "bronchiectasis": r"(?:traction )?bronchiectasis|bronchiectatic changes?",
    "lymphadenopathy": r"(?:(?:hilar|mediastinal|paratracheal|and) )*(?:(?:lymph)?adenopathy|lymph nodes?)",
    "granuloma": r"(?:calcified )?granulomas?|granulomatous (?:disease|changes?)",
    "calcification": r"calcifications?",
    "cavity": r"cavit(?:y|ies|ations?)|abscess(?:es)?|pneumatoceles?|(?:lung |pulmonary )?cysts?",
    "malignancy": r"(?:pulmonary |osseous )?metastas[ei]s|metastatic (?:disease|lesions?|deposits?)|"
    r"malignan\w+|tumou?rs?|neoplasm\w*",
    "aspiration": r"aspiration(?! pneumon| event)",
    "pneumonitis": r"pneumonitis",
    "ards": r"ards|(?:acute )?respiratory distress syndrome",
    "hemorrhage": r"(?:(?:pulmonary|alveolar) )+ha?emorrhage|(?:pulmonary |lung )?contusions?|ha?ematomas?",
    "diaphragm": r"(?:hemi-?)?diaphragms?(?: (?:elevation|eventration))?|"
    r"(?:hemi-?)?diaphragmatic (?:contours?|elevation|eventration|flattening)|eventration(?! of)",
    "mediastinum": r"mediastin\w+" + _NOT_OF + r"(?: (?:contours?|widening|silhouettes?|"
    r"shift|structures?|shadow|fullness))*",
    "hila": r"hil(?:a|um|ar)"
    + _NOT_OF
    + r"(?: (?:contours?|enlargement|prominence|fullness|structures?))*",
    "aorta": r"(?:"
    + _AORTIC
    + r"(?: (?:and|or) "
    + _AORTIC
    + r")? of the )?(?:(?:thoracic|descending|ascending) )*"
    r"aort(?:a|ic)(?: (?:arch|knob|contours?|calcifications?|tortuosity|aneurysm|dilat\w+|unfolding))*",
    "trachea": r"trachea(?:l deviation)?",
    "pulmonary arteries": r"(?:pulmonary )?arter(?:y|ies)(?: enlargement)?|pressures?",
    "spine": r"degenerative (?:changes?|disease|disc disease|spurring)|"
    r"(?:compression|wedge) (?:fractures?|deformit\w+)|(?:vertebral|spinal|burst) (?:body )?(?:fractures?|"
    r"collapse|deformit\w+)|(?:thoracic )?(?:spine(?! fracture)|spondyl\w+)|vertebra\w*|spinal|"
    r"(?:dextro|levo)?scoliosis|"
    r"kypho\w+|osteophyt\w+",
    "other fracture": r"(?:clavic\w+|humer\w+|sternal|scapular?|hip|pelvic|shoulder|wire|thoracic spine|"
    r"spine) (?:body )?(?:fractures?|collapse)",
    BONES: r"(?:osseous|bony) (?:structures?|thorax|abnormalit\w+|lesions?|demineralization)|osteo\w+|"
    r"bones?|osseous|clavicles?|(?:rib )?deformit(?:y|ies)|(?:post-?)?traumatic changes?",
    "bowel": r"bowel(?: (?:gas|distention|distension|loops?))?|stomach|gastric (?:distention|distension|"
    r"bubble)",
    "postsurgical changes": r"(?:post-?\s?(?:surgical|op(?:erative)?|radiation|treatment)|surgical|radiation) "
    r"(?:changes?|appearances?)",
    "lucency": r"lucenc(?:y|ies)",
    "goiter": r"goit(?:er|re)|thyroid (?:enlargement|mass)",
}
ASKED_FOR = frozenset(
    {
        "pericardial effusion",
        "subcutaneous emphysema",
        "pneumomediastinum",
        "pneumoperitoneum",
        "hernia",
        "emphysema",
        "fibrosis",
        "bronchiectasis",
        "lymphadenopathy",
        "mediastinum",
        "tracheostomy",
    }
)
"""Those that an indication asks for as a finding of its own."""
_VESSELS = (
    r"(?:(?:pulmonary|central|hilar) )*(?:vasculature|vascularity|vessels?|"
    r"vascular (?:prominence|fullness|distention|distension|pattern))"
)

ROWS: tuple[Row, ...] = (
    *((Kind.OTHER, pattern, name) for name, pattern in FURTHER_DEVICES.items()),
    *((Kind.OTHER, pattern, name) for name, pattern in _FINDINGS.items()),
    (Kind.OTHER, _VESSELS, str(Observation.EDEMA)),
    (Kind.OTHER, r"exposure|penetration|rotation", None),
    (
        Kind.SKIP,
        r"(?:left|right)(?: (?:upper|lower|middle)(?: lobe)?)? (?:lobectomy|pneumonectomy|thoracotomy|"
        r"thoracentesis|mastectomy|lumpectomy|wedge resection)",
        None,
    ),
    (
        Kind.SKIP,
        r"(?:greater|more(?: (?:pronounced|prominent|marked|severe|extensive))?) (?:on|in|at) (?:the )?"
        r"(?:left|right)(?: side| base| lung)?(?! (?:side |base |lung )?than)",
        None,
    ),
    (
        Kind.OPACITY,
        r"(?:(?:interstitial|reticular|reticulonodular) )+(?:opaci\w+|abnormalit\w+|densit(?:y|ies))",
        "interstitial markings",
    ),
    (Kind.OPACITY, r"(?:ground[- ]?glass )?opaci\w+|densit(?:y|ies)|haziness", OPACITY),
    (Kind.OPACITY, r"abnormality", None),
    (
        Kind.CHANGE,
        r"(?:lower|shallower)(?= (?:lung )?(?:volumes|inspir))|(?<=volumes are )(?:slightly )?lower",
        ChangeWord(Change.SMALLER, Reach.EITHER),
    ),
    (
        Kind.CHANGE,
        r"(?:deeper|higher|greater)(?= (?:lung |pulmonary )?(?:volumes|inspir|aerat|expan))|"
        r"(?<=volumes are )(?:slightly )?higher",
        ChangeWord(Change.LARGER, Reach.EITHER),
    ),
    (
        Kind.CHANGE,
        r"better(?= (?:lung |pulmonary )?(?:volumes|inspir|aerat|expan))",
        ChangeWord(Change.SMALLER, Reach.EITHER),
    ),
)
