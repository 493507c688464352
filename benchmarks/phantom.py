"""What the method must show, on held-out phantom patients.

One model with the full budget answers the rows that need no training of their own; the ablations that
do share a smaller budget, equal in steps. Everything is resumable: each run and each table of reports
is kept in the work folder, and each row enters the result file when it is measured.
"""

import argparse
import json
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks.measured import code_digest, measured_how
from benchmarks.perfect_reader import always_unchanged, perfect_reader
from benchmarks.retrieval import retrieval
from priorrg.cli.terminal import Bars, bars
from priorrg.demonstration import prepared_phantom
from priorrg.metrics.stated import compare_changes
from priorrg.model_folder import ModelFolder
from priorrg.phantom_trial import Scores, Trial, finite, promise, read_reports, unguarded
from priorrg.settings import Settings, load_settings
from priorrg.storage import new_file
from priorrg.training import run

RESULT = Path(__file__).parent / "results" / "phantom.json"
INTERVENED = (
    "full",
    "without_prior",
    "wrong_prior",
    "shuffled_image",
    "without_context",
    "self_prior",
    "swapped",
)
ABLATED = {
    "current_only": ("method.prior_pixels=blank",),
    "without_hidden": ("method.use_hidden=false",),
    "unguided": ("method.coarse_to_fine=false",),
}
SEEDS = (0, 1, 2)
HELD_OUT = 1200
"""Scores are taken on at most so many studies of the test patients."""
MODEL = (
    "model.text.layers=2",
    "model.decoder.layers=3",
    "model.perceiver.latents=16",
    "model.decoder.dropout=0.1",
    "encoder.steps=2000",
    "encoder.checkpoint_every=500",
    "writing.checkpoint_every=500",
    "align.checkpoint_every=150",
    "report.checkpoint_every=800",
)
"""What the benchmark's models have in common beyond the preset: longer training carries more."""


class Work:
    """The cohort, the runs and the rows; runs and rows of other code lie in a folder of their own."""

    def __init__(
        self, folder: Path, patients: int, full: Sequence[str], short: Sequence[str], show: Bars
    ) -> None:
        self.show = show
        self.full_changes, self.short_changes = list(full), list(short)
        self.measured_on = {
            "patients": patients,
            "full_budget": self.full_changes,
            "short_budget": self.short_changes,
        }
        self.data = prepared_phantom(folder, patients, 0, show)
        self.folder = folder / code_digest()
        self.trial = Trial.of(self.data, limit=HELD_OUT)

    def trained(self, name: str, settings: Settings) -> ModelFolder:
        """Return the model of ``settings``; all share the full model's vision encoder."""
        first = self.folder / f"{name}-stage1"
        encoder = None if name == "full" else self.folder / "full-stage1"
        run.pretrain(self.data, settings, first, encoder=encoder, progress=self.show)
        return ModelFolder.load(
            run.train(self.data, first, self.folder / name, settings, progress=self.show)
        )

    def settings(self, changes: Sequence[str], *, short: bool, seed: int = 0) -> Settings:
        budget = self.short_changes if short else self.full_changes
        return load_settings("tiny", [*budget, f"seed={seed}", *changes])

    def read(self, name: str, model: ModelFolder, row: str = "full") -> tuple[list[str], Scores]:
        texts, given = read_reports(
            model, self.trial, row, self.folder / "reports" / name, progress=self.show
        )
        return texts, self.trial.score(texts, given)

    def record(self, row: str, measure: Callable[[], Scores]) -> None:
        """Measure a row that this work does not hold yet, and put all that it holds into the result file."""
        kept = self.folder / "rows.json"
        so_far = json.loads(kept.read_text()) if kept.exists() else {}
        if any(so_far.get(name) != value for name, value in self.measured_on.items()):
            so_far = {**self.measured_on, "rows": {}}
        rows = so_far["rows"]
        if row not in rows:
            began = time.perf_counter()
            scores = finite(measure())
            rows[row] = {**scores, "seconds": round(time.perf_counter() - began, 1)}
        so_far |= measured_how() | {"targets": targets(rows)}
        for path in (kept, RESULT):
            with new_file(path) as temporary:
                temporary.write_text(json.dumps(so_far, indent=1, allow_nan=False) + "\n")


