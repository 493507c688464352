"""Every knob, in one place: frozen dataclasses ← preset YAML ← ``--set key=value``.

A preset is a YAML file in ``presets/`` (or anywhere, by path). Unknown keys and impossible values are
refused with their path. Settings travel with every run and every model folder.
"""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, replace
from importlib import resources
from pathlib import Path
from typing import Any, Literal, Self

import yaml
from pydantic import ConfigDict, Field, TypeAdapter, ValidationError, model_validator
from pydantic.dataclasses import dataclass

from priorrg.errors import SettingsError
from priorrg.setting_names import hint
from priorrg.stage_settings import AlignSettings, EncoderSettings, ReportSettings, WritingSettings

_STRICT = ConfigDict(extra="forbid")


@dataclass(frozen=True, kw_only=True, config=_STRICT)
class ImageSettings:
    """From a grey image to the square that the encoder sees.

    ``size`` is the side in px. ``fit`` is how a rectangle becomes a square: ``pad`` keeps the whole
    film, ``crop`` resizes the short side and cuts the centre (the published way; it loses apices and
    costophrenic angles). ``mean`` and ``std`` are in units of full white.
    """

    size: int = Field(default=128, ge=16, le=2048)
    fit: Literal["pad", "crop"] = "pad"
    mean: float = 0.5307
    std: float = Field(default=0.2583, gt=0)


@dataclass(frozen=True, kw_only=True, config=_STRICT)
class ContextSettings:
    """Indication and history as text. ``max_tokens`` includes the section marks.

    ``tokenizer``: ``own`` is the text encoder's; ``shared`` is the decoder's (released behaviour: its
    word embeddings were thereby discarded).
    """

    max_tokens: int = Field(default=64, ge=4)
    tokenizer: Literal["own", "shared"] = "shared"


@dataclass(frozen=True, kw_only=True, config=_STRICT)
class VisionSettings:
    """``backbone`` is ``conv`` (small, trained here) or a Dinov2 folder or hub id.

    ``patch`` is in px; ``width``, ``layers`` and ``heads`` only apply to ``conv``. ``cached``: a frozen
    encoder's features are computed once and kept on disk (small encoders only: at full size the
    features of one image take 25 MB).
    """

    backbone: str = "conv"
    frozen: bool = True
    width: int = Field(default=128, ge=1)
    layers: int = Field(default=3, ge=1)
    heads: int = Field(default=4, ge=1)
    patch: int = Field(default=8, ge=1)
    cached: bool = True


@dataclass(frozen=True, kw_only=True, config=_STRICT)
class TextSettings:
    """``backbone`` is ``scratch`` (a small Bert, trained here) or a Bert folder or hub id, of which the
    first ``layers`` are kept. ``heads`` only applies to ``scratch``."""

    backbone: str = "scratch"
    layers: int = Field(default=2, ge=1)
    heads: int = Field(default=4, ge=1)


@dataclass(frozen=True, kw_only=True, config=_STRICT)
class DecoderSettings:
    """``backbone`` is ``scratch`` (a small GPT-2, trained here) or a GPT-2 folder or hub id.

    ``vocabulary`` is the size of the tokenizer trained for ``scratch``. ``normalise_memory`` puts a
    LayerNorm before the memory is read (the published model has none): the rows of context, change and
    detail then speak equally loud to a decoder that has to learn to listen.
    """

    backbone: str = "scratch"
    layers: int = Field(default=3, ge=1)
    heads: int = Field(default=4, ge=1)
    vocabulary: int = Field(default=800, ge=1)
    dropout: float = Field(default=0.1, ge=0, lt=1)
    normalise_memory: bool = False


@dataclass(frozen=True, kw_only=True, config=_STRICT)
class FusionSettings:
    """Temporal fusion: ``layers`` blocks of ``heads`` heads, each of width ``width / 4`` (published)."""

    layers: int = Field(default=3, ge=1)
    heads: int = Field(default=8, ge=1)


@dataclass(frozen=True, kw_only=True, config=_STRICT)
class PerceiverSettings:
    """The perceiver shared by context, spatiotemporal and joint features."""

    layers: int = Field(default=3, ge=1)
    heads: int = Field(default=8, ge=1)
    head_width: int = Field(default=64, ge=1)
    latents: int = Field(default=128, ge=1)


