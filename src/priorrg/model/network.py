"""The whole network: studies in, alignment loss, report loss or reports out.

Knows tensors, its own weights and their folder; no text, no study, no data set.
Axes: batch, images, token, row (of the memory), width.
"""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import torch
from huggingface_hub import PyTorchModelHubMixin
from jaxtyping import Bool, Float, Int
from torch import Tensor, nn
from torch.nn import functional as F

from priorrg.errors import WeightsError
from priorrg.model.auxiliary import AuxiliaryHeads, AuxiliaryLogits, change_loss, observation_loss
from priorrg.model.beam_search import Forbids
from priorrg.model.config import NetworkConfig
from priorrg.model.contrastive import ContrastiveLoss
from priorrg.model.decoder import ReportDecoder
from priorrg.model.hub import CONFIG_FILE, WEIGHTS_FILE, fetch, read_tensors, write_network
from priorrg.model.inputs import StudyBatch, VisionFeatures
from priorrg.model.precision import full_precision
from priorrg.model.statement_rows import StatementRows, Statements
from priorrg.model.streams import side_by_side
from priorrg.model.study_encoder import StudyEncoder, StudyMemory
from priorrg.settings import Mode
from priorrg.stage_settings import MemorySettings
from priorrg.storage import disk_errors

_TIED = "decoder.model.lm_head.weight"
_GROUPS = {
    "study_encoder": "pretrained",
    "decoder": "decoder",
    "statement_rows": "decoder",
    "auxiliary": "auxiliary",
}


class Rereading(NamedTuple):
    """What the network thinks of reports: log probability of each token, and what it decided, if it does."""

    tokens: Float[Tensor, "batch token_after_the_first"]
    decided: AuxiliaryLogits | None


