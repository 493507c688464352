"""Does a model use what it is given? Reports with inputs as they are, withheld, exchanged for a stranger's.

Each way to give is one row: a table of reports, scored and compared with the reports of the full input on the same
studies. Knows models, data and scores; not the terminal.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from priorrg.ablation import INTERVENTIONS
from priorrg.data.manifest import PreparedData
from priorrg.errors import UsageError
from priorrg.metrics.comparison import Comparison, compare
from priorrg.metrics.estimates import Estimate, estimates
from priorrg.metrics.material import Material, read_material
from priorrg.metrics.score import measure, unaided
from priorrg.report_table import generate_table
from priorrg.settings import Mode
from priorrg.storage import new_file
from priorrg.truth import Truth

FULL = "full"
ROWS = (FULL, "without_prior", "wrong_prior", "without_context", "wrong_context")
HEADLINES = (
    "finding_f1", "rule_label_14_micro_f1", "change_f1", "lcc_fine", "question_answered", "false_prior",
    "hallucinated_prior", "bleu_4",
)  # fmt: skip
"""The scores of the one table, those of them that there are."""
_SHOWS = {
    "prior": ("wrong_prior", ("change_f1", "lcc_fine")),
    "context": ("wrong_context", ("question_answered",)),
}
"""What shows that an input is used: the row with a stranger's, and a score that a stranger's must cost."""

Progress = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One way to give. ``comparison`` is with the full input; ``None`` for the full input itself."""

    name: str
    scores: Mapping[str, Estimate]
    comparison: Comparison | None


@dataclass(frozen=True, slots=True, kw_only=True)
class InputUse:
    """``verdicts`` say in words which inputs are seen to be used."""

    rows: Sequence[Row]
    verdicts: Sequence[str]

    @property
    def headlines(self) -> list[str]:
        """The names of the scores to show first."""
        return [name for name in HEADLINES if name in self.rows[0].scores]


def input_use(
    model: Path,
    data: Path,
    out: Path,
    *,
    rows: Sequence[str] = ROWS,
    split: str = "test",
    most: int = 0,
    device: str = "auto",
    mode: Mode | None = None,
    progress: Progress | None = None,
    tell: Callable[[str], None] | None = None,
) -> InputUse:
    """Generate and score each of ``rows`` (names of ``INTERVENTIONS``; the full input always comes first).

    Reports go to ``out/ROW.csv``; those that are there, of the same model, data and settings, are kept. ``most``
    bounds the studies by whole patients, 0 is all. Scored is what needs no weights and no other program. Scores
    go to ``out/ablation.json``. Raises UsageError, DataError, WeightsError.
    """
    for name in rows:
        if name not in INTERVENTIONS:
            raise UsageError(f"row {name!r} is unknown; expected some of {', '.join(INTERVENTIONS)}")
    names = [FULL, *(name for name in rows if name != FULL)]
    for name in names:
        generate_table(
            model,
            data,
            out / f"{name}.csv",
            split=split,
            most=most,
            given=name,
            device=device,
            mode=mode,
            keep=True,
            progress=None if progress is None else _named(progress, f"reporting: {name}"),
            tell=tell if name == FULL else None,
        )
    prepared = PreparedData(data)
    truth = prepared.truth
    full = read_material(out / f"{FULL}.csv", truth=truth)
    found = [_row(name, _as_asked(out / f"{name}.csv", truth, full), full) for name in names]
    result = InputUse(rows=found, verdicts=_verdicts(found))
    made = json.loads((out / f"{FULL}.json").read_text(encoding="utf-8"))
    head = {
        "model": made["model"],
        "mode": made["generation"]["mode"],
        "data": prepared.name,
        "split": split,
    }
    _write(out / "ablation.json", head, result)
    return result


def _named(progress: Progress, what: str) -> Callable[[int, int], None]:
    return lambda done, total: progress(what, done, total)


def _as_asked(path: Path, truth: Truth | None, full: Material) -> Material:
    """Return the reports of a row; what was asked is what the study asks, whatever the model got to see of it."""
    return replace(read_material(path, truth=truth), indications=full.indications)


def _row(name: str, material: Material, full: Material) -> Row:
    names = unaided(full)
    measured = measure(material, names)
    scored = estimates(
        [one.result for one in measured if one.result is not None], material.patient_numbers
    )
    scores = {score: estimate for some in scored for score, estimate in some.items()}
    comparison = None if name == FULL else compare(material, full, names, measured=measured)
    return Row(name=name, scores=scores, comparison=comparison)


def _verdicts(rows: Sequence[Row]) -> list[str]:
    """Say of prior and context whether a stranger's costs what it must cost if the own one is used."""
    by_name = {row.name: row for row in rows}
    verdicts = []
    for what, (row, scores) in _SHOWS.items():
        comparison = by_name[row].comparison if row in by_name else None
        if comparison is None:
            continue
        judged = [d for d in comparison.differences if d.name in scores and d.p == d.p][:1]
        for difference in judged:
            used = difference.real and difference.difference < 0
            seen = f"uses the {what}" if used else f"is not seen to use the {what}"
            verdicts.append(f"the model {seen}: with a stranger's, {difference.words}")
    return verdicts


def _write(path: Path, head: Mapping[str, Any], found: InputUse) -> None:
    document = {
        **head,
        "verdicts": list(found.verdicts),
        "rows": {
            row.name: {name: score.as_json() for name, score in row.scores.items()} for row in found.rows
        },
        "against_full": {
            row.name: {d.name: d.as_json() for d in row.comparison.differences}
            for row in found.rows
            if row.comparison is not None
        },
    }
    with new_file(path) as temporary:
        temporary.write_text(json.dumps(document, indent=1, ensure_ascii=False, allow_nan=False) + "\n")
