"""What training at full size costs, against the plain way, on this machine's processor.

Three things, each by turns with its reference in one run: pixels for the network out of the packed store;
one optimizer step of stage 1 and 2 as preset ``base`` takes it, and the plain step (``plain_step``); and the
most memory that a stage-2 step needs, in a process each. Weights are random, texts and images made up.
"""

import argparse
import json
import time
from collections.abc import Sequence
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

import torch

from benchmarks import training_input, training_memory
from benchmarks.full_size import full_size, full_size_batch
from benchmarks.measured import measured_how
from benchmarks.plain_step import optimizer_of, step
from priorrg.storage import new_file

RESULT = Path(__file__).parent / "results" / "training_speed.json"
PARTS = ("input", "step", "memory")
_FASTER, _LESS = 1.5, 0.6


def main(arguments: Sequence[str]) -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks training_speed", description=__doc__)
    parser.add_argument("--only", choices=PARTS, help="One part; the others keep what was measured.")
    parser.add_argument(
        "--films", type=int, default=48, help="Films of the input, 24 of them different."
    )
    parser.add_argument("--rounds", type=int, default=3, help="Times that each way is taken.")
    parser.add_argument(
        "--studies", type=int, default=2, help="Studies of a timed step, all with a prior."
    )
    parser.add_argument(
        "--batch",
        type=int,
        default=16,
        help="Studies of the step whose memory is measured; fewer if it must.",
    )
    options = parser.parse_args(arguments)
    result = json.loads(RESULT.read_text()) if options.only and RESULT.exists() else {}
    rows = result.get("rows", {})
    for part in [options.only] if options.only else PARTS:
        found = {"input": _input, "step": _steps, "memory": _memory}[part](options)
        rows |= found.pop("rows")
        result[part] = measured_how() | {"threads": torch.get_num_threads()} | found
        print(json.dumps({"rows": rows, part: found}, indent=1))
    with new_file(RESULT) as temporary:
        temporary.write_text(json.dumps(result | {"rows": rows}, indent=1) + "\n")


def _input(options: argparse.Namespace) -> dict[str, Any]:
    with TemporaryDirectory() as folder:
        found = training_input.measure(Path(folder), options.films, options.rounds)
    return {"rows": {"training input, images a second a core": found.pop("row")}, **found}


def _steps(options: argparse.Namespace) -> dict[str, Any]:
    network, settings = full_size()
    optimizer = optimizer_of(network, settings)
    batch = full_size_batch(settings, options.studies, priors=options.studies)
    rows, details = {}, {}
    for stage in (1, 2):
        seconds: dict[str, list[float]] = {"plain": [], "fast": []}
        for turn in range(options.rounds + 1):
            for way in ("plain", "fast"):
                began = time.perf_counter()
                step(network, settings, batch, stage, way, optimizer)
                if turn:  # the first warms up
                    seconds[way].append(time.perf_counter() - began)
        ratios = [one / other for one, other in zip(seconds["plain"], seconds["fast"], strict=True)]
        rows[f"stage-{stage} step, CPU, seconds"] = {
            "value": round(median(seconds["fast"]), 2),
            "reference": round(median(seconds["plain"]), 2),
            "ratio": round(median(ratios), 2),
            "target": _FASTER,
            "met": median(ratios) >= _FASTER,
        }
        details[f"stage-{stage}"] = {k: [round(s, 2) for s in v] for k, v in seconds.items()}
    return {"rows": rows, "studies": options.studies, "with_prior": options.studies, **details}


def _memory(options: argparse.Namespace) -> dict[str, Any]:
    sizes = tuple(batch for batch in training_memory.BATCHES if batch <= options.batch)
    found = training_memory.measure(sizes)
    ratio = found["fast_gb"] / found["plain_gb"]
    row = {
        "value": found["fast_gb"],
        "reference": found["plain_gb"],
        "ratio": round(ratio, 3),
        "target": _LESS,
        "met": ratio <= _LESS,
    }
    return {"rows": {f"memory of a stage-2 step of {found['batch']:.0f} studies, GB": row}, **found}
