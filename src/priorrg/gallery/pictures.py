"""Put radiographs into a page: small JPEGs as data URIs, together within a budget of bytes.

Knows pixel arrays only. Axes: height, width.
"""

import base64
import io

import numpy as np
from PIL import Image

from priorrg.errors import ImageError

LONGEST_SIDE = 256
"""In px; larger images are reduced, smaller ones are left as they are."""
_QUALITIES = (90, 80, 65, 50, 35)


def data_uri(grey: np.ndarray, image_id: str, budget: int) -> str:
    """Return a grey image, uint8 (height, width), as a JPEG data URI of at most ``budget`` characters.

    The quality is lowered, then the size halved, until it fits. Raises ``ImageError`` if ``grey`` is not
    a grey image of 8 bit.
    """
    if grey.ndim != 2 or grey.dtype != np.uint8 or 0 in grey.shape:
        raise ImageError(
            f"image {image_id}: got an array of shape {grey.shape} and type {grey.dtype}; "
            "expected 8-bit grey levels (height, width)"
        )
    picture = Image.fromarray(np.ascontiguousarray(grey))
    picture.thumbnail((LONGEST_SIDE, LONGEST_SIDE), Image.Resampling.LANCZOS)
    while True:
        for quality in _QUALITIES:
            uri = _encoded(picture, quality)
            if len(uri) <= budget or max(picture.size) <= 16:
                return uri
        picture.thumbnail((picture.width // 2, picture.height // 2), Image.Resampling.LANCZOS)


def _encoded(picture: Image.Image, quality: int) -> str:
    buffer = io.BytesIO()
    picture.save(buffer, "JPEG", quality=quality, optimize=True)
    return "data:image/jpeg;base64," + base64.b64encode(buffer.getvalue()).decode("ascii")
