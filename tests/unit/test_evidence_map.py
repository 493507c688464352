"""Maps of evidence in the pixels of the image that was given."""

import numpy as np
import pytest
from PIL import Image

from priorrg.data.pixels import square_box, to_square
from priorrg.evidence_map import evidence_map, overlay, write_overlays


@pytest.mark.parametrize("fit", ["pad", "crop"])
@pytest.mark.parametrize(("width", "height"), [(90, 60), (60, 90), (75, 75), (301, 180)])
def test_a_bright_spot_lies_where_the_box_says_that_its_square_shows_it(fit, width, height):
    size = 30
    x0, y0, x1, y1 = square_box(width, height, size, fit)
    row, column = height // 2 + 4, width // 2 - 6
    grey = np.zeros((height, width), dtype=np.uint8)
    grey[row - 2 : row + 3, column - 2 : column + 3] = 255
    square = to_square(grey, size, fit).astype(float)
    rows, columns = np.indices(square.shape) + 0.5
    shown_x = x0 + (columns * square).sum() / square.sum() * (x1 - x0) / size
    shown_y = y0 + (rows * square).sum() / square.sum() * (y1 - y0) / size
    assert shown_x == pytest.approx(column + 0.5, abs=0.7)
    assert shown_y == pytest.approx(row + 0.5, abs=0.7)


def made(shares, width, height, fit="pad", size=32):
    return evidence_map(
        shares, image="current", explains="decision", width=width, height=height, size=size, fit=fit
    )


def test_evidence_on_the_padding_is_left_out_and_the_rest_sums_to_one():
    found = made(np.full((4, 4), 1 / 16), width=40, height=80)
    assert found.box == (-20, 0, 60, 80)
    assert np.asarray(found.grid).sum() == pytest.approx(1, abs=1e-4)
    assert np.asarray(found.grid)[:, [0, 3]].max() == 0


def test_a_map_of_nothing_stays_nothing():
    assert np.asarray(made(np.zeros((4, 4)), width=40, height=40).grid).max() == 0


def test_the_tint_lies_where_the_evidence_is_and_nowhere_else(tmp_path):
    shares = np.zeros((4, 4))
    shares[3, 0] = 1
    grey = np.full((64, 48), 100, dtype=np.uint8)
    shown = made(shares, width=48, height=64, fit="crop")
    write_overlays(tmp_path / "maps", [[shown], []], {"current": grey})
    with Image.open(tmp_path / "maps" / "sentence-01-current.png") as read:
        picture = np.asarray(read).astype(int)
    assert picture.shape == (64, 48, 3)
    tinted = np.abs(picture - 100).max(axis=2) > 5
    rows, columns = np.nonzero(tinted)
    assert rows.min() > 32
    assert columns.max() < 24
    assert tinted[50, 6]
    assert np.array_equal(np.asarray(overlay(grey, shown)), picture.astype(np.uint8))
