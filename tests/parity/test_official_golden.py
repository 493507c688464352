"""The published model's intermediate results, tensor by tensor, from a small checkpoint in its layout.

The folder is named by PRIORRG_GOLDEN, or lies beside the repository; without it these tests are skipped
(tests/unit/model covers the same paths on generated cases).
"""

import json
import os
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file
from transformers import PreTrainedTokenizerFast

from priorrg.model.config import NetworkConfig
from priorrg.model.inputs import StudyBatch, VisionFeatures
from priorrg.model.network import PriorRGNetwork
from priorrg.model.released_weights import from_released, to_released
from priorrg.settings import (
    DecoderSettings,
    FusionSettings,
    ModelSettings,
    PerceiverSettings,
    TextSettings,
    VisionSettings,
)

GOLDEN = Path(
    os.environ.get("PRIORRG_GOLDEN", Path(__file__).parents[3] / "shared" / "data" / "official-golden")
)
pytestmark = pytest.mark.skipif(
    not GOLDEN.is_dir(), reason="the golden folder is not here (PRIORRG_GOLDEN)"
)
ADDED_TOKENS = ("[PAD]", "[SEP]", "[CLS]", "[INDICATION]", "[HISTORY]", "[Similar Cases]", "[FINDINGS]")
TOLERANCE = 1e-5


class Golden:
    """The golden cases and the network built from their checkpoint."""

    def __init__(self) -> None:
        self.tensors = load_file(GOLDEN / "cases.safetensors")
        cases = json.loads((GOLDEN / "cases.json").read_text())
        self.cases, self.stage1, self.sizes = cases["cases"], cases["stage1"], cases["args"]
        self.views = json.loads((GOLDEN / "backbones" / "vp.json").read_text())
        file = GOLDEN / "backbones" / "distilgpt2" / "tokenizer.json"
        self.tokenizer = PreTrainedTokenizerFast(tokenizer_file=str(file))
        self.tokenizer.add_tokens(list(ADDED_TOKENS), special_tokens=True)
        self.tokenizer.pad_token = "[PAD]"
        self.config = self._config()
        self.checkpoint = self.state("best_model.ckpt")
        self.network = PriorRGNetwork(self.config).eval()
        self.network.load_weights(from_released(self.checkpoint))

    def _config(self) -> NetworkConfig:
        configs = {
            part: json.loads((GOLDEN / "backbones" / name / "config.json").read_text())
            for part, name in (("vision", "rad-dino"), ("text", "cxr-bert"), ("decoder", "distilgpt2"))
        }
        sizes = self.sizes
        pad = self.tokenizer.convert_tokens_to_ids("[PAD]")
        return NetworkConfig(
            model=ModelSettings(
                width=sizes["hidden_size"],
                views=tuple(self.views),
                vision=VisionSettings(backbone="rad-dino"),
                text=TextSettings(backbone="cxr-bert", layers=sizes["text_encoder_num_blocks"]),
                decoder=DecoderSettings(backbone="distilgpt2"),
                temporal_fusion=FusionSettings(
                    layers=sizes["temporal_fusion_num_blocks"], heads=sizes["num_heads"]
                ),
                perceiver=PerceiverSettings(
                    layers=sizes["perceiver_num_blocks"], latents=sizes["num_latents"]
                ),
            ),
            image_size=56,
            **configs,
            vocabulary=len(self.tokenizer),
            context_vocabulary=len(self.tokenizer),
            bos_id=0,
            eos_id=0,
            pad_id=pad,
            context_pad_id=pad,
            auxiliary_slots=0,
        )

    @staticmethod
    def state(file: str) -> dict[str, torch.Tensor]:
        """Return the state of a checkpoint, read as tensors only."""
        tensors: dict[str, torch.Tensor] = torch.load(GOLDEN / file, weights_only=True)["state_dict"]
        return tensors

    def words(self, texts: list[str]) -> tuple[torch.Tensor, torch.Tensor]:
        """Return ids padded on the right, and their mask."""
        rows = [self.tokenizer(text)["input_ids"] for text in texts]
        ids = torch.full((len(rows), max(map(len, rows))), self.config.pad_id)
        for place, row in zip(ids, rows, strict=True):
            place[: len(row)] = torch.tensor(row)
        return ids, torch.arange(ids.shape[1]) < torch.tensor([len(row) for row in rows])[:, None]

    def batch(
        self, rows: list[int], has_prior: list[bool], contexts: list[str], **more: Any
    ) -> StudyBatch:
        """Return the cases ``rows`` as one batch. Their pixels have three channels, as stored."""
        prior_rows = [row for row, has in zip(rows, has_prior, strict=True) if has]
        ids, mask = self.words(contexts)
        end = self.tokenizer.convert_ids_to_tokens(0)
        target_ids, target_mask = self.words(
            [f"{end} {self.cases[row]['report']} {end}" for row in rows]
        )
        return StudyBatch(
            current=self.network.encode_images(self.tensors["current"][rows]),
            prior=self.network.encode_images(self.tensors["prior"][prior_rows])
            if prior_rows
            else VisionFeatures(torch.zeros(0, 17, 48), torch.zeros(0, 4, 17, 48)),
            has_prior=torch.tensor(has_prior),
            current_view=torch.tensor([self.views[self.cases[row]["view"]] for row in rows]),
            prior_view=torch.tensor(
                [self.views[self.cases[row]["prior_view"]] for row in prior_rows], dtype=torch.long
            ),
            context_ids=ids,
            context_mask=mask,
            target_ids=target_ids,
            target_mask=target_mask,
            **more,
        )

    def case(self, row: int) -> StudyBatch:
        """Return one case as a batch of its own."""
        case = self.cases[row]
        return self.batch([row], [case["prior_view"] is not None], [case["context_text"]])


