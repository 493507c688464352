"""Normal anatomy from the front: body, lungs, heart, ribs, spine, clavicles, scapulae, vessels.

Knows no finding but for what the pose already holds. Axes: row, column; one half of the sheet at a time
where left and right differ, with ``u`` as the distance from the midline.
"""

import numpy as np

from priorrg.data.phantom.canvas import Grid, Map, clouds, polyline, ramp, smooth_ramp, stroke
from priorrg.data.phantom.chest import TISSUE, Chest
from priorrg.data.phantom.pose import SIDES, Lung, Pose, outward
from priorrg.data.phantom.vessels import NOMINAL_HALF_WIDTH, NOMINAL_HEIGHT, WIDTHS, trees
from priorrg.language.observations import Side

BONE = 0.55
"""Attenuation of cortical bone per cm, beyond the tissue it replaces."""


def half(grid: Grid, side: Side) -> slice:
    """Return the sheet's columns on that side of the midline."""
    middle = grid.column(0.0)
    return slice(middle, grid.side) if side is Side.LEFT else slice(0, middle)


def radius(chest: Chest, lung: Lung) -> Map:
    """Return the distance from the midline as a share of the lung's width at that height."""
    u = np.abs(chest.grid.s[:, half(chest.grid, lung.side)])
    share: Map = u / np.maximum(lung.lateral(chest.grid.y), np.float32(1e-3))
    return share


def _body(chest: Chest, pose: Pose) -> None:
    y, anatomy = chest.grid.y, pose.anatomy
    trunk = anatomy.half_width + anatomy.wall
    shoulder = smooth_ramp(y - 0.10, 0.17)
    below = smooth_ramp(y - 0.40, 0.22)
    outline = 0.10 + (0.52 - 0.10) * shoulder + (trunk - 0.52) * below
    outline += 0.03 * smooth_ramp(y - 0.75, 0.3)
    depth = anatomy.depth * (0.62 + 0.38 * smooth_ramp(y - 0.22, 0.42))
    r = np.abs(chest.grid.s) / outline
    r *= r
    chest.body += depth * np.sqrt(np.clip(1.0 - r * r * r, 0.0, 1.0))


def _lung(chest: Chest, pose: Pose, side: Side) -> None:
    grid, lung = chest.grid, pose.lungs[side]
    columns = half(grid, side)
    u = np.abs(grid.s[:, columns])
    r = radius(chest, lung)
    q = np.sqrt(np.clip(1.0 - r * r, 0.0, 1.0))
    down = np.clip((grid.y - lung.apex) / lung.height, 0.0, 1.0)
    depth = np.float32(pose.anatomy.lung_depth) * (0.55 + 0.45 * np.sqrt(down))
    air = depth * q
    air *= smooth_ramp(u - np.float32(lung.medial), 0.022)
    above = lung.diaphragm(u) - grid.y
    air *= ramp(above, 1.6 * grid.pixel)
    texture = clouds(pose.anatomy.texture_seed, 56, grid.side)[:, columns]
    air *= 1.0 + np.float32(0.022) * texture
    chest.air[:, columns] = air
    chest.radial[side] = r
    abdomen = ramp(-above, 1.6 * grid.pixel) * ramp(1.08 - r, 0.1)
    chest.added[:, columns] += np.float32(1.2 * TISSUE) * abdomen
    _ribs(chest, pose, side, r, q)


def _rib_bow(distance: Map, half_thickness: float, pixel: float) -> Map:
    """Return a rib's profile: a flat band with brighter cortical edges."""
    share = np.abs(distance) * np.float32(1.0 / half_thickness)
    return ramp(1.0 - share, 1.2 * pixel / half_thickness) * (0.7 + 0.45 * share * share)


