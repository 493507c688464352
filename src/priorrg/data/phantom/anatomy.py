"""The body that a patient keeps from film to film.

Knows no finding, no film and no pixel. Lengths are fractions of the image's side, measured on an erect
postero-anterior film in deep inspiration; depths along the beam are in cm. ``u`` is the distance from
the midline towards the patient's own side, ``y`` runs from the top of the image downwards.
"""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, slots=True, kw_only=True)
class Anatomy:
    """One patient's normal chest. All that a finding may change later starts from these numbers."""

    half_width: float
    """Inner half width of the bony thorax."""
    apex: float
    """y of the top of the lungs."""
    base: float
    """y of the costophrenic angles in deep inspiration."""
    taper: float
    """How round the shoulders of the lungs are; larger is rounder."""
    dome_right: float
    dome_left: float
    """Height of the diaphragm's domes above the costophrenic angles."""
    depth: float
    """Thickness of the body from front to back, cm."""
    lung_depth: float
    """Largest thickness of the aerated lung, cm."""
    wall: float
    """Thickness of the lateral chest wall, a fraction of the image's side."""
    heart_ratio: float
    """Cardiothoracic ratio without disease."""
    heart_left_share: float
    """Share of the heart's width that lies left of the midline."""
    heart_top: float
    """Height of the heart's upper end as a fraction of the lung's height."""
    pedicle: float
    """Half width of the upper mediastinum."""
    aortic_knob: float
    """How far the aortic arch bulges to the left."""
    hilum: float
    """Height of the hila as a fraction of the lung's height."""
    rib_spacing: float
    rib_width: float
    rib_fall: float
    """How far a posterior rib falls from the spine to the lateral wall."""
    rib_density: float
    """Thickness of cortical bone in a rib, cm."""
    rib_count: int
    spine_half_width: float
    vertebra_height: float
    spine_curve: float
    """Largest lateral deviation of the spine; positive is towards the patient's left."""
    clavicle: float
    """y of the clavicles' medial ends."""
    clavicle_tilt: float
    scapula: float
    """Distance of the scapulae's medial borders from the midline, as a fraction of the half width."""
    breast: float
    """Thickness of breast tissue, cm; 0 for none."""
    breast_height: float
    stomach_gas: float
    """Radius of the gastric air bubble."""
    vessel_seed: int
    vessel_weight: float
    texture_seed: int


def sample_anatomy(rng: np.random.Generator) -> Anatomy:
    """Draw one adult at random: habitus first, then what goes with it."""
    stout = float(np.clip(rng.normal(0.45, 0.22), 0.0, 1.0))
    tall = float(np.clip(rng.normal(0.5, 0.22), 0.0, 1.0))
    breasted = rng.random() < 0.5

    def between(low: float, high: float) -> float:
        return float(rng.uniform(low, high))

    dome = between(0.095, 0.125)
    return Anatomy(
        half_width=0.365 + 0.022 * stout + between(0.0, 0.02),
        apex=between(0.075, 0.10),
        base=0.845 + 0.05 * tall + between(0.0, 0.02),
        taper=between(2.0, 2.7),
        dome_right=dome + between(0.012, 0.03),
        dome_left=dome,
        depth=19.0 + 6.5 * stout + between(-0.8, 0.8),
        lung_depth=13.0 + 2.5 * tall + between(-0.5, 0.5),
        wall=0.045 + 0.045 * stout + between(0.0, 0.01),
        heart_ratio=between(0.42, 0.48),
        heart_left_share=between(0.64, 0.70),
        heart_top=between(0.40, 0.45),
        pedicle=between(0.088, 0.104),
        aortic_knob=between(0.012, 0.028),
        hilum=between(0.43, 0.48),
        rib_spacing=0.067 + 0.006 * tall + between(0.0, 0.004),
        rib_width=between(0.0095, 0.0125),
        rib_fall=between(0.10, 0.14),
        rib_density=between(0.30, 0.44),
        rib_count=int(rng.integers(10, 12)),
        spine_half_width=between(0.037, 0.044),
        vertebra_height=between(0.050, 0.058),
        spine_curve=float(np.clip(rng.normal(0.0, 0.006), -0.012, 0.012)),
        clavicle=between(0.155, 0.185),
        clavicle_tilt=between(0.03, 0.07),
        scapula=between(0.94, 1.02),
        breast=between(1.2, 3.6) if breasted else 0.0,
        breast_height=between(0.62, 0.72),
        stomach_gas=between(0.02, 0.045),
        vessel_seed=int(rng.integers(2**31)),
        vessel_weight=between(0.85, 1.15),
        texture_seed=int(rng.integers(2**31)),
    )
