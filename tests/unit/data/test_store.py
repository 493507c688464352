"""Packed squares: complete, resumable, the same by any number of processes."""

import csv
import pickle
import shutil
import signal
import subprocess
import sys
import time

import numpy as np
import psutil
import pydicom
import pytest
from dicom_files import ramp, write_dicom
from films import png_of
from mimic_tree import Film, two_visits, write_tree

from priorrg.data import decoding, shards, store
from priorrg.data.mimic_cxr import prepare
from priorrg.data.pixels import read_grey, to_square
from priorrg.data.store import ImageStore
from priorrg.errors import DataError, ImageError, StorageError


@pytest.fixture
def prepared(tmp_path, monkeypatch):
    monkeypatch.setattr(store, "SHARD", 4)
    films = [Film(patient=f"1000000{n}", study=f"5000000{n}", image=f"i{n}") for n in range(10)]
    return prepare(write_tree(tmp_path / "root", films), tmp_path / "out")


def break_image(prepared, image_id):
    image = next(i for i in prepared.images() if i.image_id == image_id)
    prepared.image_path(image).write_bytes(b"broken")


def test_every_image_is_there_as_the_square_that_its_file_gives(prepared):
    opened = ImageStore.open(prepared, 32, "crop")
    assert len(opened) == 10
    for image in prepared.images():
        expected = to_square(read_grey(prepared.image_path(image)), 32, "crop")
        assert opened.has(image.image_id)
        assert np.array_equal(opened[image.image_id], expected)
        assert np.array_equal(opened.pixels(image), expected)


def test_processes_give_the_same_bytes_as_one(prepared):
    ImageStore.open(prepared, 32, "pad", workers=0)
    folder = prepared.folder / "store" / "32-pad"
    alone = {p.name: p.read_bytes() for p in folder.iterdir()}
    for path in folder.iterdir():
        path.unlink()
    ImageStore.open(prepared, 32, "pad", workers=2)
    assert alone == {p.name: p.read_bytes() for p in folder.iterdir()}


def test_unreadable_images_are_set_aside_with_their_reason(prepared):
    break_image(prepared, "i3")
    opened = ImageStore.open(prepared, 32, "pad")
    assert (len(opened), opened.has("i3"), opened.has("i4")) == (9, False, True)
    with pytest.raises(ImageError, match=r"i3.*expected PNG, JPEG or DICOM"):
        opened["i3"]
    rows = (opened.folder / "quarantine.csv").read_text().splitlines()
    assert len(rows) == 2
    assert rows[1].startswith("i3,")
    with pytest.raises(ImageError, match="not in the data set"):
        opened["stranger"]


def test_nothing_that_lies_in_the_place_of_an_image_stops_a_build(prepared):
    paths = {image.image_id: prepared.image_path(image) for image in prepared.images()}
    paths["i0"].write_bytes(b"")
    paths["i1"].write_bytes(paths["i1"].read_bytes()[:-400])
    paths["i2"].write_text("FINDINGS: None.")
    paths["i3"].unlink()
    paths["i4"].unlink()
    paths["i4"].mkdir()
    dicom = pydicom.dcmread(write_dicom(paths["i5"], ramp()))
    del dicom.PixelData
    dicom.save_as(paths["i5"])
    paths["i6"].write_bytes(png_of(60_000, 60_000))
    opened = ImageStore.open(prepared, 32, "pad")
    with (opened.folder / "quarantine.csv").open(newline="", encoding="utf-8") as file:
        reasons = {row["image_id"]: row["reason"] for row in csv.DictReader(file)}
    said = {
        "i0": "is empty", "i1": "damaged or incomplete", "i2": "expected PNG, JPEG or DICOM",
        "i3": "no such file", "i4": "is a folder", "i5": "no pixel data", "i6": "megapixels",
    }  # fmt: skip
    assert reasons.keys() == said.keys()
    assert all(words in reasons[image] for image, words in said.items())
    assert [image for image in paths if opened.has(image)] == ["i7", "i8", "i9"]


def test_a_data_set_without_any_readable_image_is_refused(prepared):
    for image in prepared.images():
        break_image(prepared, image.image_id)
    with pytest.raises(DataError, match=r"quarantine\.csv: none of 10 images could be read"):
        ImageStore.open(prepared, 32, "pad")


