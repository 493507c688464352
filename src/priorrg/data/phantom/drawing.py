"""Draw one chest radiograph: anatomy, scene and acquisition in, pixels and boxes out.

The one door to the physics of the phantom. Axes: row, column; the patient's left is on the image's
right in frontal views, air is dark and bone bright.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from priorrg.data.phantom.anatomy import Anatomy
from priorrg.data.phantom.canvas import Frame, grid
from priorrg.data.phantom.chest import AERATED, TISSUE
from priorrg.data.phantom.devices import paint_devices
from priorrg.data.phantom.film import develop, field_of
from priorrg.data.phantom.findings import paint_findings, vascularity
from priorrg.data.phantom.frontal import lay_out_frontal
from priorrg.data.phantom.lateral import BOTH_LUNGS, THICKNESS, lay_out_lateral, pose_lateral
from priorrg.data.phantom.lateral_scene import paint_lateral
from priorrg.data.phantom.pose import pose_frontal
from priorrg.data.phantom.scene import Acquisition, Box, Scene
from priorrg.errors import UsageError
from priorrg.language.observations import Observation, Side

VIEWS = ("PA", "AP", "LATERAL")


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawing:
    """One film. ``pixels`` is (size, size), 0 = black; ``boxes`` are given for frontal views only and
    name what is to be seen on the film."""

    pixels: NDArray[np.uint8]
    boxes: dict[tuple[Observation, Side], Box]


def draw(anatomy: Anatomy, scene: Scene, acquisition: Acquisition, size: int = 256) -> Drawing:
    """Return the film of one patient at one moment; the same arguments give the same film.

    Raises UsageError for an unknown view or a size below 32 px.
    """
    if acquisition.view not in VIEWS:
        raise UsageError(f"view is {acquisition.view!r}; expected one of {', '.join(VIEWS)}")
    if size < 32:
        raise UsageError(f"size is {size} px; expected at least 32")
    frame, field, sheet = Frame.of(acquisition), field_of(acquisition, size), grid(size)
    if acquisition.view == "LATERAL":
        side_pose = pose_lateral(anatomy, scene, acquisition)
        chest = lay_out_lateral(sheet, side_pose, vascularity(scene))
        paint_lateral(chest, side_pose, scene)
        thick = TISSUE * THICKNESS * anatomy.depth
        window = (thick - TISSUE * AERATED * BOTH_LUNGS * anatomy.lung_depth - 0.3, thick - 0.5)
        pixels = develop(frame.expose(chest.attenuation(), size), acquisition, window)
        return Drawing(pixels=pixels, boxes={})
    pose = pose_frontal(anatomy, scene, acquisition)
    chest = lay_out_frontal(sheet, pose, vascularity(scene))
    places = paint_findings(chest, pose, scene) | paint_devices(chest, pose, scene)
    thick = TISSUE * anatomy.depth
    window = (thick - TISSUE * AERATED * anatomy.lung_depth, thick + 0.1)
    pixels = develop(frame.expose(chest.attenuation(), size), acquisition, window)
    boxes = {key: frame.box(mask, size, field) for key, mask in places.items()}
    return Drawing(pixels=pixels, boxes={key: box for key, box in boxes.items() if box is not None})
