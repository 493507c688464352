"""Scores of as many pairs as the published ones have, beside the package that published tables were made with.

Reports are made up by seed (``report_pairs``). Ours start from the texts as they are, the package from texts that
are prepared already.
"""

import argparse
import gc
import json
import time
from collections.abc import Callable, Sequence
from functools import _lru_cache_wrapper
from importlib.metadata import version
from pathlib import Path
from statistics import median
from typing import Any, TypeVar

from benchmarks.measured import measured_how
from benchmarks.report_pairs import PAIRS, PATIENTS, report_pairs
from priorrg.metrics.bleu import bleu
from priorrg.metrics.cider import cider
from priorrg.metrics.estimates import estimates
from priorrg.metrics.intervals import RESAMPLES
from priorrg.metrics.material import Material
from priorrg.metrics.overlap import prepare
from priorrg.metrics.rouge import rouge_l
from priorrg.metrics.score import measure, unaided
from priorrg.storage import new_file

RESULT = Path(__file__).parent / "results" / "metrics.json"
_OVERLAP = (bleu, rouge_l, cider)
_BOUND = 1e-9
Result = TypeVar("Result")


def main(arguments: Sequence[str]) -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks metrics", description=__doc__)
    parser.add_argument("--rounds", type=int, default=5, help="How often each is timed, in turn.")
    options = parser.parse_args(arguments)
    generated, references, patients = report_pairs()
    said, true = (
        {number: [prepare(text)] for number, text in enumerate(texts)}
        for texts in (generated, references)
    )
    times: dict[str, list[float]] = {"package": [], "overlap": [], "everything": []}
    for _ in range(options.rounds):
        theirs = _timed(times["package"], lambda: _package(true, said))
        ours = _timed(times["overlap"], lambda: _overlap(generated, references))
        scored = _timed(times["everything"], lambda: _everything(generated, references, patients))
    difference = max(abs(theirs[name] - ours[name]) for name in theirs)
    seconds = {name: median(some) for name, some in times.items()}
    rows = {
        "BLEU, ROUGE-L and CIDEr": _row(seconds["overlap"], seconds["package"], 0.5),
        f"all metrics, {RESAMPLES:,} draws of patients": _row(
            seconds["everything"], seconds["package"], 5.0
        ),
    }
    measured = {
        "rows": rows,
        "difference": {"largest": difference, "bound": _BOUND, "met": difference <= _BOUND},
        "pairs": PAIRS,
        "patients": PATIENTS,
        "words_per_report": _words(generated, references),
        "metrics": scored,
        "times": {name: [round(value, 3) for value in some] for name, some in times.items()},
        "package": f"pycocoevalcap {version('pycocoevalcap')}",
    }
    with new_file(RESULT) as temporary:
        temporary.write_text(json.dumps(measured_how() | measured, indent=1) + "\n")
    print(json.dumps(measured, indent=1))


def _package(true: dict[int, list[str]], said: dict[int, list[str]]) -> dict[str, float]:
    from pycocoevalcap.bleu.bleu import Bleu
    from pycocoevalcap.cider.cider import Cider
    from pycocoevalcap.rouge.rouge import Rouge

    orders, _ = Bleu(4).compute_score(true, said, verbose=0)
    return {
        **{f"bleu_{n}": score for n, score in enumerate(orders, start=1)},
        "rouge_l": float(Rouge().compute_score(true, said)[0]),
        "cider": float(Cider().compute_score(true, said)[0]),
    }


def _overlap(generated: Sequence[str], references: Sequence[str]) -> dict[str, float]:
    tallies = [metric(generated, references) for metric in _OVERLAP]
    return {name: float(score) for t in tallies for name, score in zip(t.names, t.scores, strict=True)}


def _everything(
    generated: Sequence[str], references: Sequence[str], patients: Sequence[int]
) -> list[str]:
    """Score what the table of metrics always offers for texts, with intervals; return the metrics' names."""
    material = Material(
        ids=[str(number) for number in range(len(generated))],
        generated=generated,
        references=references,
        patients=[str(patient) for patient in patients],
    )
    always = unaided(material)
    results = [measured.result for measured in measure(material, always)]
    estimates([result for result in results if result is not None], material.patient_numbers)
    return always


def _timed(times: list[float], work: Callable[[], Result]) -> Result:
    """Do the work as the first time, nothing remembered; note its seconds."""
    for kept in gc.get_objects():
        if type(kept) is _lru_cache_wrapper:  # isinstance would ask proxies that warn
            kept.cache_clear()
    start = time.perf_counter()
    result = work()
    times.append(time.perf_counter() - start)
    return result


def _words(*texts: Sequence[str]) -> float:
    return round(sum(len(text.split()) for some in texts for text in some) / sum(map(len, texts)), 1)


def _row(seconds: float, package: float, most: float) -> dict[str, Any]:
    """Return a row; its ratio to the package's seconds is to be ``most``."""
    return {
        "value": round(seconds, 3),
        "reference": round(package, 3),
        "ratio": round(seconds / package, 3),
        "target": most,
        "met": seconds <= most * package,
    }
