"""Bytes of a source → text: UTF-8 with or without a byte-order mark, else Windows-1252, which holds Latin-1.

Knows bytes only.
"""


def decoded(content: bytes) -> str:
    """Return the text. Never fails: what neither encoding knows becomes a replacement mark."""
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("cp1252", errors="replace")
