"""Many studies at full size: together against one by one, in the same mode, by turns."""

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Self

import torch
from torch import Tensor

from benchmarks.drafting import generate, row, seconds
from benchmarks.full_size import full_size, full_size_batch
from priorrg.model.inputs import StudyBatch
from priorrg.model.network import PriorRGNetwork
from priorrg.model.quick import in_mode
from priorrg.seen_images import SeenImages
from priorrg.settings import Mode, Settings
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
    made = _Studies.made(settings, together, device)
    for mode in modes:
        yield {"of": mode} | _measured(in_mode(network, mode), made, studies // together, device)


@dataclass(frozen=True)
class _Studies:
    """Made-up studies with a prior each: their images by number, and which images are current and prior.

    ``own`` are priors that are no study's current image; ``course`` those of patients with four studies each.
    """

    every: StudyBatch
    images: Tensor
    now: list[str]
    own: list[str]
    course: list[str]

    @classmethod
    def made(cls, settings: Settings, count: int, device: str) -> Self:
        random, size = torch.Generator().manual_seed(0), settings.image.size
        now = [str(row) for row in range(count)]
        own = [str(row + count) for row in range(count)]
        return cls(
            full_size_batch(settings, count, priors=count).to(device),
            torch.randn(2 * count, 1, size, size, generator=random),
            now,
            own,
            [own[row] if row % 4 == 0 else now[row - 1] for row in range(count)],
        )

    def batch(self, drafting: PriorRGNetwork, rows: slice, priors: Sequence[str]) -> StudyBatch:
        """Return the studies ``rows`` with the features of their images, each computed once."""
        seen, every = SeenImages(drafting, self._pixels), self.every
        return StudyBatch(
            current=seen([Radiograph(image_id=name, view="PA") for name in self.now[rows]]),
            prior=seen([Radiograph(image_id=name, view="PA") for name in priors[rows]], prior=True),
            has_prior=every.has_prior[rows],
            current_view=every.current_view[rows],
            prior_view=every.prior_view[rows],
            context_ids=every.context_ids[rows],
            context_mask=every.context_mask[rows],
        )

    def write(self, drafting: PriorRGNetwork, rows: slice, priors: Sequence[str]) -> list[list[int]]:
        """Return the reports of the studies ``rows``."""
        written: list[list[int]] = generate(drafting, self.batch(drafting, rows, priors)).tolist()
        return written

    def _pixels(self, radiographs: Sequence[Radiograph]) -> Tensor:
        return self.images[[int(radiograph.image_id) for radiograph in radiographs]]


def _measured(drafting: PriorRGNetwork, made: _Studies, times: int, device: str) -> dict[str, Any]:
    """Return the rows of a mode; the three ways go by turns, so many times."""
    together = len(made.now)
    every, studies = slice(0, together), times * together
    write = partial(made.write, drafting)
    write(slice(0, 1), made.own)  # warms up
    took: dict[str, list[float]] = {"alone": [], "together": [], "courses": []}
    same = True
    for _ in range(times):
        began = time.perf_counter()
        alone = [write(slice(row, row + 1), made.own)[0] for row in range(together)]
        took["alone"].append(time.perf_counter() - began)
        began = time.perf_counter()
        same &= write(every, made.own) == alone
        took["together"].append(time.perf_counter() - began)
        took["courses"].append(seconds(partial(write, every, made.course)))
    rates = {kind: studies / sum(some) for kind, some in took.items()}
    ratio, target = rates["together"] / rates["alone"], _TARGETS[device]
    where = drafting.mode if device == "cpu" else f"{drafting.mode} on {device}"
    return {
        "rows": {
            f"{studies} studies in batches, {where}, reports a second": row(
                rates["together"], rates["alone"], ratio, target, ratio >= target
            ),
            f"a list of {studies} studies of courses, {where}, reports a second": row(
                rates["courses"], rates["alone"], rates["courses"] / rates["alone"]
            ),
        },
        "studies": studies,
        "together": together,
        "seconds": {name: [round(s, 2) for s in some] for name, some in took.items()},
        "reports_are_those_alone": same,
        "bits_read_are_those_alone": _same_bits(drafting, made),
    }


@torch.inference_mode()
def _same_bits(drafting: PriorRGNetwork, made: _Studies) -> bool:
    """Is what the decoder reads of three studies together in every bit what it reads of each alone?"""
    some, alone = slice(0, 3), [slice(n, n + 1) for n in range(3)]
    whole, *each = (
        drafting.readable(made.batch(drafting, rows, made.own), guarded=True)[0]
        for rows in (some, *alone)
    )
    return torch.equal(whole, torch.cat(each))
