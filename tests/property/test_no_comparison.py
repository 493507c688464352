"""A study without a prior never gets a word of comparison, whatever its decoder would like to write."""

from collections.abc import Sequence
from dataclasses import replace
from functools import cache

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.conftest import SMALL

from priorrg.batching import Batcher
from priorrg.generation import generate_reports
from priorrg.language.claims import mentions_prior, read_claims
from priorrg.language.sentences import split_sentences
from priorrg.model.network import PriorRGNetwork
from priorrg.no_comparison import compares
from priorrg.settings import Settings, load_settings
from priorrg.study import ClinicalContext, Radiograph, Study
from priorrg.tokenization import Tokenizers, train_tokenizer
from priorrg.training.network import network_for

_CHANGE = """new unchanged increased Increased stable again prior previous. since Now now smaller LARGER worse
improved resolved. no longer compared comparison persistent interval removed is has been placed the in"""
_FINDINGS = "effusion pneumothorax left right lung opacity 1.5 cm tube. heart enlarged is. no the There"
CHANGE, FINDINGS = _CHANGE.split(), _FINDINGS.split()

pytestmark = pytest.mark.usefixtures("one_thread")


@pytest.fixture(scope="module", params=["spaces", "published"])
def writer(request) -> "Writer":
    return Writer(request.param)


class Writer:
    """A random network that writes words of change and pieces of them, and what it reads."""

    def __init__(self, cleaning: str) -> None:
        own = load_settings(
            "tiny",
            [*SMALL, f"generation.cleaning={cleaning}", "generation.beams=2", "generation.mode=exact"],
        )
        self.settings: Settings = own
        random = np.random.default_rng(0)
        words = [" ".join(random.choice([*CHANGE, *FINDINGS], 12)) for _ in range(200)]
        tokenizer = train_tokenizer(words, 420)
        self.tokenizers = Tokenizers(decoder=tokenizer, context=tokenizer)
        self.batcher = Batcher(settings=own, tokenizers=self.tokenizers, pixels=self.pixels)
        self.network = cache(self._network)

    def _network(self, seed: int) -> PriorRGNetwork:
        torch.manual_seed(seed)
        network = network_for(self.settings, self.tokenizers).double().eval()
        with torch.no_grad():
            for name, weight in network.decoder.named_parameters():
                if weight.dim() > 1:
                    weight *= 12 if "crossattention" in name or "wpe" in name else 4
            words = network.decoder.model.transformer.wte.weight
            for token, row in self.tokenizers.decoder.get_vocab().items():
                words[row] *= 1.0 if token.startswith("Ġ") else 0.6 if len(token) > 2 else 0.1
        return network

    def pixels(self, radiograph: Radiograph) -> np.ndarray:
        random = np.random.default_rng(int(radiograph.image_id))
        return random.integers(0, 256, (32, 32), dtype=np.uint8)

    def texts(self, seed: int, studies: Sequence[Study], *, forbid: bool = True) -> list[str]:
        decoding = replace(self.settings.generation, forbid_comparison=forbid, batch=8)
        network = self.network(seed)
        return [text for _, text in generate_reports(network, Doubled(self.batcher), studies, decoding)]


class Doubled:
    """A batcher whose images are in double precision, so that batches of any size agree."""

    def __init__(self, batcher: Batcher) -> None:
        self._batcher, self.tokenizers = batcher, batcher.tokenizers

    def __call__(self, studies: Sequence[Study]):
        batch = self._batcher(studies)
        return replace(batch, current=batch.current.double(), prior=batch.prior.double())


def study(number: int, *, prior: bool) -> Study:
    return Study(
        patient_id="p",
        study_id=str(number),
        current=Radiograph(image_id=str(2 * number), view="PA"),
        prior=Radiograph(image_id=str(2 * number + 1), view="PA") if prior else None,
        context=ClinicalContext(indication=FINDINGS[number % len(FINDINGS)]),
    )


def speaks_of_change(text: str) -> bool:
    sentences = split_sentences(text)
    return any(map(mentions_prior, [text, *sentences])) or any(c.change for c in read_claims(text))


@settings(max_examples=20)
@given(seed=st.integers(0, 5), priors=st.lists(st.booleans(), min_size=1, max_size=5))
def test_no_report_without_a_prior_compares_and_those_with_one_are_as_ever(writer, seed, priors):
    studies = [study(10 * seed + number, prior=prior) for number, prior in enumerate(priors)]
    said, free = writer.texts(seed, studies), writer.texts(seed, studies, forbid=False)
    for prior, text, freely in zip(priors, said, free, strict=True):
        if prior:
            assert text == freely
        else:
            assert not speaks_of_change(text), text


def test_the_rule_has_work_to_do_and_leaves_words(writer):
    studies = [study(number, prior=False) for number in range(12)]
    free = writer.texts(1, studies, forbid=False)
    assert sum(map(speaks_of_change, free)) > 6
    assert any(len(text) > 20 for text in writer.texts(1, studies))


@settings(max_examples=15)
@given(numbers=st.lists(st.tuples(st.integers(0, 50), st.booleans()), min_size=2, max_size=5))
def test_a_ruled_report_does_not_depend_on_its_batch(writer, numbers):
    studies = [study(number, prior=prior) for number, prior in numbers]
    alone = [writer.texts(7, [one])[0] for one in studies]
    assert writer.texts(7, studies) == alone


@pytest.mark.parametrize(
    "text",
    [
        "No new",
        "there is NOW",
        "The effusion is larger.",
        "Stable",
        "no longer",
        "1. Unchanged",
        "Compar ed since",
    ],
)
def test_half_a_report_that_compares_is_refused(text):
    assert compares(text)


@pytest.mark.parametrize(
    "text", ["", "...", "ne", "No prior", "Knowledge", "The heart is enlarged", "Effusion of 1.", "�"]
)
def test_half_a_report_that_may_still_go_on_is_not(text):
    assert not compares(text)
