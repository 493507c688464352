"""Sections that a source has cut already: cleaned, and which of its names each came from.

Knows text only.
"""

from collections.abc import Mapping, Sequence

from priorrg.data.sections import Sections, clean


def given_sections(names: Mapping[str, Sequence[str]], texts: Mapping[str, str]) -> Sections:
    """Return the sections of one report. ``names`` maps a section to the names a source has for it.

    Of several names the first that has text counts; ``headers`` keeps it.
    """
    found: dict[str, str] = {}
    headers: dict[str, str] = {}
    for section, choices in names.items():
        for name in choices:
            if text := clean(texts.get(name, "")):
                found[section], headers[section] = text, name
                break
    return Sections(**found, headers=headers)
