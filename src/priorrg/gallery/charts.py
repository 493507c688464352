"""Turn numbers into the geometry of small SVG charts; the template draws it.

Knows numbers and loss files only: no studies, no markup. Lengths of a line chart are in the units of
its own view box, lengths of a bar in percent.
"""

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

WIDTH, HEIGHT = 360, 200
LEFT, RIGHT, TOP, BOTTOM = 40, 20, 12, 24
_MOST_POINTS = 160


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """One score with the same score of a second row beside it, or its interval, where there is one.

    The bar is full at ``top``; ``count`` is the number of reports, where it is told.
    """

    label: str
    value: float | None
    other: float | None = None
    low: float | None = None
    high: float | None = None
    count: int | None = None
    top: float = 1.0

    @property
    def percent(self) -> float:
        return _percent(self.value, self.top)

    @property
    def other_percent(self) -> float:
        return _percent(self.other, self.top)

    @property
    def low_percent(self) -> float:
        return _percent(self.low, self.top)

    @property
    def high_percent(self) -> float:
        return _percent(self.high, self.top)


@dataclass(frozen=True, slots=True, kw_only=True)
class Tick:
    """A labelled position on an axis."""

    at: float
    label: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LineChart:
    """Training and validation loss of one stage. ``train`` and ``validate`` are SVG point lists."""

    title: str
    train: str
    validate: str
    dots: tuple[tuple[float, float], ...]
    x_ticks: tuple[Tick, ...]
    y_ticks: tuple[Tick, ...]
    summary: str


def bars(
    scores: Mapping[str, float], labels: Mapping[str, str], other: Mapping[str, float] | None = None
) -> list[Bar]:
    """Return a bar per label whose key ``scores`` has, in the order of ``labels``."""
    against = other or {}
    return [
        Bar(label=label, value=finite(scores[key]), other=finite(against.get(key)))
        for key, label in labels.items()
        if key in scores
    ]


def loss_chart(title: str, path: Path) -> LineChart | None:
    """Return the chart of one loss record; ``None`` if it is absent or has no training loss."""
    train, validate = read_losses(path)
    if not train:
        return None
    smooth = thinned(train)
    steps = [step for step, _ in train + validate]
    values = [loss for _, loss in smooth + validate]
    first, last = 0.0, max(steps)
    y_marks = nice_ticks(min(values), max(values))
    low, high = min(y_marks[0], min(values)), max(y_marks[-1], max(values))

    def place(point: tuple[float, float]) -> tuple[float, float]:
        across = (point[0] - first) / ((last - first) or 1)
        up = (point[1] - low) / ((high - low) or 1)
        x = LEFT + across * (WIDTH - LEFT - RIGHT)
        return round(x, 1), round(HEIGHT - BOTTOM - up * (HEIGHT - TOP - BOTTOM), 1)

    x_marks = [m for m in nice_ticks(first, last) if first <= m <= last]
    return LineChart(
        title=title,
        train=_points([place(p) for p in smooth]),
        validate=_points([place(p) for p in validate]),
        dots=tuple(place(p) for p in validate),
        x_ticks=tuple(Tick(at=place((m, low))[0], label=_count(m)) for m in x_marks),
        y_ticks=tuple(Tick(at=place((first, m))[1], label=f"{m:g}") for m in y_marks),
        summary=_loss_summary(smooth, validate, last),
    )


def read_losses(path: Path) -> tuple[list[tuple[float, float]], list[tuple[float, float]]]:
    """Return (step, loss) of training and of validation; broken lines and infinities are left out."""
    train: list[tuple[float, float]] = []
    validate: list[tuple[float, float]] = []
    if not path.is_file():
        return train, validate
    for line in path.read_text(encoding="utf-8", errors="replace").splitlines():
        try:
            row = json.loads(line)
            step = float(row["step"])
        except (ValueError, KeyError, TypeError):
            continue
        for name, points in (("loss", train), ("val_loss", validate)):
            value = finite(row.get(name))
            if value is not None:
                points.append((step, value))
    return train, validate


def thinned(
    points: Sequence[tuple[float, float]], most: int = _MOST_POINTS
) -> list[tuple[float, float]]:
    """Return the means of at most ``most`` consecutive bins of equal count."""
    size = math.ceil(len(points) / most)
    bins = [points[i : i + size] for i in range(0, len(points), size)]
    return [(sum(s for s, _ in b) / len(b), sum(v for _, v in b) / len(b)) for b in bins]


def nice_ticks(low: float, high: float, about: int = 4) -> list[float]:
    """Return round numbers from at or below ``low`` to at or above ``high``."""
    span = (high - low) or abs(high) or 1.0
    power = 10.0 ** math.floor(math.log10(span / about))
    step = next(m * power for m in (1, 2, 5, 10) if m * power >= span / about)
    start, stop = math.floor(low / step), math.ceil(high / step)
    return [round(i * step, 10) for i in range(start, max(stop, start + 1) + 1)]


def finite(value: object) -> float | None:
    """Return ``value`` as a number, or ``None`` if it is none, infinite or not a number."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value) if math.isfinite(value) else None


def _percent(value: float | None, top: float) -> float:
    return round(100 * min(1.0, max(0.0, (value or 0.0) / top)), 2)


def _points(points: Sequence[tuple[float, float]]) -> str:
    return " ".join(f"{x:g},{y:g}" for x, y in points)


def _count(number: float) -> str:
    return f"{number / 1000:g}k" if number >= 10_000 else f"{number:g}"


def _loss_summary(
    train: Sequence[tuple[float, float]], validate: Sequence[tuple[float, float]], last: float
) -> str:
    text = f"Training loss from {train[0][1]:.2f} to {train[-1][1]:.2f} at step {last:,.0f}"
    if not validate:
        return text + "."
    step, best = min(validate, key=lambda point: point[1])
    return f"{text}; lowest validation loss {best:.2f} at step {step:,.0f}."
