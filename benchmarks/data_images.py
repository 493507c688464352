"""The image side: films like MIMIC-CXR-JPG's, decoded into the store, and read back from it.

The reference is one process that opens each JPEG with Pillow, decodes it as grey and resizes it (bicubic),
and keeps nothing; the store is built by one process too. Its size is projected to the whole release.
"""

import os
import time
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from benchmarks.data_formats import measure as measure_formats
from benchmarks.mimic_scale import IMAGES
from priorrg.data.mimic_cxr import prepare
from priorrg.data.store import ImageStore
from priorrg.study import Radiograph

SIZE = 518
_WIDTH, _HEIGHT = 2544, 3056
_DISTINCT = 24
_ROUNDS = 5


def write_films(root: Path, count: int) -> None:
    """Write ``count`` films as a MIMIC tree; ``_DISTINCT`` are drawn, the others are links to them."""
    rows = ["dicom_id,subject_id,study_id,ViewPosition,Rows,Columns,StudyDate,StudyTime"]
    drawn: list[Path] = []
    for number in range(count):
        study = root / "files" / "p10" / f"p{10_000_000 + number}" / f"s{50_000_000 + number}"
        study.mkdir(parents=True)
        path = study / f"film-{number:05d}.jpg"
        if number < _DISTINCT:
            film(number).save(path, quality=92)
            drawn.append(path)
        else:
            os.link(drawn[number % _DISTINCT], path)
        rows.append(
            f"{path.stem},{10_000_000 + number},{50_000_000 + number},PA,{_HEIGHT},{_WIDTH},21500101,80000.0"
        )
    (root / "mimic-cxr-2.0.0-metadata.csv").write_text("\n".join(rows) + "\n")


def film(seed: int) -> Image.Image:
    """Return a film of shapes and noise; as JPEG it has about the size of a real one."""
    rng = np.random.default_rng(seed)
    picture = Image.new("L", (_WIDTH, _HEIGHT), 40)
    draw = ImageDraw.Draw(picture)
    for _ in range(60):
        x, y = rng.integers(0, _WIDTH), rng.integers(0, _HEIGHT)
        w, h = rng.integers(40, 900, 2)
        draw.ellipse((x - w, y - h, x + w, y + h), outline=int(rng.integers(30, 220)), width=int(w // 6))
    noisy = np.asarray(picture) + rng.normal(0, 4.5, (_HEIGHT, _WIDTH))
    return Image.fromarray(noisy.clip(0, 255).astype(np.uint8))


def measure(folder: Path, count: int) -> dict[str, Any]:
    """Return rates in images a second: bare Pillow, into the store, out of it; bytes; the formats.

    The films are taken in ``_ROUNDS`` parts, each by both ways in turn; rates are the medians.
    """
    bare, built = [], []
    for number in range(_ROUNDS):
        part = folder / f"films-{number}"
        write_films(part, count // _ROUNDS)
        prepared = prepare(part, folder / f"prepared-{number}")
        images = prepared.images()
        paths = [prepared.image_path(image) for image in images]
        bare.append(_bare(paths))
        began = time.perf_counter()
        store = ImageStore.open(prepared, SIZE, "pad", workers=0)
        built.append(len(images) / (time.perf_counter() - began))
    began = time.perf_counter()
    store = ImageStore.open(prepared, SIZE, "pad")
    opening = time.perf_counter() - began
    size = sum(path.stat().st_size for path in store.folder.iterdir()) / len(images)
    squares = np.stack([store.pixels(image) for image in images])
    (folder / "formats").mkdir()
    return {
        "jpeg_mb": round(sum(path.stat().st_size for path in paths) / len(paths) / 1e6, 2),
        "bare": median(bare),
        "built": median(built),
        "built_to_bare": [round(b / a, 3) for a, b in zip(bare, built, strict=True)],
        "read_back": _read_back(store, images),
        "opening_seconds": round(opening, 4),
        "bytes_per_image": round(size),
        "projected_gb": round(size * IMAGES / 1e9, 1),
        "formats": measure_formats(_varied(squares), folder / "formats"),
    }


def _bare(paths: list[Path]) -> float:
    began = time.perf_counter()
    for path in paths:
        with Image.open(path) as image:
            scale = SIZE / max(image.size)
            shape = (round(image.width * scale), round(image.height * scale))
            image.convert("L").resize(shape, Image.Resampling.BICUBIC)
    return len(paths) / (time.perf_counter() - began)


def _read_back(store: ImageStore, images: list[Radiograph]) -> float:
    order = np.random.default_rng(0).permutation(len(images))
    rates = []
    for _ in range(3):
        began = time.perf_counter()
        for number in order:
            store.pixels(images[number])
        rates.append(len(order) / (time.perf_counter() - began))
    return max(rates)


def _varied(squares: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return sixteen times as many squares, rolled, so that no format profits from equal ones."""
    return np.concatenate([np.roll(squares, 37 * turn, axis=1 + turn % 2) for turn in range(16)])
