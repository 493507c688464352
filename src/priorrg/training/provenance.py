"""Fill in a model's provenance from the run that made it."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from priorrg.data.manifest import PreparedData
from priorrg.provenance import Provenance, code_commit, licences_of, software_versions
from priorrg.settings import Settings
from priorrg.study import Study


def provenance_of(
    settings: Settings,
    prepared: PreparedData,
    train: Sequence[Study],
    *,
    left_out: Mapping[str, int],
    stage: str,
    selected_on: str,
    encoder: str,
    before: Provenance | None = None,
) -> Provenance:
    """Return what a reader must know of a model trained on ``train``; ``encoder`` says what sees for it.

    ``before`` is the provenance of the model that training started from: what that saw, this one has
    seen too. ``left_out`` counts the training images that were not used, by rule.
    """
    model = settings.model
    backbones = (model.vision.backbone, model.text.backbone, model.decoder.backbone)
    named = [Path(b).name for b in backbones if b not in ("conv", "scratch")]
    trained_on, synthetic = prepared.name, prepared.synthetic
    if before is not None and before.trained_on != trained_on:
        trained_on, synthetic = f"{before.trained_on}; then {trained_on}", synthetic and before.synthetic
    if before is not None and before.source:
        selected_on = f"{before.selected_on}; then {selected_on}"
    return Provenance(
        trained_on=trained_on,
        synthetic=synthetic,
        training_studies=len({s.study_id for s in train}),
        training_patients=len({s.patient_id for s in train}),
        left_out=dict(left_out),
        preset=settings.name,
        stage=stage,
        selected_on=selected_on,
        commit=code_commit(),
        seed=settings.seed,
        versions=software_versions("lightning"),
        encoder=encoder,
        backbone_licences=licences_of(named),
        source=before.source if before is not None else "",
        source_sha256=before.source_sha256 if before is not None else "",
    )


def describe_encoder(settings: Settings, data: str, taken_from: Path | None = None) -> str:
    """Return where the vision encoder of a pre-training on ``data`` comes from.

    ``taken_from`` is the earlier run whose encoder was taken over.
    """
    vision = settings.model.vision
    if vision.backbone != "conv":
        return vision.backbone
    if settings.encoder.steps == 0:
        return "small convolutional transformer, not pre-trained"
    where = f"in the run {taken_from.name}" if taken_from else f"on the training patients of {data}"
    return (
        f"small convolutional transformer, pre-trained {where}, on images and labels (a stand-in for "
        "RAD-DINO)"
    )
