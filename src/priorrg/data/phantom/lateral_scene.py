"""The scene of a frontal film once more, seen from the side.

One side's finding hides half of the air at most: the other lung lies in the same beam. Simple on
purpose: the frontal film carries the diagnosis. Axes: row, column.
"""

import numpy as np

from priorrg.data.phantom.canvas import clouds, polyline, ramp, smooth_ramp, stroke
from priorrg.data.phantom.chest import Chest
from priorrg.data.phantom.devices import LINE
from priorrg.data.phantom.findings import beyond, place_of
from priorrg.data.phantom.lateral import LateralPose
from priorrg.data.phantom.pose import inflation
from priorrg.data.phantom.scene import VISIBLE_MINIMUM, Device, Finding, Scene
from priorrg.language.observations import Observation

_EVERYWHERE = (slice(None), slice(None))


def _depth(finding: Finding) -> float:
    """Return how far behind the front wall a lesion lies, 0..1; fixed by its shape seed."""
    rng = np.random.default_rng(np.random.SeedSequence([finding.shape_seed, 11]))
    return float(rng.uniform(0.55, 0.82) if rng.random() < 0.65 else rng.uniform(0.15, 0.35))


def _effusion(chest: Chest, pose: LateralPose, finding: Finding) -> None:
    grid = chest.grid
    height = (0.09 + 0.66 * beyond(finding.severity)) * pose.height
    t = np.clip((chest.radial["lateral"] + 1.0) * 0.5, 0.0, 1.0)
    level = pose.base - np.float32(height) * (0.62 + 0.38 * np.square(t))
    chest.fill(
        _EVERYWHERE, np.float32(0.48) * smooth_ramp(grid.y - level, 0.012 + 0.015 * finding.severity)
    )


def _consolidation(chest: Chest, pose: LateralPose, finding: Finding) -> None:
    grid = chest.grid
    s, y = pose.at(_depth(finding), place_of(finding)[1])
    radius = np.float32(0.050 + 0.11 * beyond(finding.severity))
    across, down = (grid.s - s) / radius, (grid.y - y) / radius
    outline = clouds(finding.shape_seed % 2**31, 11, grid.side)
    depth = 1.0 - np.sqrt(across * across + down * down) + np.float32(0.2) * outline
    opacity = np.float32(0.26 + 0.24 * beyond(finding.severity)) * smooth_ramp(depth - 0.18, 0.55)
    chest.fill(_EVERYWHERE, opacity)


def _edema(chest: Chest, pose: LateralPose, finding: Finding) -> None:
    grid, extent = chest.grid, beyond(finding.severity)
    s, y = pose.at(0.5, pose.anatomy.hilum + 0.06)
    across, down = (
        (grid.s - s) / np.float32(0.12 + 0.1 * extent),
        (grid.y - y) / np.float32(0.16 + 0.14 * extent),
    )
    wing = np.exp(-0.5 * (across * across)) * np.exp(-0.5 * (down * down))
    chest.fill(
        _EVERYWHERE,
        np.float32(0.20 + 0.45 * extent) * wing + np.float32(0.03 + 0.10 * extent),
        drown=False,
    )


def _atelectasis(chest: Chest, pose: LateralPose, finding: Finding) -> None:
    grid, extent = chest.grid, beyond(finding.severity)
    rng = np.random.default_rng(np.random.SeedSequence([finding.shape_seed, 12]))
    s, y = pose.at(0.6, place_of(finding)[1])
    slope = float(rng.uniform(-0.1, 0.4))
    thick, length = 0.007 + 0.011 * extent, 0.08 + 0.05 * extent
    along = (grid.s - s) / np.float32(length)
    taper = np.sqrt(np.clip(1.0 - along * along, 0.0, 1.0))
    away = np.abs(grid.y - (y + np.float32(slope) * (grid.s - s)))
    chest.added += np.float32(0.28 + 0.3 * extent) * taper * ramp(thick * taper - away, 2.0 * grid.pixel)


