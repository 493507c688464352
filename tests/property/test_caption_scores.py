"""BLEU, ROUGE-L and CIDEr are the numbers of the package that published tables were made with."""

import random

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from priorrg.metrics.bleu import bleu
from priorrg.metrics.cider import cider
from priorrg.metrics.overlap import prepare
from priorrg.metrics.rouge import rouge_l

pytest.importorskip("pycocoevalcap")

WORDS = (
    "the",
    "The",
    "heart",
    "is",
    "no",
    "effusion",
    ".",
    "..",
    "|||",
    ",",
    "é",
    "心",
    "\n",
    "\u2028",
    "1.5",
    "",
)
TEXTS = st.one_of(
    st.lists(st.sampled_from(WORDS), max_size=30).map(" ".join), st.text(max_size=40), st.just("no " * 9)
)
PAIRS = st.lists(st.tuples(TEXTS, TEXTS), min_size=1, max_size=12)
LONG = " ".join(random.Random(0).choices(("effusion", "left", "no", "heart."), k=18_000))


def theirs(pairs):
    """Return the package's scores of each pair and of all, on the texts as we prepare them."""
    from pycocoevalcap.bleu.bleu import Bleu
    from pycocoevalcap.cider.cider import Cider
    from pycocoevalcap.rouge.rouge import Rouge

    said = {number: [prepare(text)] for number, (text, _) in enumerate(pairs)}
    true = {number: [prepare(text)] for number, (_, text) in enumerate(pairs)}
    total, _ = Bleu(4).compute_score(true, said, verbose=0)
    _, rouge = Rouge().compute_score(true, said)
    both_empty = [not (said[number][0] or true[number][0]) for number in said]
    rouge = np.where(both_empty, 0.0, rouge)  # it scores 1 there, which flatters
    nothing = not any(text for (text,) in true.values())  # it stops at references without a word
    cider = np.zeros(len(said)) if nothing else Cider().compute_score(true, said)[1]
    return total, rouge, cider


@given(PAIRS)
@example([("", "")])
@example([("No effusion.", "No effusion.")])
@example([("", "No effusion."), ("No effusion.", "")])
@example([(LONG, "No effusion in the left heart."), ("left no heart.", LONG)])
@example([("No effusion.", "No effusion or edema.")] * 4 + [("a\nb", "a b")])
def test_scores_equal_those_of_the_caption_evaluation(pairs):
    generated, references = (list(texts) for texts in zip(*pairs, strict=True))
    total, rouge, cosines = theirs(pairs)
    np.testing.assert_allclose(bleu(generated, references).scores, total, rtol=0, atol=1e-9)
    np.testing.assert_allclose(rouge_l(generated, references).rows[:, 0], rouge, rtol=0, atol=1e-9)
    np.testing.assert_allclose(cider(generated, references).rows[:, 0], cosines, rtol=0, atol=1e-9)


def test_two_texts_of_100_kb_count_as_many_n_grams():
    pairs = [(LONG, LONG[-90_000:]), ("no effusion", "No effusion.")]
    generated, references = (list(texts) for texts in zip(*pairs, strict=True))
    from pycocoevalcap.bleu.bleu import Bleu
    from pycocoevalcap.cider.cider import Cider

    said, true = ({n: [prepare(t)] for n, t in enumerate(texts)} for texts in (generated, references))
    np.testing.assert_allclose(
        bleu(generated, references).scores, Bleu(4).compute_score(true, said, verbose=0)[0], atol=1e-9
    )
    np.testing.assert_allclose(
        cider(generated, references).scores, Cider().compute_score(true, said)[0], atol=1e-9
    )
