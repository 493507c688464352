"""The two training verbs, from a prepared data set to a model folder.

Each can be killed at any moment and called again: it goes on where the last checkpoint was.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import lightning as L
import numpy as np

from priorrg.batching import Batcher, target_text
from priorrg.data.manifest import PreparedData
from priorrg.data.store import ImageStore
from priorrg.errors import DataError
from priorrg.model.fingerprint import fingerprint
from priorrg.model.inputs import StudyBatch
from priorrg.model.network import PriorRGNetwork
from priorrg.model_folder import ModelFolder
from priorrg.model_source import model_of
from priorrg.provenance import Provenance
from priorrg.settings import Settings
from priorrg.stage_settings import ScheduleSettings
from priorrg.study import Radiograph, Study
from priorrg.tokenization import Tokenizers, build_tokenizers, context_text
from priorrg.training.align import AlignModule
from priorrg.training.callbacks import Progress
from priorrg.training.dropping import drop_inputs
from priorrg.training.encode import (
    adopt_encoder,
    check_encoder,
    check_labels,
    encoder_digest,
    encoder_warning,
    train_encoder,
)
from priorrg.training.features import cache_features
from priorrg.training.fit import fit_legs
from priorrg.training.known_changes import known_pairs, teach_change_alone
from priorrg.training.loggers import check_logger
from priorrg.training.network import network_for
from priorrg.training.provenance import describe_encoder, provenance_of
from priorrg.training.report import ReportModule
from priorrg.training.report_scores import SELECTED_ON, ReportScores
from priorrg.training.run_folder import RunFolder
from priorrg.training.selection import limit, select
from priorrg.training.stream import Stream
from priorrg.training.write import train_writer

Tell = Callable[[str], None]
_VALIDATION_STUDIES = 256
"""Validation losses are taken on at most so many studies."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainingData:
    """The studies of a run and the images they need."""

    prepared: PreparedData
    store: ImageStore
    train: list[Study]
    validate: list[Study]
    left_out: dict[str, int]
    """Training images that the run does not learn from, by the rule that leaves them out."""

    @property
    def held_out(self) -> list[Study]:
        """The studies that validation losses are taken on, the same ones each time."""
        return self.validate[:_VALIDATION_STUDIES]

    @property
    def radiographs(self) -> list[Radiograph]:
        studies = self.train + self.validate
        return [s.current for s in studies] + [s.prior for s in studies if s.prior is not None]


def pretrain(
    data: Path,
    settings: Settings,
    out: Path,
    *,
    encoder: Path | None = None,
    logger: str = "none",
    progress: Progress | None = None,
    tell: Tell | None = None,
) -> Path:
    """Train the encoder if the preset says so, then stage 1; return the model folder.

    ``encoder`` is an earlier pre-training run whose encoder is taken over instead. ``tell`` gets what a user
    should know, in one line. Raises ``DataError`` before any image is packed if the encoder cannot be
    trained for want of labels, or a split holds no study.
    """
    prepared = PreparedData(data)
    check_logger(logger)
    if encoder is not None:
        check_encoder(encoder, settings)
    else:
        check_labels(prepared, settings)
        if tell is not None and (warning := encoder_warning(settings)):
            tell(warning)
    run = RunFolder(
        out,
        stage="pretrain",
        settings=settings,
        data=prepared,
        start=encoder,
        start_weights="" if encoder is None else encoder_digest(encoder),
    )
    if run.finished:
        return run.model
    if encoder is not None:
        adopt_encoder(encoder, run.folder / "encoder")
    L.seed_everything(settings.seed, verbose=False)
    training = training_data(prepared, settings, progress, tell)
    run.note_left_out(training.left_out)
    tokenizers = _tokenizers(run, training.train, settings)
    network = network_for(settings, tokenizers)
    train_encoder(
        network,
        training.prepared,
        training.store,
        training.train,
        training.held_out,
        settings,
        run.folder / "encoder",
        logger,
        progress,
    )
    sees = describe_encoder(settings, prepared.name, taken_from=encoder)
    job = _Job(run, training, network, tokenizers, settings, sees, logger, progress)
    if settings.writing.steps > 0:
        job.write()
    if settings.align.steps > 0:
        job.align()
    return job.finish()


