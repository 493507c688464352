"""Dates and times as files write them → ``datetime``; ``None`` where they say nothing usable.

Knows the text forms only, not whose dates they are.
"""

import re
from datetime import date, datetime, time

_DATE = re.compile(r"(\d{4})[-./]?(\d{2})[-./]?(\d{2})")
_DICOM_TIME = re.compile(r"(\d{2})(?::?(\d{2})(?::?(\d{2})(?:\.(\d{1,9}))?)?)?")


def parse_date(text: str) -> date | None:
    """Read ``YYYYMMDD`` (also with ``-``, ``.`` or ``/``; ``20200131.0`` of a careless export)."""
    match = _DATE.fullmatch(text.strip().removesuffix(".0"))
    if match is None:
        return None
    try:
        return date(*(int(part) for part in match.groups()))
    except ValueError:
        return None


def parse_clock(text: str) -> time | None:
    """Read a DICOM time: ``HH``, ``HHMM``, ``HHMMSS`` or ``HHMMSS.ffffff`` (also with colons)."""
    match = _DICOM_TIME.fullmatch(text.strip())
    if match is None:
        return None
    hour, minute, second, fraction = match.groups()
    try:
        return time(
            int(hour),
            int(minute or 0),
            min(int(second or 0), 59),
            int((fraction or "0")[:6].ljust(6, "0")),
        )
    except ValueError:
        return None


def parse_number_clock(text: str) -> time | None:
    """Read a time that went through a spreadsheet: HHMMSS.fff as a number, leading zeros lost.

    ``80556.875`` is 08:05:56.875; the fraction is kept.
    """
    whole, _, fraction = text.strip().partition(".")
    if not whole.isdigit() or len(whole) > 6:
        return None
    return parse_clock(f"{whole.zfill(6)}.{fraction or '0'}")


def combine(day: date | None, clock: time | None) -> datetime | None:
    """Return date and time as one; ``None`` unless both are there."""
    return datetime.combine(day, clock) if day is not None and clock is not None else None


def parse_moment(text: str) -> datetime | None:
    """Read a date, which is its midnight, or an ISO 8601 date and time. A time zone is kept."""
    day = parse_date(text)
    if day is not None:
        return datetime.combine(day, time())
    try:
        return datetime.fromisoformat(text.strip().replace("/", "-"))
    except ValueError:
        return None
