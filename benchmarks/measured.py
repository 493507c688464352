"""What a result file says about how it was measured."""

import shlex
import sys
from typing import Any

from priorrg.demonstration import machine
from priorrg.training.provenance import code_commit, software_versions


def measured_how() -> dict[str, Any]:
    """Return machine, versions, commit and the command that is running."""
    return {
        "machine": machine(),
        "versions": software_versions(),
        "commit": code_commit(),
        "command": shlex.join(["python", "-m", "benchmarks", *sys.argv[1:]]),
    }
