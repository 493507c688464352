"""How each finding attenuates on a frontal film, as a continuous function of its severity.

Every painter draws on the chest and returns where the finding is to be seen, as a mask of the sheet.
Knows no film. Axes: row, column.
"""

from collections.abc import Callable

import numpy as np

from priorrg.data.phantom.canvas import Mask, clouds, polyline, ramp, smooth_ramp, stroke
from priorrg.data.phantom.chest import Chest
from priorrg.data.phantom.frontal import BONE, half, heart_bounds, rib_height, vessel_place
from priorrg.data.phantom.pose import SIDES, Pose, breaks_in, outward
from priorrg.data.phantom.scene import VISIBLE_MINIMUM, Finding, Scene, Zone
from priorrg.language.observations import Observation, Side

_ZONES = {Zone.UPPER: (0.17, 0.30), Zone.MIDDLE: (0.40, 0.54), Zone.LOWER: (0.62, 0.72)}


def _dice(finding: Finding) -> np.random.Generator:
    return np.random.default_rng(np.random.SeedSequence([finding.shape_seed, 3]))


def beyond(severity: float) -> float:
    """Return how far a severity lies above visibility: 0 at the visible minimum, 1 at full severity."""
    return (severity - VISIBLE_MINIMUM) / (1.0 - VISIBLE_MINIMUM)


def place_of(finding: Finding) -> tuple[float, float]:
    """Return where a lesion lies as shares of the lung's width and height: in its zone, and lateral
    enough to clear a heart of normal size. Fixed by its shape seed."""
    rng = np.random.default_rng(np.random.SeedSequence([finding.shape_seed, 4]))
    low, high = _ZONES.get(finding.zone, _ZONES[Zone.MIDDLE])
    inner = 0.66 if finding.zone is Zone.LOWER and finding.side is Side.LEFT else 0.50
    return float(rng.uniform(inner, 0.78)), float(rng.uniform(low, high))


def _on_sheet(chest: Chest, side: Side, mask: Mask) -> Mask:
    whole = np.zeros(chest.air.shape, dtype=np.bool_)
    whole[:, half(chest.grid, side)] = mask
    return whole


def _effusion(chest: Chest, pose: Pose, finding: Finding) -> Mask:
    grid, lung, side = chest.grid, pose.lungs[finding.side], finding.side
    columns = half(grid, side)
    t = np.abs(grid.s[:, columns]) / np.float32(lung.half_width)
    height = 0.085 + 0.665 * beyond(finding.severity)
    meniscus = 0.66 + 0.34 * np.clip(t, 0, 1) ** 3
    level = lung.base - np.float32(height * lung.height) * meniscus
    blur = 0.010 + 0.018 * finding.severity
    below = grid.y - level
    opacity = np.float32(0.97) * smooth_ramp(below + 0.3 * blur, blur)
    if pose.is_supine:
        reach = np.float32(0.05 + 0.55 * finding.severity)
        haze = np.float32(0.10 + 0.30 * finding.severity) * np.exp(np.minimum(below, 0.0) / reach)
        opacity = 1.0 - (1.0 - 0.85 * opacity) * (1.0 - haze)
    chest.fill((slice(None), columns), opacity)
    return _on_sheet(chest, side, (opacity > 0.12) & (chest.air[:, columns] > 0.4))