@pytest.fixture(scope="module")
def golden() -> Golden:
    return Golden()


@pytest.mark.parametrize("row", range(4))
@torch.no_grad()
def test_every_intermediate_result_is_the_published_one(golden, row, record_property):
    encoded = golden.network.encode(golden.case(row))
    for name in (
        "context",
        "spatiotemporal",
        "joint",
        "context_latents",
        "spatiotemporal_latents",
        "joint_latents",
    ):
        expected = golden.tensors[f"{row}.{name}"]
        record_property(name, float((getattr(encoded, name) - expected).abs().max()))
        torch.testing.assert_close(getattr(encoded, name), expected, rtol=0, atol=TOLERANCE)


@pytest.mark.parametrize("row", range(4))
@torch.no_grad()
def test_loss_and_beam_search_are_the_published_ones(golden, row):
    batch, sizes = golden.case(row), golden.sizes
    loss = golden.network.report_loss(batch)["loss"]
    torch.testing.assert_close(loss[None], golden.tensors[f"{row}.loss"], rtol=0, atol=TOLERANCE)
    ids = golden.network.generate(batch, beams=sizes["num_beams"], max_tokens=sizes["max_length"])
    assert ids.tolist() == golden.tensors[f"{row}.beam3_ids"].tolist()


@torch.no_grad()
def test_the_losses_of_both_stages_over_a_batch_are_the_published_ones(golden):
    stage1 = golden.stage1
    report_ids, report_mask = golden.words(stage1["reports"])
    keys = [stage1["study_ids"].index(study) for study in stage1["study_ids"]]
    batch = golden.batch(
        [0, 1, 2, 3],
        stage1["has_prior"],
        [stage1["context_text"]] * 4,
        study_key=torch.tensor(keys),
        report_ids=report_ids,
        report_mask=report_mask,
    )
    loss = golden.network.report_loss(batch)["loss"]
    torch.testing.assert_close(loss[None], golden.tensors["stage2.batch_loss"], rtol=0, atol=TOLERANCE)

    network = PriorRGNetwork(golden.config).eval()
    new = ("decoder.", "study_encoder.layer_fusion.", "study_encoder.joint_norm.")
    network.load_weights(from_released(golden.state("stage1_best_model.ckpt")), new=new)
    loss = network.align_loss(batch)
    torch.testing.assert_close(loss[None], golden.tensors["stage1.loss"], rtol=0, atol=TOLERANCE)


def test_the_checkpoint_survives_import_and_export(golden):
    released = to_released(golden.network.weights())
    lost = [name for name in golden.checkpoint if name not in released]
    assert all(
        name.startswith(("text_encoder.cls.", "text_encoder.cls_projection_head.")) for name in lost
    )
    assert sorted(set(released) - set(golden.checkpoint)) == []
    assert all(torch.equal(released[name], golden.checkpoint[name]) for name in released)
