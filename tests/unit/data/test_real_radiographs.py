"""Real DICOM radiographs, where they are at hand; test_dicom_pixels generates the same cases."""

from pathlib import Path

import numpy as np
import pytest

from priorrg.data.dicom import read_header
from priorrg.data.pixels import read_grey

FOLDER = Path(__file__).parents[4] / "shared" / "data" / "dicom"
pytestmark = pytest.mark.skipif(not FOLDER.is_dir(), reason="no real radiographs at hand")


@pytest.mark.parametrize("name", ["RG1_J2KI", "nih_gcp_DX", "siim_6904_jpeg_mono2"])
def test_the_mediastinum_is_brighter_than_the_lungs(name):
    grey = read_grey(FOLDER / f"{name}.dcm")
    height, width = grey.shape
    band = grey[height // 4 : height // 2]
    lungs = band[:, [*range(width // 5, width * 2 // 5), *range(width * 3 // 5, width * 4 // 5)]]
    assert band[:, width * 9 // 20 : width * 11 // 20].mean() > lungs.mean() + 60
    assert read_header(FOLDER / f"{name}.dcm").modality in ("CR", "DX")


def test_the_same_pixels_called_monochrome1_show_a_negative():
    plain = read_grey(FOLDER / "siim_6904_jpeg_mono2.dcm").astype(float)
    negative = read_grey(FOLDER / "siim_Fake_MONO1.dcm").astype(float)
    assert np.corrcoef(plain.ravel(), negative.ravel())[0, 1] < -0.99