def _ribs(chest: Chest, pose: Pose, side: Side, r: Map, q: Map) -> None:
    grid, anatomy, lung = chest.grid, pose.anatomy, pose.lungs[side]
    columns, border = half(grid, side), lung.lateral(grid.y)
    spacing = anatomy.rib_spacing * pose.rib_stretch
    fall, first = anatomy.rib_fall, rib_height(pose, 0)
    inside = ramp(1.015 - r, 0.02)
    squeeze = q * np.maximum(border, 1e-3)
    squeeze /= np.sqrt(squeeze * squeeze + np.float32(fall * fall) * r * r)
    phase = (grid.y - np.float32(first) - np.float32(fall) * (1.0 - q)) * np.float32(1.0 / spacing)
    index = np.rint(phase)
    distance = (phase - index) * np.float32(spacing)
    weight = inside * ramp(phase + 0.5, 0.05) * ramp(anatomy.rib_count - 0.5 - phase, 0.05)
    weight *= 0.75 + 0.5 * r * r
    for broken in (b for b in pose.breaks if b.side is side):
        gap = 0.35 * broken.step / lung.half_width
        distance[(index == broken.rib) & (r > broken.place)] -= np.float32(broken.step)
        weight[(index == broken.rib) & (np.abs(r - broken.place) < gap)] *= 0.1
    density = np.float32(BONE * anatomy.rib_density)
    chest.added[:, columns] += (
        density * weight * _rib_bow(distance * squeeze, anatomy.rib_width, grid.pixel)
    )
    drop = np.float32(0.06) * q + np.float32(0.13) * np.clip(1.0 - r, 0.0, 1.0)
    phase = (grid.y - np.float32(first + fall) - drop) * np.float32(1.0 / spacing)
    distance = (phase - np.rint(phase)) * np.float32(spacing * 0.88)
    weight = inside * ramp(r - 0.50, 0.25) * ramp(phase + 0.5, 0.05) * ramp(6.5 - phase, 0.05)
    bow = _rib_bow(distance, 1.12 * anatomy.rib_width, grid.pixel)
    chest.added[:, columns] += np.float32(0.6) * density * weight * bow


def rib_height(pose: Pose, rib: int) -> float:
    """Return y of a posterior rib at the spine."""
    return pose.anatomy.apex - 0.02 + rib * pose.anatomy.rib_spacing * pose.rib_stretch


def heart_bounds(pose: Pose, y: Map) -> tuple[Map, Map, Map]:
    """Return the mediastinum's extents to the left and right of its midline and its share of heart."""
    anatomy = pose.anatomy
    height = sum(lung.height for lung in pose.lungs.values()) / 2
    dome = sum(lung.base - lung.dome for lung in pose.lungs.values()) / 2
    top = anatomy.apex + anatomy.heart_top * height - 0.35 * max(pose.heart_left - 0.25, 0.0)
    t = (y - top) / (dome + 0.05 - top)
    rise = np.clip(1.0 - np.square((t - 0.72) / 0.72), 0.0, 1.0)
    fade = np.clip(1.0 - np.square((t - 0.72) / 0.62), 0.0, 1.0)
    left_heart = np.float32(pose.heart_left) * np.where(t < 0.72, rise, fade)
    right_rise = np.clip(1.0 - np.square((t - 0.60) / 0.60), 0.0, 1.0)
    right_fade = np.clip(1.0 - np.square((t - 0.60) / 0.80), 0.0, 1.0)
    right_heart = np.float32(pose.heart_right) * np.where(t < 0.60, right_rise, right_fade)
    knob = anatomy.apex + 0.24 * height
    trunk = anatomy.apex + 0.37 * height
    left = 0.80 * anatomy.pedicle + anatomy.aortic_knob * np.exp(-np.square((y - knob) / 0.038))
    left += 0.010 * np.exp(-np.square((y - trunk) / 0.03))
    right = 0.78 * anatomy.pedicle + 0.006 * np.exp(-np.square((y - trunk) / 0.05))
    sharp = np.float32(6.0)
    left = (left**sharp + left_heart**sharp) ** (1 / sharp)
    right = (right**sharp + right_heart**sharp) ** (1 / sharp)
    return left, right, np.clip(2.2 * t, 0.0, 1.0)


def _mediastinum(chest: Chest, pose: Pose) -> None:
    grid, anatomy = chest.grid, pose.anatomy
    left, right, heart = heart_bounds(pose, grid.y)
    middle, extent = (left - right) / 2 + np.float32(pose.shift), (left + right) / 2
    r = (grid.s - middle) / extent
    chord = np.sqrt(np.clip(1.0 - r * r, 0.0, 1.0))
    thickness = anatomy.lung_depth * (0.50 + 0.22 * heart) * chord
    chest.displace((slice(None), slice(None)), thickness, 0.12)
    chest.added += np.float32(0.5 * TISSUE) * chord


