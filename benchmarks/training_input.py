"""Training input: the packed store, against Pillow and an image processor for each sample.

Films are JPEGs of 2544x3056 px, made up. The reference is what training code commonly does: open, decode, and let
transformers' image processor for RAD-DINO resize, crop and normalise. Both give the pixels of one image, ready for
the network, in one process with one thread, by turns.
"""

import time
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from transformers.models.bit.image_processing_pil_bit import BitImageProcessorPil

from benchmarks.data_images import SIZE, write_films
from priorrg.batching import normalise
from priorrg.data.mimic_cxr import prepare
from priorrg.data.pixels import read_grey, to_square
from priorrg.data.store import ImageStore
from priorrg.settings import ImageSettings

_AIM = 20.0


def measure(folder: Path, films: int, rounds: int) -> dict[str, Any]:
    """Return the rates of both ways, images a second a core, and what equals what, bit by bit."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        return _measure(folder, films, rounds, ImageSettings(size=SIZE, fit="crop"))
    finally:
        torch.set_num_threads(threads)


def _measure(folder: Path, films: int, rounds: int, image: ImageSettings) -> dict[str, Any]:
    write_films(folder / "films", films)
    prepared = prepare(folder / "films", folder / "prepared")
    images = prepared.images()
    store = ImageStore.open(prepared, SIZE, image.fit, workers=0)
    paths = [prepared.image_path(one) for one in images]
    processor = BitImageProcessorPil(
        size={"shortest_edge": SIZE},
        crop_size={"height": SIZE, "width": SIZE},
        image_mean=[image.mean] * 3,
        image_std=[image.std] * 3,
        resample=Image.Resampling.BICUBIC,
        do_convert_rgb=True,
    )
    plain, packed = [], []
    for _ in range(rounds):
        began = time.perf_counter()
        processed = [_processed(processor, path) for path in paths]
        plain.append(len(paths) / (time.perf_counter() - began))
        began = time.perf_counter()
        ready = [
            normalise(torch.from_numpy(store.pixels(one))[None], image.mean, image.std) for one in images
        ]
        packed.append(len(images) / (time.perf_counter() - began))
    ratios = [two / one for one, two in zip(plain, packed, strict=True)]
    direct = [to_square(read_grey(path), SIZE, image.fit) for path in paths]
    return {
        "row": {
            "value": round(median(packed), 1),
            "reference": round(median(plain), 2),
            "ratio": round(median(ratios), 1),
            "target": _AIM,
            "met": median(ratios) >= _AIM,
        },
        "films": films,
        "ratios": [round(ratio, 1) for ratio in ratios],
        "pixels_of_the_direct_path": all(
            np.array_equal(store.pixels(one), square) for one, square in zip(images, direct, strict=True)
        ),
        "grey_values_of_the_processor": all(
            np.array_equal(_grey(one[0], image), _grey(other[0, 0].numpy(), image))
            for one, other in zip(processed, ready, strict=True)
        ),
    }


def _processed(processor: BitImageProcessorPil, path: Path) -> NDArray[np.float32]:
    with Image.open(path) as opened:
        pixels: NDArray[np.float32] = processor(opened, return_tensors="np")["pixel_values"][0]
    return pixels


def _grey(pixels: NDArray[np.float32], image: ImageSettings) -> NDArray[np.int64]:
    """Return the grey values that normalised pixels come from."""
    grey: NDArray[np.int64] = np.rint((pixels * image.std + image.mean) * 255).astype(np.int64)
    return grey