@dataclass(frozen=True, kw_only=True, config=_STRICT)
class ModelSettings:
    """Sizes of the network. ``width`` is the shared width D; ``views`` are the rows of the view table.

    ``statement_rows``: the decoder also reads one row a finding and side that says what the auxiliary
    head believes of it (the published model has none).

    Attention shares a width evenly among its heads, so each width must be a multiple of its heads; those
    of temporal fusion are a quarter of the width each.
    """

    width: int = Field(default=128, ge=1)
    views: tuple[str, ...] = ("AP", "PA", "LATERAL", "LL", "unk")
    vision: VisionSettings = VisionSettings()
    text: TextSettings = TextSettings()
    decoder: DecoderSettings = DecoderSettings()
    temporal_fusion: FusionSettings = FusionSettings()
    perceiver: PerceiverSettings = PerceiverSettings()
    statement_rows: bool = False

    @model_validator(mode="after")
    def _heads_share_the_width(self) -> Self:
        shared = (
            ("vision", self.vision.backbone == "conv", self.vision.width, self.vision.heads),
            ("text", self.text.backbone == "scratch", self.width, self.text.heads),
            ("decoder", self.decoder.backbone == "scratch", self.width, self.decoder.heads),
            ("temporal_fusion (each a quarter of the width)", True, self.width, 4),
        )
        for name, applies, width, heads in shared:
            if applies and width % heads:
                raise ValueError(f"width {width} is not a multiple of {heads}, the heads of {name}")
        return self


@dataclass(frozen=True, kw_only=True, config=_STRICT)
class MethodSettings:
    """The parts of the method that an ablation can switch off.

    ``prior_pixels``: ``real``, or ``blank``: the model is told that a prior exists but does not see it.
    """

    use_context: bool = True
    use_prior: bool = True
    use_hidden: bool = True
    coarse_to_fine: bool = True
    prior_pixels: Literal["real", "blank"] = "real"


@dataclass(frozen=True, kw_only=True, config=_STRICT)
class DataSettings:
    """Which studies a run trains on and which section it learns to write.

    ``require`` keeps only studies that have all of it (``context``: indication or history), in training and
    validation. ``max_studies`` bounds the training studies, by whole patients drawn by ``seed``; 0 is all.
    ``target_form``: ``published`` puts a space before the first word and after the last, and a report
    that is cut at the limit has no last token, as in the released code; so published weights go on
    learning the form that they know. In ``bare`` every report ends with the last token.
    """

    views: Literal["frontal", "all"] = "frontal"
    require: tuple[Literal["indication", "history", "context", "prior"], ...] = ()
    max_studies: int = Field(default=0, ge=0)
    target: Literal["findings", "impression", "both"] = "findings"
    drop_prior: float = Field(default=0.0, ge=0, le=1)
    drop_context: float = Field(default=0.0, ge=0, le=1)
    target_form: Literal["bare", "published"] = "bare"
    workers: int = Field(default=0, ge=0)


Mode = Literal["exact", "fp32", "bf16", "int8"]
"""How a network computes when it drafts.

exact: as the method says, nothing reordered. fp32: quickly, in single precision; other sums, the same words
but for ties. bf16: also matrix products and attention rounded to bfloat16. int8: matrix products with weights
and inputs of 8 bits, attention in bfloat16; on a processor alone. The heads that decide what is stated are not
rounded; what they read is.
"""


@dataclass(frozen=True, kw_only=True, config=_STRICT)
class GenerationSettings:
    """Decoding. ``max_tokens`` counts the first token too.

    ``mode`` is how the network computes: ``exact``, ``fp32``, ``bf16`` or ``int8`` (docs/speed.md).

    ``guarded``: where no prior was given, no statement row states a change (with ``statement_rows``).
    ``forbid_comparison``: where no prior was given, no text that speaks of comparison or change is
    written, whatever the rows say (the released code has no such rule).
    ``cleaning`` is how decoded text becomes a report: ``spaces`` collapses white space; ``published`` is
    what the released code does before it scores (no space before punctuation, printable ASCII alone,
    ``...`` where nothing is left).
    """

    beams: int = Field(default=3, ge=1)
    max_tokens: int = Field(default=100, ge=2)
    batch: int = Field(default=16, ge=1)
    guarded: bool = True
    forbid_comparison: bool = True
    cleaning: Literal["spaces", "published"] = "spaces"
    mode: Mode = "fp32"


@dataclass(frozen=True, kw_only=True, config=_STRICT)
class ConfidenceSettings:
    """How ``priorrg calibrate`` fits the confidence of sentences on the validation split.

    ``logistic``: a logistic regression on what the network knew when it wrote; ``isotonic``: then the share
    right of sentences of like score, which mends a curve that is not logistic and needs more sentences.
    """

    method: Literal["isotonic", "logistic"] = "isotonic"


