"""Many studies at full size: together against one by one, in the same mode, by turns."""

import time
from collections.abc import Iterator, Sequence
from functools import partial
from typing import Any

import torch
from torch import Tensor

from benchmarks.drafting import generate, row, seconds
from benchmarks.full_size import full_size, full_size_batch
from priorrg.model.inputs import StudyBatch
from priorrg.model.network import PriorRGNetwork
from priorrg.model.quick import in_mode
from priorrg.seen_images import SeenImages
from priorrg.settings import Mode
from priorrg.study import Radiograph

_TARGETS = {"cpu": 1.5, "cuda": 20.0}


def measure(modes: Sequence[Mode], studies: int, together: int, device: str) -> Iterator[dict[str, Any]]:
    """Studies alone, in batches each with a prior of its own, and in batches of patients' courses of four."""
    network, settings = full_size()
    network.eval().to(device)
    random = torch.Generator().manual_seed(0)
    size = settings.image.size
    every = full_size_batch(settings, together, priors=together).to(device)
    pool = torch.randn(2 * together, 1, size, size, generator=random)
    now = [str(row) for row in range(together)]
    own = [str(row + together) for row in range(together)]
    course = [own[row] if row % 4 == 0 else now[row - 1] for row in range(together)]

    def pixels(radiographs: Sequence[Radiograph]) -> Tensor:
        return pool[[int(radiograph.image_id) for radiograph in radiographs]]

    for mode in modes:
        drafting = in_mode(network, mode)

        def write(
            rows: slice, priors: Sequence[str], drafting: PriorRGNetwork = drafting
        ) -> list[list[int]]:
            seen = SeenImages(drafting, pixels)
            batch = _with_features(every, rows, seen, now, priors)
            return generate(drafting, batch).tolist()

        write(slice(0, 1), own)  # warms up
        times: dict[str, list[float]] = {"alone": [], "together": [], "courses": []}
        same = True
        for _ in range(studies // together):
            began = time.perf_counter()
            alone = [write(slice(row, row + 1), own)[0] for row in range(together)]
            times["alone"].append(time.perf_counter() - began)
            began = time.perf_counter()
            same &= write(slice(0, together), own) == alone
            times["together"].append(time.perf_counter() - began)
            times["courses"].append(seconds(partial(write, slice(0, together), course)))
        rows, target = {}, _TARGETS[device]
        where = "" if device == "cpu" else f" on {device}"
        for kind, said in (("together", "64 studies"), ("courses", "64 studies of patients' courses")):
            ratio = sum(times["alone"]) / sum(times[kind])
            said = said.replace("64", str(studies))
            rows[f"{said} in batches, {mode}{where}, reports a second"] = row(
                studies / sum(times[kind]),
                studies / sum(times["alone"]),
                ratio,
                target,
                ratio >= target,
            )
        yield {
            "rows": rows,
            "studies": studies,
            "together": together,
            mode: {
                "seconds": {name: [round(s, 2) for s in some] for name, some in times.items()},
                "reports_of_batches_are_those_alone": same,
            },
        }


def _with_features(
    every: StudyBatch, rows: slice, seen: SeenImages, now: Sequence[str], priors: Sequence[str]
) -> StudyBatch:
    """Return the studies ``rows`` with the features of their images, each computed once."""
    current = seen([Radiograph(image_id=name, view="PA") for name in now[rows]])
    prior = seen([Radiograph(image_id=name, view="PA") for name in priors[rows]], prior=True)
    return StudyBatch(
        current=current,
        prior=prior,
        has_prior=every.has_prior[rows],
        current_view=every.current_view[rows],
        prior_view=every.prior_view[rows],
        context_ids=every.context_ids[rows],
        context_mask=every.context_mask[rows],
    )
