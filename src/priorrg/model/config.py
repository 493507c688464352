"""What a network is built from: sizes, method and vocabularies, as plain data.

Knows numbers and names only: no tensors, no tokenizer, no file. Travels as ``config.json`` beside the
weights, so that a model folder rebuilds its network without any preset.
"""

import json
from dataclasses import asdict
from typing import Any

from pydantic import ConfigDict, Field, TypeAdapter, ValidationError, model_validator
from pydantic.dataclasses import dataclass

from priorrg.errors import WeightsError
from priorrg.settings import MethodSettings, ModelSettings


@dataclass(frozen=True, kw_only=True, config=ConfigDict(extra="forbid"))
class NetworkConfig:
    """Everything that ``PriorRGNetwork`` needs to know before it has weights.

    ``image_size`` is the side of the square input in px. ``vision``, ``text`` and ``decoder`` are the
    Hugging Face configurations (Dinov2, Bert, GPT-2) of the backbones in use, or ``None`` for the small
    ones trained here. ``vocabulary`` and ``context_vocabulary`` are the sizes of the decoder's and the
    text encoder's tokenizer and override what those configurations say. ``auxiliary_slots`` 0 builds a
    network without auxiliary heads; ``auxiliary_changes`` counts "none" too.
    """

    model: ModelSettings
    method: MethodSettings = MethodSettings()
    image_size: int = Field(ge=1)
    vision: dict[str, Any] | None = None
    text: dict[str, Any] | None = None
    decoder: dict[str, Any] | None = None
    vocabulary: int = Field(ge=1)
    context_vocabulary: int = Field(ge=1)
    bos_id: int = Field(ge=0)
    eos_id: int = Field(ge=0)
    pad_id: int = Field(ge=0)
    context_pad_id: int = Field(ge=0)
    auxiliary_slots: int = Field(default=19, ge=0)
    auxiliary_changes: int = Field(default=6, ge=1)

    @model_validator(mode="after")
    def _rows_have_a_head(self) -> "NetworkConfig":
        if self.model.statement_rows and not self.auxiliary_slots:
            raise ValueError(
                "model.statement_rows is true, but auxiliary_slots is 0: nobody would decide"
            )
        return self

    @property
    def initializer_range(self) -> float:
        """Standard deviation of fresh weights in the small Bert and GPT-2.

        Theirs is 0.02 at width 768; narrower ones learn sooner when the sum over inputs keeps its size.
        """
        return float(0.02 * (768 / self.model.width) ** 0.5)

    def as_dict(self) -> dict[str, Any]:
        """Return plain nested dictionaries, ready for JSON."""
        return asdict(self)

    def to_json(self) -> str:
        """Return the text of ``config.json``."""
        return json.dumps(self.as_dict(), indent=2) + "\n"

    @classmethod
    def from_dict(cls, tree: object, source: str = "config.json") -> "NetworkConfig":
        """Check a nested mapping; a key that is unknown, missing or impossible is a ``WeightsError``."""
        try:
            return _ADAPTER.validate_python(tree)
        except ValidationError as error:
            first = error.errors()[0]
            where = ".".join(str(part) for part in first["loc"]) or "the whole file"
            more = f" (and {error.error_count() - 1} more)" if error.error_count() > 1 else ""
            raise WeightsError(
                f"{source}: {where}: {first['msg'].removeprefix('Value error, ')}{more}; expected a PriorRG "
                "network's configuration. Was the folder written by another version?"
            ) from error

    @classmethod
    def from_json(cls, text: str, source: str = "config.json") -> "NetworkConfig":
        """Read the text of a ``config.json``; raise ``WeightsError`` where it does not fit."""
        try:
            tree = json.loads(text)
        except ValueError as error:
            raise WeightsError(
                f"{source}: not valid JSON: {error}; write the model folder again"
            ) from error
        return cls.from_dict(tree, source)


_ADAPTER: TypeAdapter[NetworkConfig] = TypeAdapter(NetworkConfig)