@dataclass(frozen=True, kw_only=True, config=_STRICT)
class Settings:
    """A whole preset."""

    name: str
    seed: int = 0
    image: ImageSettings = ImageSettings()
    context: ContextSettings = ContextSettings()
    model: ModelSettings = ModelSettings()
    method: MethodSettings = MethodSettings()
    data: DataSettings = DataSettings()
    encoder: EncoderSettings = EncoderSettings()
    writing: WritingSettings = WritingSettings()
    align: AlignSettings = AlignSettings()
    report: ReportSettings = ReportSettings()
    generation: GenerationSettings = GenerationSettings()
    confidence: ConfidenceSettings = ConfidenceSettings()

    @model_validator(mode="after")
    def _rows_are_decided(self) -> Self:
        auxiliary = self.report.auxiliary
        if self.model.statement_rows and not (auxiliary.observations and auxiliary.changes):
            raise ValueError(
                "model.statement_rows is true, but report.auxiliary.observations or .changes is 0: nothing "
                "would teach the head that decides what they state"
            )
        if self.writing.steps and not self.model.statement_rows:
            raise ValueError("writing.steps is above 0, but model.statement_rows is false")
        return self

    def drafting_in(self, mode: Mode | None) -> "Settings":
        """Return the settings with that mode of drafting; as they are if it is ``None``."""
        if mode is None:
            return self
        return replace(self, generation=replace(self.generation, mode=mode))

    def as_dict(self) -> dict[str, Any]:
        """Return plain nested dictionaries, ready for YAML or JSON."""
        return asdict(self)


_ADAPTER = TypeAdapter(Settings)


def preset_names() -> list[str]:
    """Return the names of the bundled presets."""
    folder = resources.files("priorrg") / "presets"
    return sorted(p.name.removesuffix(".yaml") for p in folder.iterdir() if p.name.endswith(".yaml"))


def load_settings(preset: str | Path, overrides: Iterable[str] = ()) -> Settings:
    """Read a bundled preset by name or a YAML file by path, then apply ``key.path=value`` overrides."""
    if str(preset) in preset_names():
        text = (resources.files("priorrg") / "presets" / f"{preset}.yaml").read_text()
    elif Path(preset).is_file():
        text = Path(preset).read_text()
    else:
        raise SettingsError(
            f"preset {str(preset)!r} is neither a file nor one of {', '.join(preset_names())}"
        )
    try:
        tree = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise SettingsError(f"{preset}: not valid YAML: {' '.join(str(error).split())}") from error
    if not isinstance(tree, dict):
        raise SettingsError(f"{preset}: expected a YAML mapping, got {type(tree).__name__}")
    return settings_from(override(tree, overrides), source=str(preset))


def override(tree: Mapping[str, Any], overrides: Iterable[str]) -> dict[str, Any]:
    """Return a copy of a settings tree with each ``key.path=value`` set; values are read as YAML."""
    result: dict[str, Any] = yaml.safe_load(yaml.safe_dump(dict(tree)))
    for text in overrides:
        path, equals, value = text.partition("=")
        if not equals:
            raise SettingsError(f"--set {text!r}: expected key=value, as in report.steps=500")
        *parents, last = path.strip().split(".")
        node = result
        for name in parents:
            node = node.setdefault(name, {})
            if not isinstance(node, dict):
                raise SettingsError(f"--set {text!r}: {name!r} is a value, not a group of settings")
        try:
            node[last] = yaml.safe_load(value)
        except yaml.YAMLError as error:
            raise SettingsError(
                f"--set {text!r}: {value!r} is not a YAML value; expected key=value, as in report.steps=500"
            ) from error
    return result


def settings_from(tree: Mapping[str, Any], source: str = "settings") -> Settings:
    """Check a nested mapping and return it as settings."""
    try:
        return _ADAPTER.validate_python(_tuples(tree))
    except ValidationError as error:
        first = error.errors()[0]
        if first["type"] == "unexpected_keyword_argument":
            path = [str(part) for part in first["loc"]]
            raise SettingsError(
                f"{source}: {'.'.join(path)} is no setting; {hint(Settings, path)} (docs/settings.md)"
            ) from error
        where = ".".join(str(part) for part in first["loc"]) or "the whole"
        told = ("missing", "value_error")
        got = "" if first["type"] in told else f", got {first['input']!r}"
        reason = first["msg"].removeprefix("Value error, ")
        more = f" (and {error.error_count() - 1} more)" if error.error_count() > 1 else ""
        raise SettingsError(f"{source}: {where}: {reason}{got}{more}") from error


def _tuples(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _tuples(item) for key, item in value.items()}
    return tuple(value) if isinstance(value, list) else value
