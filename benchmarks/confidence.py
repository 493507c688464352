"""Confidence and evidence on phantom patients that the model never saw, and what the ban on comparison costs.

Reads the model and data of a demonstration (``--work``). Ways and methods are compared on the validation
split; what the model does is measured on the test split.
"""

import argparse
import json
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.evidence import compare_ways, measure
from benchmarks.measured import measured_how
from benchmarks.reliability_picture import reliability_picture
from priorrg.ablation import INTERVENTIONS
from priorrg.batching import Batcher
from priorrg.calibrating import SPLIT, judged_sentences
from priorrg.cli.terminal import Bars, bars
from priorrg.confidence import Calibration, fit
from priorrg.data.store import ImageStore
from priorrg.generation import generate_reports, report_reader
from priorrg.metrics.calibration import auroc, calibration_error, reliability
from priorrg.model_folder import ModelFolder
from priorrg.no_comparison import NoComparison, compares
from priorrg.phantom_trial import Scores, Trial, promise
from priorrg.reading_back import SIGNALS, ReadSentence
from priorrg.settings import GenerationSettings
from priorrg.storage import new_file
from priorrg.study import Study

RESULT = Path(__file__).parent / "results" / "confidence.json"
PICTURE = Path(__file__).parents[1] / "docs" / "reliability.svg"
PARTS = ("constraint", "confidence", "evidence")
METHODS = ("isotonic", "logistic")
REPEATS = 3
WAYS_STUDIES = 100
FOLDS = 5


@dataclass(frozen=True, kw_only=True)
class Judged:
    """Sentences of a split that claim something, by whose patient, and whether they are right."""

    sentences: list[ReadSentence]
    right: list[bool]

    @classmethod
    def of(cls, model: ModelFolder, trial: Trial, split: str, show: Bars) -> "Judged":
        tick = show.named(f"judging: {split}")
        pairs = list(judged_sentences(model, trial.prepared, trial.studies, split, tick))
        return cls(sentences=[s for s, _ in pairs], right=[r for _, r in pairs])

    def take(self, places: Sequence[int]) -> "Judged":
        return Judged(
            sentences=[self.sentences[i] for i in places], right=[self.right[i] for i in places]
        )

    @property
    def signals(self) -> list[tuple[float, ...]]:
        return [sentence.signals for sentence in self.sentences if sentence.signals is not None]

    def fitted(self, method: Any) -> Calibration:
        facts = {"fitted_on": "", "judged_by": "", "network": "", "decoding": {}}
        return fit(self.signals, self.right, method, SIGNALS, **facts)

    def row(self, calibration: Calibration) -> dict[str, float]:
        sure = [calibration.confidence(signals) for signals in self.signals]
        return {
            "sentences": len(sure),
            "right": sum(self.right) / len(self.right),
            "auroc": auroc(sure, self.right),
            "calibration_error": calibration_error(sure, self.right),
            "brier": sum((c - r) ** 2 for c, r in zip(sure, self.right, strict=True)) / len(sure),
        }


