"""Image files → grey images, good and bad."""

import io

import numpy as np
import pytest
from dicom_files import ramp, write_dicom
from films import png_of
from PIL import Image

from priorrg.data.pixels import read_grey, read_square, to_square
from priorrg.errors import ImageError


def saved(path, array_or_image, **options):
    image = (
        array_or_image if isinstance(array_or_image, Image.Image) else Image.fromarray(array_or_image)
    )
    image.save(path, **options)
    return path


def test_eight_bit_values_are_read_as_they_are(tmp_path):
    pixels = ramp(bits=8).astype(np.uint8)
    assert np.array_equal(read_grey(saved(tmp_path / "a.png", pixels)), pixels)


def test_sixteen_bits_over_the_full_range_keep_their_proportion(tmp_path):
    pixels = np.full((20, 20), 32896, dtype=np.uint16)
    pixels[0, 0], pixels[0, 1] = 0, 257 * 200
    grey = read_grey(saved(tmp_path / "a.png", pixels))
    assert (grey[0, 0], grey[0, 1], grey[5, 5]) == (0, 200, 128)


def test_twelve_bits_in_a_sixteen_bit_file_are_stretched_not_clipped(tmp_path):
    grey = read_grey(saved(tmp_path / "a.png", ramp(bits=12)))
    assert (grey.min(), grey.max()) == (0, 255)
    assert len(np.unique(grey)) > 200


@pytest.mark.parametrize("mode", ["RGB", "RGBA", "LA", "P", "1", "CMYK"])
def test_colour_palette_and_alpha_become_grey(tmp_path, mode):
    pixels = np.where(ramp(bits=8) > 60, 255, 0).astype(np.uint8)
    name = "a.jpg" if mode == "CMYK" else "a.png"
    image = Image.fromarray(pixels).convert(mode)
    grey = read_grey(saved(tmp_path / name, image, **({"quality": 100} if mode == "CMYK" else {})))
    assert np.abs(grey.astype(int) - pixels).mean() < 5


def test_what_is_transparent_is_black(tmp_path):
    layer = np.full((20, 20, 4), 255, dtype=np.uint8)
    layer[:, :10, 3] = 0
    grey = read_grey(saved(tmp_path / "a.png", layer))
    assert (grey[:, :10] == 0).all()
    assert (grey[:, 10:] == 255).all()


def test_a_turned_photograph_is_set_upright(tmp_path):
    pixels = np.zeros((20, 40), dtype=np.uint8)
    pixels[:, 32:] = 255
    exif = Image.Exif()
    exif[0x0112] = 6
    grey = read_grey(saved(tmp_path / "a.jpg", pixels, exif=exif, quality=95))
    assert grey.shape == (40, 20)
    assert grey[36:].mean() > 200


def test_a_file_is_judged_by_its_content_and_not_by_its_name(tmp_path):
    path = saved(tmp_path / "a.png", ramp(bits=8).astype(np.uint8))
    assert read_grey(path.rename(tmp_path / "a.dcm")).shape == (32, 40)
    assert read_grey(write_dicom(tmp_path / "b.jpg", ramp())).shape == (32, 40)


@pytest.mark.parametrize(
    ("size", "words"),
    [
        ((1, 1), "1 x 1 px"),
        ((15, 4000), "15 x 4,000 px"),
        ((20_001, 100), "20,001 x 100 px"),
        ((13_000, 12_000), "13,000 x 12,000 px"),
        ((30_000, 30_000), "megapixels"),
    ],
)
def test_sizes_that_no_radiograph_has_are_refused_undecoded(tmp_path, size, words):
    (tmp_path / "a.png").write_bytes(png_of(*size))
    with pytest.raises(ImageError, match=r"a\.png") as caught:
        read_grey(tmp_path / "a.png")
    assert words in str(caught.value)


def damaged(kind):
    buffer = io.BytesIO()
    Image.fromarray(ramp(200, 200, bits=8).astype(np.uint8)).save(buffer, kind)
    return buffer.getvalue()[:-400]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "the file is empty"),
        (b"not an image at all", "expected PNG, JPEG or DICOM"),
        (b"GIF89a" + b"\0" * 50, "expected PNG, JPEG or DICOM"),
        (b"\x89PNG\r\n\x1a\n" + b"\0" * 40, "a.png"),
        (damaged("PNG"), "damaged or incomplete"),
        (damaged("JPEG"), "damaged or incomplete"),
    ],
)
def test_broken_files_are_refused_in_one_line(tmp_path, content, words):
    path = tmp_path / "a.png"
    path.write_bytes(content)
    with pytest.raises(ImageError) as caught:
        read_grey(path)
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_missing_file_and_a_folder_are_refused(tmp_path):
    with pytest.raises(ImageError, match="no such file"):
        read_grey(tmp_path / "none.png")
    with pytest.raises(ImageError, match="is a folder"):
        read_grey(tmp_path)


@pytest.mark.parametrize("shape", [(60, 30), (30, 60), (31, 64), (16, 1000), (40, 40)])
def test_padding_keeps_the_whole_film_in_the_middle(shape):
    square = to_square(np.full(shape, 200, dtype=np.uint8), 32, "pad")
    assert square.shape == (32, 32)
    rows, columns = (np.flatnonzero((square == 200).any(axis=axis)) for axis in (1, 0))
    for found, side in ((rows, shape[0]), (columns, shape[1])):
        assert len(found) == max(1, round(side * 32 / max(shape)))
        assert abs(found[0] - (31 - found[-1])) <= 1


@pytest.mark.parametrize("shape", [(60, 30), (30, 60), (31, 64), (40, 40)])
def test_cropping_fills_the_square_from_the_centre(shape):
    film = np.zeros(shape, dtype=np.uint8)
    middle = tuple(slice(side // 2 - 5, side // 2 + 5) for side in shape)
    film[middle] = 255
    square = to_square(film, 32, "crop")
    assert square.shape == (32, 32)
    assert square[14:18, 14:18].min() > 200
    assert to_square(np.full(shape, 200, dtype=np.uint8), 32, "crop").min() == 200


@pytest.mark.parametrize("fit", ["pad", "crop"])
@pytest.mark.parametrize("kind", ["grey.jpg", "colour.jpg", "turned.jpg", "deep.png", "film.dcm"])
def test_a_square_read_at_once_is_the_square_of_the_film(tmp_path, kind, fit):
    values = np.random.default_rng(0).integers(0, 256, (90, 70, 3), dtype=np.uint8)
    path = tmp_path / kind
    if kind == "film.dcm":
        write_dicom(path, ramp())
    elif kind == "deep.png":
        Image.fromarray(values[..., 0].astype(np.uint16) * 250).save(path)
    else:
        exif = Image.Exif()
        exif[0x0112] = 6 if kind == "turned.jpg" else 1
        Image.fromarray(values if kind == "colour.jpg" else values[..., 0]).save(path, exif=exif)
    square = read_square(path, 32, fit)
    assert square.std() > 0
    np.testing.assert_array_equal(square, to_square(read_grey(path), 32, fit))
