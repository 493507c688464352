"""A reliability plot as SVG: confidence of sentences against the share of them that was right.

Knows numbers only.
"""

from collections.abc import Sequence

from priorrg.metrics.calibration import Bin

_SIDE, _LEFT, _TOP = 320, 56, 44


def reliability_picture(bins: Sequence[Bin]) -> str:
    """Return the plot: a dot a bin; on the diagonal, confidence is what it says."""
    count = sum(part.count for part in bins)
    width, height = _LEFT + _SIDE + 24, _TOP + _SIDE + 48

    def x(value: float) -> float:
        return round(_LEFT + _SIDE * value, 1)

    def y(value: float) -> float:
        return round(_TOP + _SIDE * (1 - value), 1)

    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" '
        f'height="{height}" font-family="sans-serif" font-size="12" role="img">',
        f"<title>Reliability of the confidence of {count:,} sentences, {len(bins)} bins of equal count</title>",
        f'<rect width="{width}" height="{height}" fill="#ffffff"/>',
        f'<text x="{_LEFT}" y="26" font-weight="bold" fill="#1b1f24">'
        f"{count:,} sentences, {len(bins)} bins of equal count</text>",
        f'<rect x="{_LEFT}" y="{_TOP}" width="{_SIDE}" height="{_SIDE}" fill="none" stroke="#d0d7de"/>',
        f'<line x1="{x(0)}" y1="{y(0)}" x2="{x(1)}" y2="{y(1)}" stroke="#8c959f" stroke-dasharray="4 4"/>',
    ]
    for tick in (0.0, 0.25, 0.5, 0.75, 1.0):
        lines += [
            f'<text x="{x(tick)}" y="{y(0) + 18}" text-anchor="middle" fill="#57606a">{tick:g}</text>',
            f'<text x="{_LEFT - 8}" y="{y(tick) + 4}" text-anchor="end" fill="#57606a">{tick:g}</text>',
        ]
    points = " ".join(f"{x(part.confidence)},{y(part.right)}" for part in bins)
    lines.append(f'<polyline points="{points}" fill="none" stroke="#3f72af" stroke-width="1.5"/>')
    lines += [
        f'<circle cx="{x(part.confidence)}" cy="{y(part.right)}" r="4" fill="#3f72af"/>' for part in bins
    ]
    lines += [
        f'<text x="{x(0.5)}" y="{height - 10}" text-anchor="middle" fill="#1b1f24">mean confidence</text>',
        f'<text transform="translate(16 {y(0.5)}) rotate(-90)" text-anchor="middle" fill="#1b1f24">'
        "share right</text>",
    ]
    return "\n".join([*lines, "</svg>", ""])
