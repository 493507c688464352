"""From attenuation to a grey image: beam, scatter, noise, detector, processing, borders and marker.

Knows neither anatomy nor findings. Axes: row, column.
"""

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy.ndimage import gaussian_filter, uniform_filter

from priorrg.data.phantom.canvas import Map
from priorrg.data.phantom.scene import Acquisition, Box

PHOTONS = 60_000.0
"""Quanta per pixel of a 256 px film in the open beam at exposure 1."""
_GLYPHS = {
    "L": ("10000", "10000", "10000", "10000", "10000", "10000", "11111"),
    "R": ("11110", "10001", "10001", "11110", "10100", "10010", "10001"),
}


def field_of(acquisition: Acquisition, size: int) -> Box:
    """Return the exposed part of the film; the borders outside of it are black."""
    left, top, right, bottom = (
        round(float(np.clip(c, 0.0, 0.04)) * size) for c in acquisition.collimation
    )
    return left, top, size - right, size - bottom


def _scattered(beam: Map, share: float) -> Map:
    size = beam.shape[0]
    coarse = Image.fromarray(beam).resize((32, 32), Image.Resampling.BOX)
    veil = gaussian_filter(np.asarray(coarse, dtype=np.float32), 3.0, mode="nearest", truncate=3.0)
    veil *= np.float32(share)
    return np.asarray(
        Image.fromarray(veil).resize((size, size), Image.Resampling.BICUBIC), dtype=np.float32
    )


def _mark(film: Map, field: Box, rng: np.random.Generator, lateral: bool) -> None:
    """Write a lead letter beside the shoulder: the patient's left is on the image's right."""
    size = film.shape[0]
    letter = "L" if lateral or rng.random() < 0.5 else "R"
    cell = max(round(size / 128), 1)
    glyph = np.kron(np.array([[int(c) for c in row] for row in _GLYPHS[letter]]), np.ones((cell, cell)))
    inset = round(size * rng.uniform(0.015, 0.05))
    top = field[1] + round(size * rng.uniform(0.015, 0.04))
    left = field[0] + inset if letter == "R" else field[2] - inset - glyph.shape[1]
    film[top : top + glyph.shape[0], left : left + glyph.shape[1]][glyph > 0] = 1.0


def _processed(density: Map, exposure: float, window: tuple[float, float]) -> Map:
    """Return the film's processing: window, edge enhancement and an S-shaped tone curve, 0..1."""
    dark, bright = window
    density -= np.float32(0.12 * np.log(exposure))
    level = (density - np.float32(dark)) * np.float32(1.0 / (bright - dark))
    local = uniform_filter(level, max(3, 2 * (density.shape[0] // 24) + 1), mode="nearest")
    level += np.float32(0.35) * (level - local)
    level -= np.float32(0.10) * (local - np.float32(0.5))
    level = 1.0 / (1.0 + np.exp(np.float32(-3.4) * (level - np.float32(0.52))))
    low, high = 1 / (1 + np.exp(3.4 * 0.9)), 1 / (1 + np.exp(-3.4 * 0.8))
    toned: Map = np.clip((level - np.float32(low)) * np.float32(1.0 / (high - low)), 0.0, 1.0)
    return toned


def develop(
    attenuation: Map, acquisition: Acquisition, window: tuple[float, float]
) -> NDArray[np.uint8]:
    """Return the grey film as uint8, (size, size), black where no attenuation is.

    ``window`` is the attenuation of clear lung and of the mediastinum that processing expects.
    """
    size = attenuation.shape[0]
    rng = np.random.default_rng(np.random.SeedSequence([acquisition.noise_seed, 2]))
    supine = acquisition.view == "AP"
    beam = np.exp(-attenuation)
    beam += _scattered(beam, 0.16 if supine else 0.10)
    quanta = np.float32(PHOTONS * acquisition.exposure * (0.8 if supine else 1.0) * (256 / size) ** 2)
    noise = rng.standard_normal(beam.shape, dtype=np.float32)
    noise *= np.sqrt(beam / quanta)
    beam += noise
    density = -np.log(np.maximum(beam, np.float32(1e-4)))
    level = _processed(density, acquisition.exposure, window)
    left, top, right, bottom = field = field_of(acquisition, size)
    _mark(level, field, rng, acquisition.view == "LATERAL")
    level[:top], level[bottom:], level[:, :left], level[:, right:] = 0.0, 0.0, 0.0, 0.0
    grey: NDArray[np.uint8] = (level * np.float32(255.0)).astype(np.uint8)
    return grey
