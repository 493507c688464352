"""Put a model on trial on held-out phantom patients: rows of scores that each answer one question.

The demonstration and the benchmark use the same rows. Reports are kept as one table a row, so that an
interrupted trial goes on.
"""

import csv
import math
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from operator import ge, gt, le, lt
from pathlib import Path
from typing import Any

from priorrg.ablation import INTERVENTIONS
from priorrg.batching import Batcher
from priorrg.data.manifest import PreparedData
from priorrg.data.store import ImageStore
from priorrg.generation import generate_reports
from priorrg.metrics.bleu import bleu
from priorrg.metrics.phantom_truth import score
from priorrg.model.device import pick_device
from priorrg.model.fingerprint import fingerprint
from priorrg.model_folder import ModelFolder
from priorrg.storage import new_file
from priorrg.study import Study
from priorrg.truth import TRUTH_FILE, Truth, read_truth

Scores = dict[str, float]
Progress = Callable[[str, int, int], None]


@dataclass(frozen=True, kw_only=True)
class Trial:
    """The held-out studies of a prepared phantom and their truth; scored is what FINDINGS says."""

    prepared: PreparedData
    studies: list[Study]
    training_texts: list[str]
    truth: Truth

    @classmethod
    def of(cls, data: Path, split: str = "test", limit: int | None = None) -> "Trial":
        """Open the frontal studies of ``split`` that have findings; the first ``limit`` if given."""
        prepared = PreparedData(data)
        studies, training = (
            [s for s in prepared.studies(name, views="frontal") if s.report.findings]
            for name in (split, "train")
        )
        return cls(
            prepared=prepared,
            studies=studies[:limit],
            training_texts=[s.report.findings for s in training],
            truth=read_truth(prepared.folder / TRUTH_FILE),
        )

    def score(self, texts: Sequence[str], given: Sequence[Study] | None = None) -> Scores:
        """Score one text per study. ``given`` are the studies as the model saw them."""
        seen = self.studies if given is None else given
        reports = {s.study_id: text for s, text in zip(self.studies, texts, strict=True)}
        without = {s.study_id for s in seen if s.prior is None}
        result = score(reports, self.truth, without_prior=without)
        words = bleu(texts, [s.report.findings for s in self.studies])
        return {**result, **dict(zip(words.names, words.scores.tolist(), strict=True))}

    def reference(self) -> Scores:
        """The true reports through the same scorer: parser and reports agree, or not."""
        return self.score([s.report.findings for s in self.studies])

    def majority(self) -> Scores:
        """The most frequent training report, for everyone."""
        ((text, _),) = Counter(self.training_texts).most_common(1)
        return self.score([text] * len(self.studies))


def read_reports(
    model: ModelFolder,
    trial: Trial,
    row: str,
    folder: Path,
    *,
    seed: int = 0,
    progress: Progress | None = None,
) -> tuple[list[str], list[Study]]:
    """Return the model's reports under the intervention ``row``, and the studies as it saw them.

    Written to ``folder/ROW.csv``; read from there if it is complete, of these weights and this decoding.
    """
    given = INTERVENTIONS[row](trial.studies, seed)
    path = folder / f"{row}.csv"
    model_id = f"{fingerprint(model.network)} {asdict(model.settings.generation)}"
    texts = _kept(path, given, model_id)
    if texts is None:
        settings = model.settings
        model.network.to(pick_device())
        store = ImageStore.open(trial.prepared, settings.image.size, settings.image.fit)
        batcher = Batcher(settings=settings, tokenizers=model.tokenizers, pixels=store.pixels)
        generation = settings.generation
        tick = None if progress is None else lambda done, total: progress(f"reading: {row}", done, total)
        pairs = generate_reports(model.network, batcher, given, generation, tick)
        texts = [text for _, text in pairs]
        _keep(path, given, texts, model_id)
    return texts, given


def unguarded(model: ModelFolder) -> ModelFolder:
    """Return the model with raw decoding: nothing keeps it from stating a change without a prior."""
    generation = replace(model.settings.generation, guarded=False, forbid_comparison=False)
    return replace(model, settings=replace(model.settings, generation=generation))


def read_rows(
    model: ModelFolder,
    trial: Trial,
    rows: Sequence[str],
    folder: Path,
    progress: Progress | None = None,
) -> dict[str, Scores]:
    """Return the scores of each named intervention."""
    scores = {}
    for row in rows:
        texts, given = read_reports(model, trial, row, folder, progress=progress)
        scores[row] = trial.score(texts, given)
    return scores


_KEPT = ("study_id", "current", "prior", "indication", "history", "model")


def _key(study: Study, model: str) -> list[str]:
    """Return what the model was given, and which model it was."""
    prior = study.prior.image_id if study.prior else ""
    context = study.context
    return [study.study_id, study.current.image_id, prior, context.indication, context.history, model]


def _keep(path: Path, studies: Sequence[Study], texts: Sequence[str], model: str) -> None:
    with new_file(path) as temporary, temporary.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow([*_KEPT, "generated"])
        for study, text in zip(studies, texts, strict=True):
            writer.writerow([*_key(study, model), text])


def _kept(path: Path, studies: Sequence[Study], model: str) -> list[str] | None:
    if not path.exists():
        return None
    with path.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    if [[row.get(name) for name in _KEPT] for row in rows] != [_key(s, model) for s in studies]:
        return None
    return [row["generated"] for row in rows]


def summary(scores: Mapping[str, float]) -> Scores:
    """Return the headline scores of a row."""
    names = ("finding_f1", "change_f1", "question_answered", "false_prior", "bleu_4", "studies")
    return {name: scores[name] for name in names}


_RELATIONS: Mapping[str, Callable[[float, float], bool]] = {">": gt, ">=": ge, "<": lt, "<=": le}


def promise(row: str, metric: str, relation: str, value: float, got: float | None) -> dict[str, Any]:
    """Return what was promised of a row, what was measured, and whether the promise is kept.

    ``relation`` is ``>``, ``>=``, ``<`` or ``<=``; a measurement that is not a number, or
    ``None`` as JSON has it, keeps no promise.
    """
    met = got is not None and _RELATIONS[relation](got, value)
    numbers = finite({"value": value, "got": math.nan if got is None else got})
    return {"row": row, "metric": metric, "relation": relation, **numbers, "met": met}


def finite(scores: Mapping[str, float]) -> dict[str, float | None]:
    """Return scores as JSON can hold them: what is not a number is null."""
    return {name: None if math.isnan(value) else value for name, value in scores.items()}
