"""The sheet on which a chest is laid out in thicknesses before it becomes a film.

Knows no anatomy. The sheet is upright and a little larger than the film; ``Frame`` says how the film
lies on it. Coordinates: ``s`` runs from the midline to the image's right (the patient's left in a
frontal view), ``y`` from the top downwards, both in fractions of the image's side.
Axes: row, column.
"""

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy.ndimage import gaussian_filter

from priorrg.data.phantom.scene import Acquisition, Box

Map = NDArray[np.floating[Any]]
"""Values on the sheet; 32 bit wherever they fill it."""
Mask = NDArray[np.bool_]

MARGIN = 3 / 128
"""How far the sheet reaches beyond the film on every side."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Grid:
    """Coordinates of the sheet's pixels: ``s`` as a row, ``y`` as a column, ``pixel`` as a length."""

    pixel: float
    s: Map
    y: Map

    @property
    def side(self) -> int:
        return int(self.y.shape[0])

    def blank(self) -> Map:
        return np.zeros((self.side, self.side), dtype=np.float32)

    def column(self, s: float) -> int:
        """Index of the column at ``s``, clipped to the sheet."""
        return int(np.clip(round((s + 0.5 + MARGIN) / self.pixel), 0, self.side))

    def row(self, y: float) -> int:
        """Index of the row at ``y``, clipped to the sheet."""
        return int(np.clip(round((y + MARGIN) / self.pixel), 0, self.side))


@lru_cache(maxsize=8)
def grid(size: int) -> Grid:
    """Return the sheet for a film of ``size`` px, margin included."""
    pad = round(size * MARGIN)
    steps = ((np.arange(-pad, size + pad, dtype=np.float32) + 0.5) / size).astype(np.float32)
    return Grid(pixel=1.0 / size, s=steps[None, :] - np.float32(0.5), y=steps[:, None])


def ramp(distance: Map, width: float) -> Map:
    """Return 0 outside, 1 inside, and a straight ramp of ``width`` around distance 0."""
    step: Map = np.clip(distance * np.float32(1.0 / width) + np.float32(0.5), 0.0, 1.0)
    return step


def smooth_ramp(distance: Map, width: float) -> Map:
    """Return as ``ramp``, but with a smooth start and end."""
    t = ramp(distance, width)
    return t * t * (3.0 - 2.0 * t)


@lru_cache(maxsize=96)
def clouds(seed: int, cells: int, side: int) -> Map:
    """Return smooth noise of about unit spread with ``cells`` bumps a side; the same at every size."""
    rough = np.random.default_rng(np.random.SeedSequence([seed, cells])).standard_normal((cells, cells))
    image = Image.fromarray(rough.astype(np.float32))
    smooth = np.asarray(image.resize((side, side), Image.Resampling.BICUBIC), dtype=np.float32)
    smooth = smooth * np.float32(1.25)
    smooth.setflags(write=False)
    return smooth


def stroke(target: Map, at: Grid, s: Map, y: Map, width: float, amount: Map | float) -> Mask | None:
    """Add a soft line through the points to ``target``; return where it runs, or None if off the sheet.

    The points must lie about a pixel apart; where they jump, a new line begins. ``width`` is the line's
    full width at half height, ``amount`` the value on its ridge.
    """
    sigma = max(width / 2.355, 0.45 * at.pixel) / at.pixel
    column = (s + 0.5 + MARGIN) / at.pixel - 0.5
    row = (y + MARGIN) / at.pixel - 0.5
    inside = (column > 1) & (column < at.side - 2) & (row > 1) & (row < at.side - 2)
    steps = np.hypot(np.gradient(column), np.gradient(row))
    steps = np.minimum(steps, 1.5 * float(np.median(steps)))
    weight = (np.asarray(amount) * steps * (2.5066 * sigma))[inside]
    column, row = column[inside], row[inside]
    if column.size == 0:
        return None
    pad = int(3 * sigma) + 2
    left, top = max(int(column.min()) - pad, 0), max(int(row.min()) - pad, 0)
    right, bottom = min(int(column.max()) + pad + 2, at.side), min(int(row.max()) + pad + 2, at.side)
    wide, high = right - left, bottom - top
    x0, y0 = np.floor(column).astype(np.intp), np.floor(row).astype(np.intp)
    fx, fy = column - x0, row - y0
    corner = (y0 - top) * wide + (x0 - left)
    places = np.concatenate([corner, corner + 1, corner + wide, corner + wide + 1])
    near, far = (1 - fy) * weight, fy * weight
    shares = np.concatenate([(1 - fx) * near, fx * near, (1 - fx) * far, fx * far])
    patch = np.bincount(places, weights=shares, minlength=wide * high).astype(np.float32)
    soft: Map = gaussian_filter(patch.reshape(high, wide), sigma, truncate=3.0)
    target[top:bottom, left:right] += soft
    mask = np.zeros(target.shape, dtype=np.bool_)
    mask[top:bottom, left:right] = soft > 0.3 * float(np.max(amount))
    return mask


