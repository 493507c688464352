"""The whole way on one machine: phantom → prepared data → stage 1 → stage 2 → reports → scores → page.

Each step leaves its result on disk and is skipped when that is there, so an interrupted demonstration
goes on.
"""

import json
import os
import platform
import shlex
import shutil
import sys
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch

from priorrg.data.mimic_cxr import prepare
from priorrg.data.phantom.cohort import Recipe, write_phantom
from priorrg.data.store import ImageStore
from priorrg.errors import UsageError
from priorrg.gallery.cases import Case, choose_cases
from priorrg.gallery.page import write_gallery
from priorrg.model_folder import ModelFolder
from priorrg.phantom_trial import (
    Progress,
    Scores,
    Trial,
    finite,
    promise,
    read_reports,
    read_rows,
    summary,
    unguarded,
)
from priorrg.provenance import software_versions
from priorrg.settings import load_settings
from priorrg.storage import is_empty, new_file, new_folder
from priorrg.training import run

ROWS = ("full", "without_prior", "wrong_prior", "without_context")
SIZE = 128
"""Side of the demonstration's images, in px."""
HELD_OUT = 500
"""Scores are taken on at most so many studies of the test patients."""


def run_demo(
    out: Path,
    *,
    patients: int,
    seed: int = 0,
    overrides: Iterable[str] = (),
    progress: Progress | None = None,
) -> dict[str, Any]:
    """Do it all; return what ``scores.json`` holds.

    Raises ``UsageError`` if ``out`` holds anything but a demonstration.
    """
    if not (out / "phantom").is_dir() and not is_empty(out, but_left_over=True):
        raise UsageError(
            f"{out}: holds files already and no demonstration; expected a new or empty folder, or a "
            "demonstration to go on with. Choose another --out"
        )
    settings = load_settings("tiny", [f"seed={seed}", *overrides])
    data = prepared_phantom(out, patients, seed, progress)
    run.pretrain(data, settings, out / "stage1", progress=progress)
    model = run.train(data, out / "stage1", out / "stage2", settings, progress=progress)
    trial = Trial.of(data, limit=HELD_OUT)
    folder = ModelFolder.load(model)
    rows = {"reference": trial.reference(), "majority": trial.majority()}
    rows |= read_rows(folder, trial, ROWS, out / "reports", progress)
    raw = read_rows(unguarded(folder), trial, ["without_prior"], out / "reports" / "raw", progress)
    rows["without_prior_raw"] = raw["without_prior"]
    result = {
        "machine": machine(),
        "versions": software_versions("lightning"),
        "command": shlex.join(["priorrg", *sys.argv[1:]]),
        "mode": folder.settings.generation.mode,
        "rows": {name: finite(summary(scores)) for name, scores in rows.items()},
        "details": {name: finite(scores) for name, scores in rows.items()},
        "targets": check_targets(rows),
    }
    _write_json(out / "scores.json", result)
    _put(model, out / "model")
    _show(out, trial, folder, result)
    return result


def prepared_phantom(folder: Path, patients: int, seed: int, progress: Progress | None) -> Path:
    """Draw and prepare a cohort in ``folder``, unless it is there; return the prepared data set.

    Raises ``UsageError`` if another cohort is there.
    """
    raw, data = folder / "phantom", folder / "data"
    tick = None if progress is None else lambda done, total: progress("drawing the cohort", done, total)
    if not raw.is_dir():
        write_phantom(raw, patients, seed, size=SIZE, progress=tick)
    there, wanted = Recipe.of(raw), Recipe(patients=patients, seed=seed, size=SIZE)
    if there != wanted:
        raise UsageError(
            f"{raw}: holds {there.patients} patients of seed {there.seed} at {there.size} px, got "
            f"{patients} of seed {seed} at {SIZE} px; choose another --out, or the same to go on"
        )
    if not data.is_dir():
        prepare(raw, data)
    return data


def _show(out: Path, trial: Trial, model: ModelFolder, result: dict[str, Any]) -> None:
    texts, given = read_reports(model, trial, "full", out / "reports")
    store = ImageStore.open(trial.prepared, SIZE, "pad")
    cases = [
        Case.of(study, reference=study.report.findings, generated=text, image_size=(SIZE, SIZE))
        for study, text in zip(given, texts, strict=True)
    ]
    write_gallery(
        out,
        title="PriorRG on a phantom cohort",
        scores=result,
        cases=choose_cases(cases, trial.truth),
        losses={
            "encoder": out / "stage1" / "encoder" / "losses.jsonl",
            "writing": out / "stage1" / "writing" / "losses.jsonl",
            "stage 1": out / "stage1" / "align" / "losses.jsonl",
            "stage 2": out / "stage2" / "report" / "losses.jsonl",
        },
        provenance={
            **asdict(model.provenance),
            "notice": model.provenance.notice,
            "mode": result["mode"],
        },
        images=lambda image_id: store[image_id],
    )


def check_targets(rows: dict[str, Scores]) -> list[dict[str, Any]]:
    """Return what the demonstration promises, each with what was measured."""
    full = rows["full"]
    return [
        promise("full", "finding_f1", ">=", 0.75, full["finding_f1"]),
        promise("full", "change_f1", ">=", 0.28, full["change_f1"]),
        promise(
            "wrong_prior", "change_f1", "<=", full["change_f1"] - 0.12, rows["wrong_prior"]["change_f1"]
        ),
        promise("full", "question_answered", ">=", 0.90, full["question_answered"]),
        promise("without_prior", "false_prior", "<=", 0.02, rows["without_prior"]["false_prior"]),
        promise(
            "without_prior_raw", "false_prior", "<=", 0.02, rows["without_prior_raw"]["false_prior"]
        ),
        promise("full", "false_prior", "<=", 0.02, full["false_prior"]),
        promise("full", "finding_f1", ">", rows["majority"]["finding_f1"], full["finding_f1"]),
    ]


def machine() -> dict[str, Any]:
    """Return what the numbers were measured on."""
    return {
        "system": platform.system(),
        "processor": platform.machine(),
        "cores": os.cpu_count(),
        "python": platform.python_version(),
        "accelerator": torch.cuda.get_device_name() if torch.cuda.is_available() else "none",
    }


def _write_json(path: Path, content: object) -> None:
    with new_file(path) as temporary:
        temporary.write_text(json.dumps(content, indent=1, allow_nan=False) + "\n")


def _put(source: Path, target: Path) -> None:
    with new_folder(target) as temporary:
        shutil.copytree(source, temporary, dirs_exist_ok=True)
