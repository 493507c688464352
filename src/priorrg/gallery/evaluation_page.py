"""Lay out what an evaluation found as one page: scores, comparison, observations, subgroups, reports.

Knows scores and texts; no files but the page.
"""

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from priorrg.gallery.charts import Bar
from priorrg.gallery.pairs import choose
from priorrg.gallery.rendering import rendered
from priorrg.metrics.comparison import Comparison
from priorrg.metrics.estimates import Estimate, finite
from priorrg.metrics.material import Material
from priorrg.metrics.metric import Measured, label
from priorrg.metrics.subgroups import Subgroup
from priorrg.storage import new_file

_PLOTTED = (
    "finding_f1",
    "change_f1",
    "rule_label_14_micro_f1",
    "chexbert_14_micro_f1",
    "lcc_fine",
    "tem",
    "bleu_4",
    "rouge_l",
)
"""Scores of which subgroups are drawn, the first ones that there are."""
_MOST_PLOTS = 6
_SINGLE = re.compile(r"(?P<family>\w+?)_f1_(?!micro|macro)(?P<one>\w+?)(?<!_certain)")
"""Names of scores that are of one observation or change alone, under the published convention."""
_FACTS = {
    "reports": "Reports",
    "patients": "Patients",
    "missing": "Missing, scored as empty",
    "left_out": "Rows left out",
    "unit": "Unit",
    "references": "References",
    "preprocessing": "Words",
    "uncertain": "Possible findings",
    "intervals": "Intervals",
    "sha256": "SHA-256 of the table",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One score as a table shows it."""

    name: str
    label: str
    value: str
    interval: str
    n: str
    says: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Plot:
    """Bars of one score, in titled parts; ``summary`` says in words what is drawn, ``top`` where bars end."""

    title: str
    summary: str
    top: str
    parts: tuple[tuple[str, tuple[Bar, ...]], ...]


def write_page(
    path: Path,
    *,
    head: Mapping[str, Any],
    material: Material,
    measured: Sequence[Measured],
    scores: Sequence[Mapping[str, Estimate]],
    subgroups: Sequence[Subgroup],
    comparison: Comparison | None,
) -> None:
    """Write the page whole or not at all. Raises ``StorageError`` if the disk refuses."""
    worst, typical = choose(material)
    page = rendered(
        "evaluation.html.j2",
        ("page.css", "evaluation.css"),
        title=f"Scores of {head['file']}",
        head=head,
        facts=[(title, _fact(head[key])) for key, title in _FACTS.items() if head[key] not in (0, "")],
        shown=_shown(measured, scores),
        skipped=[(m.metric.name, m.skipped) for m in measured if m.skipped],
        every=[_line(name, e, e.how) for found in scores for name, e in found.items()],
        observations=_observation_plots(measured, scores),
        subgroups=_subgroup_plots(subgroups),
        comparison=comparison,
        number=_number,
        signed=_signed,
        label=label,
        worst=worst,
        typical=typical,
    )
    with new_file(path) as temporary:
        temporary.write_text(page, encoding="utf-8")


def _shown(measured: Sequence[Measured], scores: Sequence[Mapping[str, Estimate]]) -> list[Line]:
    return [
        _line(name, found[name], m.variant or m.metric.says)
        for m, found in zip(measured, scores, strict=True)
        for name in m.shown
    ]


def _line(name: str, estimate: Estimate, says: str) -> Line:
    return Line(
        name=name,
        label=label(name),
        value=_number(estimate.value),
        interval=_interval(estimate.low, estimate.high),
        n=f"{estimate.n:,}",
        says=says,
    )


def _number(value: float) -> str:
    if math.isnan(value):
        return "–"
    return f"{value:,}" if isinstance(value, int) else f"{value:.3f}"


def _interval(low: float, high: float) -> str:
    return "" if math.isnan(low) else f"{low:.3f} to {high:.3f}"


def _signed(value: float) -> str:
    return "–" if math.isnan(value) else f"{value:+.3f}".replace("-", "−")


def _fact(value: object) -> str:
    return f"{value:,}" if isinstance(value, int) else str(value)


def _observation_plots(
    measured: Sequence[Measured], scores: Sequence[Mapping[str, Estimate]]
) -> list[Plot]:
    """Return a plot for each family of scores that are the F1 of one observation, or of one change, each."""
    families: dict[str, list[Bar]] = {}
    for m, found in zip(measured, scores, strict=True):
        for name, estimate in found.items():
            family = None if m.suffix else _SINGLE.fullmatch(name)
            if family is not None:
                bar = _bar(family["one"].replace("_", " "), estimate, 1.0)
                families.setdefault(family["family"], []).append(bar)
    return [
        _plot(f"{label(family)} F1 of each", (("", tuple(bars)),), 1.0)
        for family, bars in families.items()
        if len(bars) > 1
    ]


def _subgroup_plots(groups: Sequence[Subgroup]) -> list[Plot]:
    there = [name for name in _PLOTTED if any(name in group.scores for group in groups)]
    plots = []
    for name in there[:_MOST_PLOTS]:
        highest = max((_highest(group.scores[name]) for group in groups), default=0.0)
        top = _round_up(highest)
        parts: dict[str, list[Bar]] = {}
        for group in groups:
            parts.setdefault(group.dimension, []).append(_bar(group.name, group.scores[name], top))
        each = tuple((dimension, tuple(bars)) for dimension, bars in parts.items())
        plots.append(_plot(f"{label(name)} by subgroup", each, top))
    return plots


def _highest(estimate: Estimate) -> float:
    return max(finite(estimate.value) or 0.0, finite(estimate.high) or 0.0)


def _round_up(value: float) -> float:
    """Return where an axis ends that has room for ``value``."""
    if value <= 0:
        return 1.0
    step = 10.0 ** math.floor(math.log10(value)) / 2
    return float(math.ceil(value / step) * step)


def _plot(title: str, parts: tuple[tuple[str, tuple[Bar, ...]], ...], top: float) -> Plot:
    bars = [bar for _, each in parts for bar in each if bar.value is not None]
    summary = "no group has this score"
    if bars:
        low, high = (choice(bars, key=lambda bar: bar.value or 0.0) for choice in (min, max))
        summary = f"lowest {low.value:.3f} ({low.label}), highest {high.value:.3f} ({high.label})"
    return Plot(title=title, summary=summary, top=f"{top:g}", parts=parts)


def _bar(name: str, estimate: Estimate, top: float) -> Bar:
    return Bar(
        label=name,
        value=finite(estimate.value),
        low=finite(estimate.low),
        high=finite(estimate.high),
        count=estimate.n,
        top=top,
    )
