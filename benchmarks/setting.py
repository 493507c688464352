"""What benchmarks share: a phantom to measure on, and what a result file says about itself."""

import shlex
import sys
from pathlib import Path
from typing import Any

from priorrg.cli.terminal import Bars
from priorrg.data.mimic_cxr import prepare
from priorrg.data.phantom.cohort import write_phantom
from priorrg.demonstration import machine
from priorrg.training.provenance import code_commit, software_versions


def prepared_phantom(folder: Path, patients: int, show: Bars) -> Path:
    """Draw and prepare a cohort of seed 0 at 128 px, unless it is there; return the prepared data set."""
    raw, data = folder / "phantom", folder / "data"
    if not raw.is_dir():
        write_phantom(raw, patients, 0, size=128, progress=show.named("drawing the cohort"))
    if not data.is_dir():
        prepare(raw, data)
    return data


def measured_how() -> dict[str, Any]:
    """Return machine, versions, commit and the command that is running."""
    return {
        "machine": machine(),
        "versions": software_versions(),
        "commit": code_commit(),
        "command": shlex.join(["python", "-m", "benchmarks", *sys.argv[1:]]),
    }