def train(
    data: Path,
    pretrained: Path,
    out: Path,
    settings: Settings,
    *,
    logger: str = "none",
    progress: Progress | None = None,
    tell: Tell | None = None,
) -> Path:
    """Train stage 2 from a pre-trained run or model folder; return the model folder.

    ``tell`` gets what a user should know, in one line.
    """
    prepared = PreparedData(data)
    check_logger(logger)
    start = ModelFolder.load(model_of(pretrained))
    run = RunFolder(
        out,
        stage="train",
        settings=settings,
        data=prepared,
        start=pretrained,
        start_weights=fingerprint(start.network),
    )
    if run.finished:
        return run.model
    L.seed_everything(settings.seed, verbose=False)
    training = training_data(prepared, settings, progress, tell)
    run.note_left_out(training.left_out)
    network = network_for(settings, start.tokenizers, weights=start.network)
    before = start.provenance
    job = _Job(
        run, training, network, start.tokenizers, settings, before.encoder, logger, progress, before
    )
    job.report()
    return job.finish()


def training_data(
    prepared: PreparedData,
    settings: Settings,
    progress: Progress | None = None,
    tell: Tell | None = None,
) -> TrainingData:
    """Return the studies that a run may learn from: those with a target text and readable images.

    Raises ``DataError`` if none is left to train or to validate on, saying why.
    """
    tick = None if progress is None else lambda done, total: progress("packing images", done, total)
    image, splits = settings.image, ("train", "validate")
    prepared.check_splits(splits)
    store = ImageStore.open(prepared, image.size, image.fit, progress=tick, splits=splits)
    if tell is not None and store.notice:
        tell(store.notice)
    data = settings.data
    train, held = (select(prepared.studies(split), store, data) for split in splits)
    train = limit(train, data.max_studies, settings.seed)
    if not train.studies or not held.studies:
        raise DataError(
            f"{prepared.folder}: got {len(train.studies)} training and {len(held.studies)} validation studies "
            f"with {data.target}; expected some of both. Left out of training: {_counted(train.left_out)}; of "
            f"validation: {_counted(held.left_out)}"
        )
    return TrainingData(
        prepared=prepared,
        store=store,
        train=train.studies,
        validate=held.studies,
        left_out=train.left_out,
    )


def _counted(left_out: Mapping[str, int]) -> str:
    return ", ".join(f"{rule} {count:,}" for rule, count in left_out.items()) or "nothing"


def _tokenizers(run: RunFolder, studies: Sequence[Study], settings: Settings) -> Tokenizers:
    folder = run.folder / "tokenizers"
    if not (folder / "tokenizer").is_dir():
        texts = [
            t for s in studies for t in (target_text(s, settings.data.target), context_text(s.context))
        ]
        build_tokenizers(settings, texts).save(folder)
    return Tokenizers.load(folder)


_WHAT = {"align": "aligning with reports", "report": "learning to report"}


