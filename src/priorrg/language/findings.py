"""The names of findings, as reports use them.

Only words: whether they are affirmed, denied or compared is decided elsewhere.
"""

from priorrg.language.grammar import Kind, Row
from priorrg.language.observations import Observation

_O = Observation
_PLAIN_OPACITY = (
    r"(?:focal|patchy|confluent|lobar|parenchymal|infectious|alveolar|consolidative|air-?\s?space)"
)

EFFUSION: tuple[str, ...] = (
    r"(?:pleural |parapneumonic |subpulmonic )?effusions?",
    r"pleural[- ](?:based )?(?:fluid|collections?)(?: collections?)?",
    r"(?:loculated|layering|fissural) fluid",
    r"fluid (?:in|within|collection in) the (?:\w+ )?(?:pleural space|fissures?)",
    r"(?:hydro|hemo|haemo)thora(?:x|ces)",
    r"blunting(?= of (?:the |both )?(?:\w+ ){0,3}(?:costophrenic|cp )|.{0,12}costophrenic)",
    r"(?:costophrenic|cp) (?:angle |sul\w+ )?blunting",
    r"blunted (?=(?:\w+ ){0,3}(?:costophrenic|cp) )",
)
CONSOLIDATION: tuple[str, ...] = (
    r"consolidations?",
    r"consolidative (?:change\w*|process\w*|opaci\w+)",
    _PLAIN_OPACITY
    + r"(?:,? (?:\w+ )?"
    + _PLAIN_OPACITY
    + r")? (?:opaci\w+|disease|process\w*|infiltrat\w+)",
    r"infiltrates?",
    r"(?:broncho)?pneumonias?",
    r"infectious process\w*",
)
EDEMA: tuple[str, ...] = (
    r"(?:(?:pulmonary|interstitial|alveolar|lung|cardiogenic) )*o?edema",
    r"(?:pulmonary |interstitial )*(?:(?:vascular|venous) )*congestion",
    r"(?:pulmonary )?(?:venous|vascular) (?:hypertension|engorgement|redistribution)",
    r"(?:congestive )?(?:heart|cardiac) (?:failure|decompensation)",
    r"chf",
    r"(?:fluid|volume) overload",
    r"kerley b? ?lines?",
    r"cephali[sz]ation",
)
ATELECTASIS: tuple[str, ...] = (
    r"atelecta\w+",
    r"volume loss",
    r"loss of volume",
    r"(?:lobar|lung|segmental|subsegmental|lobe) collapse",
    r"collapse(?! of (?:the )?(?:[tl]\d|vertebr))",
    r"(?:plate-?\s?like|linear|band-?\s?like) opacit(?:y|ies)",
)
PNEUMOTHORAX: tuple[str, ...] = (r"pneumothora(?:x|ces|xes)", r"ptxs?")
CARDIOMEGALY: tuple[str, ...] = (r"cardiomegaly",)
NODULE: tuple[str, ...] = (
    r"(?:(?:pulmonary|lung) )?(?:micro)?nodul(?:es?|ar opacit\w+|ar densit\w+|arity)",
    r"(?:rounded|coin) (?:opacit\w+|densit\w+|lesions?)",
    r"(?:pulmonary|lung|cavitary|cavitating|parenchymal) lesions?",
    r"mass(?:es)?(?! effect)",
)
FRACTURE: tuple[str, ...] = (
    r"(?:rib )?fractures?(?= of (?:a |an |the )?(?:\S+ ){0,4}ribs?\b)",
    r"(?:rib )?fractures?(?! of (?:a |an |the )?(?:\S+ ){0,3}(?:vertebr|clavic|humer|scapul|sternum|"
    r"spine|[tcl]\d))",
    r"fractured (?:\S+ ){0,3}ribs?",
    r"ribs? (?:is|are) fractured",
    r"broken ribs?",
    r"cortical (?:step-?off|break|disruption)s?(?= of (?:the )?(?:\S+ ){0,3}ribs?)",
)

ROWS: tuple[Row, ...] = (
    (Kind.MENTION, r"(?:hydro|hemo|haemo)pneumothora(?:x|ces)", (_O.EFFUSION, _O.PNEUMOTHORAX)),
    (Kind.MENTION, r"intact ribs|ribs? (?:is|are|appears?) (?:\w+ )?intact", "intact ribs"),
    *((Kind.MENTION, p, (_O.NODULE,)) for p in NODULE),
    *((Kind.MENTION, p, (_O.ATELECTASIS,)) for p in ATELECTASIS),
    *((Kind.MENTION, p, (_O.EFFUSION,)) for p in EFFUSION),
    *((Kind.MENTION, p, (_O.EDEMA,)) for p in EDEMA),
    *((Kind.MENTION, p, (_O.CONSOLIDATION,)) for p in CONSOLIDATION),
    *((Kind.MENTION, p, (_O.PNEUMOTHORAX,)) for p in PNEUMOTHORAX),
    *((Kind.MENTION, p, (_O.CARDIOMEGALY,)) for p in CARDIOMEGALY),
    *((Kind.MENTION, p, (_O.FRACTURE,)) for p in FRACTURE),
)
