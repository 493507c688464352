"""Cut a report into sentences.

Knows strings only: no findings, no sections.
"""

import re

_ABBREVIATION = re.compile(
    r"(?:\b(?:drs?|mrs?|ms|st|prof|vs|e\.g|i\.e|etc|cf|approx|dept|fig|nos?|pt|[ap]\.m|resp|incl)|(?<![\w.])[a-z])\.$",
    re.IGNORECASE,
)
_FULL_STOP = re.compile(r"\s*[.!?]+(?=[\"')\]]*(?:\s|$))[\"')\]]*|(?<=[a-z)][a-z)])\.(?=[A-Z])")
_PARAGRAPH = re.compile(r"\n[ \t\r]*\n")
_ITEM = re.compile(r"(?:^|\n)[ \t]*(?:\d{1,2}[.)]|[-*•])(?=[ \t])")
_NUMBER_ONLY = re.compile(r"\d{1,2}")
_LONGEST = 300
"""Words of a sentence."""


def split_sentences(text: str) -> list[str]:
    """Return the sentences of ``text``, each on one line, with its full stop.

    A single line break is a wrap; an empty line or a list item begins a new sentence. Full stops within
    numbers ("1.5 cm") and after abbreviations ("Dr. Smith", "e.g. edema") do not end one. Text without
    any full stop is one sentence, but for one that nobody would dictate: it is cut every 300 words. Empty text has
    none.
    """
    sentences: list[str] = []
    for paragraph in _PARAGRAPH.split(text):
        for item in _ITEM.split(paragraph):
            sentences += _cut(" ".join(item.split()))
    return [part for sentence in sentences for part in _pieces(sentence)]


def _pieces(sentence: str) -> list[str]:
    """Return a sentence in parts that are read in reasonable time, which grows with the square of their length."""
    if len(sentence) <= 2 * _LONGEST:
        return [sentence]
    words = sentence.split()
    return [" ".join(words[start : start + _LONGEST]) for start in range(0, len(words), _LONGEST)]


def _cut(line: str) -> list[str]:
    sentences, start = [], 0
    for stop in _FULL_STOP.finditer(line):
        head = line[start : stop.end()].strip()
        if not any(map(str.isalnum, head)) or _continues(head, line[stop.end() :]):
            continue
        if _NUMBER_ONLY.fullmatch(head.rstrip(".")):  # the number of a list item within a line
            start = stop.end()
            continue
        sentences.append(head)
        start = stop.end()
    rest = line[start:].strip()
    return [*sentences, rest] if any(map(str.isalnum, rest)) else sentences


def _continues(head: str, rest: str) -> bool:
    """Is the full stop at the end of ``head`` that of an abbreviation?"""
    following = rest.lstrip()[:1]
    match = _ABBREVIATION.search(head)
    if not match or not following:
        return False
    if match.group().lower() in ("no.", "nos."):
        return following.isdigit()
    return True
