"""What lets the small model learn in minutes: the preset beside the preset without one of its means.

One cohort, equal steps, AdamW at learning rates of its own. Few steps: what is compared is how soon each
learns, not how far it gets.
"""

import argparse
import json
import shutil
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks.measured import code_digest, measured_how
from priorrg.cli.terminal import bars
from priorrg.demonstration import prepared_phantom
from priorrg.model_folder import ModelFolder
from priorrg.phantom_trial import Trial, read_reports, summary
from priorrg.settings import load_settings
from priorrg.storage import new_file
from priorrg.training import run
from priorrg.training.callbacks import Progress, read_losses

RESULT = Path(__file__).parent / "results" / "learning.json"
VARIANTS = {
    "preset": (),
    "without_known_pairs": ("report.auxiliary.self_pairs=0", "report.auxiliary.exchanged_pairs=0"),
    "without_writing_first": ("writing.steps=0",),
    "without_statement_rows": ("writing.steps=0", "model.statement_rows=false"),
    "without_auxiliary": (
        "writing.steps=0",
        "model.statement_rows=false",
        "report.auxiliary.observations=0",
        "report.auxiliary.changes=0",
    ),
    "without_stage1": ("align.steps=0",),
    "long_stage1": ("align.steps=400",),
    "without_auxiliary_and_stage1": (
        "writing.steps=0",
        "model.statement_rows=false",
        "report.auxiliary.observations=0",
        "report.auxiliary.changes=0",
        "align.steps=0",
    ),
    "adamw": tuple(
        f"{stage}={value}"
        for stage, value in (
            ("encoder.optimizer", "adamw"),
            ("encoder.learning_rate", "1.5e-3"),
            ("writing.optimizer", "adamw"),
            ("writing.learning_rate", "1.0e-3"),
            ("align.optimizer", "adamw"),
            ("align.learning_rate", "1.0e-3"),
            ("report.optimizer", "adamw"),
            ("report.learning_rate", "1.0e-3"),
            ("report.pretrained_learning_rate", "1.0e-3"),
        )
    ),
}
HELD_OUT = 400
"""Scores are taken on at most so many studies of the validation patients."""
STAGES = {"encoder": "stage1/encoder", "writing": "stage1/writing", "report": "stage2/report"}


def main(arguments: Sequence[str]) -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks learning", description=__doc__)
    parser.add_argument("--work", type=Path, default=Path("runs/benchmark-learning"))
    parser.add_argument("--patients", type=int, default=1200)
    parser.add_argument("--steps", type=int, default=400)
    options = parser.parse_args(arguments)
    with bars() as show:
        data = prepared_phantom(options.work, options.patients, 0, show)
        rows = {
            name: _measured(data, options.work / code_digest() / name, changes, options.steps, show)
            for name, changes in VARIANTS.items()
        }
    result = {
        **measured_how(),
        "patients": options.patients,
        "steps": options.steps,
        "rows": rows,
        "seconds_preset_over_adamw": rows["preset"]["seconds"] / rows["adamw"]["seconds"],
    }
    with new_file(RESULT) as temporary:
        temporary.write_text(json.dumps(result, indent=1) + "\n")


def _measured(
    data: Path, out: Path, changes: Sequence[str], steps: int, show: Progress
) -> dict[str, Any]:
    """Train one variant; return its scores, each stage's last validation losses, and the seconds.

    A variant that was interrupted starts anew: its seconds would be those of the rest.
    """
    kept = out / "measured.json"
    if kept.is_file():
        measured: dict[str, Any] = json.loads(kept.read_text())
        return measured
    if out.exists():
        shutil.rmtree(out)
    equal = [f"{stage}.steps={steps}" for stage in STAGES]
    settings = load_settings("tiny", [*equal, "align.steps=80", *changes])
    began = time.perf_counter()
    run.pretrain(data, settings, out / "stage1", progress=show)
    model = run.train(data, out / "stage1", out / "stage2", settings, progress=show)
    seconds = round(time.perf_counter() - began, 1)
    trial = Trial.of(data, split="validate", limit=HELD_OUT)
    texts, given = read_reports(ModelFolder.load(model), trial, "full", out / "reports", progress=show)
    losses = {s: _validation(out / folder) for s, folder in STAGES.items() if (out / folder).is_dir()}
    measured = {**summary(trial.score(texts, given)), **losses, "seconds": seconds}
    with new_file(kept) as temporary:
        temporary.write_text(json.dumps(measured, indent=1))
    return measured


def _validation(folder: Path) -> dict[str, float]:
    last = [row for row in read_losses(folder / "losses.jsonl") if "val_loss" in row][-1]
    return {name: value for name, value in last.items() if name.startswith("val_")}
