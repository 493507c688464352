"""Does Muon earn its place? The same phantom, the same steps, each optimizer at its own learning rates.

Small cohort, few steps: what is compared is how soon each learns, not how far it gets.
"""

import argparse
import json
import shlex
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from priorrg.cli.terminal import bars
from priorrg.data.mimic_cxr import prepare
from priorrg.data.phantom.cohort import write_phantom
from priorrg.demonstration import machine
from priorrg.settings import load_settings
from priorrg.storage import new_file
from priorrg.training import run
from priorrg.training.callbacks import Progress, read_losses
from priorrg.training.provenance import code_commit, software_versions

RESULT = Path(__file__).parent / "results" / "optimizer.json"
OPTIMIZERS = {
    "muon": (),
    "adamw": tuple(
        f"{stage}={value}"
        for stage, value in (
            ("encoder.optimizer", "adamw"),
            ("encoder.learning_rate", "1.5e-3"),
            ("align.optimizer", "adamw"),
            ("align.learning_rate", "1.0e-3"),
            ("report.optimizer", "adamw"),
            ("report.learning_rate", "1.0e-3"),
            ("report.pretrained_learning_rate", "1.0e-3"),
        )
    ),
}
STAGES = {"encoder": "stage1/encoder", "align": "stage1/align", "report": "stage2/report"}


def main(arguments: Sequence[str]) -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks optimizer", description=__doc__)
    parser.add_argument("--work", type=Path, default=Path("runs/benchmark-optimizer"))
    parser.add_argument("--patients", type=int, default=1200)
    parser.add_argument("--steps", type=int, default=600)
    options = parser.parse_args(arguments)
    raw, data = options.work / "phantom", options.work / "data"
    with bars() as show:
        if not raw.is_dir():
            write_phantom(raw, options.patients, 0, size=128, progress=show.named("drawing the cohort"))
        if not data.is_dir():
            prepare(raw, data)
        rows = {
            name: _trained(data, options.work / name, changes, options.steps, show)
            for name, changes in OPTIMIZERS.items()
        }
    result = {
        "machine": machine(),
        "versions": software_versions(),
        "commit": code_commit(),
        "command": shlex.join(["python", "-m", "benchmarks", "optimizer", *sys.argv[2:]]),
        "patients": options.patients,
        "steps": options.steps,
        "rows": rows,
        "seconds_muon_over_adamw": rows["muon"]["seconds"] / rows["adamw"]["seconds"],
    }
    with new_file(RESULT) as temporary:
        temporary.write_text(json.dumps(result, indent=1) + "\n")


def _trained(
    data: Path, out: Path, changes: Sequence[str], steps: int, show: Progress
) -> dict[str, Any]:
    """Return each stage's last validation losses, and the seconds of all."""
    budget = [f"{stage}.steps={steps}" for stage in STAGES]
    settings = load_settings("tiny", [*budget, *changes])
    began = time.perf_counter()
    run.pretrain(data, settings, out / "stage1", progress=show)
    run.train(data, out / "stage1", out / "stage2", settings, progress=show)
    seconds = round(time.perf_counter() - began, 1)
    return {"seconds": seconds, **{s: _validation(out / folder) for s, folder in STAGES.items()}}


def _validation(folder: Path) -> dict[str, float]:
    last = [row for row in read_losses(folder / "losses.jsonl") if "val_loss" in row][-1]
    return {name: value for name, value in last.items() if name.startswith("val_")}
