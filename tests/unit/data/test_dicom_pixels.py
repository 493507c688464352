"""What a DICOM radiograph looks like to the model."""

import logging

import numpy as np
import pydicom
import pytest
from dicom_files import ramp, write_dicom
from pydicom.uid import JPEG2000Lossless, JPEGBaseline8Bit, RLELossless

from priorrg.data.dicom import read_radiograph
from priorrg.data.mimic_jpg import equalise_histogram, mimic_jpg
from priorrg.errors import ImageError


def test_low_stored_values_of_monochrome1_become_bright(tmp_path):
    pixels = ramp()
    plain = read_radiograph(write_dicom(tmp_path / "2.dcm", pixels, BitsStored=15))
    negative = read_radiograph(
        write_dicom(tmp_path / "1.dcm", pixels, BitsStored=15, PhotometricInterpretation="MONOCHROME1")
    )
    assert plain[0, 0] == 0
    assert plain[-1, -1] == 255
    assert negative[0, 0] == 255
    assert negative[-1, -1] == 0


def test_the_same_film_stored_either_way_round_reads_the_same(tmp_path):
    pixels = ramp(bits=8).astype(np.uint8)
    plain = read_radiograph(write_dicom(tmp_path / "2.dcm", pixels))
    flipped = read_radiograph(
        write_dicom(tmp_path / "1.dcm", 255 - pixels, PhotometricInterpretation="MONOCHROME1")
    )
    assert np.abs(plain.astype(int) - flipped).max() <= 1


def test_inverting_before_equalising_is_not_equalising_before_inverting():
    pixels = ramp().astype(np.int32)
    ours = mimic_jpg(pixels, inverted=True)
    scaled = (pixels / pixels.max() * 255).astype(np.uint8)
    wrong = 255 - equalise_histogram(scaled)
    assert np.array_equal(ours, equalise_histogram(255 - scaled))
    assert np.abs(ours.astype(int) - wrong).mean() > 1


def test_fifteen_bit_values_are_stretched_and_truncated_to_grey():
    levels = mimic_jpg(np.array([[0, 16383, 16384, 32767]]), inverted=False)
    assert np.array_equal(levels, equalise_histogram(np.array([[0, 127, 127, 255]], dtype=np.uint8)))


def test_equalisation_follows_the_cumulative_histogram_without_the_darkest_level():
    grey = np.array([[10, 10, 20, 20, 20, 30]], dtype=np.uint8)
    assert equalise_histogram(grey).tolist() == [[0, 0, 191, 191, 191, 255]]
    assert equalise_histogram(np.full((2, 2), 7, dtype=np.uint8)).tolist() == [[7, 7], [7, 7]]


def test_bits_above_bits_stored_are_overlays_and_drop_out(tmp_path):
    pixels = ramp(bits=12)
    clean = read_radiograph(write_dicom(tmp_path / "clean.dcm", pixels, BitsStored=12))
    dirty = pixels.copy()
    dirty[::3] |= 0x8000
    assert np.array_equal(
        clean, read_radiograph(write_dicom(tmp_path / "dirty.dcm", dirty, BitsStored=12))
    )


def test_values_stored_in_the_upper_bits_are_moved_down(tmp_path):
    pixels = ramp(bits=12)
    low = read_radiograph(write_dicom(tmp_path / "low.dcm", pixels, BitsStored=12))
    high = write_dicom(tmp_path / "high.dcm", pixels << 4 | 7, BitsStored=12, HighBit=15)
    assert np.array_equal(low, read_radiograph(high))


def test_negative_values_stay_below_zero(tmp_path):
    pixels = ramp(bits=12)
    unsigned = read_radiograph(write_dicom(tmp_path / "u.dcm", pixels, BitsStored=12))
    signed = (pixels.astype(np.int16) - 2048).astype(np.int16)
    assert np.array_equal(
        unsigned, read_radiograph(write_dicom(tmp_path / "s.dcm", signed, BitsStored=12))
    )


@pytest.mark.parametrize("implicit", [False, True])
def test_padding_does_not_count_and_is_black(tmp_path, implicit):
    pixels = ramp(bits=12) // 2 + 100
    bare = read_radiograph(write_dicom(tmp_path / "bare.dcm", pixels, BitsStored=12))
    pixels[:, :5] = 4095
    padded = read_radiograph(
        write_dicom(
            tmp_path / "padded.dcm", pixels, BitsStored=12, PixelPaddingValue=4095, implicit=implicit
        )
    )
    assert (padded[:, :5] == 0).all()
    assert np.abs(padded[:, 5:].astype(int) - bare[:, 5:]).mean() < 12
    counted = read_radiograph(write_dicom(tmp_path / "counted.dcm", pixels, BitsStored=12))
    assert (counted[:, :5] == 255).all()


def test_a_padding_range_is_left_out_whole(tmp_path):
    pixels = ramp(bits=12) // 2 + 100
    pixels[:, 0], pixels[:, 1] = 4095, 4000
    grey = read_radiograph(
        write_dicom(
            tmp_path / "a.dcm",
            pixels,
            BitsStored=12,
            PixelPaddingValue=4095,
            PixelPaddingRangeLimit=4000,
        )
    )
    assert (grey[:, :2] == 0).all()
    assert grey[-1, -1] == 255


