"""What a network sees in images, each looked at once: today's current image is tomorrow's prior.

In a list of studies most priors are themselves current images of the list, shortly before; their features are
remembered here, so that they are not computed again. Where a ``PriorCache`` is given, they outlast the list.
Axes: images, layer, token, width.
"""

from collections import OrderedDict
from collections.abc import Callable, Sequence
from typing import cast

import torch
from jaxtyping import Float
from torch import Tensor

from priorrg.model.inputs import VisionFeatures, no_layers
from priorrg.model.network import PriorRGNetwork
from priorrg.prior_cache import PriorCache
from priorrg.study import Radiograph

REMEMBERED = 64
"""Last hidden states in memory, 4.2 MB each at full size."""
Pixels = Callable[[Sequence[Radiograph]], Tensor | VisionFeatures]


class SeenImages:
    """Features of radiographs, as a ``Batcher`` takes them. An image id stands for one image.

    Hidden layers are computed of current images alone: nothing reads those of a prior. ``kept`` counts the
    priors whose features were found in the cache on disk.
    """

    def __init__(self, network: PriorRGNetwork, pixels: Pixels, cache: PriorCache | None = None) -> None:
        self._network, self._pixels, self._cache = network, pixels, cache
        self._device = next(network.parameters()).device
        self._last: OrderedDict[str, Tensor] = OrderedDict()
        self._newest: tuple[dict[str, int], VisionFeatures] | None = None  # with the row of each image
        self.kept = 0

    def __call__(self, radiographs: Sequence[Radiograph], *, prior: bool = False) -> VisionFeatures:
        """Return the features of ``radiographs`` on the network's device; hidden layers unless ``prior``."""
        with torch.inference_mode(False), torch.no_grad():  # evidence asks for gradients of what is here
            return self._priors(radiographs) if prior else self._current(radiographs)

    def _current(self, radiographs: Sequence[Radiograph]) -> VisionFeatures:
        names = [radiograph.image_id for radiograph in radiographs]
        if self._newest is not None and set(names) <= self._newest[0].keys():
            rows, features = self._newest
            if list(rows) == names:
                return features
            asked = [rows[name] for name in names]
            return features.map(lambda of_all: of_all[asked])
        self._newest = None  # hidden layers are large: not those of two batches at once
        pixels = self._shown(radiographs)
        features = self._network.encode_images(pixels)
        for name, shown, last in zip(names, pixels, features.last, strict=True):
            self._remember(name, shown, last)
        self._newest = {name: row for row, name in enumerate(names)}, features
        return features

    def _priors(self, radiographs: Sequence[Radiograph]) -> VisionFeatures:
        unseen = {r.image_id: r for r in radiographs if r.image_id not in self._last}
        found = {r.image_id: self._last[r.image_id] for r in radiographs if r.image_id not in unseen}
        if unseen:
            pixels = self._shown(list(unseen.values()))
            for name, shown in zip(unseen, pixels, strict=True):
                last = None if self._cache is None else self._cache.get(shown[None])
                if last is not None:
                    found[name] = last.to(self._device)
                    self._hold(name, found[name])
                    self.kept += 1
            new = [row for row, name in enumerate(unseen) if name not in found]
            if new:
                names = list(unseen)
                seen = self._network.encode_images(pixels[new], with_layers=False).last
                for row, last in zip(new, seen, strict=True):
                    found[names[row]] = last
                    self._remember(names[row], pixels[row], last)
        if not found:
            vision = self._network.study_encoder.vision
            last = torch.empty(0, vision.tokens, vision.width, device=self._device)
        else:
            last = torch.stack([found[radiograph.image_id] for radiograph in radiographs])
        return VisionFeatures(last, no_layers(last))

    def _shown(self, radiographs: Sequence[Radiograph]) -> Float[Tensor, "images channel size size"]:
        return cast(Tensor, self._pixels(radiographs)).to(self._device)

    def _remember(self, name: str, pixels: Tensor, last: Float[Tensor, "token width"]) -> None:
        self._hold(name, last.clone())  # alone: a part would keep its whole batch in memory
        if self._cache is not None:
            self._cache.put(pixels[None], last)

    def _hold(self, name: str, last: Float[Tensor, "token width"]) -> None:
        self._last[name] = last
        self._last.move_to_end(name)
        while len(self._last) > REMEMBERED:
            self._last.popitem(last=False)
