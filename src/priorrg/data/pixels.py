"""Image files → grey images, and grey images → squares.

Knows files and arrays, not patients. Every file is judged by its content, not by its name, and its size
is checked before it is decoded. Axes: row, column; bright is dense.
"""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

from priorrg.data.dicom import is_dicom, read_radiograph
from priorrg.data.mimic_jpg import Grey
from priorrg.data.size_guard import MAX_PIXELS, check_size
from priorrg.errors import ImageError

Fit = Literal["pad", "crop"]


def read_grey(path: Path) -> Grey:
    """Return the grey image (H, W) of a PNG (8 or 16 bit), JPEG or DICOM file.

    Colour and palettes become luminance, transparency black, EXIF orientation is applied. 16-bit PNG: if
    the top bit is used anywhere, values are divided by 257 (full range to full range), else stretched
    from minimum to maximum (a 10- to 15-bit radiograph in a 16-bit file). DICOM: the profile
    ``mimic-jpg``. Raises ``ImageError`` for anything else, broken files and sides outside 16 to 20,000
    px.
    """
    read = _read(Path(path))
    return np.array(read) if isinstance(read, Image.Image) else read


def read_square(path: Path, size: int, fit: Fit) -> Grey:
    """Return ``to_square(read_grey(path), size, fit)``, without the array of the whole film between."""
    read = _read(Path(path))
    return _squared(read if isinstance(read, Image.Image) else Image.fromarray(read), size, fit)


def to_square(grey: Grey, size: int, fit: Fit) -> Grey:
    """Return the image resized (bicubic, antialiased) to a square (size, size).

    ``pad`` keeps the whole film, centred on black. ``crop`` resizes the short side to ``size`` (the long
    one rounded down) and cuts the centre, which loses apices and costophrenic angles of tall films: the
    published way, pixel by pixel.
    """
    return _squared(Image.fromarray(grey), size, fit)


def square_box(width: int, height: int, size: int, fit: Fit) -> tuple[float, float, float, float]:
    """Return where ``to_square`` finds its square: x0, y0, x1, y1 in px of the image.

    Where the image is padded, the box goes beyond its edges.
    """
    shown = _resized(width, height, size, fit)
    left, top = ((side - size) // 2 for side in shown)
    return (
        left * width / shown[0],
        top * height / shown[1],
        (left + size) * width / shown[0],
        (top + size) * height / shown[1],
    )


def _resized(width: int, height: int, size: int, fit: Fit) -> tuple[int, int]:
    """Return width and height of the film as it is shown in the square."""
    if fit == "pad":
        longer = max(width, height)
        return max(1, round(width * size / longer)), max(1, round(height * size / longer))
    shorter = min(width, height)
    return size * width // shorter, size * height // shorter


def _squared(film: Image.Image, size: int, fit: Fit) -> Grey:
    shape = _resized(film.width, film.height, size, fit)
    resized = np.asarray(film.resize(shape, Image.Resampling.BICUBIC))
    top, left = ((side - size) // 2 for side in resized.shape)
    if fit == "crop":
        return resized[top : top + size, left : left + size].copy()
    square = np.zeros((size, size), dtype=np.uint8)
    square[-top : -top + resized.shape[0], -left : -left + resized.shape[1]] = resized
    return square


def _read(path: Path) -> Image.Image | Grey:
    """Return a film as what its decoder makes of it: both ways between costs as much as a third of decoding."""
    try:
        if path.is_dir():
            raise ImageError(f"{path}: is a folder; expected a PNG, JPEG or DICOM file")
        if path.stat().st_size == 0:
            raise ImageError(f"{path}: the file is empty; copy it again from its source")
        return read_radiograph(path) if is_dicom(path) else _read_picture(path)
    except FileNotFoundError:
        raise ImageError(f"{path}: no such file") from None
    except PermissionError:
        raise ImageError(f"{path}: not permitted to read it; check the file's permissions") from None


def _read_picture(path: Path) -> Image.Image | Grey:
    with _explained(path), Image.open(path, formats=("PNG", "JPEG")) as image:
        check_size(path, width=image.width, height=image.height)
        ImageOps.exif_transpose(image, in_place=True)
        if image.mode.startswith("I"):
            return _from_16_bit(np.asarray(image).astype(np.int64))
        if image.has_transparency_data:
            layer = image.convert("RGBA")
            black = Image.new("RGBA", layer.size, (0, 0, 0, 255))
            return Image.alpha_composite(black, layer).convert("L")
        if image.mode != "L":
            return image.convert("L")
        image.load()
        return image


@contextmanager
def _explained(path: Path) -> Iterator[None]:
    """Turn everything that Pillow says about a bad file into one ``ImageError``."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            yield
        except (ImageError, FileNotFoundError, PermissionError):
            raise
        except Image.DecompressionBombError:
            raise ImageError(
                f"{path}: the image is far larger than {MAX_PIXELS // 1_000_000} megapixels; "
                "expected a radiograph"
            ) from None
        except UnidentifiedImageError:
            raise ImageError(
                f"{path}: is not an image of a known kind; expected PNG, JPEG or DICOM"
            ) from None
        except Exception as error:
            said = " ".join(str(error).split())[:100]
            raise ImageError(
                f"{path}: the image is damaged or incomplete ({type(error).__name__}: {said}); "
                "copy it again from its source"
            ) from error


def _from_16_bit(values: np.ndarray[tuple[int, ...], np.dtype[np.int64]]) -> Grey:
    low, high = int(values.min()), int(values.max())
    if high >= 1 << 15:
        return ((values + 128) // 257).clip(0, 255).astype(np.uint8)
    return ((values - low) * 255 // max(high - low, 1)).astype(np.uint8)