def polyline(*points: tuple[float, float], step: float = 1 / 600) -> tuple[Map, Map]:
    """Return densely spaced s and y along a smooth curve through ``points``."""
    knots = np.asarray(points, dtype=np.float64)
    lengths = np.maximum(np.hypot(*np.diff(knots, axis=0).T), 1e-6)
    place = np.concatenate([[0.0], np.cumsum(lengths)])
    fine = np.linspace(0.0, place[-1], max(int(place[-1] / step), 4))
    slopes = np.gradient(knots, place, axis=0) if len(knots) > 2 else np.diff(knots, axis=0) / lengths
    slopes = np.broadcast_to(slopes, knots.shape)
    piece = np.clip(np.searchsorted(place, fine, side="right") - 1, 0, len(knots) - 2)
    length = lengths[piece][:, None]
    t = (fine - place[piece])[:, None] / length
    curve = (
        (1 + 2 * t) * (1 - t) ** 2 * knots[piece]
        + t * (1 - t) ** 2 * length * slopes[piece]
        + t * t * (3 - 2 * t) * knots[piece + 1]
        + t * t * (t - 1) * length * slopes[piece + 1]
    )
    return curve[:, 0].astype(np.float32), curve[:, 1].astype(np.float32)


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """How the film lies on the sheet: a small turn (radians), shift and zoom."""

    turn: float
    shift_s: float
    shift_y: float
    zoom: float

    @classmethod
    def of(cls, acquisition: Acquisition) -> "Frame":
        """Return the film's place; patients are never centred exactly, and lean when they are turned."""
        rng = np.random.default_rng(np.random.SeedSequence([acquisition.noise_seed, 1]))
        loose = 1.3 if acquisition.view == "AP" else 1.0
        lean, across, down, zoom = np.clip(rng.standard_normal(4), -2.0, 2.0)
        return cls(
            turn=float(np.deg2rad(np.clip(0.5 * loose * lean + 0.15 * acquisition.rotation, -3.0, 3.0))),
            shift_s=float(0.004 * loose * across),
            shift_y=float(0.004 * loose * down),
            zoom=float(1.0 + 0.006 * zoom),
        )

    def expose(self, sheet: Map, size: int) -> Map:
        """Return the part of the sheet that the film sees, (size, size)."""
        side = sheet.shape[0]
        cos, sin = np.cos(self.turn) / self.zoom, np.sin(self.turn) / self.zoom
        half = size / 2
        middle_x, middle_y = half * (1 + 2 * self.shift_s), half * (1 + 2 * self.shift_y)
        start_x = side / 2 - cos * middle_x - sin * middle_y
        start_y = side / 2 + sin * middle_x - cos * middle_y
        coefficients = (cos, sin, start_x, -sin, cos, start_y)
        film = Image.fromarray(sheet).transform(
            (size, size), Image.Transform.AFFINE, coefficients, Image.Resampling.BICUBIC
        )
        return np.asarray(film, dtype=np.float32)

    def box(self, mask: Mask, size: int, field: Box) -> Box | None:
        """Return the box on the film around the true pixels of ``mask``, with a margin of 1 % of the
        film's side; None where there are none."""
        rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
        if rows.size == 0:
            return None
        half, edge = mask.shape[0] / 2, 0.01 * size
        left, right = columns[0] - edge - half, columns[-1] + 1 + edge - half
        top, bottom = rows[0] - edge - half, rows[-1] + 1 + edge - half
        x, y = np.array([left, right, left, right]), np.array([top, top, bottom, bottom])
        cos, sin = np.cos(self.turn) * self.zoom, np.sin(self.turn) * self.zoom
        across = cos * x - sin * y + size * (0.5 + self.shift_s)
        down = sin * x + cos * y + size * (0.5 + self.shift_y)
        x0, x1 = max(int(across.min()), field[0]), min(int(np.ceil(across.max())), field[2])
        y0, y1 = max(int(down.min()), field[1]), min(int(np.ceil(down.max())), field[3])
        return (x0, y0, x1, y1) if x1 > x0 and y1 > y0 else None
