"""CheXbert F1 and SemScore, from readings given by hand."""

import numpy as np
import pytest
from sklearn.metrics import f1_score

from priorrg.metrics.chexbert import OBSERVATIONS, Reading, chexbert_f1, semscore
from priorrg.metrics.observation_f1 import FIVE

DRAWN = np.random.default_rng(0)
CLASSES = {f"report {number}": DRAWN.integers(0, 4, 14) for number in range(60)}
for _row in CLASSES.values():
    _row[-1] %= 2
    _row[OBSERVATIONS.index("Fracture")] = 2
VECTORS = {text: DRAWN.normal(size=8) for text in CLASSES}


class Told:
    """Reads what is written above; a text without a word as No Finding, as the network may."""

    name = "told"

    def __call__(self, texts, /):
        silent = np.eye(14, dtype=int)[-1]
        return Reading(
            classes=np.array([CLASSES.get(text, silent) for text in texts], np.int8),
            vectors=np.array([VECTORS.get(text, np.ones(8)) for text in texts], np.float32),
        )


GENERATED, REFERENCES = list(CLASSES)[:30], list(CLASSES)[30:]


def scored(tallies):
    return dict(zip(tallies.names, tallies.scores, strict=True))


@pytest.mark.parametrize(("suffix", "counting"), [("", (1, 3)), ("_certain", (1,))])
def test_f1_is_that_of_scikit_learn_under_both_conventions(suffix, counting):
    scores = scored(chexbert_f1(GENERATED, REFERENCES, Told()))
    said, true = (np.isin([CLASSES[t] for t in texts], counting) for texts in (GENERATED, REFERENCES))
    five = [OBSERVATIONS.index(name) for name in FIVE]
    for group, columns in (("14", list(range(14))), ("5", five)):
        for average in ("micro", "macro", "weighted"):
            expected = f1_score(true[:, columns], said[:, columns], average=average, zero_division=0.0)
            assert scores[f"chexbert_{group}_{average}_f1{suffix}"] == pytest.approx(expected)
    effusion = OBSERVATIONS.index("Pleural Effusion")
    expected = f1_score(true[:, effusion], said[:, effusion])
    assert scores[f"chexbert_f1_pleural_effusion{suffix}"] == pytest.approx(expected)
    assert np.isnan(scores[f"chexbert_f1_fracture{suffix}"]), "in no report and no reference"


def test_an_empty_report_states_nothing_whatever_the_network_says():
    scores = scored(chexbert_f1(["", " \n"], ["", "report 1"], Told()))
    assert np.isnan(scores["chexbert_f1_no_finding"]) or scores["chexbert_f1_no_finding"] == 0.0
    assert scores["chexbert_14_micro_f1"] == 0.0


def test_semscore_is_the_mean_cosine_and_silence_is_like_silence_alone():
    pairs = list(zip(GENERATED, REFERENCES, strict=True))
    cosines = [
        VECTORS[a] @ VECTORS[b] / np.linalg.norm(VECTORS[a]) / np.linalg.norm(VECTORS[b])
        for a, b in pairs
    ]
    assert semscore(GENERATED, REFERENCES, Told()).scores == pytest.approx([np.mean(cosines)])
    assert semscore(["", "report 1", ""], ["report 1", " ", ""], Told()).scores == pytest.approx([1 / 3])


def test_scores_of_some_reports_are_those_of_these_reports_alone():
    chosen = np.array([3, 4, 11])
    whole = chexbert_f1(GENERATED, REFERENCES, Told())
    part = chexbert_f1([GENERATED[i] for i in chosen], [REFERENCES[i] for i in chosen], Told())
    assert np.array_equal(whole.of(chosen).scores, part.scores, equal_nan=True)
    assert whole.score(np.stack([whole.rows.sum(axis=0)] * 3)).shape == (3, len(whole.names))


def test_more_reports_than_fit_at_once_are_read_in_parts(monkeypatch):
    whole = semscore(GENERATED, REFERENCES, Told()).rows, chexbert_f1(GENERATED, REFERENCES, Told()).rows
    monkeypatch.setattr("priorrg.metrics.chexbert._AT_ONCE", 7)
    parts = semscore(GENERATED, REFERENCES, Told()).rows, chexbert_f1(GENERATED, REFERENCES, Told()).rows
    assert all(np.array_equal(a, b) for a, b in zip(whole, parts, strict=True))
