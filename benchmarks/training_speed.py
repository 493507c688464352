"""What training at full size costs, against the plain way, on this machine's processor.

Three things, each by turns with its reference in one run: pixels for the network out of the packed store;
one optimizer step of stage 1 and 2 as preset ``base`` takes it, and the plain step (``plain_step``); and the
most memory that a stage-2 step needs, in a process each. Weights are random, texts and images made up.
"""

import argparse
import json
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from itertools import pairwise
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any
from unittest.mock import patch

import torch
from torch.utils.flop_counter import FlopCounterMode

from benchmarks import training_input, training_memory
from benchmarks.full_size import full_size, full_size_batch
from benchmarks.measured import measured_how
from benchmarks.plain_step import Way, loss_of, optimizer_of, step
from priorrg.model.inputs import StudyBatch, VisionFeatures
from priorrg.model.network import PriorRGNetwork
from priorrg.model.study_encoder import StudyEncoder
from priorrg.settings import Settings
from priorrg.stage_settings import MemorySettings
from priorrg.storage import new_file

RESULT = Path(__file__).parent / "results" / "training_speed.json"
PARTS = ("input", "step", "memory")
_FASTER, _LESS = {"cpu": 1.5, "cuda": 3.0}, 0.6


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
    parser.add_argument(
        "--device", choices=("cpu", "cuda"), default="cpu", help="Where steps are taken."
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
    network.to(options.device)
    optimizer = optimizer_of(network, settings)
    batch = full_size_batch(settings, options.studies, priors=options.studies).to(options.device)
    faster = _FASTER[options.device]
    rows: dict[str, Any] = {}
    details: dict[str, Any] = {}
    for stage in (1, 2):
        ways: tuple[Way, Way] = ("plain", "fast")
        take = {way: partial(step, network, settings, batch, stage, way, optimizer) for way in ways}
        seconds: dict[str, list[float]] = {way: [] for way in ways}
        for turn in range(options.rounds + 1):
            for way in ways:
                began = time.perf_counter()
                take[way]()
                if turn:  # the first warms up
                    seconds[way].append(time.perf_counter() - began)
        ratios = [one / other for one, other in zip(seconds["plain"], seconds["fast"], strict=True)]
        rows[f"stage-{stage} step, {options.device}, seconds"] = {
            "value": round(median(seconds["fast"]), 2),
            "reference": round(median(seconds["plain"]), 2),
            "ratio": round(median(ratios), 2),
            "target": faster,
            "met": median(ratios) >= faster,
        }
        details[f"stage-{stage}"] = {k: [round(s, 2) for s in v] for k, v in seconds.items()}
        if options.device == "cpu":  # an accelerator works on while the clock is read
            spent = {way: _parts(network.study_encoder, take[way]) for way in ways}
            details[f"stage-{stage}-parts"] = {
                part: {way: round(spent[way][part], 2) for way in ways} for part in spent["plain"]
            }
    if options.device == "cuda":  # the counter knows no attention on a processor
        work, rate = _flops(network, settings, batch), _matrix_rate()
        details["stage-2 utilisation"] = {
            "tflop": work / 1e12,
            "bf16_matrix_tflops": rate / 1e12,
            "of_the_matrix_rate": work / min(seconds["fast"]) / rate,
        }
    return {"rows": rows, "studies": options.studies, "with_prior": options.studies, **details}


def _parts(encoder: StudyEncoder, take: Callable[..., float]) -> dict[str, float]:
    """Return the seconds of each part of one step, which ``take`` takes."""
    look, looked = encoder.encode_images, 0.0

    def timed(*images: Any) -> VisionFeatures:
        nonlocal looked
        began = time.perf_counter()
        features = look(*images)
        looked += time.perf_counter() - began
        return features

    moments = [time.perf_counter()]
    with patch.object(encoder, "encode_images", timed):
        take(passed=lambda: moments.append(time.perf_counter()))
    moments.append(time.perf_counter())
    forward, backward, updated = (end - start for start, end in pairwise(moments))
    return {
        "vision encoder": looked,
        "everything else, forward": forward - looked,
        "backward": backward,
        "optimizer": updated,
    }


def _flops(network: PriorRGNetwork, settings: Settings, batch: StudyBatch) -> int:
    """Return the operations of a stage-2 step as the model needs them, nothing computed twice."""
    keeping = replace(settings, report=replace(settings.report, memory=MemorySettings(images_at_once=4)))
    counter = FlopCounterMode(display=False)
    with counter:
        torch.autograd.backward(loss_of(network, keeping, batch, 2, "fast"))
    network.zero_grad()
    return int(counter.get_total_flops())


def _matrix_rate() -> float:
    """Return the operations a second of a large bfloat16 matrix product on the card."""
    side, seconds = 8192, []
    one = torch.randn(side, side, device="cuda", dtype=torch.bfloat16)
    for _ in range(5):
        began = time.perf_counter()
        float((one @ one)[0, 0])  # waits for the card
        seconds.append(time.perf_counter() - began)
    return 2.0 * side**3 / min(seconds)


def _memory(options: argparse.Namespace) -> dict[str, Any]:
    sizes = tuple(batch for batch in training_memory.BATCHES if batch <= options.batch)
    found = training_memory.measure(sizes, options.device)
    ratio = found["fast_gb"] / found["plain_gb"]
    row = {
        "value": found["fast_gb"],
        "reference": found["plain_gb"],
        "ratio": round(ratio, 3),
        "target": _LESS,
        "met": ratio <= _LESS,
    }
    return {"rows": {f"memory of a stage-2 step, {options.device}, GB": row}, **found}
