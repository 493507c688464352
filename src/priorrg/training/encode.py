"""Run the label pre-training of a small encoder on the training patients' images."""

import shutil
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from functools import partial
from hashlib import sha256
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import load_file, save_file
from torch import Tensor

from priorrg.batching import auxiliary_targets, normalise
from priorrg.data.manifest import PreparedData
from priorrg.data.store import ImageStore
from priorrg.errors import DataError, UsageError
from priorrg.model.network import PriorRGNetwork
from priorrg.settings import Settings, load_settings
from priorrg.storage import new_file
from priorrg.study import Study
from priorrg.training.callbacks import Progress
from priorrg.training.encoder import EncoderModule, LabelledImages
from priorrg.training.fit import fit_legs
from priorrg.training.run_folder import SETTINGS_FILE, differences
from priorrg.training.selection import limit, select
from priorrg.training.stream import Stream

ENCODER_FILE = "encoder.safetensors"


def train_encoder(
    network: PriorRGNetwork,
    prepared: PreparedData,
    store: ImageStore,
    train: Sequence[Study],
    validate: Sequence[Study],
    settings: Settings,
    folder: Path,
    logger: str = "none",
    progress: Progress | None = None,
) -> None:
    """Train ``network.study_encoder.vision`` in place; a finished training in ``folder`` is loaded instead."""
    if not _trains(settings):
        return
    done = folder / ENCODER_FILE
    if not done.exists():
        _train(network, prepared, store, train, validate, settings, folder, logger, progress)
        state = network.study_encoder.vision.state_dict()
        with new_file(done) as temporary:
            save_file({name: tensor.contiguous() for name, tensor in state.items()}, temporary)
    network.study_encoder.vision.load_state_dict(load_file(done))


def _trains(settings: Settings) -> bool:
    return settings.encoder.steps > 0 and settings.model.vision.backbone == "conv"


def check_labels(prepared: PreparedData, settings: Settings) -> None:
    """Raise ``DataError`` if the encoder is to be trained and a study that it would see has no labels.

    Looks at the tables alone, so that it can be asked before images are packed.
    """
    if not _trains(settings):
        return
    labels = prepared.labels()
    data = settings.data
    train = limit(select(prepared.studies("train"), None, data), data.max_studies, settings.seed)
    held = select(prepared.studies("validate"), None, data)
    _refuse_unlabelled(prepared, [*train.studies, *held.studies], labels)


def _refuse_unlabelled(
    prepared: PreparedData, studies: Sequence[Study], labels: Mapping[str, object]
) -> None:
    every = dict.fromkeys(study.study_id for study in studies)
    if missing := [study for study in every if study not in labels]:
        raise DataError(
            f"{prepared.folder}: {len(missing):,} of {len(every):,} studies have no labels (first: "
            f"{missing[0]}), and the small encoder learns to see from them. Three ways: prepare again with "
            "labels (MIMIC-CXR's chexpert table; label columns of your own table, see docs/data.md); `--encoder "
            "RUN` takes over the encoder of an earlier `priorrg pretrain`; `--set encoder.steps=0` leaves it "
            "random and frozen"
        )


def encoder_warning(settings: Settings) -> str:
    """Return what to know of an encoder that nothing teaches to see; empty if something does."""
    vision = settings.model.vision
    if vision.backbone != "conv" or settings.encoder.steps or not vision.frozen:
        return ""
    return (
        "encoder.steps is 0: the encoder stays as it was drawn, random and frozen, and the model will see little. "
        "`--encoder RUN` in its place takes over a trained one"
    )


def check_encoder(run: Path, settings: Settings) -> None:
    """Raise ``UsageError`` unless the earlier pre-training ``run`` has an encoder that fits ``settings``."""
    source = run / "encoder" / ENCODER_FILE
    if not source.is_file() or not (run / SETTINGS_FILE).is_file():
        raise UsageError(f"{source}: no such file; expected a finished encoder of `priorrg pretrain`")
    if not _trains(settings):
        raise UsageError(
            f"{run}: its encoder has no place in preset {settings.name!r}, which trains none; expected a "
            "conv backbone and encoder.steps above 0, or no --encoder"
        )
    before = load_settings(run / SETTINGS_FILE)
    theirs, ours = (
        {"image": asdict(s.image), "vision": asdict(s.model.vision)} for s in (before, settings)
    )
    if different := differences(theirs, ours):
        raise UsageError(
            f"{run}: its encoder is another one ({'; '.join(different[:3])}); expected the same image and "
            "model.vision settings"
        )


def encoder_digest(run: Path) -> str:
    """Return the SHA-256 of the encoder that an earlier pre-training ``run`` trained."""
    return sha256((run / "encoder" / ENCODER_FILE).read_bytes()).hexdigest()


def adopt_encoder(run: Path, folder: Path) -> None:
    """Take over the encoder that an earlier pre-training ``run`` trained."""
    source = run / "encoder" / ENCODER_FILE
    with new_file(folder / ENCODER_FILE) as temporary:
        shutil.copy(source, temporary)


def _train(
    network: PriorRGNetwork,
    prepared: PreparedData,
    store: ImageStore,
    train: Sequence[Study],
    validate: Sequence[Study],
    settings: Settings,
    folder: Path,
    logger: str,
    progress: Progress | None,
) -> None:
    stage = settings.encoder
    labels = label_matrix(train, prepared)
    positives = labels.mean(dim=0).clamp(min=1e-4)
    weight = ((1 - positives) / positives).sqrt().clamp(1, stage.positive_weight)
    module = EncoderModule(network.study_encoder.vision, settings.model.vision.width, weight, settings)

    def load(studies: Sequence[Study], matrix: Tensor, indices: Sequence[int]) -> LabelledImages:
        grey = torch.from_numpy(np.stack([store[studies[i].current.image_id] for i in indices]))
        pixels = normalise(grey, settings.image.mean, settings.image.std)
        return LabelledImages(pixels, matrix[list(indices)])

    stream = Stream(len(train), stage.batch, settings.seed, lambda rows, _: load(train, labels, rows))
    truth = label_matrix(validate, prepared)
    held_out = [
        partial(load, validate, truth, range(i, min(i + stage.batch, len(validate))))
        for i in range(0, len(validate), stage.batch)
    ]
    network.study_encoder.vision.requires_grad_(True).train()
    fit_legs(
        module,
        stream,
        held_out,
        stage,
        folder,
        what="learning to see",
        seed=settings.seed,
        workers=settings.data.workers,
        logger=logger,
        progress=progress,
    )
    trains_on = not settings.model.vision.frozen
    network.study_encoder.vision.requires_grad_(trains_on).train(trains_on)


def label_matrix(studies: Sequence[Study], prepared: PreparedData) -> Tensor:
    """Return ``(studies, label)``: uncertain counts as positive, unmentioned as negative.

    The label CSV gives the labels; what it lacks, the side, is read out of the report.
    """
    labels = prepared.labels()
    _refuse_unlabelled(prepared, studies, labels)
    rows = [[float(bool(value)) for value in labels[s.study_id].values()] for s in studies]
    sided, _ = auxiliary_targets(
        [f"{s.report.findings} {s.report.impression}" for s in studies], [False] * len(studies)
    )
    return torch.cat([torch.tensor(rows), sided[:, :, 0]], dim=1)
