"""A report does not depend on its batch: size, order, padding, or who else has a prior or context."""

from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.conftest import QUICK_MODES, SMALL, on_threads, with_threads
from torch.nn import functional as F

from priorrg.batching import Batcher
from priorrg.generation import write_reports
from priorrg.model.inputs import StudyBatch
from priorrg.model.network import PriorRGNetwork
from priorrg.model.quick import in_mode
from priorrg.model_folder import ModelFolder
from priorrg.released_model import import_weights
from priorrg.settings import load_settings
from priorrg.study import ClinicalContext, Radiograph, Report, Study
from priorrg.tokenization import Tokenizers, train_tokenizer
from priorrg.training.network import network_for

GOLDEN = Path(__file__).parents[1] / "parity" / "golden"
WORDS = "effusion opacity dyspnoea cough fever catheter mass left follow up of".split()  # noqa: SIM905

pytestmark = pytest.mark.usefixtures("one_thread")


@pytest.fixture(scope="module", params=["published", "tiny"])
def reader(request, tmp_path_factory) -> "Reader":
    """Return a network of the published layout, and one of ours with all that it adds."""
    if request.param == "published":
        out = tmp_path_factory.mktemp("imported") / "model"
        backbones = GOLDEN / "backbones"
        import_weights(
            GOLDEN / "best_model.safetensors", out, backbones=backbones, views=backbones / "vp.json"
        )
        model = ModelFolder.load(out)
        let_reports_end(model.network, 1.0)
        return Reader(model.network, Batcher(settings=model.settings, tokenizers=model.tokenizers))
    own = load_settings("tiny", SMALL)
    tokenizer = train_tokenizer([" ".join(WORDS)] * 9, 420)
    tokenizers = Tokenizers(decoder=tokenizer, context=tokenizer)
    torch.manual_seed(1)
    network = network_for(own, tokenizers)
    with torch.no_grad():  # statistics as after training, not as built
        for module in network.modules():
            if isinstance(module, torch.nn.modules.batchnorm._BatchNorm):
                module.running_mean.normal_()
                module.running_var.uniform_(0.5, 2)
        for name, weight in network.decoder.named_parameters():
            if weight.dim() > 1 and "wpe" not in name:
                weight *= (
                    12 if "crossattention" in name else 3
                )  # as decided as after training: fresh weights write the same of every study
    let_reports_end(network, 4.0)
    return Reader(network, Batcher(settings=own, tokenizers=tokenizers))


@torch.no_grad()
def let_reports_end(network: PriorRGNetwork, liking: float) -> None:
    """Add ``liking`` to the last token's logit, about, so that some reports end early and others do not."""
    gpt2 = network.decoder.model.transformer
    last = gpt2.wte.weight[network.config.eos_id]
    gpt2.ln_f.bias += liking * last / last.square().sum()


class Reader:
    """A network in double and single precision, and the studies that it reads."""

    def __init__(self, network: PriorRGNetwork, batcher: Batcher) -> None:
        state = network.state_dict()
        self.networks = {}
        for kind in (torch.float64, torch.float32):
            copy = PriorRGNetwork(network.config).to(kind).eval()
            copy.load_state_dict(
                {n: t.to(kind) if t.is_floating_point() else t for n, t in state.items()}
            )
            self.networks[kind] = copy
        self.batcher = replace(batcher, pixels=self.pixels)
        self.size = batcher.settings.image.size
        self.alone = cache(self._alone)
        self.quick = {mode: in_mode(self.networks[torch.float32], mode) for mode in QUICK_MODES}

    def pixels(self, radiograph: Radiograph) -> np.ndarray:
        seed = int(radiograph.image_id)
        return np.random.default_rng(seed).integers(0, 256, (self.size, self.size), dtype=np.uint8)

    def batch(self, studies: list[Study], kind: torch.dtype) -> StudyBatch:
        batch = self.batcher(studies, with_target=True)
        return replace(batch, current=batch.current.to(kind), prior=batch.prior.to(kind))

    def ids(self, batch: StudyBatch) -> list[list[int]]:
        """Return the generated ids of each row up to where its padding begins."""
        network = self.networks[torch.float64]
        rows = network.generate(batch, beams=3, max_tokens=14)
        pad = network.config.pad_id
        return [[int(i) for i in row if int(i) != pad] for row in rows]

    def logits(self, batch: StudyBatch, *, half: bool) -> torch.Tensor:
        """Return the logits of the report that each study has, row by row; ``half`` as bf16 autocast."""
        with torch.autocast("cpu", torch.bfloat16, enabled=half):
            return self.networks[torch.float32].report_logits(batch).float()

    @torch.no_grad()
    def quickly(self, studies: list[Study], mode: str) -> list[tuple[torch.Tensor, list[int]]]:
        """Return what the decoder reads of each study, and what it writes, in one of the quick modes."""
        network, batch = self.quick[mode], self.batch(studies, torch.float32)
        rows, _ = network.readable(batch, True)
        written = network.generate(batch, beams=3, max_tokens=14).tolist()
        pad = network.config.pad_id
        return [(row, [i for i in ids if i != pad]) for row, ids in zip(rows, written, strict=True)]

    def _alone(self, study: Study) -> tuple[list[int], tuple[torch.Tensor, torch.Tensor]]:
        ids = self.ids(self.batch([study], torch.float64))[0]
        batch = self.batch([study], torch.float32)
        return ids, (self.logits(batch, half=False)[0], self.logits(batch, half=True)[0])