def _consolidation(chest: Chest, pose: Pose, finding: Finding) -> Mask:
    grid, rng = chest.grid, _dice(finding)
    s, y = pose.lungs[finding.side].at(*place_of(finding))
    seed = int(rng.integers(2**31))
    radius = 0.056 + 0.105 * beyond(finding.severity)
    wide, tall = radius * rng.uniform(0.85, 1.1), radius * rng.uniform(0.95, 1.25)
    rows = slice(grid.row(y - 1.8 * tall), grid.row(y + 1.8 * tall))
    columns = half(grid, finding.side)
    across, down = (grid.s[:, columns] - s) / wide, (grid.y[rows] - y) / tall
    outline = clouds(seed, 11, grid.side)[rows, columns]
    grain = clouds(seed, 34, grid.side)[rows, columns]
    depth = 1.0 - np.sqrt(across * across + down * down) + np.float32(0.24) * outline
    density = 0.36 + 0.52 * beyond(finding.severity)
    opacity = np.float32(density) * smooth_ramp(depth - 0.18, 0.55)
    opacity *= np.clip(0.86 + 0.16 * grain, 0.4, 1.12)
    chest.fill((rows, columns), opacity)
    mask = np.zeros(chest.air.shape, dtype=np.bool_)
    mask[rows, columns] = (opacity > 0.22 * density) & (chest.air[rows, columns] > 0.5)
    return mask


def _edema(chest: Chest, pose: Pose, finding: Finding) -> Mask:
    grid, rng, extent = chest.grid, _dice(finding), beyond(finding.severity)
    whole = np.zeros(chest.air.shape, dtype=np.bool_)
    grain = clouds(int(rng.integers(2**31)), 30, grid.side)
    for side in SIDES:
        lung, columns = pose.lungs[side], half(grid, side)
        s, y = vessel_place(pose, side)
        across = (grid.s[:, columns] - (s + outward(side) * 0.05)) / np.float32(0.10 + 0.10 * extent)
        down = (grid.y - (y + 0.05)) / np.float32(0.17 + 0.14 * extent)
        wing = np.exp(-0.5 * (across * across + down * down))
        opacity = np.float32(0.20 + 0.52 * extent) * wing + np.float32(0.03 + 0.12 * extent)
        opacity *= 1.0 + np.float32(0.12) * grain[:, columns]
        np.clip(opacity, 0.0, 0.95, out=opacity)
        chest.fill((slice(None), columns), opacity, drown=False)
        whole[:, columns] = (opacity > 0.45 * float(opacity.max())) & (chest.air[:, columns] > 0.5)
        for number in range(7):
            septum = lung.base - lung.dome * 0.25 - 0.028 * number - rng.uniform(0.0, 0.01)
            border, reach = lung.at(0.97, (septum - lung.apex) / lung.height)[0], rng.uniform(0.03, 0.05)
            x, line = polyline((border, septum), (border - outward(side) * reach, septum - 0.003))
            stroke(chest.added, grid, x, line, 0.004, 0.05 + 0.13 * extent)
    return whole


def _atelectasis(chest: Chest, pose: Pose, finding: Finding) -> Mask:
    grid, rng, lung = chest.grid, _dice(finding), pose.lungs[finding.side]
    extent, sign = beyond(finding.severity), outward(finding.side)
    columns = half(grid, finding.side)
    floor = lung.base - lung.dome
    anchor = {Zone.UPPER: lung.at(0.0, 0.30)[1], Zone.MIDDLE: lung.at(0.0, 0.52)[1]}.get(
        finding.zone, floor - 0.03
    )
    whole = np.zeros(chest.air.shape, dtype=np.bool_)
    u = grid.s[:, columns] * sign
    grain = clouds(int(rng.integers(2**31)), 40, grid.side)[:, columns]
    lung_field = np.clip(chest.air[:, columns] * np.float32(0.5), 0.0, 1.0)
    for plate in range(3):
        ready = float(np.clip(1.0 + 3.0 * extent - 1.0 * plate, 0.0, 1.0))
        slope, spot = rng.uniform(-0.15, 0.25), rng.uniform(-0.008, 0.008)
        middle = (0.56 + rng.uniform(-0.06, 0.06)) * lung.half_width
        if ready <= 0.0:
            continue
        y = anchor - 0.062 * plate + spot
        length = (0.09 + 0.075 * extent) * (0.5 + 0.5 * ready)
        thick = (0.0080 + 0.0135 * extent) * (0.5 + 0.5 * ready)
        along = (u - middle) * np.float32(1.0 / length)
        taper = np.sqrt(np.clip(1.0 - along * along, 0.0, 1.0))
        course = y + np.float32(slope) * (u - middle) + 0.015 * along * along
        away = np.abs(grid.y - course) + np.float32(0.12 * thick) * grain
        band = (
            ramp(thick * taper - away, 2.0 * grid.pixel)
            * np.sqrt(taper)
            * lung_field
            * (0.88 + 0.12 * grain)
        )
        chest.added[:, columns] += np.float32((0.48 + 0.72 * extent) * ready) * band
        whole[:, columns] |= band > 0.3
    reach = (sign * 0.12 * lung.half_width, sign * lung.half_width)
    rows = slice(grid.row(floor), grid.row(lung.base + 0.03))
    whole[rows, grid.column(min(reach)) : grid.column(max(reach))] = True
    return whole


