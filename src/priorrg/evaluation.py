"""Evaluate a table of reports: everything that the terminal, the JSON file and the page show of it.

Knows tables, scores and files; neither the terminal nor markup.
"""

import json
import platform
import shlex
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

from priorrg.gallery.evaluation_page import write_page
from priorrg.metrics.comparison import Comparison, compare
from priorrg.metrics.estimates import Estimate, estimates
from priorrg.metrics.intervals import LEVEL, RESAMPLES
from priorrg.metrics.material import Material
from priorrg.metrics.metric import Measured, Options
from priorrg.metrics.score import measure, measure_imported
from priorrg.metrics.subgroups import Subgroup, subgroups
from priorrg.metrics.tallies import Tallies
from priorrg.storage import file_sha256, new_file

PREPROCESSING = "full stops set apart, white space collapsed, case kept, words cut at spaces"
UNCERTAIN = "possible findings count as stated, unless a score's name says otherwise"
_TOOLS = ("priorrg", "numpy", "polars")

Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Evaluation:
    """What came out. ``head`` says how; ``scores`` are in the order of ``measured``."""

    head: Mapping[str, Any]
    material: Material
    measured: Sequence[Measured]
    scores: Sequence[Mapping[str, Estimate]]
    subgroups: Sequence[Subgroup] = ()
    comparison: Comparison | None = None

    @property
    def by_name(self) -> dict[str, Estimate]:
        """Every score by name."""
        return {name: estimate for scores in self.scores for name, estimate in scores.items()}


def evaluate_reports(
    path: Path,
    material: Material,
    names: Sequence[str] | None = None,
    options: Options | None = None,
    *,
    unit: str = "image",
    baseline: tuple[Path, Material] | None = None,
    imports: Mapping[str, Path] | None = None,
    baseline_imports: Mapping[str, Path] | None = None,
    by_group: bool = False,
    progress: Progress | None = None,
) -> Evaluation:
    """Score the reports that were read from ``path``; ``by_group`` adds the scores of subgroups.

    ``imports`` are files of scores by report of other tools, by the tool's name; ``baseline_imports`` those of the
    baseline. ``progress`` hears of the steps: scores, intervals, subgroups, comparison.
    """
    chosen = options or Options()
    steps = 2 + by_group + (baseline is not None)
    done = 0

    def tick() -> None:
        nonlocal done
        done += 1
        if progress is not None:
            progress(done, steps)

    own = measure(material, names, chosen)
    brought = imports or {}
    measured = own + [measure_imported(tool, file, material.ids) for tool, file in brought.items()]
    tick()
    results = [m.result for m in measured if m.result is not None]
    found = iter(estimates(results, material.patient_numbers))
    scores = [{} if m.result is None else next(found) for m in measured]
    tick()
    apart: list[Subgroup] = []
    if by_group:
        apart = subgroups(material, [r for r in results if isinstance(r, Tallies)])
        tick()
    comparison = None
    if baseline is not None:
        others = baseline_imports or {}
        in_both = [(tool, file, others[tool]) for tool, file in brought.items() if tool in others]
        comparison = compare(material, baseline[1], names, chosen, measured=own, imports=in_both)
        tick()
    return Evaluation(
        head=_head(path, material, chosen, unit, baseline)
        | {"notices": [*material.notices, *(notice for m in measured for notice in m.notices)]},
        material=material,
        measured=measured,
        scores=scores,
        subgroups=apart,
        comparison=comparison,
    )


def _head(
    path: Path,
    material: Material,
    options: Options,
    unit: str,
    baseline: tuple[Path, Material] | None,
) -> dict[str, Any]:
    head: dict[str, Any] = {
        "file": path.name,
        "sha256": file_sha256(path),
        "reports": len(material.ids),
        "patients": int(material.patient_numbers.max()) + 1,
        "unit": "one report of each study" if unit == "study" else "every report of the table",
        "preprocessing": PREPROCESSING + ("; names in _lower: lower-cased" if options.lower else ""),
        "references": _references(material, options),
        "uncertain": UNCERTAIN,
        "intervals": f"middle {LEVEL:.0%} of {RESAMPLES:,} draws of patients",
        "left_out": material.left_out,
        "missing": material.missing,
        "versions": {name: version(name) for name in _TOOLS} | {"python": platform.python_version()},
        "command": shlex.join(["priorrg", *sys.argv[1:]]),
    }
    if baseline is not None:
        head["baseline"] = baseline[0].name
        head["baseline_sha256"] = file_sha256(baseline[0])
    return head


def _references(material: Material, options: Options) -> str:
    if material.references is None:
        return "none"
    if options.cut is None:
        return "full"
    shortened = sum(options.cut.shorten(text) != text for text in material.references)
    return (
        f"full; names in _cut: cut to {options.cut.said}, which shortens {shortened:,} of "
        f"{len(material.references):,}"
    )


def as_document(evaluation: Evaluation) -> dict[str, Any]:
    """Return what the JSON file holds: ``head``, each score by its name, then what else there is."""
    document: dict[str, Any] = {"head": dict(evaluation.head)}
    document |= {name: estimate.as_json() for name, estimate in evaluation.by_name.items()}
    document["skipped"] = {m.metric.name: m.skipped for m in evaluation.measured if m.skipped}
    if evaluation.subgroups:
        document["subgroups"] = [_subgroup(group) for group in evaluation.subgroups]
    if evaluation.comparison is not None:
        document["comparison"] = _comparison(evaluation.comparison)
    return document


def write_document(path: Path, evaluation: Evaluation) -> None:
    """Write the JSON file whole or not at all."""
    text = json.dumps(as_document(evaluation), indent=1, ensure_ascii=False, allow_nan=False)
    with new_file(path) as temporary:
        temporary.write_text(text + "\n", encoding="utf-8")


def write_html(path: Path, evaluation: Evaluation) -> None:
    """Write the page whole or not at all."""
    write_page(
        path,
        head=evaluation.head,
        material=evaluation.material,
        measured=evaluation.measured,
        scores=evaluation.scores,
        subgroups=evaluation.subgroups,
        comparison=evaluation.comparison,
    )


def _subgroup(group: Subgroup) -> dict[str, Any]:
    scores = {name: estimate.as_json() for name, estimate in group.scores.items()}
    for score in scores.values():
        del score["how"]
    return {
        "dimension": group.dimension,
        "name": group.name,
        "reports": group.reports,
        "patients": group.patients,
        "scores": scores,
    }


def _comparison(comparison: Comparison) -> dict[str, Any]:
    return {
        "pairs": comparison.pairs,
        "patients": comparison.patients,
        "ids_only_here": comparison.alone[0],
        "ids_only_in_baseline": comparison.alone[1],
        "notices": list(comparison.notices),
        "differences": {d.name: d.as_json() for d in comparison.differences},
    }
