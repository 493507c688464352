"""Lay out the table of scores: rows in reading order, what each row is, targets beside the numbers.

Knows numbers and names only.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from priorrg.gallery.charts import finite

COLUMNS = {
    "finding_f1": ("Finding F1", "right findings on the right side: micro F1 over finding and side"),
    "change_f1": (
        "Change F1",
        "new, larger, smaller, unchanged, resolved on the right finding and side: macro F1 over the "
        "five, among studies with a prior",
    ),
    "question_answered": (
        "Question answered",
        "the finding asked about is affirmed or denied rightly: mean of asked-and-present and "
        "asked-and-absent",
    ),
    "false_prior": (
        "False prior",
        "share of reports that speak of a prior or a change among studies given none: lower is better",
    ),
    "bleu_4": ("BLEU-4", "overlap of words with the reference; says little about being right"),
    "studies": ("Studies", "how many reports were scored"),
}
ROWS = {
    "reference": (
        "True reports",
        "The reports as written, through the same scorer: do parser and reports agree?",
    ),
    "subtraction": (
        "Perfect subtraction",
        "True severities, blurred to what can be seen, subtracted by rule.",
    ),
    "full": ("The model", "Current image, prior image and clinical question."),
    "without_prior": ("Prior withheld", "No prior image: it should lose the changes and invent none."),
    "without_prior_raw": (
        "Prior withheld, raw",
        "The same without the guard against changes since no prior.",
    ),
    "wrong_prior": ("Another patient's prior", "If this costs nothing, the prior was never used."),
    "self_prior": ("Its own prior", "The current image once more as prior: all should be unchanged."),
    "swapped": ("Current and prior exchanged", "Stated changes should turn round."),
    "without_context": (
        "Question withheld",
        "No indication, no history: questions should stay unanswered.",
    ),
    "shuffled_image": ("Another patient's image", "Another current image: should fall to the floor."),
    "current_only": (
        "Trained without priors",
        "A model that never saw a prior image, only that there was one.",
    ),
    "without_hidden": ("No hidden-state detail", "Trained with the last layer of the encoder alone."),
    "unguided": ("Not coarse to fine", "Trained with each perceiver call from the learned latents."),
    "without_stage1": ("No stage 1", "Trained for reports without aligning images and reports first."),
    "always_unchanged": (
        "Always unchanged",
        "Every finding said to be unchanged: a floor of change F1.",
    ),
    "majority": ("Most frequent report", "One training report for everyone: the floor."),
}
_SIGNS = {">=": "≥", "<=": "≤", ">": ">", "<": "<", "==": "="}


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """A promise about one score and whether it was kept."""

    text: str
    met: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """One score, with the targets that were set for it."""

    column: str
    label: str
    text: str
    targets: tuple[Target, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One row: its name in files, a title, one line on what it is, a cell for every column."""

    name: str
    title: str
    what: str
    cells: tuple[Cell, ...]


def score_rows(
    rows: Mapping[str, Mapping[str, Any]], targets: Sequence[Mapping[str, Any]] = ()
) -> list[Row]:
    """Return the table's rows: the known ones in reading order, then the others as they come."""
    known = [name for name in ROWS if name in rows]
    others = [name for name in rows if name not in ROWS]
    return [
        Row(
            name=name,
            title=ROWS[name][0] if name in ROWS else name.replace("_", " "),
            what=ROWS[name][1] if name in ROWS else "",
            cells=tuple(_cell(name, column, rows[name], targets) for column in COLUMNS),
        )
        for name in known + others
    ]


def targets_met(targets: Sequence[Mapping[str, Any]]) -> tuple[int, list[str]]:
    """Return how many targets are met, and the others in words."""
    missed = [
        f"{_title(t['row'])}, {_label(t['metric'])}: {_target(t).text}, "
        f"got {_number(t['metric'], t.get('got'))}"
        for t in targets
        if not t["met"]
    ]
    return len(targets) - len(missed), missed


def _cell(
    row: str, column: str, scores: Mapping[str, Any], targets: Sequence[Mapping[str, Any]]
) -> Cell:
    mine = [t for t in targets if t["row"] == row and t["metric"] == column]
    text = _number(column, scores.get(column))
    return Cell(column=column, label=_label(column), text=text, targets=tuple(_target(t) for t in mine))


def _target(target: Mapping[str, Any]) -> Target:
    sign = _SIGNS.get(target["relation"], target["relation"])
    return Target(text=f"{sign} {_number(target['metric'], target['value'])}", met=bool(target["met"]))


def _number(column: str, value: object) -> str:
    number = finite(value)
    if number is None:
        return "–"
    return f"{number:,.0f}" if column == "studies" else f"{number:.3f}"


def _label(column: str) -> str:
    return COLUMNS[column][0] if column in COLUMNS else column


def _title(row: str) -> str:
    return ROWS[row][0] if row in ROWS else row