def _airways(chest: Chest, pose: Pose) -> None:
    grid, anatomy = chest.grid, pose.anatomy
    carina = carina_of(pose)
    columns = slice(grid.column(-0.12), grid.column(0.12))
    s, y = grid.s[:, columns], grid.y
    middle = np.float32(0.75 * pose.shift) * smooth_ramp(y - anatomy.apex - 0.05, 0.2)
    r = (s - middle) / np.float32(0.021)
    chord = np.sqrt(np.clip(1.0 - r * r, 0.0, 1.0)) * ramp(carina - y, 0.02)
    chest.added[:, columns] -= np.float32(2.0 * TISSUE) * chord * chord
    for side in SIDES:
        steep = 0.045 if side is Side.LEFT else 0.062
        across = outward(side) * (0.078 if side is Side.LEFT else 0.062)
        x, down = polyline(
            (0.75 * pose.shift, carina - 0.006),
            (0.75 * pose.shift + across, carina + steep),
            step=1 / 300,
        )
        stroke(chest.added, grid, x, down, 0.02, -0.22)


def carina_of(pose: Pose) -> float:
    """Return y of the carina, where the trachea divides."""
    lung = pose.lungs[Side.RIGHT]
    return pose.anatomy.apex + 0.31 * (lung.base + pose.lungs[Side.LEFT].base - 2 * lung.apex) / 2


def _spine(chest: Chest, pose: Pose) -> None:
    grid, anatomy = chest.grid, pose.anatomy
    columns = slice(grid.column(-0.11), grid.column(0.11))
    s, y = grid.s[:, columns], grid.y
    middle = pose.spine_shift + anatomy.spine_curve * np.sin(4.0 * y)
    across = (s - middle) / anatomy.spine_half_width
    phase = y / anatomy.vertebra_height
    beat = np.abs(phase - np.rint(phase)) * 2.0
    body = ramp(1.0 - np.abs(across), 0.3) * (0.06 + 0.13 * smooth_ramp(beat - 0.32, 0.3))
    pedicle = np.exp(-np.square((np.abs(across) - 0.62) / 0.16) - np.square((beat - 0.75) / 0.3))
    process = np.exp(-np.square(across / 0.14) - np.square((beat - 0.5) / 0.35))
    wing = np.exp(-np.square((np.abs(across) - 1.35) / 0.4) - np.square((beat - 0.9) / 0.25))
    chest.added[:, columns] += body + 0.12 * pedicle + 0.13 * process + 0.07 * wing


def _clavicle(chest: Chest, pose: Pose, side: Side) -> None:
    grid, anatomy = chest.grid, pose.anatomy
    rows, columns = slice(grid.row(0.0), grid.row(0.32)), half(grid, side)
    u = np.abs(grid.s[:, columns] - np.float32(pose.clavicle_shift))
    along = (u - np.float32(0.022)) / np.float32(0.36)
    centre = pose.clavicle - anatomy.clavicle_tilt * along + 0.012 * np.sin(5.5 * along)
    thick = 0.0115 + 0.006 * np.exp(-np.square(along / 0.08))
    distance = grid.y[rows] - centre
    share = np.abs(distance) / thick
    bow = ramp(1.0 - share, 0.18) * (0.75 + 0.35 * share * share)
    bow *= ramp(along, 0.02) * ramp(1.08 - along, 0.1)
    chest.added[rows, columns] += np.float32(BONE * 0.75) * bow


def _scapula(chest: Chest, pose: Pose, side: Side) -> None:
    grid, anatomy = chest.grid, pose.anatomy
    rows, columns = slice(grid.row(0.12), grid.row(0.52)), half(grid, side)
    y = grid.y[rows]
    inward = (0.80 if pose.is_supine else 1.0) * anatomy.scapula * anatomy.half_width
    down = np.clip((y - 0.14) / 0.36, 0.0, 1.0)
    medial = inward * (1.0 + 0.10 * down - 0.06 * np.sin(3.1 * down))
    width = 0.155 * (1.0 - down**1.6)
    u = np.abs(grid.s[:, columns])
    within = ramp(u - medial, 0.006) * ramp(medial + width - u, 0.012) * ramp(y - 0.15, 0.02)
    edge = np.exp(-np.square((u - medial - width) / 0.009)) + np.exp(-np.square((u - medial) / 0.004))
    chest.added[rows, columns] += BONE * (0.22 * within + 0.22 * edge * ramp(width - 0.02, 0.02))
    x, down_arm = polyline((0.44, 0.17), (0.485, 0.26), (0.495, 0.55), step=1 / 200)
    stroke(chest.added, grid, outward(side) * x, down_arm, 0.055, 0.35)


