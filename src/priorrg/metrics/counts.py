"""A share of a whole that may be nothing. Knows numbers only."""


def share(part: float, whole: float) -> float:
    """Return ``part / whole``; not a number where there is no whole."""
    return part / whole if whole else float("nan")
