"""How findings and devices of one patient move from study to study.

Every slot is told backwards, from the patient's last study: a visible finding was, one study earlier,
equal, smaller, larger or absent with probabilities that depend on nothing. So the kind of change
between a study and its prior says nothing about severity, date, view, count of studies or the other
findings, and the other way round. The prevalence is the same in every study.

Knows no dates, no images, no words. Studies off the chain (undated ones, which are nobody's prior) get
a scene of their own, one step beside the chain.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from priorrg.data.phantom.chance import happens, pick, weighted
from priorrg.data.phantom.changes import SLOTS, Slot
from priorrg.data.phantom.scene import DRIFT, STEP, VISIBLE_MINIMUM, Device, Finding, Scene, Zone
from priorrg.language.observations import DEVICES, Change, Observation, Side

PREVALENCE: Mapping[Observation, float] = {
    Observation.EFFUSION: 0.12,
    Observation.CONSOLIDATION: 0.09,
    Observation.EDEMA: 0.14,
    Observation.ATELECTASIS: 0.10,
    Observation.PNEUMOTHORAX: 0.06,
    Observation.CARDIOMEGALY: 0.20,
    Observation.NODULE: 0.07,
    Observation.FRACTURE: 0.05,
    Observation.ENDOTRACHEAL_TUBE: 0.10,
    Observation.CENTRAL_LINE: 0.16,
    Observation.ENTERIC_TUBE: 0.10,
    Observation.PACEMAKER: 0.07,
    Observation.CHEST_DRAIN: 0.07,
}
"""Share of studies that show it, per side for lateral findings."""
FINDING_ODDS: Mapping[Change, float] = {
    Change.UNCHANGED: 0.28,
    Change.LARGER: 0.20,
    Change.SMALLER: 0.20,
    Change.NEW: 0.32,
}
"""How a visible finding came from the study before."""
DEVICE_ODDS: Mapping[Change, float] = {Change.UNCHANGED: 0.60, Change.LARGER: 0.10, Change.NEW: 0.30}
"""The same for devices; LARGER stands for a moved tip."""
PACEMAKER_ODDS: Mapping[Change, float] = {Change.UNCHANGED: 0.85, Change.NEW: 0.15}
MOST_FINDINGS = 5
"""A scene with more is not written."""

_BASE = (0.45, 0.65)  # severity at the last study of an episode
_LIMITS = (VISIBLE_MINIMUM + 0.01, 0.99)
_FURTHEST = 3  # steps away from the base
_GRID = (STEP[0] + 0.75 * DRIFT, STEP[1] - 0.25 * DRIFT)  # with both jitters still clear of unchanged
_TIPS = ((0.22, 0.34), (0.62, 0.74))  # shallow, deep


@dataclass(frozen=True, slots=True)
class _Stand:
    """Where a slot stands in one study: which episode of illness, how many steps from its base."""

    episode: int
    level: int


class _Walk:
    """One slot, told backwards. ``places`` are in the order of time."""

    def __init__(
        self,
        rng: np.random.Generator,
        on_chain: Sequence[bool],
        prevalence: float,
        odds: Mapping[Change, float],
    ) -> None:
        self._rng, self._odds, self._episodes = rng, odds, 0
        # as many episodes end as begin: the prevalence stays
        self._resolved = odds[Change.NEW] * prevalence / (1 - prevalence)
        stand = self._begin() if happens(rng, prevalence) else None
        backwards: list[_Stand | None] = []
        started = False
        for chained in reversed(on_chain):
            if not chained:
                backwards.append(self._earlier(stand))
                continue
            if started:
                stand = self._earlier(stand)
            started = True
            backwards.append(stand)
        self.places = backwards[::-1]

    def _begin(self) -> _Stand:
        self._episodes += 1
        return _Stand(self._episodes, 0)

    def _earlier(self, stand: _Stand | None) -> _Stand | None:
        if stand is None:
            return self._begin() if happens(self._rng, self._resolved) else None
        while True:
            change = weighted(self._rng, self._odds)
            if change is Change.NEW:
                return None
            step = {Change.LARGER: -1, Change.SMALLER: 1}.get(change, 0)
            if abs(stand.level + step) <= _FURTHEST:
                return _Stand(stand.episode, stand.level + step)


def sample_course(rng: np.random.Generator, on_chain: Sequence[bool]) -> list[Scene]:
    """Return one scene per study, in the order of time.

    ``on_chain`` says of each study whether it may be another's prior.
    """
    while True:
        findings = _findings(rng, on_chain)
        if all(len(shown) <= MOST_FINDINGS for shown in findings):
            break
    devices = _devices(rng, on_chain)
    return [
        Scene(findings=tuple(shown), devices=tuple(placed))
        for shown, placed in zip(findings, devices, strict=True)
    ]


def _findings(rng: np.random.Generator, on_chain: Sequence[bool]) -> list[list[Finding]]:
    scenes: list[list[Finding]] = [[] for _ in on_chain]
    zones = _zones(rng)
    for slot in SLOTS:
        observation, side = slot
        walk = _Walk(rng, on_chain, PREVALENCE[observation], FINDING_ODDS)
        severities = _severities(rng, walk.places)
        seeds: dict[int, int] = {}
        for scene, stand, severity in zip(scenes, walk.places, severities, strict=True):
            if stand is None:
                continue
            if stand.episode not in seeds:
                seeds[stand.episode] = int(rng.integers(2**31))
            scene.append(
                Finding(
                    observation=observation,
                    side=side,
                    zone=zones[slot],
                    severity=severity,
                    shape_seed=seeds[stand.episode],
                )
            )
    return scenes


def _severities(rng: np.random.Generator, places: Sequence[_Stand | None]) -> list[float]:
    """Turn levels into severities: a grid per episode, and a drift around it that cannot add up."""
    levels: dict[int, set[int]] = defaultdict(set)
    for stand in places:
        if stand is not None:
            levels[stand.episode].add(stand.level)
    grids: dict[int, dict[int, float]] = {}
    for episode, reached in levels.items():
        up = np.cumsum(rng.uniform(*_GRID, size=_FURTHEST))
        down = -np.cumsum(rng.uniform(*_GRID, size=_FURTHEST))
        heights = {0: 0.0} | {i + 1: float(up[i]) for i in range(_FURTHEST)}
        heights |= {-i - 1: float(down[i]) for i in range(_FURTHEST)}
        low = max(_BASE[0], _LIMITS[0] - min(heights[level] for level in reached))
        high = min(_BASE[1], _LIMITS[1] - max(heights[level] for level in reached))
        base = float(rng.uniform(min(low, high), high))
        grids[episode] = {level: base + heights[level] for level in reached}
    half = DRIFT / 2
    return [
        0.0 if stand is None else grids[stand.episode][stand.level] + float(rng.uniform(-half, half))
        for stand in places
    ]


def _zones(rng: np.random.Generator) -> dict[Slot, Zone]:
    """Give every slot its zone; consolidation and atelectasis of one side never share theirs."""
    zones: dict[Slot, Zone] = {}
    anywhere = (Zone.UPPER, Zone.MIDDLE, Zone.LOWER)
    for side in (Side.LEFT, Side.RIGHT):
        atelectasis = weighted(rng, {Zone.LOWER: 0.75, Zone.MIDDLE: 0.25})
        zones[Observation.EFFUSION, side] = Zone.LOWER
        zones[Observation.PNEUMOTHORAX, side] = Zone.UPPER
        zones[Observation.ATELECTASIS, side] = atelectasis
        zones[Observation.CONSOLIDATION, side] = pick(rng, [z for z in anywhere if z is not atelectasis])
        zones[Observation.NODULE, side] = pick(rng, anywhere)
        zones[Observation.FRACTURE, side] = pick(rng, anywhere)
    zones[Observation.EDEMA, Side.NONE] = Zone.NONE
    zones[Observation.CARDIOMEGALY, Side.NONE] = Zone.NONE
    return zones


def _devices(rng: np.random.Generator, on_chain: Sequence[bool]) -> list[list[Device]]:
    scenes: list[list[Device]] = [[] for _ in on_chain]
    for observation in DEVICES:
        odds = PACEMAKER_ODDS if observation is Observation.PACEMAKER else DEVICE_ODDS
        walk = _Walk(rng, on_chain, PREVALENCE[observation], odds)
        made: dict[int, tuple[Side, int, tuple[float, float]]] = {}
        for scene, stand in zip(scenes, walk.places, strict=True):
            if stand is None:
                continue
            if stand.episode not in made:
                tips = (float(rng.uniform(*_TIPS[0])), float(rng.uniform(*_TIPS[1])))
                first = tips if happens(rng, 0.5) else tips[::-1]
                made[stand.episode] = (_device_side(rng, observation), int(rng.integers(2**31)), first)
            side, seed, tips = made[stand.episode]
            tip = tips[stand.level % 2] + float(rng.uniform(-DRIFT, DRIFT)) / 2
            scene.append(Device(observation=observation, side=side, tip=tip, shape_seed=seed))
    return scenes


def _device_side(rng: np.random.Generator, observation: Observation) -> Side:
    left = {Observation.CENTRAL_LINE: 0.35, Observation.PACEMAKER: 0.85, Observation.CHEST_DRAIN: 0.5}
    if observation not in left:
        return Side.NONE
    return Side.LEFT if happens(rng, left[observation]) else Side.RIGHT
