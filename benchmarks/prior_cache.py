"""A prior that was read before: its features from the cache on disk, against encoding it again.

At full size, 518 px, in the default mode, random weights, on the CPU; both ways by turns in one process. A hit is
everything that it takes: digest of the pixels, file, check of its content, mark of its use.
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

from benchmarks.full_size import full_size, full_size_batch
from benchmarks.measured import measured_how
from priorrg.model.quick import in_mode
from priorrg.prior_cache import PriorCache
from priorrg.storage import new_file

RESULT = Path(__file__).parent / "results" / "prior_cache.json"
_ROUNDS = 5
_AIM = 10.0


def main(arguments: Sequence[str]) -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks prior_cache", description=__doc__)
    parser.add_argument("--rounds", type=int, default=_ROUNDS, help="Times that each way is taken.")
    options = parser.parse_args(arguments)
    with TemporaryDirectory() as place:
        measured = _measure(Path(place), options.rounds)
    result = measured_how() | measured
    if options.rounds >= _ROUNDS:
        with new_file(RESULT) as temporary:
            temporary.write_text(json.dumps(result, indent=1) + "\n")
    print(json.dumps(measured, indent=1))


def _measure(place: Path, rounds: int) -> dict[str, Any]:
    network, settings = full_size()
    network = in_mode(network.eval(), settings.generation.mode)
    priors = full_size_batch(settings, rounds + 1, rounds + 1).prior
    assert isinstance(priors, torch.Tensor)
    began = time.perf_counter()
    cache = PriorCache(network.study_encoder.vision, place)
    opened = time.perf_counter() - began
    encoded, found, kept = [], [], []
    with torch.inference_mode():
        for number in range(rounds + 1):
            pixels = priors[number : number + 1]
            began = time.perf_counter()
            last = network.encode_images(pixels, with_layers=False).last[0]
            encoded.append(time.perf_counter() - began)
            began = time.perf_counter()
            cache.put(pixels, last)
            kept.append(time.perf_counter() - began)
            began = time.perf_counter()
            again = cache.get(pixels)
            found.append(time.perf_counter() - began)
            if again is None or not torch.equal(again, last):
                raise SystemExit("the cache gave other features than the encoder")
    encoded, found, kept = encoded[1:], found[1:], kept[1:]  # the first round warms up
    ratios = [one / other for one, other in zip(encoded, found, strict=True)]
    return {
        "rows": {
            "a prior that was read before, ms": {
                "value": round(1000 * median(found), 1),
                "reference": round(1000 * median(encoded), 1),
                "ratio": round(median(ratios), 1),
                "target": _AIM,
                "met": median(ratios) >= _AIM,
            }
        },
        "encoding_seconds": [round(seconds, 3) for seconds in encoded],
        "hit_seconds": [round(seconds, 4) for seconds in found],
        "keeping_seconds": round(median(kept), 4),
        "opening_seconds": round(opened, 3),
        "bytes_per_image": next(place.rglob("*.safetensors")).stat().st_size,
        "threads": torch.get_num_threads(),
        "identical": True,
    }
