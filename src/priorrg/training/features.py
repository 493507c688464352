"""Features of a frozen encoder, computed once and kept on disk.

One file per encoder and image size; half precision. Axes: image, layer (+1 for the last hidden state),
token, width.
"""

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch

from priorrg.batching import Batcher
from priorrg.model.device import pick_device
from priorrg.model.fingerprint import fingerprint
from priorrg.model.inputs import VisionFeatures
from priorrg.model.network import PriorRGNetwork
from priorrg.storage import new_file
from priorrg.study import Radiograph
from priorrg.training.callbacks import Progress

_BATCH = 64


class FeatureCache:
    """Cached features, read by memory map; picklable, and cheap to open in a worker."""

    def __init__(self, path: Path, rows: dict[str, int]) -> None:
        self.path, self.rows = path, rows
        self._array: np.ndarray | None = None

    def __getstate__(self) -> dict[str, object]:
        return {"path": self.path, "rows": self.rows, "_array": None}

    def __call__(self, radiographs: Sequence[Radiograph], *, prior: bool = False) -> VisionFeatures:
        if self._array is None:
            self._array = np.load(self.path, mmap_mode="r")
        rows = [self.rows[r.image_id] for r in radiographs]
        block = torch.from_numpy(self._array[rows]).float()
        return VisionFeatures(last=block[:, -1], layers=block[:, : 0 if prior else -1])


def cache_features(
    network: PriorRGNetwork,
    batcher: Batcher,
    radiographs: Sequence[Radiograph],
    folder: Path,
    progress: Progress | None = None,
) -> FeatureCache:
    """Return the features of ``radiographs``, computing them if ``folder`` does not hold them yet.

    ``batcher`` must have a pixel source. The file's name is a digest of the encoder's weights, the
    image settings and the images, so that another encoder never finds them.
    """
    unique = sorted({r.image_id: r for r in radiographs}.values(), key=lambda r: r.image_id)
    rows = {r.image_id: row for row, r in enumerate(unique)}
    path = folder / f"{_digest(network, batcher, list(rows))}.npy"
    if not path.exists():
        with new_file(path) as temporary:
            _compute(network, batcher, unique, temporary, progress)
    return FeatureCache(path, rows)


def _compute(
    network: PriorRGNetwork,
    batcher: Batcher,
    radiographs: Sequence[Radiograph],
    path: Path,
    progress: Progress | None,
) -> None:
    vision, device = network.study_encoder.vision, pick_device()
    vision.eval()  # in training, an image's features would depend on its batch
    vision.to(device)
    with path.open("wb") as file:
        for start in range(0, len(radiographs), _BATCH):
            pixels = batcher.images(radiographs[start : start + _BATCH])
            assert isinstance(pixels, torch.Tensor)
            with torch.inference_mode():
                features = network.encode_images(pixels.to(device))
            block = torch.cat([features.layers, features.last[:, None]], dim=1).half().cpu().numpy()
            if start == 0:
                shape = (len(radiographs), *block.shape[1:])
                header = {"descr": block.dtype.str, "fortran_order": False, "shape": shape}
                np.lib.format.write_array_header_1_0(file, header)
            file.write(block.tobytes())
            if progress is not None:
                progress("reading images", min(start + _BATCH, len(radiographs)), len(radiographs))
    vision.to("cpu")


def _digest(network: PriorRGNetwork, batcher: Batcher, image_ids: list[str]) -> str:
    encoder = fingerprint(network.study_encoder.vision)
    read = json.dumps([encoder, batcher.settings.as_dict()["image"], image_ids])
    return hashlib.sha256(read.encode()).hexdigest()[:24]
