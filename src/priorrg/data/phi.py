"""Text that may tell who a patient is: names, dates, numbers, addresses.

A net with holes: rules over words, for English reports (German titles, streets and dates too). What it
finds is to be looked at; what it does not find may still be there. It de-identifies nothing. On made-up
reports with planted identifiers (``tests/unit/data/phi_corpus.py``, written by the same hands as the rules,
so expect less elsewhere) it finds 94 %: all e-mails, 77 % of addresses (a town alone is missed), 85 % of names
(a name without title, role or common given name is missed). Knows text only, and returns places, never what
stands there.
"""

import re
from collections.abc import Iterator
from enum import StrEnum
from typing import NamedTuple


class Kind(StrEnum):
    """What a text may give away."""

    NAME = "name"
    DATE = "date"
    NUMBER = "id number"
    PHONE = "phone number"
    EMAIL = "e-mail"
    ADDRESS = "address or institution"
    AGE = "age over 89"


class Hit(NamedTuple):
    """A place in a text, by characters."""

    kind: Kind
    start: int
    end: int


_GIVEN = (
    "Aaron|Adam|Alan|Albert|Alexander|Alice|Amanda|Amy|Andrea|Andrew|Angela|Anna|Anne|Anthony|"
    "Barbara|Benjamin|Betty|Brandon|Brenda|Brian|Carol|Catherine|Charles|Christine|Christopher|"
    "Cynthia|Daniel|David|Deborah|Dennis|Diane|Donald|Donna|Dorothy|Douglas|Edward|Elizabeth|"
    "Emily|Emma|Eric|Frank|Gary|George|Gerald|Gregory|Hannah|Harold|Heather|Helen|Henry|Jacob|"
    "James|Janet|Jane|Jason|Jeffrey|Jennifer|Jessica|Joan|John|Jonathan|Jose|Joseph|Joshua|Joyce|"
    "Judith|Julia|Julie|Justin|Karen|Katherine|Kathleen|Keith|Kelly|Kenneth|Kevin|Kimberly|Larry|"
    "Laura|Lauren|Linda|Lisa|Margaret|Maria|Marie|Mark|Martha|Mary|Matthew|Melissa|Michael|"
    "Michelle|Nancy|Nicholas|Nicole|Olivia|Pamela|Patricia|Patrick|Paul|Peter|Rachel|Ralph|"
    "Raymond|Rebecca|Richard|Robert|Roger|Ronald|Rose|Russell|Ruth|Ryan|Samantha|Samuel|Sandra|"
    "Sarah|Scott|Sharon|Sophia|Stephanie|Stephen|Steven|Susan|Teresa|Theresa|Thomas|Timothy|"
    "Victoria|Virginia|Walter|William"
)
_NO_NAMES = (
    "The|This|Doctor|Drs?|Mr|Mrs|Ms|Miss|Prof|Professor|"
    "Jackson|Swan|Kerley|Hickman|Hodgkin|Blalock|Taussig|Hampton|Morgagni|Bochdalek|Ghon|Pancoast|Chilaiditi|"
    "Cushing|Crohn|Parkinson|Alzheimer|Sjogren|Marfan|Raynaud|Port|Mitral"
)
_MONTH = (
    r"(?:Jan(?:uary)?|Feb(?:ruary)?|Mar(?:ch)?|Apr(?:il)?|May|June?|July?|Aug(?:ust)?|Sep(?:t(?:ember)?)?|"
    r"Oct(?:ober)?|Nov(?:ember)?|Dec(?:ember)?|JAN|FEB|MAR|APR|MAY|JUN|JUL|AUG|SEP|OCT|NOV|DEC)\.?"
)
_DAY, _NUMBER_MONTH, _YEAR = (
    r"(?:0?[1-9]|[12]\d|3[01])",
    r"(?:0?[1-9]|1[0-2])",
    r"(?:(?:18|19|20|21)\d\d)",
)
_WORD = rf"(?!(?:{_NO_NAMES})\b)(?:[A-Z]['’])?[A-ZÄÖÜ][a-zà-ÿ]+(?:[-'’][A-ZÄÖÜ][a-zà-ÿ]+)?"
_NAME = rf"{_WORD}(?:[ ,]+(?:[A-Z]\.?(?=[ ,])|{_WORD})){{0,2}}"
_CAPITALS = r"(?!X{2,})(?:[A-Z]['’])?[A-ZÄÖÜ]{2,}(?:['-][A-ZÄÖÜ]+)?"
_SAID_BY = (
    r"dictated|signed|reviewed|read|approved|interpreted|discussed|communicated|conveyed|telephoned|reported|"
    r"called|paged|notified|transcribed|informed"
)
_ROLE = (
    r"attending|resident|radiologist|physician|surgeon|fellow|referring|technologist|nurse|provider|patient|"
    r"patient name|name|author"
)
_RULES: tuple[tuple[Kind, str], ...] = (
    (Kind.EMAIL, r"\b[\w.+-]+@[\w-]+(?:\.[\w-]+)+"),
    (
        Kind.PHONE,
        r"(?<![\w.])(?:\+\d{1,3}[ .-]?|1[ .-])?(?:\(\d{3}\) ?|\d{3}[ .-])\d{3}[ .-]\d{4}(?![\w])"
        r"|(?<![\w.-])\d{3}-\d{4}(?![\w-])"
        r"|(?<!\w)\+\d{1,3}(?:[ /().-]{0,2}\d{2,}){2,}"
        r"|\b(?i:phone|tel(?:ephone)?|pager|beeper|fax|ext(?:ension)?|mobile|cell)[.:#]*"
        r"(?: (?i:number|no\.?))? ?#?\d[\d ()./-]{2,}\d",
    ),
    (
        Kind.DATE,
        rf"(?<![\d./-])(?:{_NUMBER_MONTH}/{_DAY}|{_DAY}/{_NUMBER_MONTH})/(?:{_YEAR}|\d\d)(?![\d/])"
        rf"|(?<![\d./-])(?:{_NUMBER_MONTH}-{_DAY}|{_DAY}-{_NUMBER_MONTH})-(?:{_YEAR}|\d\d)(?![\d-])"
        rf"|(?<![\d./-]){_DAY}\. ?{_NUMBER_MONTH}\. ?(?:{_YEAR}|\d\d)(?!\.?\d)"
        rf"|\b(?i:dated|on|from|since|dob|comparison:?|(?:study|film|radiograph|examination) of) "
        rf"{_NUMBER_MONTH}/{_DAY}(?![\d/])"
        rf"|(?<!\d){_YEAR}([-/.]){_NUMBER_MONTH}\1{_DAY}(?!\d)"
        rf"|(?<![\d.])(?:19|20)\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])(?![\d.])"
        rf"|\b{_MONTH} {_DAY}(?:st|nd|rd|th)?(?:,? {_YEAR})?\b(?! ?(?:cm|mm|mL|percent|%))"
        rf"|\b{_DAY}(?:st|nd|rd|th)?\.?(?: of)? ?-?{_MONTH}[ -,]*(?:{_YEAR}|\d\d(?!\d))?(?![a-z])"
        rf"|\b{_MONTH},? (?:of )?{_YEAR}\b",
    ),
    (
        Kind.NUMBER,
        r"\b(?i:mrn|medical record|med rec|accession|acc|patient id|pat id|case|order|visit|encounter|account|"
        r"insurance|policy|nhs|ssn|social security|chart|hospital)"
        r"(?: (?i:number|no|nr|id))?[ .:#=]{0,3}(?=[A-Z-]{0,4}\d)[A-Z]{0,4}-?\d[\d-]{2,}[A-Z]?\b"
        r"|(?<![\w.-])\d{3}-\d{2}-\d{4}(?![\w-])"
        r"|\b\d+(?:\.\d+){6,}"
        r"|(?<![\w.])[A-Z]{1,4}-?\d{6,}\b"
        r"|(?<![\w.,-])\d{6,}(?![\w]|[.,]\d)",
    ),
    (
        Kind.ADDRESS,
        r"\b\d{1,5}[A-Za-z]? (?:[NSEW]\.? )?(?:[A-Z][a-z]+ ){1,3}(?:Street|St|Avenue|Ave|Road|Rd|Lane|Ln|Drive|"
        r"Dr|Boulevard|Blvd|Way|Court|Ct|Place|Pl|Square|Terrace|Highway|Parkway)\b\.?"
        r"|\b[A-ZÄÖÜ][a-zäöüß-]+(?:straße|strasse|str\.|weg|platz|gasse|allee) ?\d{1,4}[a-z]?\b"
        r"|\b(?i:P\.? ?O\.? box) ?\d+"
        r"|\b[A-Z][a-z]+,? [A-Z]{2},? \d{5}(?:-\d{4})?\b",
    ),
    (
        Kind.AGE,
        r"\b(?:9\d|1[0-2]\d)[ -]?(?:(?i:years?|yrs?)[ -]?(?i:old)?\b|(?i:y[./]?o)\b)"
        r"|\b(?i:aged?|age of):? (?:9\d|1[0-2]\d)\b",
    ),
    (
        Kind.NAME,
        rf"\b(?:Drs?|Doctor|DR|Mr|Mrs|Ms|Miss|MR|MRS|MS|Prof(?:essor)?|Sister|Nurse|Herrn?|Frau)\b\.? "
        rf"(?:{_NAME}|{_CAPITALS}(?: {_CAPITALS})?)"
        rf"|\b{_NAME},? (?:M\.?D|D\.?O|R\.?N|Ph\.?D|MBBS|FRCR)\b"
        rf"|\b(?:(?i:{_SAID_BY}))(?: (?i:(?:by|to|with)))(?:[ :]+(?i:doctor|dr)\.?)?[ :]+{_NAME}"
        rf"|\b(?:(?i:{_ROLE}))(?: (?i:name|is|was))?[ ]?[:=] *(?:{_NAME}|{_CAPITALS}(?:[ ,^]+{_CAPITALS})?)"
        rf"|\b(?:{_GIVEN})(?: [A-Z]\.?)? {_WORD}"
        rf"|\b{_WORD}(?: [A-Z]\.?)? {_WORD} (?:was|were|has been) (?:informed|notified|paged|told)\b"
        rf"|\b[Tt]he {_WORD} family\b"
        rf"|\b{_WORD}, (?:{_GIVEN})\b"
        rf"|\b{_CAPITALS}[,^] ?(?:{_GIVEN.upper()})\b|\b(?:{_GIVEN.upper()}) {_CAPITALS}\b"
        rf"|\b[A-ZÄÖÜ][A-Za-z'-]+\^[A-ZÄÖÜ][A-Za-z'-]+",
    ),
)
_COMPILED = tuple((kind, re.compile(pattern)) for kind, pattern in _RULES)
_FILLER = re.compile(
    r"[\W_]*|(?i:x+|anon(?:ymi[sz]ed|ymous)?\d*|removed|redacted|deleted|unknown|none|null|nan|n/?a|"
    r"de-?identified)"
)
_NAMED_AFTER: tuple[tuple[Kind, re.Pattern[str]], ...] = (
    (
        Kind.NAME,
        re.compile(
            r"(?i)(?:^|.*_)(?:first|last|given|family|full|patients?|physicians?|doctors?|radiologists?|referr\w*|"
            r"sur)_?names?|names?|(?:referring|attending|reading|performing)_(?:physician|radiologist)|radiologist"
            r"|physician|author|signed_by|next_of_kin"
        ),
    ),
    (Kind.DATE, re.compile(r"(?i)dob|.*birth_?(?:date|day)|date_of_(?:birth|death)|.*death_?date")),
    (
        Kind.ADDRESS,
        re.compile(r"(?i)(?:.*_)?(?:address|street|zip|zip_?code|postal_?code|post_?code|city)"),
    ),
    (Kind.PHONE, re.compile(r"(?i)(?:.*_)?(?:phone|telephone|tel|mobile|fax)(?:_?(?:number|no))?")),
    (Kind.EMAIL, re.compile(r"(?i)(?:.*_)?e?-?mail(?:_?address)?")),
    (
        Kind.NUMBER,
        re.compile(
            r"(?i)(?:.*_)?(?:mrn|medical_?record(?:_?(?:number|no|id))?|accession(?:_?(?:number|no|id))?|ssn|"
            r"insurance(?:_?(?:number|no|id))?|social_?security(?:_?(?:number|no))?)"
        ),
    ),
)
_LINKS = re.compile(
    r"(?i)(?:.*_)?(?:ids?|uids?|patients?|subjects?|stud(?:y|ies)|images?|series|paths?|files?|filename|locations?|"
    r"sha256|(?:path_to_\w+)"
    r"|(?:patient|subject|study|image|case|exam|series|dicom|row)_?(?:uids?|ids?|no|nr|number|key)|uuids?|guids?"
    r"|(?:.*_)?(?:dicom|cases?|exams?|examinations?|index|keys?))"
)
_TIMES = re.compile(r"(?i)(?:.*_)?(?:date|time|datetime|timestamp|at)|.*(?:date|time)")

