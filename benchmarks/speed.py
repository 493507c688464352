"""How quickly a study is drafted at full size, against what the machine can do at all, on the processor.

Parts: ``modes`` (one study with a prior, every mode against the floors and the plain path, by turns), ``batches``
(many studies together against one by one), ``growth`` (cost by studies, tokens, beams), ``words`` (what rounding
costs in scores: reports of a trained phantom model in every mode), ``profile`` (where the time goes). Weights are
random but for ``words``, texts and images made up. Each part enters the result file when it is measured.
"""

import argparse
import json
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any, cast

import torch
from torch import Tensor

from benchmarks import speed_batches, speed_modes
from benchmarks.drafting import BEAMS, QUICK, TOKENS, generate, quick_modes, row, seconds
from benchmarks.full_size import full_size, full_size_batch
from benchmarks.growth_picture import growth_picture
from benchmarks.measured import measured_how
from priorrg.model.inputs import StudyBatch
from priorrg.model.quick import in_mode
from priorrg.model_folder import ModelFolder
from priorrg.phantom_trial import Trial, read_reports
from priorrg.settings import Mode
from priorrg.storage import new_file

RESULT = Path(__file__).parent / "results" / "speed.json"
PICTURE = Path(__file__).parents[1] / "docs" / "growth.svg"
PARTS = ("modes", "batches", "growth", "words", "profile")
_F1, _NOISE = 0.01, 1.1


def main(arguments: Sequence[str]) -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks speed", description=__doc__)
    parser.add_argument("--only", choices=PARTS, help="One part; the others keep what was measured.")
    parser.add_argument("--rounds", type=int, default=3, help="Times that each way is taken.")
    parser.add_argument("--studies", type=int, default=64, help="Studies of `batches`.")
    parser.add_argument("--together", type=int, default=16, help="Studies of one batch.")
    parser.add_argument("--modes", default="", help="Modes of `batches`, with commas; all by default.")
    parser.add_argument("--device", choices=("cpu", "cuda"), default="cpu", help="Where it is drafted.")
    parser.add_argument("--model", type=Path, default=Path("runs/demo/model"), help="Model of `words`.")
    parser.add_argument("--data", type=Path, default=Path("runs/demo/data"), help="Data of `words`.")
    options = parser.parse_args(arguments)
    if options.device != "cpu" and options.only not in ("modes", "batches"):
        parser.error(f"--device {options.device}: expected --only modes or --only batches with it")
    for part in [options.only] if options.only else PARTS:
        name = part if options.device == "cpu" else f"{part} on {options.device}"
        for found in _MEASURE[part](options):
            _keep(f"{name}, {found.pop('of')}" if "of" in found else name, found)


def _keep(part: str, found: dict[str, Any]) -> None:
    result = json.loads(RESULT.read_text()) if RESULT.exists() else {}
    rows = result.get("rows", {}) | found.pop("rows", {})
    result[part] = measured_how() | {"threads": torch.get_num_threads()} | found
    with new_file(RESULT) as temporary:
        temporary.write_text(json.dumps(result | {"rows": rows}, indent=1) + "\n")
    print(json.dumps({"rows": rows, part: found}, indent=1), flush=True)


def _modes(options: argparse.Namespace) -> Iterator[dict[str, Any]]:
    yield speed_modes.measure(options.rounds, options.device)


def _batches(options: argparse.Namespace) -> Iterator[dict[str, Any]]:
    asked = cast(list[Mode], options.modes.split(",")) if options.modes else quick_modes(options.device)
    yield from speed_batches.measure(asked, options.studies, options.together, options.device)


def _growth(options: argparse.Namespace) -> Iterator[dict[str, Any]]:
    network, settings = full_size()
    drafting = in_mode(network.eval(), "int8")
    batches = {count: full_size_batch(settings, count, priors=count) for count in (1, 2, 4, 8, 16, 32)}
    generate(drafting, batches[1])
    once = max(1, options.rounds - 1)

    def cost(batch: StudyBatch, beams: int = BEAMS, tokens: int = TOKENS) -> float:
        times = [seconds(lambda: generate(drafting, batch, beams, tokens)) for _ in range(once)]
        return round(median(times), 3)

    found = {
        "studies": {count: cost(batch) for count, batch in batches.items()},
        "tokens": {tokens: cost(batches[1], tokens=tokens) for tokens in (50, 100, 200)},
        "beams": {beams: cost(batches[1], beams=beams) for beams in (1, 3, 5)},
    }
    rows = {f"growth with {what}, times the cost": _grown(costs) for what, costs in found.items()}
    with new_file(PICTURE) as temporary:
        temporary.write_text(growth_picture(found))
    yield {"rows": rows, "mode": "int8", "seconds": found}


