"""The CLI reference is what the verbs say of themselves."""

import subprocess
import sys
from pathlib import Path

REFERENCE = Path(__file__).parents[2] / "docs" / "cli.md"


def test_the_reference_is_up_to_date():
    command = [sys.executable, "-m", "typer", "priorrg.cli", "utils", "docs", "--name", "priorrg"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert REFERENCE.read_text() == done.stdout.rstrip() + "\n", "run `make docs`"
