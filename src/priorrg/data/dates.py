"""Dates and times as files write them → ``datetime``; ``None`` where they say nothing usable.

Knows the text forms only, not whose dates they are.
"""

import re
from datetime import date, datetime, time

_DATE = re.compile(r"(\d{4})[-./]?(\d{2})[-./]?(\d{2})")
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_WRITTEN = re.compile(
    r"\b(?P<month>\d{1,2})[/-](?P<day>\d{1,2})[/-](?P<year>\d{4})\b"
    r"|\b(?P<year2>\d{4})-(?P<month2>\d{1,2})-(?P<day2>\d{1,2})\b"
    rf"|\b(?P<month3>{'|'.join(_MONTHS)})[a-z]*\.? (?P<day3>\d{{1,2}}),? (?P<year3>\d{{4}})\b"
    rf"|\b(?P<day4>\d{{1,2}}) (?P<month4>{'|'.join(_MONTHS)})[a-z]*\.?,? (?P<year4>\d{{4}})\b",
    re.IGNORECASE,
)
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


def dates_in(text: str) -> list[date]:
    """Return the dates that an American report names, in order: ``2/8/2010``, ``Feb 8, 2010`` and the like.

    Only with a year of four digits; what is no date of the calendar is passed over.
    """
    found = []
    for match in _WRITTEN.finditer(text):
        parts = {name.rstrip("234"): part for name, part in match.groupdict().items() if part}
        month = parts["month"]
        number = int(month) if month.isdigit() else _MONTHS.index(month[:3].lower()) + 1
        try:
            found.append(date(int(parts["year"]), number, int(parts["day"])))
        except ValueError:
            continue
    return found
