"""The yardstick of speed: its plain path is the method's, and its floor multiplies what decoding multiplies."""

import pytest
import torch
from benchmarks.floors import Floor
from benchmarks.growth_picture import growth_picture
from benchmarks.plain_path import plain_ids
from benchmarks.speed import _grown
from tests.conftest import SMALL

from priorrg.batching import Batcher
from priorrg.model.quick import in_mode
from priorrg.settings import load_settings
from priorrg.study import ClinicalContext, Radiograph, Study
from priorrg.tokenization import Tokenizers, train_tokenizer
from priorrg.training.network import network_for


@pytest.fixture(scope="module")
def study():
    """A small network as decided as after training, and a batch of one study with a prior."""
    settings = load_settings("tiny", SMALL)
    tokenizer = train_tokenizer(["effusion opacity cough"] * 9, 420)
    tokenizers = Tokenizers(decoder=tokenizer, context=tokenizer)
    torch.manual_seed(1)
    network = network_for(settings, tokenizers).eval()
    with torch.no_grad():
        for name, weight in network.decoder.named_parameters():
            if weight.dim() > 1 and "wpe" not in name:
                weight *= 12 if "crossattention" in name else 3
    grey = torch.randint(0, 256, (2, 32, 32), generator=torch.Generator().manual_seed(0)).to(torch.uint8)
    one = Study(
        patient_id="p",
        study_id="s",
        current=Radiograph(image_id="0", view="PA"),
        prior=Radiograph(image_id="1", view="AP"),
        context=ClinicalContext(indication="cough"),
    )
    batcher = Batcher(
        settings=settings, tokenizers=tokenizers, pixels=lambda film: grey[int(film.image_id)].numpy()
    )
    return network, batcher([one])


@pytest.mark.parametrize("beams", [1, 3])
def test_the_plain_path_the_exact_and_the_quick_one_write_the_same_ids(study, beams):
    network, batch = study
    plain = plain_ids(network, batch, beams, 16).tolist()
    assert len(set(plain[0])) > 2
    for mode in ("exact", "fp32"):
        assert in_mode(network, mode).generate(batch, beams=beams, max_tokens=16).tolist() == plain


@pytest.mark.parametrize("way", ["stock", "tight"])
def test_the_floor_multiplies_by_every_matrix_of_the_decoder(study, way):
    network, batch = study
    floor = Floor(network, "fp32", way, rows=3)
    floor.vision(batch.current, batch.prior)
    floor.decoding(memory_rows=7, tokens=3)
    gpt2 = network.decoder.model
    names = ("c_attn", "c_proj", "q_attn", "c_fc", "lm_head")
    expected = [m for name, m in gpt2.named_modules() if name.rsplit(".", 1)[-1] in names]
    assert len(floor.products) == len(expected) == 1 + 7 * len(gpt2.transformer.h)


def test_growth_is_measured_against_proportion():
    row = _grown({1: 2.0, 2: 3.0, 8: 12.0})
    assert (row["value"], row["reference"], row["met"]) == (6.0, 8.0, True)
    assert not _grown({1: 1.0, 4: 4.8})["met"]


def test_the_picture_has_a_dot_a_measurement():
    picture = growth_picture({"studies": {1: 1.0, 2: 2.0}, "beams": {1: 1.0, 3: 2.0, 5: 4.0}})
    assert picture.count("<circle") == 5
    assert picture.count("stroke-dasharray") == 2