def test_a_split_without_images_is_not_blamed_on_the_images(prepared):
    splits = prepared.study_table["split"].unique().to_list()
    absent = next(name for name in ("validate", "test", "train") if name not in splits)
    with pytest.raises(DataError, match=rf"no image is in split {absent}; got images by split: \w+ \d+"):
        ImageStore.open(prepared, 32, "pad", splits={absent})


def test_the_store_says_in_one_line_how_many_images_were_set_aside(prepared):
    assert ImageStore.open(prepared, 16, "pad").notice == ""
    break_image(prepared, "i3")
    opened = ImageStore.open(prepared, 32, "pad")
    place = opened.folder / "quarantine.csv"
    assert opened.notice == f"1 image could not be read and is left out; see {place}"
    assert ImageStore.open(prepared, 32, "pad").notice == opened.notice


@pytest.mark.parametrize(
    ("error", "seen"),
    [(OSError(28, "No space left"), StorageError), (KeyboardInterrupt(), KeyboardInterrupt)],
)
def test_an_interrupted_build_goes_on_after_its_last_complete_shard(prepared, monkeypatch, error, seen):
    decoded = []
    real = decoding.decode

    def decode(task):
        if len(decoded) == 6:
            raise error
        decoded.append(task.image_id)
        return real(task)

    monkeypatch.setattr(decoding, "decode", decode)
    with pytest.raises(seen):
        ImageStore.open(prepared, 32, "pad")
    folder = prepared.folder / "store" / "32-pad"
    assert sorted(p.name for p in folder.iterdir()) == ["train-00000.json", "train-00000.npy"]
    monkeypatch.setattr(decoding, "decode", real)
    seen_progress = []
    opened = ImageStore.open(
        prepared, 32, "pad", progress=lambda done, total: seen_progress.append((done, total))
    )
    assert (seen_progress[0], seen_progress[-1]) == ((5, 10), (10, 10))
    assert len(opened) == 10


def test_a_full_disk_while_writing_is_said_and_leaves_no_part(prepared, monkeypatch):
    def full(*_, **__):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(shards.json, "dumps", full)
    with pytest.raises(StorageError, match="the disk is full"):
        ImageStore.open(prepared, 32, "pad")
    assert not list((prepared.folder / "store" / "32-pad").glob("*.part"))


def test_a_complete_store_needs_the_images_no_more_and_decodes_nothing(prepared, monkeypatch):
    first = ImageStore.open(prepared, 32, "pad")["i1"]
    prepared.root.rename(prepared.root.with_name("moved"))
    monkeypatch.setattr(decoding, "decode", None)
    assert np.array_equal(ImageStore.open(prepared, 32, "pad")["i1"], first)
    with pytest.raises(DataError, match="no such folder; the images of"):
        ImageStore.open(prepared, 16, "pad")


def test_a_shortened_shard_is_built_again(prepared):
    opened = ImageStore.open(prepared, 32, "pad")
    shard = opened.folder / "train-00001.npy"
    content = shard.read_bytes()
    shard.write_bytes(content[:-1])
    ImageStore.open(prepared, 32, "pad")
    assert shard.read_bytes() == content


