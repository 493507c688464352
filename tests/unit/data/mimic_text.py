"""Sections → a report in MIMIC text form: header synonym, case, indentation and wrapping drawn by seed."""

import random
from collections.abc import Mapping

NAMES = {
    "indication": (
        "INDICATION", "INDICATIONS", "REASON FOR EXAM", "REASON FOR EXAMINATION", "REASON FOR STUDY",
        "REASON FOR THIS EXAMINATION", "REASON FOR CHEST X-RAY", "CLINICAL INDICATION",
    ),
    "comparison": ("COMPARISON", "COMPARISONS", "COMPARISON STUDY", "COMPARISON EXAM"),
    "findings": ("FINDINGS", "FINDING", "CHEST, PA AND LATERAL", "PA AND LATERAL VIEWS OF THE CHEST"),
    "impression": ("IMPRESSION", "IMPRESSIONS", "CONCLUSION", "OPINION", "FINAL IMPRESSION"),
}  # fmt: skip
_ALONE = ("INDICATION", "COMPARISON", "FINDINGS", "IMPRESSION", "CONCLUSION")
_PLACED = ("indication", "comparison", "findings", "impression")
_VIEWS = NAMES["findings"][2:]


def mimic_text(sections: Mapping[str, str], seed: str) -> str:
    """Return a report with the given sections; empty ones are left out, or stand as a bare header."""
    rng = random.Random(seed)
    indent = " " * rng.choice((0, 1, 1, 1, 3))
    width = rng.choice((50, 66, 78, 10_000))
    end = rng.choice(("\n", "\n", "\r\n"))
    lines = [f"{' ' * 33}FINAL REPORT"] if rng.random() < 0.7 else []
    if rng.random() < 0.5:
        lines += [f"{indent}EXAMINATION:  CHEST (PA AND LAT)", ""]
    for section in _PLACED:
        text = sections[section]
        if text or (section == "findings" and rng.random() < 0.3):
            lines += _section(rng, section, text, indent, width)
    return end.join(lines) + end


def _section(rng: random.Random, section: str, text: str, indent: str, width: int) -> list[str]:
    name = rng.choice(NAMES[section])
    form = rng.choice(("usual", "usual", "below", "alone"))
    if name not in _VIEWS and rng.random() < 0.3:
        name = rng.choice((str.capitalize, str.title))(name)
    colon = "" if form == "alone" and name.upper() in _ALONE else ":"
    if form == "usual":
        return [*_wrapped(f"{name}{colon}  {text}", indent, width), ""]
    return [f"{indent}{name}{colon} ", *[""] * (form == "below"), *_wrapped(text, indent, width), ""]


def _wrapped(text: str, indent: str, width: int) -> list[str]:
    """Return lines of at most ``width`` characters, broken at spaces alone."""
    lines, line = [], indent
    for word in text.split(" "):
        if line.strip() and len(line) + len(word) > width:
            lines.append(line.rstrip())
            line = indent
        line += f"{word} "
    return [*lines, line.rstrip()]
