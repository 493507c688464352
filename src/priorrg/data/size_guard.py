"""The sizes of an image that are accepted, checked before anything is decoded.

Knows numbers only. Units: px.
"""

from pathlib import Path

from priorrg.errors import ImageError

MIN_SIDE = 16
MAX_SIDE = 20_000
MAX_PIXELS = 150_000_000


def check_size(path: Path, *, width: int, height: int) -> None:
    """Raise ``ImageError`` unless sides are 16 to 20,000 px and the image at most 150 megapixels."""
    if min(width, height) < MIN_SIDE or max(width, height) > MAX_SIDE or width * height > MAX_PIXELS:
        raise ImageError(
            f"{path}: the image is {width:,} x {height:,} px; expected sides of {MIN_SIDE} to "
            f"{MAX_SIDE:,} px "
            f"and at most {MAX_PIXELS // 1_000_000} megapixels. Is this a radiograph?"
        )