def _pneumothorax(chest: Chest, pose: Pose, finding: Finding) -> Mask:
    grid, lung, side = chest.grid, pose.lungs[finding.side], finding.side
    columns, kept = half(grid, side), lung.inflation
    hilum = abs(vessel_place(pose, side)[0])
    middle = lung.apex + 0.62 * lung.height
    u = np.abs(grid.s[:, columns])
    shrunk_u = np.float32(hilum) + (u - np.float32(hilum)) / np.float32(kept)
    above = np.minimum(grid.y - np.float32(middle), 0.0)
    shrunk_y = grid.y + above * np.float32(1.0 / kept - 1.0)
    border = lung.lateral(shrunk_y)
    depth = (border - shrunk_u) * np.float32(kept)
    within = ramp(depth, 2.0 * grid.pixel)
    roof = lung.apex + (1.0 - kept) * (middle - lung.apex)
    within *= ramp(grid.y - np.float32(roof), 2.0 * grid.pixel)
    compressed = 1.0 - (1.0 - chest.gas[:, columns]) / np.float32(kept**1.4)
    chest.gas[:, columns] = 1.0 - within * (1.0 - compressed)
    chest.vessels[:, columns] *= within
    line = np.exp(-np.square(depth / np.float32(1.3 * max(grid.pixel, 1 / 256))))
    inside = np.clip(chest.air[:, columns] * np.float32(0.3), 0.0, 1.0)
    line *= inside * ramp(grid.y - np.float32(roof), 4.0 * grid.pixel)
    chest.added[:, columns] += np.float32(0.19) * line
    return _on_sheet(chest, side, ((within < 0.5) | (line > 0.3)) & (chest.air[:, columns] > 0.4))


def _cardiomegaly(chest: Chest, pose: Pose, _finding: Finding) -> Mask:
    grid = chest.grid
    left, right, heart = heart_bounds(pose, grid.y)
    base = max(lung.base - lung.dome for lung in pose.lungs.values()) + 0.05
    s = grid.s - np.float32(pose.shift)
    inside: Mask = (s < left) & (s > -right) & (heart > 0.12) & (grid.y < base)
    return inside


def _nodule(chest: Chest, pose: Pose, finding: Finding) -> Mask:
    grid, rng = chest.grid, _dice(finding)
    s, y = pose.lungs[finding.side].at(*place_of(finding))
    radius = 0.0165 + 0.0735 * beyond(finding.severity)
    lung = pose.lungs[finding.side]
    limit = 0.97 * abs(lung.at(1.0, (y - lung.apex) / lung.height)[0])
    s = outward(finding.side) * min(abs(s), max(limit - 0.85 * radius, 0.4 * limit))
    rows = slice(grid.row(y - 1.3 * radius), grid.row(y + 1.3 * radius))
    columns = slice(grid.column(s - 1.3 * radius), grid.column(s + 1.3 * radius))
    across, down = (grid.s[:, columns] - s) / radius, (grid.y[rows] - y) / radius
    angle = np.arctan2(down, across)
    lobed = (
        1.0
        + 0.04 * np.sin(3 * angle + rng.uniform(0, 6.3))
        + 0.03 * np.sin(5 * angle + rng.uniform(0, 6.3))
    )
    r = np.sqrt(across * across + down * down) / lobed.astype(np.float32)
    disc = ramp(1.0 - r, 2.0 * grid.pixel / radius) * np.sqrt(np.clip(1.12 - r * r, 0.1, 1.0))
    chest.added[rows, columns] += np.float32(0.62 + 0.75 * beyond(finding.severity)) * disc
    mask = np.zeros(chest.air.shape, dtype=np.bool_)
    mask[rows, columns] = disc > 0.15
    return mask


