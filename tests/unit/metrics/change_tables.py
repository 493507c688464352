"""Tables of pairs of texts, made up and judged by hand."""

from pathlib import Path

GOLDEN = Path(__file__).parents[2] / "golden"


def rows(name: str) -> list[list[str]]:
    """Return the cells of each line of ``tests/golden/NAME.txt``; lines that begin with # are notes."""
    lines = (GOLDEN / f"{name}.txt").read_text(encoding="utf-8").splitlines()
    return [[cell.strip() for cell in line.split("|")] for line in lines if line and line[0] != "#"]