REFERENCE_SCORES = (
    "finding_f1",
    "change_f1",
    "change_f1_micro",
    "device_f1",
    "device_change_f1",
    "question_answered",
    "bleu_4",
)
_TARGETS: tuple[tuple[str, str, str, float, str | None], ...] = (
    *(("reference", score, ">=", 0.98, None) for score in REFERENCE_SCORES),
    ("reference", "false_prior", "<=", 0.02, None),
    ("shuffled_image", "finding_f1", "<=", 0.15, None),
    ("full", "finding_f1", ">", 0.0, "majority"),
    ("full", "finding_f1", ">=", 0.88, None),
    ("full", "change_f1", ">=", 0.50, None),
    ("full", "question_answered", ">=", 0.95, None),
    ("without_prior", "false_prior", "<=", 0.02, None),
    ("without_prior_raw", "false_prior", "<=", 0.02, None),
    ("without_prior", "finding_f1", ">=", -0.03, "full"),
    ("wrong_prior", "change_f1", "<=", -0.25, "full"),
    ("self_prior", "stated_unchanged", ">=", 0.80, None),
    ("self_prior", "stated_new_or_resolved", "<=", 0.05, None),
    ("swapped", "stated_inverted", ">=", 0.60, None),
    ("current_only", "change_f1", "<=", -0.20, "short_full_seed0"),
    ("without_context", "question_answered", "<=", -0.20, "full"),
    ("retrieval_without_context", "recall_at_1", "<", 0.0, "retrieval"),
    ("retrieval_without_context", "recall_at_5", "<", 0.0, "retrieval"),
)
"""Row, metric, relation, bound, and the row that the bound is relative to."""


def targets(rows: Mapping[str, Mapping[str, float | None]]) -> list[dict[str, Any]]:
    """Return what each measured row promises; a promise waits for the row that it is relative to."""
    made = []
    for row, metric, relation, bound, other in _TARGETS:
        base = rows.get(other, {}).get(metric) if other else 0.0
        if row in rows and base is not None:
            made.append(promise(row, metric, relation, bound + base, rows[row][metric]))
    return made


def rows_of_one_model(work: Work) -> None:
    """Measure everything that the full model answers without further training."""
    settings = work.settings((), short=False)
    model = work.trained("full", settings)
    work.record("reference", work.trial.reference)
    work.record("majority", work.trial.majority)
    for row in INTERVENED:
        work.record(row, partial(_intervened, work, model, row))
    work.record("without_prior_raw", lambda: work.read("raw", unguarded(model), "without_prior")[1])
    full_texts, _ = work.read("full", model)
    work.record("subtraction", lambda: perfect_reader(work.trial, full_texts))
    work.record("always_unchanged", lambda: always_unchanged(work.trial))
    stage1 = ModelFolder.load(work.folder / "full-stage1" / "model")
    work.record("retrieval", lambda: retrieval(stage1, work.trial, with_context=True))
    work.record("retrieval_without_context", lambda: retrieval(stage1, work.trial, with_context=False))


def _intervened(work: Work, model: ModelFolder, row: str) -> Scores:
    texts, scores = work.read("full", model, row)
    if row not in ("self_prior", "swapped"):
        return scores
    before, _ = work.read("full", model)
    return {**scores, **compare_changes(before, texts)}


def rows_with_training(work: Work) -> None:
    """Measure the ablations, each trained for the same number of steps."""
    for name, changes in ABLATED.items():
        settings = work.settings(changes, short=True)
        work.record(name, partial(_trained_and_read, work, name, settings))
    for seed in SEEDS:
        for name, settings in _stage1_variants(work, seed).items():
            row = f"{name}_seed{seed}"
            work.record(row, partial(_trained_and_read, work, row, settings))


def _trained_and_read(work: Work, name: str, settings: Settings) -> Scores:
    _, scores = work.read(name, work.trained(name, settings))
    return scores


def _stage1_variants(work: Work, seed: int) -> dict[str, Settings]:
    """Return with and without stage 1: at equal steps of stage 2, and at equal steps in all."""
    with_it = work.settings((), short=True, seed=seed)
    without = replace(with_it, align=replace(with_it.align, steps=0))
    longer = replace(without.report, steps=with_it.report.steps + with_it.align.steps)
    return {
        "short_full": with_it,
        "without_stage1_equal_stage2": without,
        "without_stage1_equal_total": replace(without, report=longer),
    }


def main(arguments: Sequence[str]) -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks phantom", description=__doc__)
    parser.add_argument("--work", type=Path, default=Path("runs/benchmark-phantom"))
    parser.add_argument("--patients", type=int, default=6000)
    parser.add_argument("--only", choices=("model", "ablations"))
    parser.add_argument(
        "--full-budget",
        nargs="*",
        default=[*MODEL, "writing.steps=1000", "align.steps=400", "report.steps=3000"],
    )
    parser.add_argument(
        "--short-budget",
        nargs="*",
        default=[*MODEL, "writing.steps=300", "align.steps=100", "report.steps=600"],
    )
    options = parser.parse_args(arguments)
    with bars() as show:
        work = Work(options.work, options.patients, options.full_budget, options.short_budget, show)
        if options.only != "ablations":
            rows_of_one_model(work)
        if options.only != "model":
            rows_with_training(work)
