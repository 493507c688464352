"""Real data at full size: text side, image side and the store, each beside a bare reference in the same run.

Trees are made up (``mimic_scale``, ``data_images``) in the folder that is given and removed at the end.
"""

import argparse
import json
import os
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from benchmarks import data_images, data_text
from benchmarks.measured import measured_how
from benchmarks.mimic_scale import STUDIES, write_tree
from priorrg.storage import new_file

RESULT = Path(__file__).parent / "results" / "data.json"


def main(arguments: Sequence[str]) -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks data", description=__doc__)
    parser.add_argument(
        "--work", type=Path, help="Where 6 GB and a million small files may lie for a while."
    )
    parser.add_argument("--studies", type=int, default=STUDIES, help="Studies of the text side.")
    parser.add_argument("--films", type=int, default=640, help="Images of the image side.")
    options = parser.parse_args(arguments)
    with TemporaryDirectory(dir=options.work) as name:
        text = _text(Path(name), options.studies)
        images = data_images.measure(Path(name), options.films)
    result = measured_how() | {"rows": _rows(text, images), "text": text, "images": images}
    if options.studies == STUDIES:
        with new_file(RESULT) as temporary:
            temporary.write_text(json.dumps(result, indent=1) + "\n")
    print(json.dumps({key: result[key] for key in ("rows", "text", "images")}, indent=1))


def _text(folder: Path, studies: int) -> dict[str, Any]:
    root, reports = write_tree(folder / "tree", studies)
    return data_text.measure(root, reports, folder / "prepared-text", len(os.sched_getaffinity(0)))


def _rows(text: dict[str, Any], images: dict[str, Any]) -> dict[str, dict[str, Any]]:
    bare = images["bare"]
    return {
        "text side, seconds": _row(text["seconds"], text["reference"], most=1.5),
        "text side, peak of memory, GB": _row(text["peak_gb"], None, most=4.0),
        "images into the store, a second": _row(images["built"], bare, least=0.8),
        "images out of the store, a second": _row(images["read_back"], bare, least=20.0),
        "the same, not in memory before": _row(
            images["formats"]["npy, mapped"]["cold_per_second"], bare, least=20.0
        ),
    }


def _row(
    value: float,
    reference: float | None,
    *,
    most: float | None = None,
    least: float | None = None,
) -> dict[str, Any]:
    """Return a row; the ratio, or the value where nothing is beside it, is to be ``most`` or ``least``."""
    judged = value if reference is None else value / reference
    return {
        "value": round(value, 3),
        "reference": None if reference is None else round(reference, 3),
        "ratio": None if reference is None else round(judged, 2),
        "target": most if least is None else least,
        "met": judged <= most if most is not None else least is not None and judged >= least,
    }
