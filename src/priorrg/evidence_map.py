"""Lay a map of evidence over the image that was given: boxes in its pixels, and a picture to look at.

Knows arrays and sizes only. Axes: row, column.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
from jaxtyping import Float, UInt8
from PIL import Image

from priorrg.data.pixels import Fit, square_box
from priorrg.storage import new_file

Which = Literal["current", "prior"]
Explains = Literal["decision", "wording"]
_TINT = (255, 120, 0)
_STRONGEST = 0.6
"""Share of the tint where there is most evidence."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EvidenceMap:
    """Where in one image the evidence of a sentence lies.

    ``grid`` holds shares that sum to 1 (or all 0: nothing in this image speaks for the sentence), row by
    row over ``box``: x0, y0, x1, y1 in px of the image that was given, beyond its edges where it was
    padded. ``explains``: the ``decision`` that the claims hold, or, without one, the ``wording``.
    """

    image: Which
    explains: Explains
    box: tuple[float, float, float, float]
    grid: tuple[tuple[float, ...], ...]


def evidence_map(
    shares: Sequence[Sequence[float]],
    *,
    image: Which,
    explains: Explains,
    width: int,
    height: int,
    size: int,
    fit: Fit,
) -> EvidenceMap:
    """Return a map over an image of ``width`` × ``height`` px that was fitted into a square of ``size`` px.

    What lies on the padding is left out, and the rest made to sum to 1.
    """
    box = square_box(width, height, size, fit)
    values = np.asarray(shares, dtype=np.float64)
    values = values * np.outer(
        _on_film(box[1], box[3], height, values.shape[0]),
        _on_film(box[0], box[2], width, values.shape[1]),
    )
    whole = values.sum()
    values = values / whole if whole > 0 else values
    return EvidenceMap(
        image=image,
        explains=explains,
        box=box,
        grid=tuple(tuple(row) for row in values.round(5).tolist()),
    )


def write_overlays(
    folder: Path,
    sentences: Sequence[Sequence[EvidenceMap]],
    images: Mapping[str, UInt8[np.ndarray, "row column"]],
) -> None:
    """Write ``sentence-NN-current.png`` and ``-prior.png`` for each sentence; ``images`` are by their name."""
    for number, maps in enumerate(sentences, start=1):
        for shown in maps:
            path = folder / f"sentence-{number:02d}-{shown.image}.png"
            with new_file(path) as temporary:
                overlay(images[shown.image], shown).save(temporary, format="PNG")


def overlay(grey: UInt8[np.ndarray, "row column"], shown: EvidenceMap) -> Image.Image:
    """Return the image in colour, tinted where the evidence lies, strongest where there is most of it."""
    height, width = grey.shape
    x0, y0, x1, y1 = shown.box
    grid = np.asarray(shown.grid, dtype=np.float32)
    rows, columns = grid.shape
    # Each pixel of the image looks up its place on the grid.
    scale_x, scale_y = columns / (x1 - x0), rows / (y1 - y0)
    placed = Image.fromarray(grid / (grid.max() or 1)).transform(
        (width, height),
        Image.Transform.AFFINE,
        (scale_x, 0, -x0 * scale_x, 0, scale_y, -y0 * scale_y),
        resample=Image.Resampling.BILINEAR,
    )
    share = (_STRONGEST * np.asarray(placed))[..., None]
    mixed = grey[..., None] * (1 - share) + np.asarray(_TINT, dtype=np.float32) * share
    return Image.fromarray(mixed.round().astype(np.uint8))


def _on_film(low: float, high: float, side: int, cells: int) -> Float[np.ndarray, " cell"]:
    """Return which cells between ``low`` and ``high`` touch the film, 1 or 0."""
    edges = np.linspace(low, high, cells + 1)
    return ((edges[1:] > 0) & (edges[:-1] < side)).astype(np.float64)