@st.composite
def a_study(draw) -> Study:
    """Return a random study: any mix of prior, views and context, contexts of any length."""
    number = draw(st.integers(0, 10_000))
    views = st.sampled_from(["AP", "PA", "LATERAL", "LL", "unk", "SWIMMERS"])
    words = st.lists(st.sampled_from(WORDS), max_size=12).map(" ".join)
    return Study(
        patient_id="p",
        study_id=str(number),
        current=Radiograph(image_id=str(2 * number), view=draw(views)),
        prior=draw(st.none() | st.just(Radiograph(image_id=str(2 * number + 1), view=draw(views)))),
        context=ClinicalContext(indication=draw(words), history=draw(words)),
        report=Report(findings=draw(words)),
    )


def padded(batch: StudyBatch, more: int) -> StudyBatch:
    """Return the batch with that many more columns of padding, filled with ids that mean something."""
    return replace(
        batch,
        context_ids=F.pad(batch.context_ids, (0, more), value=7),
        context_mask=F.pad(batch.context_mask, (0, more), value=False),
    )


def test_some_reports_end_early_and_some_do_not(reader):
    numbers = range(0, 200, 5)
    studies = [
        Study(
            patient_id="p",
            study_id=str(number),
            current=Radiograph(image_id=str(2 * number), view="PA"),
            context=ClinicalContext(indication=WORDS[number % len(WORDS)]),
        )
        for number in numbers
    ]
    lengths = {len(ids) for ids in reader.ids(reader.batch(studies, torch.float64))}
    assert min(lengths) < max(lengths) == 14


@settings(max_examples=25)
@given(studies=st.lists(a_study(), min_size=1, max_size=6), more=st.integers(0, 5), data=st.data())
def test_ids_and_logits_are_those_of_the_study_alone(reader, studies, more, data):
    order = data.draw(st.permutations(studies))
    together = reader.ids(padded(reader.batch(order, torch.float64), more))
    for study, ids in zip(order, together, strict=True):
        assert ids == reader.alone(study)[0]
    for half, bound in ((False, 1e-4), (True, 1e-1)):
        logits = reader.logits(padded(reader.batch(order, torch.float32), more), half=half)
        for study, row in zip(order, logits, strict=True):
            alone = reader.alone(study)[1][half]
            assert float((row[: len(alone)] - alone).abs().max()) <= bound


@pytest.fixture(params=[1, 2, 5])
def threads(request):
    with on_threads(request.param):
        yield


@pytest.mark.usefixtures("threads")
@settings(max_examples=6, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(studies=st.lists(a_study(), min_size=2, max_size=6), mode=st.sampled_from(QUICK_MODES))
def test_a_quick_mode_reads_and_writes_bit_by_bit_what_it_does_of_the_study_alone(reader, studies, mode):
    for study, (rows, ids) in zip(studies, reader.quickly(studies, mode), strict=True):
        ((alone, written),) = reader.quickly([study], mode)
        assert torch.equal(rows, alone)
        assert ids == written


@pytest.mark.parametrize("reader", ["published"], indirect=True)
@pytest.mark.parametrize("mode", QUICK_MODES)
def test_a_transformer_reads_bit_by_bit_the_same_with_any_number_of_threads(reader, mode):
    assert reader.quick[mode].study_encoder.streams > 1
    image = Radiograph(image_id="7", view="PA")
    study = Study(patient_id="p", study_id="1", current=image, prior=replace(image, image_id="8"))
    one, *more = (
        with_threads(threads, lambda: reader.quickly([study], mode)[0][0])
        for threads in (1, 2, 3, 5, 16)
    )
    assert all(torch.equal(one, found) for found in more)


@settings(max_examples=6)
@given(studies=st.lists(a_study(), min_size=2, max_size=6), mode=st.sampled_from(QUICK_MODES))
def test_a_list_of_studies_gets_the_reports_that_each_gets_alone(reader, studies, mode):
    decoding = replace(reader.batcher.settings.generation, mode=mode, batch=4, max_tokens=14)
    network = reader.networks[torch.float32]
    together = [w.ids for w in write_reports(network, reader.batcher, studies, decoding)]
    assert together == [
        next(write_reports(network, reader.batcher, [study], decoding)).ids for study in studies
    ]
