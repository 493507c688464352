"""A table of one's own with a few patients, for tests of training."""

import csv
from pathlib import Path

import numpy as np
from PIL import Image

from priorrg.data.manifest import PreparedData
from priorrg.data.own_table import prepare


def own_cohort(folder: Path, *, split: str = "train", **columns: str) -> PreparedData:
    """Prepare six patients of ``split`` and two to validate; ``columns`` are the same in every row."""
    root = folder / "root"
    root.mkdir(parents=True)
    rows = []
    for number in range(8):
        grey = np.random.default_rng(number).integers(0, 256, (40, 48), dtype=np.uint8)
        Image.fromarray(grey).save(root / f"{number}.png")
        facts = {"patient": f"p{number}", "study": f"s{number}", "image": f"{number}.png", "view": "PA"}
        drawn = "validate" if number > 5 else split
        rows.append({**facts, "findings": "The lungs are clear.", "split": drawn, **columns})
    with (root / "studies.csv").open("w", newline="") as file:
        table = csv.DictWriter(file, rows[0])
        table.writeheader()
        table.writerows(rows)
    return prepare(root, folder / "data")
