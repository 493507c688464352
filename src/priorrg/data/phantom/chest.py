"""A chest laid out on the sheet, in thicknesses: what the beam has to pass.

``body`` is the thickness of the whole body, ``air`` that of the lungs within it (both cm); ``gas`` is
the share of the lung that lets the beam pass (1 is free air), ``clear`` what findings leave of it, and
``added`` is attenuation on top: bone, metal, masses. Knows how they add up, not what draws them.
Axes: row, column.
"""

from dataclasses import dataclass, field

import numpy as np

from priorrg.data.phantom.canvas import Grid, Map

TISSUE = 0.19
"""Attenuation of soft tissue per cm."""
AERATED = 0.76
"""Share of a normal lung that is air."""


@dataclass(slots=True, kw_only=True)
class Chest:
    """Thickness maps of one patient on one film, still to be drawn on."""

    grid: Grid
    body: Map
    air: Map
    gas: Map
    clear: Map
    added: Map
    vessels: Map
    radial: dict[str, Map] = field(default_factory=dict)

    @classmethod
    def empty(cls, grid: Grid) -> "Chest":
        """Return a sheet without a patient."""
        return cls(
            grid=grid,
            body=grid.blank(),
            air=grid.blank(),
            gas=np.full((grid.side, grid.side), AERATED, dtype=np.float32),
            clear=np.ones((grid.side, grid.side), dtype=np.float32),
            added=grid.blank(),
            vessels=grid.blank(),
        )

    def displace(self, window: tuple[slice, slice], thickness: Map, least: float) -> None:
        """Let ``thickness`` cm of tissue take the place of lung, leaving at least that share of it."""
        air = self.air[window]
        np.maximum(air - thickness, np.float32(least) * air, out=air)

    def fill(self, window: tuple[slice, slice], opacity: Map, drown: bool = True) -> None:
        """Replace the share ``opacity`` of what air is left by fluid, in which vessels vanish."""
        left = 1.0 - opacity
        self.clear[window] *= left
        if drown:
            self.vessels[window] *= left

    def attenuation(self) -> Map:
        """Return the line integral of attenuation, all layers together."""
        open_air = self.air * self.clear
        shadow = open_air * self.gas
        shadow *= np.float32(-TISSUE)
        shadow += self.body * np.float32(TISSUE)
        shadow += self.added
        shadow += self.vessels
        np.maximum(shadow, 0.0, out=shadow)
        return shadow
