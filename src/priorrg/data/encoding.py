"""Bytes of a source → text: UTF-16 with its mark, UTF-8 with or without, else Windows-1252.

Windows-1252 holds Latin-1. Knows bytes only.
"""

import codecs

MARKS_OF_UTF16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


def decoded(content: bytes) -> str:
    """Return the text. Never fails: what no encoding knows becomes a replacement mark."""
    if content.startswith(MARKS_OF_UTF16):
        return content.decode("utf-16", errors="replace")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("cp1252", errors="replace")