@pytest.mark.parametrize("syntax", [RLELossless, JPEG2000Lossless])
def test_lossless_compression_changes_nothing(tmp_path, syntax):
    pixels = ramp(64, 48, bits=15)
    plain = read_radiograph(write_dicom(tmp_path / "plain.dcm", pixels, BitsStored=15))
    packed = write_dicom(tmp_path / "packed.dcm", pixels, BitsStored=15, compress=syntax)
    assert np.array_equal(plain, read_radiograph(packed))


@pytest.mark.parametrize(
    ("attributes", "words"),
    [
        ({"Modality": "CT"}, "modality is CT; expected CR or DX"),
        ({"Modality": None}, "modality is missing"),
        ({"Modality": "Doe^Jane\nof Somewhere"}, "modality is unreadable"),
        ({"NumberOfFrames": 2}, "holds 2 frames"),
        ({"PhotometricInterpretation": "RGB"}, "photometric interpretation is RGB"),
        ({"PhotometricInterpretation": None}, "photometric interpretation is missing"),
        ({"PresentationIntentType": "FOR PROCESSING"}, "raw detector values"),
        ({"Rows": 1, "Columns": 1}, "1 x 1 px"),
        ({"Rows": 30_000, "Columns": 30_000}, "30,000 x 30,000 px"),
        ({"Rows": 64}, "cannot be decoded"),
        ({"BitsAllocated": 32}, "32 bits"),
    ],
)
def test_what_is_no_radiograph_is_refused_in_one_line(tmp_path, attributes, words):
    path = write_dicom(tmp_path / "a.dcm", ramp(), **attributes)
    with pytest.raises(ImageError, match=r"a\.dcm") as caught:
        read_radiograph(path)
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_film_of_one_value_is_refused(tmp_path):
    with pytest.raises(ImageError, match="every pixel has the value 7"):
        read_radiograph(write_dicom(tmp_path / "a.dcm", np.full((32, 32), 7, dtype=np.uint16)))


def test_a_file_without_pixels_is_refused(tmp_path):
    path = write_dicom(tmp_path / "a.dcm", ramp())
    data = pydicom.dcmread(path)
    del data.PixelData
    data.save_as(path)
    with pytest.raises(ImageError, match="holds no pixel data"):
        read_radiograph(path)


def test_a_codec_that_is_not_there_is_named(tmp_path):
    path = write_dicom(tmp_path / "a.dcm", ramp())
    data = pydicom.dcmread(path)
    data.file_meta.TransferSyntaxUID = "1.2.840.10008.1.2.4.70"
    data.PixelData = pydicom.encaps.encapsulate([b"\xff\xd8\xff\xc3nothing\xff\xd9"])
    data["PixelData"].is_undefined_length = True
    data.save_as(path)
    with pytest.raises(ImageError, match=r"no decoder is installed for JPEG Lossless|cannot be decoded"):
        read_radiograph(path)


def test_a_damaged_jpeg_inside_is_refused(tmp_path):
    path = write_dicom(tmp_path / "a.dcm", ramp(bits=8).astype(np.uint8))
    data = pydicom.dcmread(path)
    data.file_meta.TransferSyntaxUID = JPEGBaseline8Bit
    data.PixelData = pydicom.encaps.encapsulate([b"\xff\xd8\xff\xe0broken!\xff\xd9"])
    data["PixelData"].is_undefined_length = True
    data.save_as(path)
    with pytest.raises(ImageError, match="cannot be decoded"):
        read_radiograph(path)


def test_a_deflated_file_is_refused_before_it_is_inflated(tmp_path):
    path = write_dicom(tmp_path / "a.dcm", ramp())
    data = pydicom.dcmread(path)
    data.file_meta.TransferSyntaxUID = "1.2.840.10008.1.2.1.99"
    data.save_as(path)
    with pytest.raises(ImageError, match="deflated"):
        read_radiograph(path)


@pytest.mark.parametrize("keep", [0.2, 0.5, 0.95])
def test_a_truncated_file_is_refused_in_one_line(tmp_path, keep):
    path = write_dicom(tmp_path / "a.dcm", ramp())
    content = path.read_bytes()
    path.write_bytes(content[: int(len(content) * keep)])
    with pytest.raises(ImageError) as caught:
        read_radiograph(path)
    assert "\n" not in str(caught.value)


def test_no_patient_value_is_logged_warned_or_raised(tmp_path, caplog):
    sentinel = "Sentinel^Zebra"
    path = write_dicom(tmp_path / "a.dcm", ramp(), PatientName=sentinel, PatientID=sentinel)
    content = path.read_bytes().replace(b"19500101", b"Sentinel").replace(b"101500", b"Senti!")
    path.write_bytes(content[:-50])
    with caplog.at_level(logging.DEBUG), pytest.raises(ImageError) as caught:
        read_radiograph(path)
    assert "Sentinel" not in caplog.text + str(caught.value)
    assert caught.value.__cause__ is None


@pytest.mark.parametrize("seed", range(8))
def test_flipped_bytes_in_a_header_end_in_a_grey_image_or_one_line(tmp_path, seed):
    content = write_dicom(tmp_path / "a.dcm", ramp(), BitsStored=15).read_bytes()
    rng = np.random.default_rng(np.random.SeedSequence([seed]))
    for trial in range(25):
        bent = bytearray(content)
        for place in rng.integers(132, 900, 3):
            bent[place] = rng.integers(0, 256)
        path = tmp_path / f"{trial}.dcm"
        path.write_bytes(bent)
        try:
            assert read_radiograph(path).dtype == np.uint8
        except ImageError as error:
            assert "\n" not in str(error)  # noqa: PT017  either outcome is right
