"""The knobs of each training stage: how it proceeds, and what it alone knows."""

from typing import Literal, Self

from pydantic import ConfigDict, Field, model_validator
from pydantic.dataclasses import dataclass

_STRICT = ConfigDict(extra="forbid")


@dataclass(frozen=True, kw_only=True, config=_STRICT)
class ScheduleSettings:
    """How one training stage proceeds. ``steps`` counts optimizer steps; ``warmup`` is a share of them.

    ``optimizer`` is ``adamw`` or ``muon`` (Muon for matrices and kernels, AdamW for the rest).

    ``schedule`` is ``cosine``, ``constant`` or ``plateau`` (the published one: a tenth of the learning
    rate after ``plateau_patience`` validations without improvement). ``early_stopping`` counts
    validations without improvement; 0 is never.
    ``checkpoint_every`` is in optimizer steps. ``precision`` is Lightning's name of it.
    """

    steps: int = Field(default=1000, ge=1)
    batch: int = Field(default=16, ge=1)
    accumulate: int = Field(default=1, ge=1)
    optimizer: Literal["adamw", "muon"] = "adamw"
    learning_rate: float = Field(default=1e-3, gt=0)
    weight_decay: float = Field(default=0.01, ge=0)
    warmup: float = Field(default=0.05, ge=0, le=1)
    schedule: Literal["cosine", "constant", "plateau"] = "cosine"
    clip: float = Field(default=1.0, ge=0)
    plateau_patience: int = Field(default=2, ge=1)
    early_stopping: int = Field(default=0, ge=0)
    checkpoint_every: int = Field(default=200, ge=1)
    precision: Literal["32-true", "bf16-mixed"] = "32-true"

    @model_validator(mode="after")
    def _plateau_comes_before_the_end(self) -> Self:
        if self.schedule == "plateau" and 0 < self.early_stopping <= self.plateau_patience:
            raise ValueError(
                f"early_stopping {self.early_stopping} ends training before plateau_patience "
                f"{self.plateau_patience} can lower the learning rate"
            )
        return self


@dataclass(frozen=True, kw_only=True, config=_STRICT)
class EncoderSettings(ScheduleSettings):
    """Label pre-training of a ``conv`` encoder: the stand-in for RAD-DINO in small presets.

    ``steps`` 0 leaves the encoder as it is. ``shift`` is the largest augmentation shift in px;
    ``positive_weight`` caps the weight of rare positives; ``reconstruction`` weighs the loss of
    rebuilding each patch from its token, which keeps extent and density in the features.
    """

    steps: int = Field(default=0, ge=0)
    shift: int = Field(default=3, ge=0)
    positive_weight: float = Field(default=6.0, ge=1)
    reconstruction: float = Field(default=0.5, ge=0)


@dataclass(frozen=True, kw_only=True, config=_STRICT)
class WritingSettings(ScheduleSettings):
    """The decoder learns to write reports from their own statements, before it gets to see anything.

    ``steps`` 0 leaves it as it is; else ``model.statement_rows`` must be on.
    """

    steps: int = Field(default=0, ge=0)


@dataclass(frozen=True, kw_only=True, config=_STRICT)
class MemorySettings:
    """What a step of stage 1 or 2 keeps in memory. Neither changes what is computed, but for rounding.

    ``recompute``: what projections, fusions, perceiver and text encoder hold inside is computed again in
    the backward pass instead of kept, and logits are taken part by part. ``images_at_once`` is how many
    images a frozen encoder reads together, of which hidden layers are kept where they are used alone; 0 is
    all. With ``bf16-mixed`` precision they are then kept as bfloat16, and a processor reads so many side by
    side, with a rounded copy of the encoder.
    """

    recompute: bool = False
    images_at_once: int = Field(default=0, ge=0)


@dataclass(frozen=True, kw_only=True, config=_STRICT)
class AlignSettings(ScheduleSettings):
    """Stage 1; ``steps`` 0 skips it. ``max_report_tokens`` cuts the report embedding's input."""

    steps: int = Field(default=1000, ge=0)
    max_report_tokens: int = 100
    memory: MemorySettings = MemorySettings()


@dataclass(frozen=True, kw_only=True, config=_STRICT)
class AuxiliarySettings:
    """Loss on the memory that predicts observations and changes read from the reference; 0 is off.

    ``positive_weight`` counts what is stated, ``change_weight`` what changed, that many times.
    ``self_pairs`` and ``exchanged_pairs`` are the shares of studies that also teach change by a pair of
    which it is known without a report: the image beside itself, and current and prior exchanged.
    """

    observations: float = Field(default=0.0, ge=0)
    changes: float = Field(default=0.0, ge=0)
    positive_weight: float = Field(default=3.0, gt=0)
    change_weight: float = Field(default=3.0, gt=0)
    self_pairs: float = Field(default=0.0, ge=0, le=1)
    exchanged_pairs: float = Field(default=0.0, ge=0, le=1)


@dataclass(frozen=True, kw_only=True, config=_STRICT)
class ReportSettings(ScheduleSettings):
    """Stage 2. ``pretrained_learning_rate`` is for what stage 1 trained; 0 freezes it.

    ``select_on`` is what the kept weights, and ``plateau`` and ``early_stopping``, go by: ``reports``, the mean
    of BLEU-4, rule-label F1 and LCC of the reports of ``select_studies`` validation studies, or ``loss``.
    """

    select_on: Literal["reports", "loss"] = "reports"
    select_studies: int = Field(default=128, ge=1)
    pretrained_learning_rate: float = Field(default=1e-3, ge=0)
    freeze_embeddings: bool = False
    memory: MemorySettings = MemorySettings()
    auxiliary: AuxiliarySettings = AuxiliarySettings()
