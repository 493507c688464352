"""How well the rule labels do on Indiana reports whose findings people coded, and how fast they come.

A report is findings and impression; the truth is the manual MeSH coding of seven observations, positive or
not. Coders leave out what a report merely speculates on, so the score stands here in three ways of counting.
Rules were tuned on the errors of one half of the reports alone ("read"), drawn by a hash of their names.
"""

import argparse
import csv
import json
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from statistics import fmean
from tempfile import TemporaryDirectory

from benchmarks.measured import measured_how
from priorrg.data.iu_xray import prepare
from priorrg.data.iu_xray_form import Form
from priorrg.language.label_grammar import Label
from priorrg.language.labels import Finding, label_report
from priorrg.metrics.counts import share
from priorrg.storage import new_file

RESULT = Path(__file__).parent / "results" / "labels.json"
CODED = {
    "Atelectasis": "Atelectasis",
    "Cardiomegaly": "Cardiomegaly",
    "Consolidation": "Consolidation",
    "Edema": "Edema",
    "Pleural Effusion": "Effusion",
    "Pneumonia": "Pneumonia",
    "Pneumothorax": "Pneumothorax",
}
"""Observation → column of the coding."""
COUNTED: Mapping[str, Callable[[Finding], bool]] = {
    "uncertain_as_positive": lambda finding: (
        finding.label is not Label.NEGATIVE and not finding.speculative
    ),
    "positive_alone": lambda finding: finding.label is Label.POSITIVE,
    "with_speculation": lambda finding: finding.label is not Label.NEGATIVE,
}
MICRO, MACRO, SPEED = 0.92, 0.85, 2000.0

Found = Mapping[str, Mapping[str, Finding]]
Truth = Mapping[str, Mapping[str, bool]]


def main(arguments: Sequence[str]) -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks labels", description=__doc__)
    parser.add_argument("root", type=Path, help="the folder with Open-i's XML files")
    parser.add_argument("--labels", type=Path, help="filename and findings; default: labels.csv in ROOT")
    options = parser.parse_args(arguments)
    truth = _truth(options.labels or options.root / "labels.csv")
    reports = {name: text for name, text in _reports(options.root).items() if name in truth}
    start = time.process_time()  # of this core, whoever else is at work
    found = {name: label_report(text, speculation=True) for name, text in reports.items()}
    speed = len(reports) / (time.process_time() - start)
    halves = {
        "all": list(reports),
        "read": [name for name in reports if is_read(name)],
        "unread": [name for name in reports if not is_read(name)],
    }
    scored = {
        counting: {half: scores(found, truth, names, counting) for half, names in halves.items()}
        for counting in COUNTED
    }
    whole = scored["uncertain_as_positive"]["all"]
    result = {
        **measured_how(),
        "reports": {half: len(names) for half, names in halves.items()},
        "rows": {
            "micro F1, %": _row(100 * whole["micro"]["f1"], 100 * MICRO),
            "macro F1, %": _row(100 * whole["macro"]["f1"], 100 * MACRO),
            "reports a second": _row(speed, SPEED),
        },
        **scored,
        "coded": coded(found, truth),
        "best_micro_f1_if_speculation_counts": bound(found, truth),
    }
    with new_file(RESULT) as temporary:
        temporary.write_text(json.dumps(result, indent=1) + "\n")
    for counting, by_half in scored.items():
        for half, rows in by_half.items():
            shown = ", ".join(f"{name} {row['f1']:.3f}" for name, row in rows.items())
            print(f"{counting}, {half}: {shown}")
    print(json.dumps(result["coded"]))
    print(f"{speed:,.0f} reports a second")


def is_read(name: str) -> bool:
    """Does the report belong to the half whose errors the rules were tuned on?"""
    return sha256(name.encode()).digest()[0] % 2 == 0


def scores(
    found: Found, truth: Truth, names: Sequence[str], counting: str
) -> dict[str, dict[str, float]]:
    """Return precision, recall and F1 of each coded observation, of all labels and on average."""
    rows, total = {}, _Counts()
    for observation in CODED:
        mine = _Counts()
        for name in names:
            finding = found[name].get(observation)
            said = finding is not None and COUNTED[counting](finding)
            for counts in (mine, total):
                counts.add(said, truth[name][observation])
        rows[observation] = _shares(mine)
    average = {key: fmean(row[key] for row in rows.values()) for key in ("precision", "recall", "f1")}
    return {**rows, "micro": _shares(total), "macro": average}


def coded(found: Found, truth: Truth) -> dict[str, dict[str, float]]:
    """Return how many mentions of each degree there are, and which share of them people coded."""
    degrees: dict[str, list[bool]] = {"positive": [], "doubted": [], "speculative": [], "negative": []}
    for name, findings in found.items():
        for observation in CODED:
            if observation in findings:
                degrees[_degree(findings[observation])].append(truth[name][observation])
    return {
        degree: {"mentions": len(hits), "coded": sum(hits) / len(hits)}
        for degree, hits in degrees.items()
    }


def bound(found: Found, truth: Truth) -> float:
    """Return the micro F1 of labels that err nowhere but in calling positive what is speculative and not coded."""
    total = _Counts()
    for name, findings in found.items():
        for observation in CODED:
            finding = findings.get(observation)
            positive = truth[name][observation]
            total.add(positive or (finding is not None and finding.speculative), positive)
    return total.f1


def _degree(finding: Finding) -> str:
    if finding.label is Label.UNCERTAIN:
        return "speculative" if finding.speculative else "doubted"
    return finding.label.name.lower()


@dataclass(slots=True)
class _Counts:
    """True positives, false positives and false negatives."""

    hits: int = 0
    alarms: int = 0
    misses: int = 0

    def add(self, said: bool, true: bool) -> None:
        self.hits += said and true
        self.alarms += said and not true
        self.misses += true and not said

    @property
    def f1(self) -> float:
        return share(2 * self.hits, 2 * self.hits + self.alarms + self.misses)


def _shares(counts: _Counts) -> dict[str, float]:
    return {
        "precision": share(counts.hits, counts.hits + counts.alarms),
        "recall": share(counts.hits, counts.hits + counts.misses),
        "f1": counts.f1,
    }


def _row(value: float, target: float) -> dict[str, float | bool]:
    return {"value": value, "target": target, "met": value >= target}


def _truth(path: Path) -> dict[str, dict[str, bool]]:
    with path.open(newline="", encoding="utf-8") as file:
        return {
            row["filename"]: {name: row[column] == "1" for name, column in CODED.items()}
            for row in csv.DictReader(file)
        }


def _reports(root: Path) -> dict[str, str]:
    with TemporaryDirectory() as folder:
        prepared = prepare(root, Path(folder) / "iu", form=Form.XML, with_images=False)
        table = prepared.study_table.select("study_id", "findings", "impression")
    return {
        study: "\n\n".join(filter(None, sections))
        for study, *sections in table.iter_rows()
        if any(sections)
    }