class PriorRGNetwork(nn.Module, PyTorchModelHubMixin):
    """Study encoder, contrastive loss, report decoder, auxiliary heads and the rows that they tell it.

    ``mode`` is how it drafts (``quick.in_mode`` makes the others); ``one_by_one``: studies to draft are
    encoded each for itself, without padding.
    """

    def __init__(self, config: NetworkConfig) -> None:
        super().__init__()
        self.config = config
        self.mode: Mode = "exact"
        self.one_by_one = False
        self.study_encoder = StudyEncoder(config)
        self.contrast = ContrastiveLoss()
        self.decoder = ReportDecoder(config)
        self.auxiliary = (
            AuxiliaryHeads(config.model.width, config.auxiliary_slots, config.auxiliary_changes)
            if config.auxiliary_slots
            else None
        )
        self.statement_rows = (
            StatementRows(config.model.width, config.auxiliary_slots, config.auxiliary_changes)
            if config.model.statement_rows
            else None
        )

    def encode_images(
        self, pixels: Float[Tensor, "images channel size size"], with_layers: bool = True
    ) -> VisionFeatures:
        """Return vision features, as ``StudyBatch`` takes them in place of pixels.

        Pixels have one channel; a Dinov2 also takes three. ``with_layers`` false leaves out the hidden
        layers, which nothing reads of a prior.
        """
        return self.study_encoder.encode_images(pixels, with_layers)

    def spare(self, memory: MemorySettings) -> None:
        """Keep in memory what ``memory`` says while training, and no more."""
        self.study_encoder.spares = memory
        self.decoder.recompute = memory.recompute

    def encode(self, batch: StudyBatch, with_joint: bool = True) -> StudyMemory:
        """Return everything the network holds of each study."""
        memory: StudyMemory = self.study_encoder(batch, with_joint=with_joint)
        return memory

    def align_embeddings(
        self, batch: StudyBatch
    ) -> tuple[Float[Tensor, "batch width"], Float[Tensor, "batch width"]]:
        """Return L2-normalised embeddings of studies and of their reports."""
        encoded: StudyMemory = self.study_encoder(batch, with_joint=False, with_report=True)
        if encoded.report is None:
            raise ValueError("StudyBatch: stage 1 needs report_ids and report_mask")
        return F.normalize(encoded.memory.mean(dim=1), dim=-1), F.normalize(encoded.report[:, 0], dim=-1)

    def align_loss(self, batch: StudyBatch) -> Float[Tensor, ""]:
        """Return stage 1's loss over the studies of all processes."""
        if batch.study_key is None:
            raise ValueError("StudyBatch: stage 1 needs study_key")
        image, text = self.align_embeddings(batch)
        loss: Tensor = self.contrast(image, text, batch.study_key)
        return loss

    def report_loss(
        self,
        batch: StudyBatch,
        observations: float = 0.0,
        changes: float = 0.0,
        *,
        positive_weight: float = 1.0,
        change_weight: float | Tensor = 1.0,
        told: bool = True,
    ) -> dict[str, Float[Tensor, ""]]:
        """Return stage 2's ``loss`` and its parts ``language``, ``observations`` and ``changes``.

        ``observations`` and ``changes`` weigh the auxiliary parts; one with weight 0 or without targets
        is 0. A row without any real target token has no part in ``language``. ``told``: the statement
        rows say what the report states, as in training; else what the network decides, as when it
        generates. Call ``backward`` on ``loss``.
        """
        if batch.target_ids is None or batch.target_mask is None:
            raise ValueError("StudyBatch: stage 2 needs target_ids and target_mask")
        memory = self.encode(batch).memory
        logits = None if self.auxiliary is None else self.auxiliary(memory)
        rows, written = memory, batch.target_mask.any(dim=1)
        if self.statement_rows is not None and logits is not None:
            stated = _told(batch) if told else Statements.decided(logits, self._may_change(batch))
            rows = torch.cat([memory, self.statement_rows(stated)], dim=1)
        language: Tensor = self.decoder(
            rows[written], batch.target_ids[written], batch.target_mask[written]
        )
        parts = {
            "language": language,
            "observations": language.new_zeros(()),
            "changes": language.new_zeros(()),
        }
        if logits is not None:
            if observations and batch.observation_targets is not None:
                parts["observations"] = observation_loss(
                    logits.observations, batch.observation_targets, positive_weight
                )
            if changes and batch.change_targets is not None:
                parts["changes"] = change_loss(logits.changes, batch.change_targets, change_weight)
        loss = language + observations * parts["observations"] + changes * parts["changes"]
        return {"loss": loss, **parts}

    @torch.no_grad()
    def generate(
        self,
        batch: StudyBatch,
        beams: int = 3,
        max_tokens: int = 100,
        *,
        guarded: bool = True,
        forbids: Forbids | None = None,
    ) -> Int[Tensor, "batch token"]:
        """Return report ids by beam search; ``max_tokens`` counts the first token.

        ``guarded``: no statement row states a change where there is no prior. ``forbids`` says what the
        report of a row of the batch must not be, as ``beam_search`` takes it.
        """
        rows, _ = self.readable(batch, guarded)
        return self.decoder.generate(rows, beams, max_tokens, forbids)

    @torch.no_grad()
    def report_logits(
        self, batch: StudyBatch, *, guarded: bool = True
    ) -> Float[Tensor, "batch token_after_the_first vocabulary"]:
        """Return the logits of each target token after the first, given those before it, as generation does."""
        if batch.target_ids is None:
            raise ValueError("StudyBatch: logits of a report need target_ids")
        rows, _ = self.readable(batch, guarded)
        logits: Tensor = self.decoder.logits(rows, batch.target_ids[:, :-1])
        return logits

    def read_again(
        self, batch: StudyBatch, ids: Int[Tensor, "batch token"], *, guarded: bool = True
    ) -> Rereading:
        """Read reports as generation wrote them, differentiably but for what was decided.

        Decisions are steps: no gradient goes through the statement rows, so ask the logits themselves.
        """
        rows, decided = self.readable(batch, guarded)
        logs = self.decoder.logits(rows, ids[:, :-1]).float().log_softmax(dim=-1)
        return Rereading(logs.gather(2, ids[:, 1:, None]).squeeze(2), decided)

    def readable(
        self, batch: StudyBatch, guarded: bool
    ) -> tuple[Float[Tensor, "batch row width"], AuxiliaryLogits | None]:
        """Return what the decoder reads when it writes, the memory and what was decided, and the decision."""
        memory = torch.cat(self._memories(batch))
        if self.auxiliary is None:
            return memory, None
        with full_precision(self):
            decided: AuxiliaryLogits = self.auxiliary(memory)
            if self.statement_rows is None:
                return memory, decided
            may_change = self._may_change(batch) if guarded else torch.ones_like(batch.has_prior)
            stated = Statements.decided(decided, may_change)
            return torch.cat([memory, self.statement_rows(stated)], dim=1), decided

    def _memories(self, batch: StudyBatch) -> list[Float[Tensor, "_ row width"]]:
        if not self.one_by_one:
            return [self.encode(batch).memory]
        encoder = self.study_encoder
        return side_by_side(
            lambda study: self.encode(study).memory, list(batch.studies()), encoder.streams
        )

    def _may_change(self, batch: StudyBatch) -> Bool[Tensor, " batch"]:
        """Return the studies whose prior the network takes into account."""
        return batch.has_prior & self.config.method.use_prior

    def writing_loss(
        self,
        ids: Int[Tensor, "batch token"],
        mask: Bool[Tensor, "batch token"],
        observations: Float[Tensor, "batch slot statement"],
        changes: Int[Tensor, "batch slot"],
    ) -> Float[Tensor, ""]:
        """Return the loss of writing texts from nothing but their own statements (1 or 0; classes)."""
        if self.statement_rows is None:
            raise ValueError("a network without statement_rows cannot learn to write from statements")
        rows = self.statement_rows(Statements.told(observations, changes))
        loss: Tensor = self.decoder(rows, ids, mask)
        return loss

    def parameter_groups(self) -> dict[str, list[nn.Parameter]]:
        """Return the trainable parameters by what stage 2 treats alike, each once, in a fixed order.

        ``pretrained`` is what stage 1 trains, and layer fusion with it (as released); ``embeddings`` are
        the view, temporal and scale parameters.
        """
        groups: dict[str, list[nn.Parameter]] = {
            "pretrained": [],
            "decoder": [],
            "auxiliary": [],
            "embeddings": [],
        }
        embeddings = ("study_encoder.view_embedding.", "study_encoder.temporal_embedding.", "contrast.")
        for name, parameter in self.named_parameters():
            if not parameter.requires_grad:
                continue
            if name.startswith(embeddings):
                groups["embeddings"].append(parameter)
            else:
                groups[_GROUPS[name.split(".", 1)[0]]].append(parameter)
        return groups

    def weights(self) -> dict[str, Tensor]:
        """Return the state by name, the output layer that is tied to the word embeddings left out."""
        return {name: tensor for name, tensor in self.state_dict().items() if name != _TIED}

    def load_weights(
        self, tensors: Mapping[str, Tensor], *, new: Iterable[str] = (), source: str = "weights"
    ) -> None:
        """Load weights by name; a missing, unknown or misshapen one is a ``WeightsError`` naming it.

        Names that begin with one of ``new`` may be missing and keep their values.
        """
        own = self.weights()
        lacking = [name for name in own if name not in tensors and not name.startswith(tuple(new))]
        unknown = [name for name in tensors if name not in own]
        misshapen = [
            f"{name} {tuple(tensors[name].shape)} instead of {tuple(own[name].shape)}"
            for name in own
            if name in tensors and tensors[name].shape != own[name].shape
        ]
        faults = [
            f"{len(names)} {what}: {', '.join(names[:8])}{' …' if len(names) > 8 else ''}"
            for what, names in (("missing", lacking), ("unknown", unknown), ("misshapen", misshapen))
            if names
        ]
        if faults:
            raise WeightsError(
                f"{source}: {'; '.join(faults)}; expected the tensors of this network's config.json. "
                "Do configuration and weights belong together?"
            )
        self.load_state_dict(dict(tensors), strict=False)

    def save_pretrained(self, save_directory: str | Path, **options: Any) -> str | None:
        """Write ``config.json`` and ``model.safetensors``, and a model card where there is none.

        ``options`` are those of the hub (``push_to_hub``, ``repo_id``). Raises ``StorageError``.
        """
        with disk_errors(Path(save_directory)):
            return super().save_pretrained(save_directory, **options)

    def _save_pretrained(self, save_directory: Path) -> None:
        """Write configuration and weights, each under a temporary name first."""
        write_network(save_directory, self.config.to_json(), self.weights())

    @classmethod
    def from_pretrained(
        cls, pretrained_model_name_or_path: str | Path, *, map_location: str = "cpu", **options: Any
    ) -> "PriorRGNetwork":
        """Load a network from a folder or hub id, in evaluation mode.

        ``options`` are those of the hub (``revision``, ``token``, ``cache_dir``, ``local_files_only``).
        Raises ``WeightsError`` where a file is missing or does not fit.
        """
        source = str(pretrained_model_name_or_path)
        config_file = fetch(source, CONFIG_FILE, "a PriorRG model", **options)
        weights_file = fetch(source, WEIGHTS_FILE, "a PriorRG model", **options)
        network = cls(NetworkConfig.from_json(config_file.read_text(), str(config_file)))
        network.to(map_location).load_weights(
            read_tensors(weights_file, map_location), source=str(weights_file)
        )
        return network.eval()


def _told(batch: StudyBatch) -> Statements:
    if batch.observation_targets is None or batch.change_targets is None:
        raise ValueError("StudyBatch: statement rows need observation_targets and change_targets")
    return Statements.told(batch.observation_targets, batch.change_targets)