def _fracture(chest: Chest, pose: Pose, finding: Finding) -> Mask:
    grid, lung = chest.grid, pose.lungs[finding.side]
    (broken,) = breaks_in(Scene(findings=(finding,)))
    bow = pose.anatomy.rib_fall * (1.0 - np.sqrt(1.0 - broken.place**2))
    y = rib_height(pose, broken.rib) + float(bow) + 0.5 * broken.step
    s = lung.at(broken.place, (y - lung.apex) / lung.height)[0]
    extent, sign = beyond(finding.severity), outward(finding.side)
    length, thick = 0.016 + 0.026 * extent, 0.0105 + 0.0185 * extent
    gap = 0.75 * length + 0.30 * broken.step
    reach = 2.2 * length + broken.step
    rows, columns = (
        slice(grid.row(y - reach), grid.row(y + reach)),
        slice(grid.column(s - 1.6 * reach), grid.column(s + 1.6 * reach)),
    )
    along, down = sign * (grid.s[:, columns] - s), grid.y[rows] - y
    fall = pose.anatomy.rib_fall * broken.place / np.sqrt(1.0 - broken.place**2) / lung.half_width
    down = down - np.float32(0.7 * fall) * along
    callus = np.zeros((down.shape[0], along.shape[1]), dtype=np.float32)
    for end, shift in ((-gap, -0.5 * broken.step), (gap, 0.5 * broken.step)):
        r2 = np.square((along - end) / np.float32(length)) + np.square(
            (down - shift) / np.float32(thick)
        )
        callus += np.exp(-r2 * r2)
    chest.added[rows, columns] += np.float32(BONE * (0.90 + 1.30 * extent)) * callus
    mask = np.zeros(chest.air.shape, dtype=np.bool_)
    mask[rows, columns] = callus > 0.1
    return mask


_PAINTERS: dict[Observation, Callable[[Chest, Pose, Finding], Mask]] = {
    Observation.PNEUMOTHORAX: _pneumothorax,
    Observation.CARDIOMEGALY: _cardiomegaly,
    Observation.EDEMA: _edema,
    Observation.CONSOLIDATION: _consolidation,
    Observation.ATELECTASIS: _atelectasis,
    Observation.NODULE: _nodule,
    Observation.FRACTURE: _fracture,
    Observation.EFFUSION: _effusion,
}
"""In the order of drawing: what removes lung comes before what fills it."""


def vascularity(scene: Scene) -> float:
    """Return how much stronger than normal the vessels are drawn: oedema engorges them."""
    found = [f.severity for f in scene.findings if f.observation is Observation.EDEMA]
    most = max(found, default=0.0)
    return 1.0 + 0.9 * most if most >= VISIBLE_MINIMUM else 1.0


def paint_findings(chest: Chest, pose: Pose, scene: Scene) -> dict[tuple[Observation, Side], Mask]:
    """Draw all findings of a frontal film that are severe enough to be seen, and say where."""
    places: dict[tuple[Observation, Side], Mask] = {}
    for observation, painter in _PAINTERS.items():
        for finding in scene.findings:
            if finding.observation is observation and finding.severity >= VISIBLE_MINIMUM:
                mask = painter(chest, pose, finding)
                key = (observation, finding.side)
                places[key] = places[key] | mask if key in places else mask
    return places