@pytest.mark.parametrize(
    "damage",
    [
        lambda card: card.replace('"i3"', '"i9"'),
        lambda card: card.replace('"unreadable"', '"unread"'),
        lambda card: "{}",
        lambda card: card[: len(card) // 2],
        lambda card: "[1]",
    ],
    ids=["another image", "another word", "empty", "cut", "a list"],
)
def test_a_shard_whose_card_is_damaged_is_built_again_and_shows_no_black_square(prepared, damage):
    break_image(prepared, "i3")
    card = ImageStore.open(prepared, 32, "pad").folder / "train-00000.json"
    content = card.read_text()
    card.write_text(damage(content))
    assert not ImageStore.open(prepared, 32, "pad").has("i3")
    assert card.read_text() == content


def test_a_list_of_unreadable_images_that_was_lost_is_written_again(prepared):
    break_image(prepared, "i3")
    quarantine = ImageStore.open(prepared, 32, "pad").folder / "quarantine.csv"
    content = quarantine.read_bytes()
    quarantine.unlink()
    ImageStore.open(prepared, 32, "pad")
    assert quarantine.read_bytes() == content


def test_a_store_travels_light_to_worker_processes(prepared):
    opened = ImageStore.open(prepared, 32, "pad")
    square = opened["i1"]
    sent = pickle.dumps(opened)
    assert len(sent) < 5000
    assert np.array_equal(pickle.loads(sent)["i1"], square)


def test_a_square_may_be_written_to_without_touching_the_store(prepared):
    opened = ImageStore.open(prepared, 32, "pad")
    square = opened["i1"]
    square[:] = 0
    assert opened["i1"].any()


def test_a_study_loses_an_unreadable_prior_and_is_left_out_without_its_own_image(tmp_path):
    prepared = prepare(write_tree(tmp_path / "root", two_visits()), tmp_path / "out")
    break_image(prepared, "aa-old")
    kept = ImageStore.open(prepared, 32, "pad").readable(prepared.studies())
    assert [study.current.image_id for study in kept] == ["bb-new", "cc-side"]
    assert {(s.prior, s.days_since_prior, s.prior_reason) for s in kept} == {
        (None, None, "prior_unreadable")
    }


def test_an_image_that_was_put_right_is_taken_in_and_a_lost_one_said(prepared):
    image = prepared.images()[3]
    path = prepared.image_path(image)
    content = path.read_bytes()
    path.write_bytes(b"")
    assert not ImageStore.open(prepared, 32, "pad").has(image.image_id)
    quarantine = prepared.folder / "store" / "32-pad" / "quarantine.csv"
    assert f"{image.image_id},{path}" in quarantine.read_text()
    assert "the file is empty" in quarantine.read_text()
    path.unlink()
    ImageStore.open(prepared, 32, "pad")
    assert "no such file" in quarantine.read_text()
    path.write_bytes(content)
    assert ImageStore.open(prepared, 32, "pad").has(image.image_id)
    assert quarantine.read_text().splitlines() == ["image_id,path,reason"]


def test_numpy_alone_reads_a_shard(prepared):
    opened = ImageStore.open(prepared, 32, "pad")
    shard = np.load(opened.folder / "train-00000.npy")
    assert (shard.shape, shard.dtype) == ((4, 32, 32), np.uint8)
    assert np.array_equal(shard[1], opened["i1"])


SLOW_BUILD = """
import sys, time
from pathlib import Path
from priorrg.data import decoding, store
from priorrg.data.manifest import PreparedData

def slowly(task):
    time.sleep(0.1)
    return decoding.to_decode(task)

if __name__ == "__main__":
    store.SHARD = 4
    decoding.to_decode, decoding.decode = decoding.decode, slowly
    store.ImageStore.open(PreparedData(sys.argv[1]), 32, "pad", workers=0)
"""


def test_a_build_that_was_killed_goes_on_and_ends_in_the_same_bytes(prepared, tmp_path):
    whole = contents(ImageStore.open(prepared, 32, "pad").folder)
    shutil.rmtree(prepared.folder / "store")
    folder = prepared.folder / "store" / "32-pad"
    script = tmp_path / "build.py"
    script.write_text(SLOW_BUILD)
    build = subprocess.Popen([sys.executable, script, prepared.folder])
    wait_for(lambda: (folder / "train-00000.json").is_file() and list(folder.glob(".*.part")))
    build.send_signal(signal.SIGKILL)
    assert build.wait() == -signal.SIGKILL
    assert not (folder / "train-00002.npy").exists()
    seen = []
    ImageStore.open(prepared, 32, "pad", progress=lambda done, total: seen.append((done, total)))
    assert seen[0][0] > 4
    assert contents(folder) == whole


BUILD_IN_PROCESSES = """
import sys
from priorrg.data.manifest import PreparedData
from priorrg.data.store import ImageStore

if __name__ == "__main__":
    prepared = PreparedData(sys.argv[1])
    ImageStore.open(prepared, 32, "pad", workers=2, progress=lambda *_: sys.stdin.read())
"""


def test_processes_of_a_killed_build_do_not_stay_behind(prepared, tmp_path):
    script = tmp_path / "build.py"
    script.write_text(BUILD_IN_PROCESSES)
    build = subprocess.Popen([sys.executable, script, prepared.folder], stdin=subprocess.PIPE)
    parent = psutil.Process(build.pid)
    wait_for(lambda: list((prepared.folder / "store" / "32-pad").glob(".*.part")))
    wait_for(lambda: len(parent.children()) >= 2)
    children = parent.children()
    build.kill()
    build.communicate()
    try:
        wait_for(lambda: not any(is_at_work(child) for child in children))
    finally:
        for child in filter(is_at_work, children):
            child.kill()


def is_at_work(process):
    return process.is_running() and process.status() != psutil.STATUS_ZOMBIE


def contents(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def wait_for(condition):
    until = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < until
        time.sleep(0.02)
