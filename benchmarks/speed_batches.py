"""Many studies at full size: together against one by one, in the same mode, by turns."""

import time
from collections.abc import Callable, Iterator, Sequence
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
    """Yield of each mode its rows and times: studies alone, in batches, and in batches of patients' courses.

    ``together`` made-up studies are taken as often as makes ``studies``. Alone, nothing is shared. In a batch each
    has a prior of its own; in a course of four, three have the study before as their prior, whose image is
    then read once.
    """
    if studies % together:
        raise SystemExit(
            f"got {studies} studies, {together} together; expected a multiple of the latter"
        )
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

        def batch(rows: slice, priors: Sequence[str], drafting: PriorRGNetwork = drafting) -> StudyBatch:
            return _with_features(every, rows, SeenImages(drafting, pixels), now, priors)

        def write(
            rows: slice,
            priors: Sequence[str],
            drafting: PriorRGNetwork = drafting,
            batch: Callable[[slice, Sequence[str]], StudyBatch] = batch,
        ) -> list[list[int]]:
            return generate(drafting, batch(rows, priors)).tolist()

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
        rates = {kind: studies / sum(some) for kind, some in times.items()}
        ratio, target = rates["together"] / rates["alone"], _TARGETS[device]
        where = "" if device == "cpu" else f" on {device}"
        yield {
            "of": mode,
            "rows": {
                f"{studies} studies in batches, {mode}{where}, reports a second": row(
                    rates["together"], rates["alone"], ratio, target, ratio >= target
                ),
                f"a list of {studies} studies of courses, {mode}{where}, reports a second": row(
                    rates["courses"], rates["alone"], rates["courses"] / rates["alone"]
                ),
            },
            "studies": studies,
            "together": together,
            "seconds": {name: [round(s, 2) for s in some] for name, some in times.items()},
            "reports_are_those_alone": same,
            "bits_read_are_those_alone": _same_bits(drafting, batch, own),
        }


@torch.inference_mode()
def _same_bits(
    network: PriorRGNetwork, batch: Callable[[slice, Sequence[str]], StudyBatch], priors: Sequence[str]
) -> bool:
    """Is what the decoder reads of three studies together in every bit what it reads of each alone?"""
    whole, _ = network.readable(batch(slice(0, 3), priors), guarded=True)
    return all(
        torch.equal(network.readable(batch(slice(n, n + 1), priors), guarded=True)[0][0], whole[n])
        for n in range(3)
    )


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
