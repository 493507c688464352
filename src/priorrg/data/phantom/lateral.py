"""Normal anatomy from the side: both lungs superimposed, the patient facing the image's left.

Knows no finding but for what the pose already holds. ``t`` is the place between the front wall (0) and
the back wall (1) of the thorax. Axes: row, column.
"""

from dataclasses import dataclass

import numpy as np

from priorrg.data.phantom.anatomy import Anatomy
from priorrg.data.phantom.canvas import Grid, Map, clouds, polyline, ramp, smooth_ramp, stroke
from priorrg.data.phantom.chest import TISSUE, Chest
from priorrg.data.phantom.pose import SIDES, heart_ratio, severity_of
from priorrg.data.phantom.scene import Acquisition, Scene
from priorrg.data.phantom.vessels import WIDTHS, trees
from priorrg.language.observations import Observation, Side

BOTH_LUNGS = 1.35
"""Air that a lateral beam passes in both lungs together, relative to a frontal beam in one."""
THICKNESS = 1.28
"""The body is that much thicker from side to side than from front to back."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LateralPose:
    """One patient from the side. Lengths are fractions of the image's side."""

    anatomy: Anatomy
    apex: float
    base: float
    """y of the posterior costophrenic angles."""
    domes: dict[Side, float]
    """y of the top of each hemidiaphragm."""
    heart: float
    """The heart's size relative to a normal one."""

    @property
    def height(self) -> float:
        return self.base - self.apex

    def front(self, y: Map) -> Map:
        """Return s of the front wall at every height."""
        down = np.clip((y - self.apex) / self.height, 0.0, 1.2)
        wall: Map = -0.07 - 0.235 * np.sqrt(np.clip(down * 1.5, 0.0, 1.0)) - 0.03 * down
        return wall

    def back(self, y: Map) -> Map:
        """Return s of the back wall at every height."""
        down = np.clip((y - self.apex) / self.height, 0.0, 1.0)
        wall: Map = 0.14 + 0.205 * np.sin(np.float32(2.1) * np.sqrt(down)) - 0.02 * down
        return wall

    def at(self, t: float, down: float) -> tuple[float, float]:
        """Return s and y of a place between front and back at a share of the lung's height."""
        y = np.array([self.apex + down * self.height], dtype=np.float32)
        front, back = float(self.front(y)[0]), float(self.back(y)[0])
        return front + t * (back - front), float(y[0])

    def diaphragm(self, side: Side, s: Map) -> Map:
        """Return y of one hemidiaphragm: high in front, falling steeply to the back."""
        peak = self.domes[side]
        behind = np.clip((s + 0.06) / 0.36, 0.0, 1.2)
        ahead = np.clip((-0.06 - s) / 0.30, 0.0, 1.2)
        height: Map = peak + (self.base - peak) * behind ** np.float32(2.2) + 0.09 * ahead * ahead
        return height


def pose_lateral(anatomy: Anatomy, scene: Scene, acquisition: Acquisition) -> LateralPose:
    """Return where everything lies on a lateral film."""
    breath = float(np.clip(acquisition.inspiration, 0.0, 1.0))
    height = (anatomy.base + 0.01 - anatomy.apex) * (1.0 - 0.13 * (1.0 - breath))
    base = anatomy.apex + height
    domes = {}
    for side in SIDES:
        loss = severity_of(scene, Observation.ATELECTASIS, side)
        dome = anatomy.dome_left if side is Side.LEFT else anatomy.dome_right
        domes[side] = base - 1.25 * dome - 0.03 - (0.012 + 0.13 * loss if loss else 0.0)
    enlargement = severity_of(scene, Observation.CARDIOMEGALY)
    return LateralPose(
        anatomy=anatomy,
        apex=anatomy.apex,
        base=base,
        domes=domes,
        heart=heart_ratio(anatomy, enlargement) / 0.45,
    )


def _body(chest: Chest, pose: LateralPose) -> None:
    y, anatomy, s = chest.grid.y, pose.anatomy, chest.grid.s
    wall = 0.5 * anatomy.wall
    front, back = pose.front(y) - wall - 0.012, pose.back(y) + wall + 0.055
    front = front - 0.012 * anatomy.breast * np.exp(-np.square((y - 0.60) / 0.12))
    r = (s - (front + back) / 2) / ((back - front) / 2)
    r *= r
    arms = 9.0 * np.exp(-np.square(y / 0.20))
    depth = THICKNESS * anatomy.depth * (0.70 + 0.30 * smooth_ramp(y - 0.45, 0.6)) + arms
    chest.body += depth * np.sqrt(np.clip(1.0 - r * r * r, 0.0, 1.0))


def _lungs(chest: Chest, pose: LateralPose) -> None:
    grid, anatomy = chest.grid, pose.anatomy
    front, back = pose.front(grid.y), pose.back(grid.y)
    r = (grid.s - (front + back) / 2) / ((back - front) / 2)
    chest.radial["lateral"] = r
    down = np.clip((grid.y - pose.apex) / pose.height, 0.0, 1.0)
    depth = (
        BOTH_LUNGS * anatomy.lung_depth * (0.40 + 0.60 * np.sqrt(down)) * ramp(grid.y - pose.apex, 0.02)
    )
    air = depth * np.sqrt(np.sqrt(np.clip(1.0 - r * r, 0.0, 1.0)))
    air *= 1.0 + np.float32(0.02) * clouds(anatomy.texture_seed, 56, grid.side)
    share = np.zeros_like(air)
    for side in SIDES:
        share += 0.5 * ramp(pose.diaphragm(side, grid.s) - grid.y, 1.6 * grid.pixel)
    chest.air += air * share
    chest.added += np.float32(1.0 * TISSUE) * (1.0 - share) * ramp(1.0 - np.abs(r), 0.05)


