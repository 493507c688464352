"""Report text → its sections: what was asked, what was seen, what was concluded.

Knows text only. Choices: a section that occurs twice is joined in order, an exact repeat once; a header
made of view words alone ("CHEST, PA AND LATERAL:") opens the findings unless a FINDINGS header exists; a
preliminary reading (WET READ) is no part of the report; text is returned with white space collapsed and
de-identification marks (``___``) as a single space, case and punctuation kept.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import pairwise

from priorrg.data.section_headers import Header, find_headers, section_of

_SHORTEST_RULE = "_" * 10
_RULE = re.compile(rf"^[ \t]*{_SHORTEST_RULE}_*[ \t]*$", re.MULTILINE)
_TITLE = re.compile(r"^[ \t]*(?:FINAL (?:REPORT|ADDENDUM)|RADIOLOGY REPORT)[ \t]*$", re.MULTILINE)
_LINE_END = re.compile(r"\r*\n|\r")
_BLANK = re.compile(r"\n[ \t]*\n")
_MARK = re.compile(r"_{2,}")
_ADDENDUM = re.compile(r"\bADDENDUM\b[ \t]*:?", re.IGNORECASE)
_VIEWS = "views"
_KEPT = ("findings", "impression", "indication", "history", "comparison", "technique", "addendum")


@dataclass(frozen=True, slots=True, kw_only=True)
class Sections:
    """The sections of one report; empty where the report lacks them.

    ``last_paragraph`` is what stands after the headed part, kept only if there are neither findings nor
    impression. ``headers`` maps each section to the header it was found under, as written.
    """

    findings: str = ""
    impression: str = ""
    indication: str = ""
    history: str = ""
    comparison: str = ""
    technique: str = ""
    last_paragraph: str = ""
    addendum: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)


def parse_sections(report: str) -> Sections:
    """Return the sections of a report. Never fails: what is not recognised is left out."""
    preamble, body = _split_preamble(_LINE_END.sub("\n", report) if "\r" in report else report)
    parts = list(_parts(body))
    texts: dict[str, list[str]] = {}
    headers: dict[str, str] = {}
    for section, header, raw in parts:
        text = clean(raw)
        if text and text not in texts.setdefault(section, []):
            texts[section].append(text)
            headers.setdefault(section, header)
    if not texts.get("findings") and texts.get(_VIEWS):
        texts["findings"], headers["findings"] = texts[_VIEWS], headers[_VIEWS]
    last = ""
    if not texts.get("findings") and not texts.get("impression"):
        section, before, last = _after_headed_part(parts, body)
        if last and section in texts:
            texts[section][-1] = before
    if preamble and not texts.get("addendum"):
        texts["addendum"], headers["addendum"] = [preamble], "ADDENDUM"
    found = {name: " ".join(texts.get(name, ())) for name in _KEPT}
    kept = {name: headers[name] for name in _KEPT if found[name] and name in headers}
    return Sections(**found, last_paragraph=last, headers=kept)


def clean(text: str) -> str:
    """Return the text with white space collapsed and runs of underscores as a single space."""
    return " ".join((_MARK.sub(" ", text) if "__" in text else text).split())


def _split_preamble(report: str) -> tuple[str, str]:
    """Return the addendum above the last rule of underscores with text below it, and that text."""
    found = _RULE.finditer(report) if _SHORTEST_RULE in report else ()
    rules = [rule for rule in found if report[rule.end() :].strip()]
    above, below = (report[: rules[-1].start()], report[rules[-1].end() :]) if rules else ("", report)
    if rules and not (_ADDENDUM.search(above) or "WET READ" in above.upper() or _TITLE.search(below)):
        above, below = "", _RULE.sub("\n", report)
    mark = _ADDENDUM.search(above)
    addendum = clean(_TITLE.sub("", above[mark.end() :])) if mark else ""
    return addendum, _TITLE.sub("", below)


def _parts(body: str) -> Iterator[tuple[str, str, str]]:
    """Yield section, header as written and raw text, in the order of the report."""
    headers = [*find_headers(body), Header("", len(body), len(body))]
    for header, following in pairwise(headers):
        yield section_of(header.name), header.name, body[header.end : following.start]


def _after_headed_part(parts: list[tuple[str, str, str]], body: str) -> tuple[str, str, str]:
    """Return the last section, its text up to its first blank line, and the cleaned text after that."""
    section, _, raw = parts[-1] if parts else ("", "", body)
    blanks = _BLANK.search(raw.strip("\n") if parts else raw.strip())
    if blanks is None:
        return section, "", "" if parts else clean(raw)
    text = raw.strip("\n") if parts else raw.strip()
    return section, clean(text[: blanks.start()]), clean(text[blanks.end() :])
