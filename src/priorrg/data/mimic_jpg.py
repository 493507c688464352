"""The profile ``mimic-jpg``: stored DICOM values → the grey image that the training images are.

How MIMIC-CXR-JPG was made, and hence what published weights expect: min–max to 0..255, truncated;
inverted once if MONOCHROME1; then histogram equalisation. Knows arrays only. Axes: row, column.
"""

import numpy as np
from numpy.typing import NDArray

from priorrg.errors import ImageError

Grey = NDArray[np.uint8]


def mimic_jpg(
    stored: NDArray[np.integer], *, inverted: bool, padding: NDArray[np.bool_] | None = None
) -> Grey:
    """Return the grey image (H, W) of stored values (H, W), already masked to their stored bits.

    ``inverted`` is true for MONOCHROME1 (low values are bright). ``padding`` marks pixels outside the
    film: they are left out of minimum and maximum and become black. Raises ``ImageError`` if nothing
    varies.
    """
    inside = stored if padding is None else stored[~padding]
    low, high = (int(inside.min()), int(inside.max())) if inside.size else (0, 0)
    if low == high:
        raise ImageError(f"every pixel has the value {low}; expected a radiograph, which varies")
    levels = (np.arange(high - low + 1) / (high - low) * 255.0).astype(np.uint8)
    if inverted:
        levels = 255 - levels
    grey = levels[np.clip(stored, low, high) - low]
    if padding is not None:
        grey[padding] = 0
    return equalise_histogram(grey)


def within_bits(values: NDArray[np.int32], bits: int, *, signed: bool) -> NDArray[np.int32]:
    """Return what the lowest ``bits`` of each value say, sign-extended if ``signed``.

    Overlays in higher bits drop out.
    """
    values = values & ((1 << bits) - 1)
    return np.where(values >> (bits - 1), values - (1 << bits), values) if signed else values


def equalise_histogram(grey: Grey) -> Grey:
    """Spread the grey levels so that their cumulative share is even (as OpenCV's ``equalizeHist``).

    The darkest level present becomes 0 and the brightest 255; an image of one level is returned as it
    is.
    """
    counts = np.bincount(grey.ravel(), minlength=256)
    darkest = int(np.flatnonzero(counts)[0])
    rest = grey.size - int(counts[darkest])
    if rest == 0:
        return grey.copy()
    cumulative = (np.cumsum(counts) - counts[darkest]).astype(np.float32)
    levels = np.rint(cumulative * np.float32(255.0 / rest)).clip(0, 255).astype(np.uint8)
    equalised: Grey = levels[grey]
    return equalised