def _pneumothorax(chest: Chest, pose: LateralPose, finding: Finding) -> None:
    grid, kept = chest.grid, inflation(finding.severity)
    roof = pose.apex + (1.0 - kept) * 0.62 * pose.height
    r = np.abs(chest.radial["lateral"])
    depth = np.minimum(np.float32(0.25) * (np.float32(0.5 + 0.5 * kept) - r), grid.y - np.float32(roof))
    within = ramp(depth, 2.0 * grid.pixel)
    chest.gas += (1.0 - chest.gas) * np.float32(0.5) * (1.0 - within)
    chest.vessels *= 0.5 + 0.5 * within
    line = np.exp(-np.square(depth / np.float32(1.3 / 256))) * np.clip(
        chest.air * np.float32(0.2), 0.0, 1.0
    )
    chest.added += np.float32(0.12) * line


def _nodule(chest: Chest, pose: LateralPose, finding: Finding) -> None:
    grid, extent = chest.grid, beyond(finding.severity)
    s, y = pose.at(_depth(finding), place_of(finding)[1])
    radius = 0.0165 + 0.0735 * extent
    r = np.square((grid.s - s) / np.float32(radius)) + np.square((grid.y - y) / np.float32(radius))
    chest.added += np.float32(0.55 + 0.6 * extent) * np.sqrt(np.clip(1.05 - r, 0.0, 1.0))


def _fracture(chest: Chest, pose: LateralPose, finding: Finding) -> None:
    grid, extent = chest.grid, beyond(finding.severity)
    rng = np.random.default_rng(np.random.SeedSequence([finding.shape_seed, 7]))
    s, y = pose.at(0.72, 0.12 + 0.09 * float(rng.integers(3, 7)))
    radius = np.float32(0.012 + 0.02 * extent)
    r = np.square((grid.s - s) / radius) + np.square((grid.y - y) / radius)
    chest.added += np.float32(0.3 + 0.3 * extent) * np.exp(-r)


_PAINTERS = {
    Observation.PNEUMOTHORAX: _pneumothorax,
    Observation.EDEMA: _edema,
    Observation.CONSOLIDATION: _consolidation,
    Observation.ATELECTASIS: _atelectasis,
    Observation.NODULE: _nodule,
    Observation.FRACTURE: _fracture,
    Observation.EFFUSION: _effusion,
}


def _course(pose: LateralPose, device: Device) -> tuple[tuple[float, float], ...]:
    """Return the points of a tube or line from the side."""
    apex, height = pose.apex, pose.height
    gate = max(pose.domes.values())
    match device.observation:
        case Observation.ENDOTRACHEAL_TUBE:
            tip = apex + 0.31 * height - 0.17 + 0.20 * device.tip
            return (-0.01, -0.02), (0.010, apex + 0.05), (0.03, tip)
        case Observation.CENTRAL_LINE:
            tip = apex + (0.22 + 0.34 * device.tip) * height
            return (-0.03, -0.02), (-0.05, apex + 0.12 * height), (-0.02, tip)
        case Observation.ENTERIC_TUBE:
            return (
                (0.03, -0.02),
                (0.06, 0.3),
                (0.11, 0.6),
                (0.08, gate + 0.03),
                (0.0, gate + 0.05 + 0.1 * device.tip),
            )
        case Observation.PACEMAKER:
            return (
                (-0.16, apex + 0.16),
                (-0.06, apex + 0.1),
                (-0.03, apex + 0.45 * height),
                (-0.15, apex + 0.76 * height),
            )
        case _:
            return (
                (0.02, apex + 0.72 * height),
                (0.12, apex + 0.5 * height),
                (0.14, apex + (0.30 - 0.2 * device.tip) * height),
            )


def paint_lateral(chest: Chest, pose: LateralPose, scene: Scene) -> None:
    """Draw all visible findings and all devices on a lateral film."""
    for observation, painter in _PAINTERS.items():
        for finding in scene.findings:
            if finding.observation is observation and finding.severity >= VISIBLE_MINIMUM:
                painter(chest, pose, finding)
    for device in scene.devices:
        stroke(chest.added, chest.grid, *polyline(*_course(pose, device)), LINE, 0.9)
        if device.observation is Observation.PACEMAKER:
            corner = ((chest.grid.s + 0.19) / 0.022) ** 4 + (
                (chest.grid.y - pose.apex - 0.17) / 0.045
            ) ** 4
            chest.added += np.float32(2.2) * np.clip((1.0 - corner) * 4.0, 0.0, 1.0)