def _heart(chest: Chest, pose: LateralPose) -> None:
    grid, anatomy = chest.grid, pose.anatomy
    size = pose.heart
    s0, y0 = pose.at(0.33 + 0.06 * (size - 1.0), 0.68)
    cos, sin = np.float32(0.62), np.float32(0.785)
    across = cos * (grid.s - s0) + sin * (grid.y - y0)
    down = cos * (grid.y - y0) - sin * (grid.s - s0)
    r = np.square(across / np.float32(0.200 * size)) + np.square(down / np.float32(0.138 * size))
    chord = np.sqrt(np.clip(1.0 - r, 0.0, 1.0))
    chest.displace((slice(None), slice(None)), np.float32(0.80 * anatomy.lung_depth) * chord, 0.25)
    height, apex = pose.height, pose.apex
    s, y = polyline(
        (s0 + 0.02, apex + 0.44 * height),
        (s0 + 0.05, apex + 0.26 * height),
        (s0 + 0.14, apex + 0.23 * height),
        (s0 + 0.205, apex + 0.36 * height),
        (s0 + 0.235, apex + 0.62 * height),
        (s0 + 0.22, apex + 0.9 * height),
        step=1 / 300,
    )
    stroke(chest.added, grid, s, y, 0.055, np.linspace(0.85, 0.30, s.size).astype(np.float32))
    s, y = polyline(
        (-0.01, -0.02), (0.015, apex + 0.12 * height), (0.045, apex + 0.37 * height), step=1 / 300
    )
    stroke(chest.added, grid, s, y, 0.030, -0.55)
    s, y = polyline((0.035, apex + 0.41 * height), (0.055, apex + 0.49 * height), step=1 / 300)
    stroke(chest.added, grid, s, y, 0.07, 0.38)


def _vessels(chest: Chest, pose: LateralPose, gain: float) -> None:
    hilum_s, hilum_y = 0.04, pose.apex + pose.anatomy.hilum * pose.height
    both = trees(pose.anatomy.vessel_seed)
    for level, width in enumerate(WIDTHS):
        points = [tree.levels[level] for tree in both]
        s = np.concatenate([hilum_s - 0.8 * points[0][:, 0], hilum_s + 0.85 * points[1][:, 0]])
        y = np.concatenate([hilum_y + 0.95 * points[0][:, 1], hilum_y + 1.05 * points[1][:, 1]])
        amount = np.concatenate([points[0][:, 2], points[1][:, 2]]) * np.float32(0.8 * gain)
        stroke(chest.vessels, chest.grid, s, y, width, amount)
    chest.vessels *= np.clip(chest.air * np.float32(0.12), 0.0, 1.0)


def _bones(chest: Chest, pose: LateralPose) -> None:
    grid, anatomy = chest.grid, pose.anatomy
    back, front = pose.back(grid.y), pose.front(grid.y)
    columns = slice(grid.column(0.04), grid.column(0.46))
    across = (grid.s[:, columns] - (back - 0.085)) / np.float32(0.95 * anatomy.spine_half_width)
    phase = (grid.y + 0.25 * grid.s[:, columns]) / np.float32(1.05 * anatomy.vertebra_height)
    beat = 2.0 * np.abs(phase - np.rint(phase))
    body = ramp(1.0 - np.abs(across), 0.2) * (0.10 + 0.34 * smooth_ramp(beat - 0.25, 0.22))
    body += 0.16 * np.exp(-np.square((np.abs(across) - 0.95) / 0.12)) * smooth_ramp(beat - 0.25, 0.22)
    chest.added[:, columns] += body + 0.16 * np.exp(-np.square((across - 1.75) / 0.4))
    edge = (
        np.exp(-np.square((grid.s - front + 0.008) / 0.010))
        * ramp(grid.y - 0.18, 0.03)
        * ramp(0.62 - grid.y, 0.05)
    )
    chest.added += np.float32(0.30) * edge
    r = chest.radial["lateral"]
    t, inside = 0.5 * (r + 1.0), ramp(1.0 - np.abs(r), 0.03)
    for offset, amount in ((0.0, 0.17), (0.021, 0.13)):
        spacing = anatomy.rib_spacing * 1.02
        phase = (grid.y - pose.apex - offset - 0.30 * np.square(1.0 - t) * (1.0 - 0.3 * t)) / np.float32(
            spacing
        )
        away = np.abs(phase - np.rint(phase)) * np.float32(spacing / 1.15)
        bow = ramp(np.float32(0.0085) - away, 1.5 * grid.pixel)
        chest.added += np.float32(amount) * bow * inside * ramp(t - 0.25, 0.3) * ramp(phase + 0.5, 0.1)


def _stomach(chest: Chest, pose: LateralPose) -> None:
    grid, radius = chest.grid, pose.anatomy.stomach_gas
    s, y = -0.02, pose.domes[Side.LEFT] + radius + 0.02
    across, down = (grid.s - s) / np.float32(1.6 * radius), (grid.y - y) / np.float32(radius)
    chest.added -= np.float32(4.0 * TISSUE) * np.sqrt(
        np.clip(1.0 - across * across - down * down, 0.0, 1.0)
    )


def lay_out_lateral(grid: Grid, pose: LateralPose, vascularity: float = 1.0) -> Chest:
    """Return the patient's chest from the side, without findings other than displaced structures."""
    chest = Chest.empty(grid)
    _body(chest, pose)
    _lungs(chest, pose)
    _heart(chest, pose)
    _vessels(chest, pose, vascularity)
    _bones(chest, pose)
    _stomach(chest, pose)
    return chest
