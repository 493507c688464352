"""How the cost of drafting grows, as SVG: one panel a quantity, with the line that linear growth would be.

Knows numbers only.
"""

from collections.abc import Mapping

_SIDE, _LEFT, _TOP, _GAP = 200, 56, 44, 76


def growth_picture(costs: Mapping[str, Mapping[int, float]]) -> str:
    """Return panels of seconds by each quantity; dashed: in proportion to the least of it."""
    width, height = _LEFT + len(costs) * (_SIDE + _GAP), _TOP + _SIDE + 52
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" '
        f'height="{height}" font-family="sans-serif" font-size="12" role="img">',
        f"<title>Seconds by {', '.join(costs)}; dashed, growth in proportion</title>",
        f'<rect width="{width}" height="{height}" fill="#ffffff"/>',
        f'<text x="{_LEFT}" y="24" font-weight="bold" fill="#1b1f24">seconds; dashed: in proportion</text>',
    ]
    for number, (what, seconds) in enumerate(costs.items()):
        lines += _panel(_LEFT + number * (_SIDE + _GAP), what, seconds)
    return "\n".join([*lines, "</svg>", ""])


def _panel(left: int, what: str, seconds: Mapping[int, float]) -> list[str]:
    least, most = min(seconds), max(seconds)
    top = max(*seconds.values(), seconds[least] * most / least)

    def x(value: float) -> float:
        return round(left + _SIDE * value / most, 1)

    def y(value: float) -> float:
        return round(_TOP + _SIDE * (1 - value / top), 1)

    points = " ".join(f"{x(count)},{y(took)}" for count, took in seconds.items())
    lines = [
        f'<rect x="{left}" y="{_TOP}" width="{_SIDE}" height="{_SIDE}" fill="none" stroke="#d0d7de"/>',
        f'<line x1="{x(least)}" y1="{y(seconds[least])}" x2="{x(most)}" '
        f'y2="{y(seconds[least] * most / least)}" stroke="#8c959f" stroke-dasharray="4 4"/>',
        f'<polyline points="{points}" fill="none" stroke="#3f72af" stroke-width="1.5"/>',
        *(
            f'<circle cx="{x(count)}" cy="{y(took)}" r="4" fill="#3f72af"/>'
            for count, took in seconds.items()
        ),
        f'<text x="{left + _SIDE / 2}" y="{_TOP + _SIDE + 40}" text-anchor="middle" fill="#1b1f24">{what}</text>',
    ]
    shown = list(seconds)[-3:] if len(seconds) > 3 else list(seconds)
    lines += [
        f'<text x="{x(count)}" y="{_TOP + _SIDE + 18}" text-anchor="middle" fill="#57606a">{count}</text>'
        for count in shown
    ]
    lines += [
        f'<text x="{left - 8}" y="{y(tick) + 4}" text-anchor="end" fill="#57606a">{tick:.3g}</text>'
        for tick in (0.0, top / 2, top)
    ]
    return lines