_TECHNICAL = """
accession address age annotation ap at author birth birthday chest chexpert city comment comments
comparison cr csv ct cxr data date dcm description dicom dob dx email export fax files findings
first frontal full given gz history id ids image images impression indication insurance jpeg jpg
kin label labels last lateral mail master medical metadata mimic mobile modality mrn name names
next note notes number of own pa parquet path patient patients phone physician png position
priorrg radiologist raw reading record referring report reports sections series sex signed split
ssn street studies study subject surname table taken technique telephone test text texts time
train tsv txt uid valid validate view views xml xray year zip
"""


def find(text: str) -> Iterator[Hit]:
    """Yield the places of a text that may give somebody away, each once, in the order of the kinds."""
    taken: list[tuple[int, int]] = []
    for kind, pattern in _COMPILED:
        for match in pattern.finditer(text):
            start, end = match.span()
            if not any(start < stop and begin < end for begin, stop in taken):
                taken.append((start, end))
                yield Hit(kind, start, end)


def is_filler(text: str) -> bool:
    """Whether a value only stands for one that was taken out."""
    return _FILLER.fullmatch(text.strip()) is not None


def kind_of_column(name: str) -> Kind | None:
    """Return what every value of a column of this name gives away, or ``None``."""
    plain = _snake(name)
    return next((kind for kind, pattern in _NAMED_AFTER if pattern.fullmatch(plain)), None)


def kinds_at_home(name: str) -> frozenset[Kind]:
    """Return what a column of this name has to hold: ids where rows are linked, dates where they are dated."""
    plain = _snake(name)
    if _TIMES.fullmatch(plain):
        return frozenset((Kind.DATE, Kind.NUMBER))
    linking = (Kind.NUMBER, Kind.DATE, Kind.PHONE)
    return frozenset(linking) if _LINKS.fullmatch(plain) else frozenset()


def is_harmless(name: str) -> bool:
    """Whether a file's or column's name is made of technical words alone and so can be shown."""
    words = re.findall(r"[^\W\d_]+", _snake(name))
    return all(len(word) == 1 or word.lower() in _TECHNICAL.split() for word in words)


def _snake(name: str) -> str:
    return re.sub(r"(?<=[a-z])(?=[A-Z])|[ .-]+", "_", name.strip())