def _grown(costs: Mapping[int, float]) -> dict[str, Any]:
    """Return how much more the most cost than the least, beside how much more there was of it."""
    least, most = min(costs), max(costs)
    grown, more = costs[most] / costs[least], most / least
    return row(grown, more, grown / more, _NOISE, grown / more <= _NOISE)


def _words(options: argparse.Namespace) -> Iterator[dict[str, Any]]:
    folder = ModelFolder.load(options.model, to_report=True)
    trial = Trial.of(options.data)
    scores, texts, seconds = {}, {}, {}
    with TemporaryDirectory() as place:
        for mode in ("exact", *QUICK):
            model = replace(folder, settings=folder.settings.drafting_in(mode))
            began = time.perf_counter()
            texts[mode], given = read_reports(model, trial, "full", Path(place) / mode)
            seconds[mode] = round(time.perf_counter() - began, 1)
            scores[mode] = trial.score(texts[mode], given)
    rows = {}
    for mode in QUICK:
        for name in ("finding_f1", "change_f1"):
            gained = scores[mode][name] - scores["exact"][name]
            rows[f"{name} of a phantom model, {mode}"] = {
                "f1": round(scores[mode][name], 4),
                "exact_f1": round(scores["exact"][name], 4),
                "difference": round(gained, 4),
                "within": _F1,
                "met": abs(gained) <= _F1,
            }
    yield {
        "rows": rows,
        "model": folder.provenance.preset,
        "reports": len(trial.studies),
        "reports_as_exact": {mode: sum(map(str.__eq__, texts[mode], texts["exact"])) for mode in QUICK},
        "seconds": seconds,
    }


def _profile(options: argparse.Namespace) -> Iterator[dict[str, Any]]:
    """Seconds of each part of one study, and the operations that take most of each."""
    network, settings = full_size()
    batch = full_size_batch(settings, 1, priors=1)
    found: dict[str, Any] = {}
    for mode in ("exact", *QUICK):
        drafting = in_mode(network.eval(), mode)
        with torch.inference_mode():
            now = drafting.encode_images(cast(Tensor, batch.current))
            before = drafting.encode_images(cast(Tensor, batch.prior), with_layers=False)
            seen = replace(batch, current=now, prior=before)
            rows, _ = drafting.readable(seen, guarded=True)
            parts: dict[str, Callable[[], Any]] = {
                "current image": partial(drafting.encode_images, cast(Tensor, batch.current)),
                "prior image": partial(drafting.encode_images, cast(Tensor, batch.prior), False),
                "fusions, texts, perceiver": partial(drafting.readable, seen, True),
                "decoding": partial(drafting.decoder.generate, rows, BEAMS, TOKENS),
            }
            found[mode] = {}
            for name, work in parts.items():
                work()
                took = median(seconds(work) for _ in range(options.rounds))
                found[mode][name] = {"seconds": round(took, 3), "most": _most(work)}
    yield {"parts": found}


def _most(work: Callable[[], Any]) -> dict[str, float]:
    """Return the share of the time of the operations that take most, of what the profiler sees."""
    with torch.profiler.profile(activities=[torch.profiler.ProfilerActivity.CPU]) as profile:
        work()
    events = sorted(profile.key_averages(), key=lambda event: -event.self_cpu_time_total)
    whole = sum(event.self_cpu_time_total for event in events)
    return {event.key: round(event.self_cpu_time_total / whole, 3) for event in events[:6]}


_MEASURE: Mapping[str, Callable[[argparse.Namespace], Iterator[dict[str, Any]]]] = {
    "modes": _modes,
    "batches": _batches,
    "growth": _growth,
    "words": _words,
    "profile": _profile,
}
