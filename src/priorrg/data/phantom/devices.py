"""Tubes, lines and leads on a frontal film: their courses through the body.

Every painter draws on the chest and returns where the device is to be seen, as a mask of the sheet.
Knows no finding and no film.
"""

from collections.abc import Callable

import numpy as np

from priorrg.data.phantom.canvas import Map, Mask, polyline, stroke
from priorrg.data.phantom.chest import Chest
from priorrg.data.phantom.frontal import carina_of
from priorrg.data.phantom.pose import Pose, outward
from priorrg.data.phantom.scene import Device, Scene
from priorrg.language.observations import Observation, Side

LINE = 0.0105
"""Full width of a thin line at half height: 1.3 px on a film of 128 px."""


def _dice(device: Device) -> np.random.Generator:
    return np.random.default_rng(np.random.SeedSequence([device.shape_seed, 5]))


def _line(chest: Chest, points: tuple[Map, Map], width: float, amount: float) -> Mask:
    mask = stroke(chest.added, chest.grid, *points, width, amount)
    return np.zeros(chest.air.shape, dtype=np.bool_) if mask is None else mask


def _endotracheal_tube(chest: Chest, pose: Pose, device: Device) -> Mask:
    carina, middle = carina_of(pose), 0.75 * pose.shift
    tip = carina - 0.17 + 0.20 * device.tip
    sway = float(_dice(device).uniform(-0.004, 0.004))
    course = polyline((-0.004, -0.02), (sway, 0.06), (0.6 * middle, 0.5 * (tip + 0.06)), (middle, tip))
    _line(chest, course, 0.019, 0.20)
    return _line(chest, (course[0] + np.float32(0.004), course[1]), LINE, 0.85)


def _central_line(chest: Chest, pose: Pose, device: Device) -> Mask:
    rng, lung = _dice(device), pose.lungs[Side.RIGHT]
    side = Side.LEFT if device.side is Side.LEFT else Side.RIGHT
    sign, cava = outward(side), -0.040 + 0.8 * pose.shift
    tip = lung.apex + (0.22 + 0.34 * device.tip) * lung.height
    join = lung.apex + 0.15 * lung.height
    neck = (sign * (0.085 + rng.uniform(0.0, 0.02)), -0.02)
    if rng.random() < 0.5:
        neck = (sign * (0.27 + rng.uniform(0.0, 0.04)), pose.clavicle + 0.07)
    root = (sign * 0.085, pose.clavicle + 0.004)
    bend = ((-0.01 + 0.8 * pose.shift, join),) if side is Side.LEFT else ()
    course = polyline(neck, root, *bend, (cava, join + 0.035), (cava + 0.002, tip))
    return _line(chest, course, LINE, 0.75)


def _enteric_tube(chest: Chest, pose: Pose, device: Device) -> Mask:
    rng, lung = _dice(device), pose.lungs[Side.LEFT]
    gate = lung.base - lung.dome + 0.02
    depth = 0.005 + 0.115 * device.tip
    sway = float(rng.uniform(-0.006, 0.006))
    end = (0.05 + 0.115 * device.tip, gate + depth)
    course = polyline(
        (0.005, -0.02), (sway - 0.006, 0.20), (0.012 + 0.5 * pose.shift, 0.5), (0.03, gate - 0.02), end
    )
    return _line(chest, course, LINE, 0.80)


def _pacemaker(chest: Chest, pose: Pose, device: Device) -> Mask:
    grid, rng = chest.grid, _dice(device)
    side = Side.RIGHT if device.side is Side.RIGHT else Side.LEFT
    sign, lung = outward(side), pose.lungs[Side.RIGHT]
    s = sign * (0.245 + 0.03 * float(rng.random()))
    y = pose.clavicle + 0.075 + 0.05 * device.tip
    wide, high = 0.050, 0.042
    corner = ((grid.s - s) / wide) ** 4 + ((grid.y - y) / high) ** 4
    chest.added += np.float32(2.2) * np.clip((1.0 - corner) * 4.0, 0.0, 1.0)
    box: Mask = corner < 1.0
    cava, join = -0.036 + 0.8 * pose.shift, lung.apex + 0.19 * lung.height
    floor = lung.base - lung.dome
    start, root = (s - sign * 0.03, y - 0.03), (sign * 0.10, pose.clavicle + 0.012)
    bend = ((0.0, join - 0.015),) if side is Side.LEFT else ()
    atrium = (-0.055 + pose.shift, floor - 0.14)
    ventricle = (0.50 * pose.heart_left + pose.shift, floor - 0.035 + 0.02 * device.tip)
    leads = (
        polyline(start, root, *bend, (cava, join + 0.04), (cava - 0.004, floor - 0.10), atrium),
        polyline(
            start,
            root,
            *bend,
            (cava + 0.008, join + 0.05),
            (-0.01 + pose.shift, floor - 0.045),
            ventricle,
        ),
    )
    for lead in leads:
        box = box | _line(chest, lead, LINE, 0.75)
    return box


def _chest_drain(chest: Chest, pose: Pose, device: Device) -> Mask:
    rng, side = _dice(device), Side.LEFT if device.side is Side.LEFT else Side.RIGHT
    sign, lung = outward(side), pose.lungs[side]
    entry = lung.apex + float(rng.uniform(0.62, 0.70)) * lung.height
    top = lung.apex + (0.34 - 0.22 * device.tip) * lung.height
    end = (lung.at(0.62 - 0.1 * device.tip, (top - lung.apex) / lung.height)[0], top)
    wall = sign * (lung.half_width + pose.anatomy.wall)
    course = polyline(
        (wall + sign * 0.04, entry + 0.05),
        (sign * 0.93 * lung.half_width, entry),
        (sign * 0.80 * lung.half_width, 0.55 * entry + 0.45 * top),
        end,
    )
    _line(chest, course, 0.020, 0.16)
    return _line(chest, course, LINE, 0.80)


_PAINTERS: dict[Observation, Callable[[Chest, Pose, Device], Mask]] = {
    Observation.ENDOTRACHEAL_TUBE: _endotracheal_tube,
    Observation.CENTRAL_LINE: _central_line,
    Observation.ENTERIC_TUBE: _enteric_tube,
    Observation.PACEMAKER: _pacemaker,
    Observation.CHEST_DRAIN: _chest_drain,
}


def paint_devices(chest: Chest, pose: Pose, scene: Scene) -> dict[tuple[Observation, Side], Mask]:
    """Draw all devices of a frontal film and say where they are."""
    places: dict[tuple[Observation, Side], Mask] = {}
    for device in scene.devices:
        key = (device.observation, device.side)
        mask = _PAINTERS[device.observation](chest, pose, device)
        places[key] = places[key] | mask if key in places else mask
    return places
