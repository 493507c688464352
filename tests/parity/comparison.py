"""A folder of published intermediate results against the network that this package makes of its checkpoint.

The way is the user's: the checkpoint is imported, texts go through the tokenizers and the batching of the
imported model folder. Form of the folder: ``best_model.*`` and, if there, ``stage1_best_model.*`` (else the
stage-1 state is cut out of the other), ``backbones/`` with ``vp.json``, ``cases.json``,
``cases.safetensors``; sizes may be any.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file, save_file
from torch import Tensor

from priorrg.batching import Batcher
from priorrg.model.hub import read_checkpoint
from priorrg.model.inputs import StudyBatch, VisionFeatures
from priorrg.model.released_weights import left_out, released_name, to_released
from priorrg.model_folder import ModelFolder
from priorrg.released_model import import_weights
from priorrg.study import UNKNOWN_VIEW, ClinicalContext, Radiograph, Report, Study
from priorrg.tokenization import context_text, published_words, report_text

TOLERANCE = 1e-5
"""Largest absolute difference of a tensor or loss, fp32 on a processor."""
TENSORS = (
    "context",
    "spatiotemporal",
    "joint",
    "context_latents",
    "spatiotemporal_latents",
    "joint_latents",
)
_STAGE_2 = ("text_decoder.", "layer_fusion.", "layer_norm_fusion.")


@dataclass(frozen=True)
class Difference:
    """One comparison: the largest difference where numbers are compared, 0 or 1 where identity is."""

    name: str
    largest: float
    bound: float

    @property
    def within(self) -> bool:
        return self.largest <= self.bound


class Golden:
    """The folder, its checkpoint imported into ``scratch``."""

    def __init__(self, folder: Path, scratch: Path) -> None:
        self.folder, self.scratch = folder, scratch
        content = json.loads((folder / "cases.json").read_text())
        self.cases: list[dict[str, Any]] = content["cases"]
        self.stage1, self.sizes = content["stage1"], content["args"]
        self.expected = load_file(folder / "cases.safetensors")
        self.checkpoint = self._file("best_model")
        self.model = self._imported(self.checkpoint, "model")
        self.batcher = self._batcher(self.model)

    def differences(self) -> Iterator[Difference]:
        """Yield every comparison there is."""
        for row in range(len(self.cases)):
            yield from self.case(row)
        yield from self.batch_losses()
        yield self.round_trip()

    @torch.no_grad()
    def case(self, row: int) -> Iterator[Difference]:
        """Compare what one study alone gives: text, tensors, loss, ids and report."""
        case, network = self.cases[row], self.model.network
        study = self.study(row, has_prior=case["prior_view"] is not None)
        yield self._identical(f"{row}.context_text", context_text(study.context) == case["context_text"])
        batch = self.batcher([study], with_target=True)
        encoded = network.encode(batch)
        for name in TENSORS:
            yield self._close(f"{row}.{name}", getattr(encoded, name), self.expected[f"{row}.{name}"])
        loss = network.report_loss(batch)["loss"]
        yield self._close(f"{row}.loss", loss[None], self.expected[f"{row}.loss"])
        ids = network.generate(batch, self.sizes["num_beams"], self.sizes["max_length"])
        yield self._identical(
            f"{row}.beam3_ids", ids.tolist() == self.expected[f"{row}.beam3_ids"].tolist()
        )
        text = published_words(self.model.tokenizers.decoder, ids)[0]
        yield self._identical(f"{row}.generated", text == (case["generated"] or "..."))

    @torch.no_grad()
    def batch_losses(self) -> Iterator[Difference]:
        """Compare the losses of both stages over all cases as one batch with one context."""
        studies = self.batch_studies()
        loss = self.model.network.report_loss(self.batcher(studies, with_target=True))["loss"]
        yield self._close("stage2.batch_loss", loss[None], self.expected["stage2.batch_loss"])
        aligned = self._imported(self._stage_1_file(), "stage1")
        batch = self._batcher(aligned)(studies, with_report=True)
        reports = [report_text(study.report.findings) for study in studies]
        yield self._identical("stage1.reports", reports == self.stage1["reports"])
        loss = aligned.network.align_loss(batch)
        yield self._close("stage1.loss", loss[None], self.expected["stage1.loss"])

    def round_trip(self) -> Difference:
        """Compare the checkpoint with what the imported network exports, bit by bit."""
        published, back = read_checkpoint(self.checkpoint), to_released(self.model.network.weights())
        same = all(
            name in back and torch.equal(back[name], tensor) and back[name].dtype == tensor.dtype
            for name, tensor in published.items()
            if not left_out(name)
        )
        head = released_name("decoder.model.lm_head.weight")
        return self._identical("round trip", same and set(back) <= {*published, head})

    def batch_studies(self) -> list[Study]:
        """Return all cases as one batch, with the context and the keys of ``stage1``."""
        indication, _, history = self.stage1["context_text"].partition(" [SEP] [HISTORY] ")
        indication = indication.removeprefix("[INDICATION]").strip()
        return [
            replace(
                self.study(row, has_prior=has_prior),
                study_id=key,
                context=ClinicalContext(indication=indication, history=history),
            )
            for row, (has_prior, key) in enumerate(
                zip(self.stage1["has_prior"], self.stage1["study_ids"], strict=True)
            )
        ]

    def study(self, row: int, *, has_prior: bool) -> Study:
        """Return one case as a study."""
        case = self.cases[row]
        prior_view = case["prior_view"] or UNKNOWN_VIEW
        return Study(
            patient_id=str(row),
            study_id=str(row),
            current=Radiograph(image_id=f"current {row}", view=case["view"]),
            prior=Radiograph(image_id=f"prior {row}", view=prior_view) if has_prior else None,
            context=ClinicalContext(indication=case["indication"], history=case["history"]),
            report=Report(findings=case["report"]),
        )

    def batch(self, rows: Sequence[int]) -> StudyBatch:
        """Return some cases as one batch, each with what it has."""
        return self.batcher(
            [self.study(r, has_prior=self.cases[r]["prior_view"] is not None) for r in rows],
            with_target=True,
        )

    def _batcher(self, model: ModelFolder) -> Batcher:
        settings, longest = model.settings, self.sizes["max_length"]
        settings = replace(
            settings,
            context=replace(settings.context, max_tokens=self.sizes["encoder_max_length"]),
            align=replace(settings.align, max_report_tokens=longest),
            generation=replace(settings.generation, max_tokens=longest),
        )
        size = int(self.expected["current"].shape[-1])
        assert size == settings.image.size, "the image processor of the backbone says another size"

        def features(radiographs: Sequence[Radiograph], *, prior: bool = False) -> VisionFeatures:
            places = [radiograph.image_id.split() for radiograph in radiographs]
            pixels = [self.expected[name][int(row)] for name, row in places]
            shown = torch.stack(pixels) if pixels else torch.zeros(1, 3, size, size)
            with torch.no_grad():
                return model.network.encode_images(shown).map(lambda tensor: tensor[: len(places)])

        return Batcher(settings=settings, tokenizers=model.tokenizers, features=features)

    def _imported(self, checkpoint: Path, name: str) -> ModelFolder:
        backbones = self.folder / "backbones"
        import_weights(checkpoint, self.scratch / name, backbones=backbones, views=backbones / "vp.json")
        return ModelFolder.load(self.scratch / name)

    def _file(self, name: str) -> Path:
        return next(p for p in sorted(self.folder.glob(f"{name}.*")) if p.suffix != ".json")

    def _stage_1_file(self) -> Path:
        if list(self.folder.glob("stage1_best_model.*")):
            return self._file("stage1_best_model")
        state = read_checkpoint(self.checkpoint)
        cut = self.scratch / "stage1.safetensors"
        save_file({n: t.clone() for n, t in state.items() if not n.startswith(_STAGE_2)}, cut)
        return cut

    def _close(self, name: str, ours: Tensor, theirs: Tensor) -> Difference:
        if ours.shape != theirs.shape:
            return Difference(f"{name} {tuple(ours.shape)} != {tuple(theirs.shape)}", 1.0, TOLERANCE)
        return Difference(name, float((ours - theirs).abs().max()), TOLERANCE)

    def _identical(self, name: str, same: bool) -> Difference:
        return Difference(name, float(not same), 0.0)