@dataclass(frozen=True, slots=True)
class _Job:
    run: RunFolder
    training: TrainingData
    network: PriorRGNetwork
    tokenizers: Tokenizers
    settings: Settings
    encoder: str
    logger: str
    progress: Progress | None
    before: Provenance | None = None

    def write(self) -> None:
        """Teach a new decoder the language, before stage 1."""
        target = self.settings.data.target
        train, held_out = (
            [target_text(s, target) for s in studies]
            for studies in (self.training.train, self.training.held_out)
        )
        train_writer(
            self.network,
            Batcher(settings=self.settings, tokenizers=self.tokenizers),
            train,
            held_out,
            self.settings,
            self.run.folder / "writing",
            logger=self.logger,
            progress=self.progress,
        )

    def align(self) -> None:
        """Stage 1."""
        batcher, data = self._batcher(), self.settings.data

        def load(studies: Sequence[Study], generator: np.random.Generator) -> StudyBatch:
            return batcher([drop_inputs(s, data, generator) for s in studies], with_report=True)

        stage, module = self.settings.align, AlignModule(self.network, self.settings)
        self._fit(module, stage, "align", load, partial(batcher, with_report=True))

    def report(self) -> None:
        """Stage 2."""
        batcher, data, method = self._batcher(), self.settings.data, self.settings.method
        compares = method.use_prior and method.prior_pixels == "real"
        stage, module = self.settings.report, ReportModule(self.network, self.settings)

        def load(studies: Sequence[Study], generator: np.random.Generator) -> StudyBatch:
            given = [drop_inputs(s, data, generator) for s in studies]
            pairs = known_pairs(given, stage.auxiliary, generator) if compares else []
            batch = batcher([*given, *(study for study, _ in pairs)], with_target=True)
            return teach_change_alone(batch, [known for _, known in pairs])

        judge = self._judge(batcher) if stage.select_on == "reports" else None
        self._fit(module, stage, "report", load, partial(batcher, with_target=True), judge)

    def _fit(
        self,
        module: L.LightningModule,
        schedule: ScheduleSettings,
        stage: str,
        load: Callable[[Sequence[Study], np.random.Generator], StudyBatch],
        load_held_out: Callable[[Sequence[Study]], StudyBatch],
        judge: ReportScores | None = None,
    ) -> None:
        train, held_out = self.training.train, self.training.held_out
        rows = [held_out[i : i + schedule.batch] for i in range(0, len(held_out), schedule.batch)]

        def draw(indices: Sequence[int], generator: np.random.Generator) -> StudyBatch:
            return load([train[i] for i in indices], generator)

        fit_legs(
            module,
            Stream(len(train), schedule.batch, self.settings.seed, draw),
            [partial(load_held_out, r) for r in rows],
            schedule,
            self.run.folder / stage,
            what=_WHAT[stage],
            seed=self.settings.seed,
            workers=self.settings.data.workers,
            logger=self.logger,
            judge=judge,
            progress=self.progress,
        )

    def _judge(self, batcher: Batcher) -> ReportScores:
        settings = self.settings
        studies = self.training.validate[: settings.report.select_studies]
        # Exact: packing anew for a few reports after every leg would take longer than it saves.
        exact = settings.drafting_in("exact").generation
        return ReportScores(studies, settings.data.target, batcher, exact)

    @property
    def _selected_on(self) -> str:
        report = self.settings.report
        if self.run.stage == "train" and report.select_on == "reports":
            count = len(self.training.validate[: report.select_studies])
            return f"{SELECTED_ON} of {count:,} validation studies"
        return "validation loss"

    def finish(self) -> Path:
        ModelFolder(
            network=self.network,
            tokenizers=self.tokenizers,
            settings=self.settings,
            provenance=provenance_of(
                self.settings,
                self.training.prepared,
                self.training.train,
                left_out=self.training.left_out,
                stage=self.run.stage,
                selected_on=self._selected_on,
                encoder=self.encoder,
                before=self.before,
            ),
        ).save(self.run.model)
        self.run.finish()
        return self.run.model

    def _batcher(self) -> Batcher:
        pixels = self.training.store.pixels
        batcher = Batcher(settings=self.settings, tokenizers=self.tokenizers, pixels=pixels)
        vision = self.settings.model.vision
        if not (vision.frozen and vision.cached):
            return batcher
        folder = self.training.prepared.folder / "features"
        cache = cache_features(self.network, batcher, self.training.radiographs, folder, self.progress)
        return Batcher(settings=self.settings, tokenizers=self.tokenizers, features=cache)
