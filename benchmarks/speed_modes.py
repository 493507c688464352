"""One study with a prior at full size: every mode against the floors and the plain path, by turns."""

import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import replace
from functools import partial
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any, cast

import psutil
import torch
from torch import Tensor

from benchmarks.drafting import BEAMS, TOKENS, generate, quick_modes, row, seconds
from benchmarks.floors import Floor, Precision, Way
from benchmarks.full_size import full_size, full_size_batch
from benchmarks.plain_path import plain_ids
from priorrg.model.inputs import StudyBatch
from priorrg.model.network import PriorRGNetwork
from priorrg.model.quick import in_mode
from priorrg.prior_cache import PriorCache
from priorrg.seen_images import SeenImages
from priorrg.settings import Mode
from priorrg.study import Radiograph

_PRECISIONS: tuple[Precision, ...] = ("fp32", "bf16")
_SAID: dict[Way, str] = {"stock": "floor", "tight": "tight floor"}
_NEAR, _BELOW = 1.3, 1.0
_CURRENT = [Radiograph(image_id="current", view="PA")]
_PRIOR = [Radiograph(image_id="prior", view="PA")]


def measure(rounds: int, device: str) -> dict[str, Any]:
    """Return rows, all times in seconds, what each mode takes to make, and who wrote the plain path's ids."""
    with ExitStack() as stack:
        return _measured(rounds, device, stack)


def _measured(rounds: int, device: str, stack: ExitStack) -> dict[str, Any]:
    network, settings = full_size()
    network.eval().to(device)
    batch = full_size_batch(settings, 1, priors=1).to(device)
    current, prior = cast(Tensor, batch.current), cast(Tensor, batch.prior)
    modes = quick_modes(device)
    floors: tuple[Way, ...] = ("stock", "tight") if device == "cpu" else ("stock",)
    networks, made = {}, {}
    every: tuple[Mode, ...] = ("exact", *modes)
    for mode in every:
        before, began = psutil.Process().memory_info().rss, time.perf_counter()
        networks[mode] = in_mode(network, mode)
        took = time.perf_counter() - began
        grown = psutil.Process().memory_info().rss - before
        made[mode] = {"seconds": round(took, 2), "gb": round(grown / 1e9, 2)}
    ids: dict[str, Tensor] = {}
    ways: dict[str, Callable[[], Any]] = {}

    def writes(name: str, work: Callable[[], Tensor]) -> None:
        ways[name] = lambda: ids.__setitem__(name, work())

    writes("plain", partial(plain_ids, network, batch, BEAMS, TOKENS))
    with torch.inference_mode():
        memory_rows = network.readable(batch, guarded=True)[0].shape[1]
    for precision in _PRECISIONS:
        for way in floors:
            floor = Floor(network, precision, way, BEAMS)
            ways[f"{way} {precision} vision"] = partial(floor.vision, current, prior)
            ways[f"{way} {precision} decoding"] = partial(floor.decoding, memory_rows, TOKENS)
    for mode, drafting in networks.items():
        writes(mode, partial(generate, drafting, batch))
    if device == "cpu":
        place = stack.enter_context(TemporaryDirectory())
        cache = PriorCache(networks["int8"].study_encoder.vision, place)
        kept = partial(_with_prior_kept, networks["int8"], batch, cache)
        kept()  # the first reads the prior
        writes("int8, prior kept", kept)
        encoder = networks["fp32"].study_encoder.vision
        ways["fp32, an image a call"] = partial(_read, encoder, current, prior)
        ways["fp32, both images in a call"] = partial(_read, encoder, torch.cat([current, prior]))
    times: dict[str, list[float]] = {name: [] for name in ways}
    for turn in range(rounds + 1):
        for name, work in ways.items():
            took = seconds(work)
            if turn:  # the first warms up
                times[name].append(took)
    whole = times | {
        f"{way} {precision}": [
            vision + decoding
            for vision, decoding in zip(
                times[f"{way} {precision} vision"], times[f"{way} {precision} decoding"], strict=True
            )
        ]
        for precision in _PRECISIONS
        for way in floors
    }
    return {
        "rows": _rows(whole, floors, device),
        "seconds": {name: [round(s, 3) for s in some] for name, some in whole.items()},
        "made": made,
        "same_ids_as_plain": {
            name: torch.equal(found, ids["plain"]) for name, found in ids.items() if name != "plain"
        },
    }


def _rows(
    times: dict[str, list[float]], floors: tuple[Way, ...], device: str
) -> dict[str, dict[str, Any]]:
    def ratio(mode: str, beside: str) -> float:
        return median(one / other for one, other in zip(times[mode], times[beside], strict=True))

    rows = {}
    where = "" if device == "cpu" else f" on {device}"
    for mode, precision, target in (
        ("fp32", "fp32", _NEAR),
        ("bf16", "bf16", _NEAR),
        ("int8", "bf16", _BELOW),
        ("int8, prior kept", "bf16", _BELOW),
    ):
        for way in floors if mode in times else ():
            beside = f"{way} {precision}"
            found = ratio(mode, beside)
            met = found < target if target == _BELOW else found <= target
            name = f"one study, {mode}, against the {precision} {_SAID[way]}{where}, seconds"
            rows[name] = row(median(times[mode]), median(times[beside]), found, target, met)
    modes: tuple[Mode, ...] = ("exact", *quick_modes(device))
    for mode in modes:
        name = f"one study, plain against {mode}{where}, seconds"
        rows[name] = row(median(times[mode]), median(times["plain"]), ratio("plain", mode))
    return rows


@torch.inference_mode()
def _read(encoder: Callable[[Tensor, bool], Any], *calls: Tensor) -> None:
    for pixels in calls:
        encoder(pixels, False)


def _with_prior_kept(network: PriorRGNetwork, batch: StudyBatch, cache: PriorCache) -> Tensor:
    current, prior = cast(Tensor, batch.current), cast(Tensor, batch.prior)
    seen = SeenImages(network, lambda films: prior if films == _PRIOR else current, cache)
    now, before = seen(_CURRENT), seen(_PRIOR, prior=True)
    return generate(network, replace(batch, current=now, prior=before))