def _breast(chest: Chest, pose: Pose, side: Side) -> None:
    grid, anatomy = chest.grid, pose.anatomy
    if anatomy.breast <= 0.0:
        return
    columns = half(grid, side)
    rows = slice(grid.row(anatomy.breast_height - 0.22), grid.row(anatomy.breast_height + 0.16))
    down = (grid.y[rows] - anatomy.breast_height) / np.where(
        grid.y[rows] < anatomy.breast_height, 0.2, 0.125
    )
    across = (np.abs(grid.s[:, columns]) - 0.60 * anatomy.half_width) / (0.56 * anatomy.half_width)
    shape = np.clip(1.0 - across * across - down * down, 0.0, 1.0)
    chest.added[rows, columns] += np.float32(0.75 * TISSUE * anatomy.breast) * np.sqrt(shape)


def _stomach(chest: Chest, pose: Pose) -> None:
    grid, lung, radius_of = chest.grid, pose.lungs[Side.LEFT], pose.anatomy.stomach_gas
    s, y = 0.40 * lung.half_width, lung.base - lung.dome + radius_of + 0.022
    rows = slice(grid.row(y - radius_of), grid.row(y + radius_of))
    columns = slice(grid.column(s - 2 * radius_of), grid.column(s + 2 * radius_of))
    across, down = (grid.s[:, columns] - s) / (1.6 * radius_of), (grid.y[rows] - y) / radius_of
    shape = np.sqrt(np.clip(1.0 - across * across - down * down, 0.0, 1.0))
    chest.added[rows, columns] -= np.float32(4.0 * TISSUE) * shape


def vessel_place(pose: Pose, side: Side) -> tuple[float, float]:
    """Return s and y of the hilum."""
    lung = pose.lungs[side]
    raised = 0.012 if side is Side.LEFT else 0.0
    return outward(
        side
    ) * 0.072 + 0.8 * pose.shift, lung.apex + pose.anatomy.hilum * lung.height - raised


def _vessels(chest: Chest, pose: Pose, gain: float) -> None:
    grid, both = chest.grid, trees(pose.anatomy.vessel_seed)
    for level, width in enumerate(WIDTHS):
        s, y, amount = [], [], []
        for side, tree in zip(SIDES, both, strict=True):
            lung, (hilum_s, hilum_y) = pose.lungs[side], vessel_place(pose, side)
            points = tree.levels[level]
            scale = lung.inflation
            s.append(
                hilum_s + outward(side) * points[:, 0] * (scale * lung.half_width / NOMINAL_HALF_WIDTH)
            )
            y.append(hilum_y + points[:, 1] * (scale * lung.height / NOMINAL_HEIGHT))
            amount.append(points[:, 2])
        together = np.concatenate(amount) * np.float32(gain * pose.anatomy.vessel_weight)
        stroke(chest.vessels, grid, np.concatenate(s), np.concatenate(y), width, together)
    for side in SIDES:
        _hilum(chest, pose, side, gain)
    chest.vessels *= np.clip(chest.air * np.float32(0.2), 0.0, 1.0)


def _hilum(chest: Chest, pose: Pose, side: Side, gain: float) -> None:
    grid, (hilum_s, hilum_y) = chest.grid, vessel_place(pose, side)
    middle = hilum_s + outward(side) * 0.012
    rows = slice(grid.row(hilum_y - 0.12), grid.row(hilum_y + 0.12))
    columns = slice(grid.column(middle - 0.1), grid.column(middle + 0.1))
    across, down = (grid.s[:, columns] - middle) / 0.03, (grid.y[rows] - hilum_y) / 0.045
    root = np.exp(-across * across) * np.exp(-down * down)
    chest.vessels[rows, columns] += np.float32(0.22 * gain) * root


def lay_out_frontal(grid: Grid, pose: Pose, vascularity: float = 1.0) -> Chest:
    """Return the patient's chest from the front, without findings other than displaced structures."""
    chest = Chest.empty(grid)
    _body(chest, pose)
    for side in SIDES:
        _lung(chest, pose, side)
    _mediastinum(chest, pose)
    _vessels(chest, pose, vascularity)
    _airways(chest, pose)
    _spine(chest, pose)
    for side in SIDES:
        _clavicle(chest, pose, side)
        _scapula(chest, pose, side)
        _breast(chest, pose, side)
    _stomach(chest, pose)
    return chest
