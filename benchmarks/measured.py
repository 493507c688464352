"""What a result file says about how it was measured."""

import shlex
import sys
from hashlib import sha256
from pathlib import Path
from typing import Any

from priorrg.demonstration import machine
from priorrg.provenance import code_commit, software_versions


def measured_how() -> dict[str, Any]:
    """Return machine, versions, commit and the command that is running, but for where its work folder lies."""
    words = sys.argv[1:]
    if "--work" in words:
        place = words.index("--work")
        words = words[:place] + words[place + 2 :]
    return {
        "machine": machine(),
        "versions": software_versions("lightning"),
        "commit": code_commit(),
        "command": shlex.join(["python", "-m", "benchmarks", *words]),
    }


def code_digest() -> str:
    """Return the first letters of a digest of the code that is measured and that measures."""
    root = Path(__file__).parents[1]
    digest = sha256()
    for path in sorted(
        (*root.glob("src/**/*.py"), *root.glob("src/**/*.yaml"), *root.glob("benchmarks/*.py"))
    ):
        digest.update(f"{path.relative_to(root)}\n".encode() + path.read_bytes())
    return digest.hexdigest()[:10]
