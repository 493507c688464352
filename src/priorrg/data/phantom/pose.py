"""Where everything of one chest lies on one frontal film.

Joins the patient's anatomy, the way the film was taken and those findings that move normal structures
(volume loss, an enlarged heart, a collapsed lung). Knows no pixel.
"""

from dataclasses import dataclass

import numpy as np

from priorrg.data.phantom.anatomy import Anatomy
from priorrg.data.phantom.canvas import Map
from priorrg.data.phantom.scene import VISIBLE_MINIMUM, Acquisition, Scene
from priorrg.language.observations import Observation, Side

SIDES = (Side.RIGHT, Side.LEFT)
AP_MAGNIFICATION = 1.13
"""The heart lies further from the detector when the beam enters from the front."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Break:
    """A broken posterior rib, counted from the top; ``place`` is a share of the thorax's half width,
    ``step`` the displacement of the outer fragment."""

    side: Side
    rib: int
    place: float
    step: float
    severity: float


def outward(side: Side) -> int:
    """Return the sign of ``s`` on that side: the patient's left is on the image's right."""
    return 1 if side is Side.LEFT else -1


@dataclass(frozen=True, slots=True, kw_only=True)
class Lung:
    """One hemithorax on this film. Lengths are fractions of the image's side."""

    side: Side
    apex: float
    base: float
    dome: float
    """Height of the diaphragm's dome above the costophrenic angle ``base``."""
    medial: float
    """Distance of the lung's medial border from the midline."""
    half_width: float
    taper: float
    inflation: float
    """1 where the lung fills its hemithorax, less where it has collapsed towards the hilum."""

    @property
    def height(self) -> float:
        return self.base - self.apex

    def lateral(self, y: Map) -> Map:
        """Return the lateral border's distance from the midline at every height ``y``."""
        t = np.clip((y - self.apex) * np.float32(1.0 / (0.62 * self.height)), 0.0, 1.0)
        border: Map = np.float32(self.half_width) * np.sqrt(1.0 - (1.0 - t) ** np.float32(self.taper))
        return border

    def diaphragm(self, u: Map) -> Map:
        """Return the diaphragm's y at every distance ``u`` from the midline."""
        peak, reach = 0.45 * self.half_width, 0.55 * self.half_width
        lateral = np.clip((u - peak) * np.float32(1.0 / reach), 0.0, 1.3)
        medial = np.clip((peak - u) * np.float32(1.0 / peak), 0.0, 1.0)
        arc = 1.0 - lateral ** np.float32(2.4) - 0.35 * medial * medial
        height: Map = np.float32(self.base) - np.float32(self.dome) * arc
        return height

    def at(self, across: float, down: float) -> tuple[float, float]:
        """Return s and y of a place given by its share of the half width and of the lung's height."""
        y = self.apex + down * self.height
        border = float(self.lateral(np.array([y], dtype=np.float32))[0])
        return outward(self.side) * across * border, y


@dataclass(frozen=True, slots=True, kw_only=True)
class Pose:
    """One patient in front of one detector."""

    anatomy: Anatomy
    view: str
    lungs: dict[Side, Lung]
    heart_left: float
    heart_right: float
    """The heart's largest extents to both sides of its own midline."""
    shift: float
    """Mediastinal shift, positive towards the patient's left; rotation included."""
    spine_shift: float
    clavicle_shift: float
    clavicle: float
    rib_stretch: float
    """Spacing of the ribs relative to deep inspiration."""
    breaks: tuple[Break, ...]

    @property
    def is_supine(self) -> bool:
        return self.view == "AP"


def severity_of(scene: Scene, observation: Observation, side: Side = Side.NONE) -> float:
    """Return the largest severity of that finding on that side, 0 if absent or too small to be seen."""
    found = [f.severity for f in scene.findings if f.observation is observation and f.side is side]
    most = max(found, default=0.0)
    return min(most, 1.0) if most >= VISIBLE_MINIMUM else 0.0


def heart_ratio(anatomy: Anatomy, enlargement: float) -> float:
    """Return the cardiothoracic ratio on a postero-anterior film."""
    if enlargement <= 0.0:
        return anatomy.heart_ratio
    return 0.53 + 0.21 * (enlargement - VISIBLE_MINIMUM) / (1.0 - VISIBLE_MINIMUM)


def inflation(collapse: float) -> float:
    """Return the size of a collapsing lung relative to its hemithorax."""
    return 1.0 - (0.012 + 0.53 * collapse) if collapse > 0.0 else 1.0


def _rise(loss: float) -> float:
    """Return how far volume loss raises the hemidiaphragm."""
    return 0.012 + 0.14 * loss if loss > 0.0 else 0.0


def breaks_in(scene: Scene) -> tuple[Break, ...]:
    """Return the visible rib fractures; rib and place follow from the shape seed alone."""
    breaks = []
    for finding in scene.findings:
        if finding.observation is Observation.FRACTURE and finding.severity >= VISIBLE_MINIMUM:
            rng = np.random.default_rng(np.random.SeedSequence([finding.shape_seed, 7]))
            rib, place = int(rng.integers(3, 7)), float(rng.uniform(0.66, 0.84))
            step = 0.010 + 0.022 * finding.severity
            breaks.append(
                Break(side=finding.side, rib=rib, place=place, step=step, severity=finding.severity)
            )
    return tuple(breaks)


def pose_frontal(anatomy: Anatomy, scene: Scene, acquisition: Acquisition) -> Pose:
    """Return where everything lies on a PA or AP film."""
    supine = acquisition.view == "AP"
    breath = float(np.clip(acquisition.inspiration, 0.0, 1.0)) - (0.25 if supine else 0.0)
    stretch = 1.0 - 0.13 * (1.0 - breath)
    height = (anatomy.base - anatomy.apex) * stretch
    turned = 0.19 * float(np.sin(np.deg2rad(acquisition.rotation)))
    loss = {side: severity_of(scene, Observation.ATELECTASIS, side) for side in SIDES}
    pulled = 0.052 * (loss[Side.LEFT] - loss[Side.RIGHT])
    lungs = {
        side: Lung(
            side=side,
            apex=anatomy.apex,
            base=anatomy.apex + height - 0.55 * _rise(loss[side]),
            dome=(anatomy.dome_left if side is Side.LEFT else anatomy.dome_right)
            + 0.45 * _rise(loss[side]),
            medial=0.046 + outward(side) * (0.6 * pulled + 0.3 * turned),
            half_width=anatomy.half_width,
            taper=anatomy.taper,
            inflation=inflation(severity_of(scene, Observation.PNEUMOTHORAX, side)),
        )
        for side in SIDES
    }
    enlargement = severity_of(scene, Observation.CARDIOMEGALY)
    width = 2 * anatomy.half_width * heart_ratio(anatomy, enlargement)
    width *= AP_MAGNIFICATION if supine else 1.0
    share = anatomy.heart_left_share - 0.06 * enlargement
    return Pose(
        anatomy=anatomy,
        view=acquisition.view,
        lungs=lungs,
        heart_left=width * share,
        heart_right=width * (1.0 - share),
        shift=pulled + 0.35 * turned,
        spine_shift=-0.3 * turned,
        clavicle_shift=0.7 * turned,
        clavicle=anatomy.clavicle - (0.045 if supine else 0.0),
        rib_stretch=stretch,
        breaks=breaks_in(scene),
    )
