"""The days between a study and its prior as a histogram, an SVG of its own.

Knows numbers only. Classes grow with the interval, because intervals reach from hours to years; bars show
counts, not densities.
"""

from collections.abc import Sequence
from xml.sax.saxutils import escape

import polars as pl

CLASSES: Sequence[tuple[str, float]] = (
    ("under 1 day", 1),
    ("1 day", 2),
    ("2–3 days", 4),
    ("4–7 days", 8),
    ("8–14 days", 15),
    ("15–30 days", 31),
    ("31–90 days", 91),
    ("91–180 days", 181),
    ("181–365 days", 366),
    ("1–2 years", 731),
    ("2–5 years", 1827),
    ("over 5 years", float("inf")),
)
"""Name and first day that is no longer in it."""
_WIDTH, _ROW, _TOP, _LEFT, _BAR = 640, 24, 40, 130, 400


def count_intervals(days: pl.Series) -> list[tuple[str, int]]:
    """Return how many of ``days`` fall in each class; nulls are passed over."""
    known = days.drop_nulls()
    below = [0, *(int((known < end).sum()) for _, end in CLASSES)]
    return [(name, below[i + 1] - below[i]) for i, (name, _) in enumerate(CLASSES)]


def interval_picture(counts: Sequence[tuple[str, int]]) -> str:
    """Return the histogram: one horizontal bar a class, labelled with its count and share."""
    total, most = sum(count for _, count in counts), max((count for _, count in counts), default=0)
    height = _TOP + _ROW * len(counts) + 12
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}" width="{_WIDTH}" '
        f'height="{height}" font-family="sans-serif" font-size="13" role="img">',
        f"<title>Days between a study and its prior, {total:,} studies</title>",
        f'<rect width="{_WIDTH}" height="{height}" fill="#ffffff"/>',
        '<text x="12" y="24" font-weight="bold" fill="#1b1f24">'
        f"Days between a study and its prior ({total:,} studies)</text>",
    ]
    for row, (name, count) in enumerate(counts):
        y = _TOP + row * _ROW
        width = round(_BAR * count / most, 1) if most else 0.0
        said = f"{count:,} ({100 * count / total:.1f} %)" if count else "0"
        lines += [
            f'<text x="{_LEFT - 10}" y="{y + 16}" text-anchor="end" fill="#1b1f24">{escape(name)}</text>',
            f'<rect x="{_LEFT}" y="{y + 3}" width="{width}" height="{_ROW - 6}" fill="#3f72af"/>',
            f'<text x="{_LEFT + width + 6:g}" y="{y + 16}" fill="#57606a">{said}</text>',
        ]
    return "\n".join([*lines, "</svg>", ""])
