"""What there is to see: findings and devices of one patient at one moment.

The physics (``drawing``) turns a scene into pixels, the story (``course``) lets it move over time, the
radiologist (``dictation``) describes it. Severity is continuous in 0..1; a finding below
``VISIBLE_MINIMUM`` is neither drawn strongly enough to be seen nor reported.
"""

from dataclasses import dataclass, field
from enum import StrEnum

from priorrg.language.observations import Observation, Side

VISIBLE_MINIMUM = 0.1
"""Smallest severity that counts as present."""
STEP = (0.13, 0.17)
"""Range of severity by which a finding grows or shrinks between two studies when it moves."""
DRIFT = 0.02
"""Largest difference of severity between two studies that still counts as unchanged."""


class Zone(StrEnum):
    UPPER = "upper"
    MIDDLE = "middle"
    LOWER = "lower"
    NONE = "none"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One finding. ``shape_seed`` fixes its place and outline, so that the same lesion stays itself
    from study to study while only its severity moves."""

    observation: Observation
    side: Side = Side.NONE
    zone: Zone = Zone.NONE
    severity: float
    shape_seed: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Device:
    """One device. ``tip`` in 0..1 is where its tip lies on its course (0 = too high or shallow,
    1 = too deep); for a pacemaker or a chest drain it varies the position."""

    observation: Observation
    side: Side = Side.NONE
    tip: float = 0.5
    shape_seed: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """Everything that one film shows beyond normal anatomy."""

    findings: tuple[Finding, ...] = ()
    devices: tuple[Device, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Acquisition:
    """How one film was taken. ``rotation`` in degrees, ``inspiration`` 0..1 (1 = deep),
    ``exposure`` as a factor of dose (1 = right). ``noise_seed`` fixes noise and small jitters."""

    view: str
    rotation: float = 0.0
    inspiration: float = 0.8
    exposure: float = 1.0
    collimation: tuple[float, float, float, float] = (0.0, 0.0, 0.0, 0.0)
    noise_seed: int = 0


Box = tuple[int, int, int, int]
"""x0, y0, x1, y1 in px of the written image, half open."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Truth:
    """The true state of one film, for scoring: what is there, where, and what is asked."""

    scene: Scene
    boxes: dict[tuple[Observation, Side], Box] = field(default_factory=dict)
