"""The pulmonary vessels: a branching tree per patient.

Knows curves only. Points are (across, down) from the hilum of the right or left lung for a lung of
nominal size: across towards the patient's own side, in fractions of the image's side.
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

NOMINAL_HALF_WIDTH = 0.36
NOMINAL_HEIGHT = 0.74
WIDTHS = (0.0115, 0.0056)
"""Full width of the trunks, and of the branches and twigs."""
RIDGES = (0.21, 0.14, 0.085)
"""Attenuation on the ridge at the origin of trunks, branches and twigs."""
STEP = 0.0026

Points = NDArray[np.float32]


@dataclass(frozen=True, slots=True, kw_only=True)
class Tree:
    """Points of one lung's vessels, trunks and the rest: columns across, down, amount."""

    levels: tuple[Points, ...]


def _branch(
    rng: np.random.Generator, start: NDArray[np.float64], angle: float, length: float, level: int
) -> list[tuple[int, NDArray[np.float64]]]:
    count = max(int(length / STEP), 4)
    t = np.linspace(0.0, 1.0, count)
    angles = angle + rng.normal(0.0, 0.35) * t + 0.12 * np.sin(6.0 * t + rng.uniform(0.0, 6.3))
    steps = np.stack([np.cos(angles), np.sin(angles)], axis=1) * (length / count)
    points = start + np.cumsum(steps, axis=0)
    amount = RIDGES[level] * (1.0 - 0.55 * t)
    branches = [(level, np.column_stack([points, amount]))]
    if level + 1 == len(RIDGES):
        return branches
    sign = rng.choice([-1.0, 1.0])
    for place in (0.3, 0.5, 0.7, 0.92) if level == 0 else (0.35, 0.6, 0.85):
        index = int(place * (count - 1))
        turn = sign * rng.uniform(0.35, 0.75)
        shorter = length * rng.uniform(0.5, 0.75)
        branches += _branch(rng, points[index], float(angles[index] + turn), shorter, level + 1)
        sign = -sign
    return branches


@lru_cache(maxsize=16)
def trees(seed: int) -> tuple[Tree, Tree]:
    """Return the vessels of the right and the left lung."""
    both = []
    for side in range(2):
        rng = np.random.default_rng(np.random.SeedSequence([seed, side]))
        found: list[tuple[int, NDArray[np.float64]]] = []
        for angle in np.deg2rad([-82, -58, -34, -10, 14, 36, 56, 74]):
            upward = angle < 0
            length = rng.uniform(0.13, 0.17) if upward else rng.uniform(0.17, 0.23)
            start = rng.normal(0.0, 0.008, 2) + np.array([0.0, 0.012 * np.sign(angle)])
            found += _branch(rng, start, float(angle + rng.normal(0.0, 0.1)), length, 0)
        levels = tuple(
            np.concatenate([points for level, points in found if (level == 0) is trunk]).astype(
                np.float32
            )
            for trunk in (True, False)
        )
        both.append(Tree(levels=levels))
    return both[0], both[1]
