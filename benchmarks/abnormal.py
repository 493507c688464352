"""How well the rule behind ``mimic-abn-derived`` does on Indiana reports that people labelled.

A report counts as abnormal if a sentence of its findings does; the label is the manual coding's ``normal``,
0 or 1. No open set labels single sentences, so this is per report. Beside it the plain rule that drops every
sentence with a word of negation or normality.
"""

import argparse
import csv
import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.measured import measured_how
from priorrg.data.iu_xray import prepare
from priorrg.data.iu_xray_form import Form
from priorrg.language.abnormal import denies, is_abnormal
from priorrg.language.sentences import split_sentences
from priorrg.storage import new_file

RESULT = Path(__file__).parent / "results" / "abnormal.json"
RULES: Mapping[str, Callable[[str], bool]] = {
    "rule": is_abnormal,
    "negation_words_alone": lambda sentence: not denies(sentence),
}


def main(arguments: Sequence[str]) -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks abnormal", description=__doc__)
    parser.add_argument("root", type=Path, help="the folder with Open-i's XML files")
    parser.add_argument("--labels", type=Path, help="filename, …, normal; default: labels.csv in ROOT")
    options = parser.parse_args(arguments)
    labels = _labels(options.labels or options.root / "labels.csv")
    with TemporaryDirectory() as folder:
        prepared = prepare(options.root, Path(folder) / "iu", form=Form.XML, with_images=False)
        table = prepared.study_table.select("study_id", "findings")
        reports = {study: text for study, text in table.iter_rows() if text and study in labels}
    result = {
        **measured_how(),
        "reports": len(reports),
        "abnormal_reports": sum(labels[study] for study in reports),
        "rows": {name: scores(rule, reports, labels) for name, rule in RULES.items()},
    }
    with new_file(RESULT) as temporary:
        temporary.write_text(json.dumps(result, indent=1) + "\n")


def _labels(path: Path) -> dict[str, bool]:
    """Return for each report whether it is labelled abnormal."""
    with path.open(newline="", encoding="utf-8") as file:
        return {row["filename"]: row["normal"] != "1" for row in csv.DictReader(file)}


def scores(
    rule: Callable[[str], bool], reports: Mapping[str, str], labels: Mapping[str, bool]
) -> dict[str, float]:
    """Return precision and recall of abnormal reports, and the share of sentences that the rule keeps."""
    sentences = {study: split_sentences(text) for study, text in reports.items()}
    kept = {study: sum(map(rule, mine)) for study, mine in sentences.items()}
    called = {study for study, count in kept.items() if count}
    truly = {study for study in reports if labels[study]}
    return {
        "precision": len(called & truly) / len(called),
        "recall": len(called & truly) / len(truly),
        "sentences_kept": sum(kept.values()) / sum(map(len, sentences.values())),
    }
