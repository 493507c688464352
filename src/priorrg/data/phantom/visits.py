"""When and how a patient was X-rayed: identifiers, dates, views, technique.

Nothing here knows what the films show, and nothing on the films follows from it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np

from priorrg.data.phantom.chance import happens, weighted
from priorrg.data.phantom.scene import Acquisition

STUDIES: dict[int, float] = {1: 0.14, 2: 0.26, 3: 0.24, 4: 0.18, 5: 0.11, 6: 0.07}
"""How many studies a patient has."""
UNDATED = 0.185
"""Share of later studies without date and time: they have no prior and are nobody's prior."""
SIMULTANEOUS = 0.012
"""Share of later studies that carry their predecessor's very time."""
PA = 0.55
LATERAL = 0.45
"""Share of PA studies with a lateral image too."""

_PATIENTS = 9_999_991  # primes below 10**7: multiplying permutes the identifiers
_STUDIES = 9_999_973


@dataclass(frozen=True, slots=True, kw_only=True)
class Exposure:
    """One image: its identifier and how it was taken."""

    image_id: str
    acquisition: Acquisition


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """One study. The first exposure is the frontal one. ``taken_at`` is None where the date is lost."""

    study_id: str
    taken_at: datetime | None
    exposures: tuple[Exposure, ...]

    @property
    def view(self) -> str:
        return self.exposures[0].acquisition.view

    @property
    def has_lateral(self) -> bool:
        return len(self.exposures) > 1


def patient_identifier(index: int, seed: int) -> str:
    """Return 8 digits, unlike those of any other index below ten million."""
    return str(10_000_000 + (index * 6_180_339 + seed * 7_919 + 32) % _PATIENTS)


def sample_visits(rng: np.random.Generator, index: int, seed: int) -> list[Visit]:
    """Return a patient's visits in the order of time; identifiers are in another."""
    count = weighted(rng, STUDIES)
    times = _times(rng, count)
    seats = rng.permutation(8)[:count]
    identifiers = [
        str(50_000_000 + ((index * 8 + int(seat)) * 4_142_135 + seed * 104_729 + 267) % _STUDIES)
        for seat in seats
    ]
    return [
        Visit(study_id=identifier, taken_at=time, exposures=_exposures(rng))
        for identifier, time in zip(identifiers, times, strict=True)
    ]


def may_be_prior(visits: Sequence[Visit]) -> list[bool]:
    """Say of each visit whether it stands in the chain of dated studies."""
    return [visit.taken_at is not None for visit in visits]


def _times(rng: np.random.Generator, count: int) -> list[datetime | None]:
    now = datetime(2110, 1, 1) + timedelta(
        days=int(rng.integers(32_000)), seconds=float(rng.integers(86_400))
    )
    times: list[datetime | None] = [_to_millisecond(now)]
    for _ in range(count - 1):
        now += timedelta(
            days=float(np.exp(rng.normal(2.6, 1.6))) + 0.1, milliseconds=int(rng.integers(1000))
        )
        before = times[-1]
        if happens(rng, UNDATED):
            times.append(None)
        elif before is not None and happens(rng, SIMULTANEOUS):
            times.append(before)
        else:
            times.append(_to_millisecond(now))
    return times


def _to_millisecond(time: datetime) -> datetime:
    return time.replace(microsecond=time.microsecond // 1000 * 1000)


def _exposures(rng: np.random.Generator) -> tuple[Exposure, ...]:
    view = "PA" if happens(rng, PA) else "AP"
    views = [view, "LATERAL"] if view == "PA" and happens(rng, LATERAL) else [view]
    return tuple(Exposure(image_id=_image_id(rng), acquisition=_acquisition(rng, v)) for v in views)


def _acquisition(rng: np.random.Generator, view: str) -> Acquisition:
    left, top, right, bottom = (float(x) for x in rng.uniform(0.0, 0.04, size=4))
    return Acquisition(
        view=view,
        rotation=float(np.clip(rng.normal(0.0, 2.5), -6.0, 6.0)),
        inspiration=float(rng.uniform(0.6, 1.0)),
        exposure=float(np.exp(rng.normal(0.0, 0.12))),
        collimation=(left, top, right, bottom),
        noise_seed=int(rng.integers(2**31)),
    )


def _image_id(rng: np.random.Generator) -> str:
    return "-".join(f"{int(word):08x}" for word in rng.integers(2**32, size=5))