def cross_validated(judged: Judged, method: str) -> dict[str, float]:
    """Return the mean row over folds of neighbouring sentences: a study's are never on both sides."""
    count = len(judged.right)
    blocks = [i * FOLDS // count for i in range(count)]
    rows = []
    for fold in range(FOLDS):
        seen = judged.take([i for i in range(count) if blocks[i] != fold])
        rows.append(judged.take([i for i in range(count) if blocks[i] == fold]).row(seen.fitted(method)))
    return {name: sum(row[name] for row in rows) / FOLDS for name in rows[0]}


def confidence(model: ModelFolder, validate: Trial, test: Trial, show: Bars) -> dict[str, Any]:
    """Fit on validation, measure on test; write the reliability plot."""
    learned = Judged.of(model, validate, SPLIT, show)
    held_out = Judged.of(model, test, "test", show)
    made = {method: learned.fitted(method) for method in METHODS}
    chosen = made[model.settings.confidence.method]
    has_prior = SIGNALS.index("has_prior")
    groups = {
        name: held_out.take([i for i, s in enumerate(held_out.signals) if s[has_prior] == value])
        for name, value in (("with a prior", 1.0), ("without a prior", 0.0))
    }
    sure = [chosen.confidence(signals) for signals in held_out.signals]
    parts = reliability(sure, held_out.right)
    with new_file(PICTURE) as temporary:
        temporary.write_text(reliability_picture(parts), encoding="utf-8")
    return {
        "validation": {method: cross_validated(learned, method) for method in METHODS},
        "test": {method: held_out.row(calibration) for method, calibration in made.items()},
        "groups": {name: group.row(chosen) for name, group in groups.items()},
        "bins": [
            {"count": part.count, "confidence": part.confidence, "right": part.right} for part in parts
        ],
    }


def constraint(model: ModelFolder, trial: Trial, show: Bars) -> dict[str, dict[str, float]]:
    """Return scores and seconds of the test studies without a prior, with and without the ban.

    ``prior taken away``: of studies that have a prior, which the model is not given, and whose statement
    rows may say anything: where it is likeliest to compare.
    """
    image = model.settings.image
    store = ImageStore.open(trial.prepared, image.size, image.fit, splits={"test"})
    batcher = Batcher(settings=model.settings, tokenizers=model.tokenizers, pixels=store.pixels)
    alone = [study for study in trial.studies if study.prior is None]
    taken = [
        s for s in INTERVENTIONS["without_prior"](trial.studies, 0) if s.study_id not in _ids(alone)
    ]
    rows = {}
    for name, studies, guarded in (
        ("no prior", alone, True),
        ("no prior, statement rows unguarded", alone, False),
        ("prior taken away, statement rows unguarded", taken, False),
    ):
        base = replace(model.settings.generation, guarded=guarded)
        some = replace(trial, studies=studies)
        seconds: dict[bool, list[float]] = {True: [], False: []}
        scores: dict[bool, Scores] = {}
        for turn in range(REPEATS):
            show(f"ban: {name}", turn, REPEATS)
            for banned in (True, False):
                texts, took = _written(model, batcher, studies, replace(base, forbid_comparison=banned))
                seconds[banned].append(took)
                scores[banned] = some.score(texts) | {"compares": sum(map(compares, texts)) / len(texts)}
        for banned, word in ((False, "free"), (True, "forbidden")):
            kept = ("bleu_4", "finding_f1", "compares", "studies")
            rows[f"{name}: {word}"] = {k: scores[banned][k] for k in kept} | {
                "milliseconds_per_study": 1000 * median(seconds[banned]) / len(studies)
            }
    return rows | forced(model, batcher, trial, show)


def forced(
    model: ModelFolder, batcher: Batcher, trial: Trial, show: Bars
) -> dict[str, dict[str, float]]:
    """Return the price of the ban where it has most to forbid: studies with their prior, banned all the same."""
    settings = model.settings.generation
    words = report_reader(batcher, settings)
    studies = [study for study in trial.studies if study.prior is not None]
    some, rows = replace(trial, studies=studies), {}
    for banned in (False, True):
        compares.cache_clear()
        texts: list[str] = []
        began = time.perf_counter()
        for start in range(0, len(studies), settings.batch):
            show(f"ban forced: {banned}", start, len(studies))
            batch = batcher(studies[start : start + settings.batch])
            ban = NoComparison(may_compare=[not banned] * len(batch), words=words)
            ids = model.network.generate(batch, settings.beams, settings.max_tokens, forbids=ban)
            texts += map(words, ids.tolist())
        took = time.perf_counter() - began
        scores = some.score(texts)
        rows[f"with a prior: {'forbidden all the same' if banned else 'free'}"] = {
            "bleu_4": scores["bleu_4"],
            "finding_f1": scores["finding_f1"],
            "compares": sum(map(compares, texts)) / len(texts),
            "studies": len(texts),
            "milliseconds_per_study": 1000 * took / len(texts),
        }
    return rows


def _ids(studies: Sequence[Study]) -> set[str]:
    return {study.study_id for study in studies}


def _written(
    model: ModelFolder, batcher: Batcher, studies: Sequence[Study], settings: GenerationSettings
) -> tuple[list[str], float]:
    compares.cache_clear()
    began = time.perf_counter()
    texts = [text for _, text in generate_reports(model.network, batcher, studies, settings)]
    return texts, time.perf_counter() - began


def targets(found: dict[str, Any]) -> list[dict[str, Any]]:
    """Return what is promised of the test split, and whether it is kept."""
    method = found["method"]
    sure, lift = found["confidence"]["test"][method], found["evidence"]["all"]
    ban = found["constraint"]
    return [
        promise(method, "auroc", ">=", 0.75, sure["auroc"]),
        promise(method, "calibration_error", "<=", 0.05, sure["calibration_error"]),
        *(
            promise(row, "lift", ">=", 2.0, lift[row]["lift"])
            for row in ("all findings and devices", "findings with a side")
        ),
        *(promise(n, "compares", "<=", 0.0, r["compares"]) for n, r in ban.items() if "forbidden" in n),
    ]


def main(arguments: Sequence[str]) -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks confidence", description=__doc__)
    parser.add_argument("--work", type=Path, default=Path("runs/demo"))
    parser.add_argument("--only", nargs="*", choices=PARTS, default=PARTS)
    options = parser.parse_args(arguments)
    model = ModelFolder.load(options.work / "model", to_report=True)
    test = Trial.of(options.work / "data", split="test")
    validate = Trial.of(options.work / "data", split=SPLIT)
    found: dict[str, Any] = json.loads(RESULT.read_text()) if RESULT.exists() else {"measured": {}}
    found["method"] = model.settings.confidence.method
    for part in options.only:
        with bars() as show:
            if part == "constraint":
                found[part] = constraint(model, test, show)
            elif part == "confidence":
                found[part] = confidence(model, validate, test, show)
            else:
                ways = compare_ways(model, validate, WAYS_STUDIES)
                found[part] = {"ways": ways, **measure(model, test, "test")}
        found["measured"][part] = measured_how()
        if all(name in found for name in PARTS):
            found["targets"] = targets(found)
        with new_file(RESULT) as temporary:
            temporary.write_text(json.dumps(found, indent=1, allow_nan=False) + "\n")
