"""The bridge: what is missing becomes a mask, what a report says becomes targets."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from priorrg.batching import CHANGE_CLASSES, Batcher, auxiliary_targets, normalise
from priorrg.language.observations import SLOTS, Change, Observation, Side
from priorrg.settings import load_settings
from priorrg.study import ClinicalContext, Radiograph, Report, Study
from priorrg.tokenization import Tokenizers, train_tokenizer

LEFT_EFFUSION = SLOTS.index((Observation.EFFUSION, Side.LEFT))
RIGHT_EFFUSION = SLOTS.index((Observation.EFFUSION, Side.RIGHT))
EDEMA = SLOTS.index((Observation.EDEMA, Side.NONE))


def study(name, *, prior=False, indication="", findings="The lungs are clear."):
    return Study(
        patient_id="p",
        study_id=name,
        current=Radiograph(image_id=f"{name}-now", view="PA"),
        prior=Radiograph(image_id=f"{name}-before", view="SWIMMERS") if prior else None,
        context=ClinicalContext(indication=indication),
        report=Report(findings=findings),
    )


@pytest.fixture
def batcher():
    tokenizer = train_tokenizer(["Left pleural effusion? The lungs are clear."] * 3, 320)

    def pixels(radiograph):
        return np.full((32, 32), 200 if radiograph.image_id.endswith("now") else 50, np.uint8)

    settings = load_settings("tiny", ["image.size=32"])
    return Batcher(
        settings=settings, tokenizers=Tokenizers(decoder=tokenizer, context=tokenizer), pixels=pixels
    )


def test_only_studies_with_a_prior_bring_prior_pixels(batcher):
    batch = batcher([study("a"), study("b", prior=True), study("c")])
    assert batch.has_prior.tolist() == [False, True, False]
    assert batch.current.shape == (3, 1, 32, 32)
    assert batch.prior.shape == (1, 1, 32, 32)
    assert batch.prior.mean() < batch.current.mean()


def test_an_unknown_view_is_the_unknown_row(batcher):
    views = batcher.settings.model.views
    batch = batcher([study("b", prior=True)])
    assert batch.prior_view.tolist() == [views.index("unk")]
    assert batch.current_view.tolist() == [views.index("PA")]


def test_padding_of_short_contexts_is_masked(batcher):
    batch = batcher([study("a"), study("b", indication="Left pleural effusion?")])
    lengths = batch.context_mask.sum(dim=1).tolist()
    assert lengths[0] < lengths[1] == batch.context_ids.shape[1]
    alone = batcher([study("a")])
    assert alone.context_ids[0].tolist() == batch.context_ids[0, : lengths[0]].tolist()


def test_targets_begin_and_end_and_keep_within_the_limit(batcher):
    long = study("b", findings="The lungs are clear. " * 80)
    batch = batcher([study("a"), long], with_target=True)
    tokenizer = batcher.tokenizers.decoder
    assert batch.target_ids.shape[1] == batcher.settings.generation.max_tokens
    for ids, mask in zip(batch.target_ids, batch.target_mask, strict=True):
        real = ids[mask].tolist()
        assert real[0] == tokenizer.bos_token_id
        assert real[-1] == tokenizer.eos_token_id
    assert tokenizer.decode(batch.target_ids[0], skip_special_tokens=True) == "The lungs are clear."


def test_targets_of_the_published_form_are_what_its_tokenizer_makes_of_the_whole_text(batcher):
    published = replace(
        batcher, settings=load_settings("tiny", ["image.size=32", "data.target_form=published"])
    )
    tokenizer, limit = batcher.tokenizers.decoder, batcher.settings.generation.max_tokens
    texts = ["The lungs are clear.", "The lungs are clear. " * 80]
    ids, mask = published.targets(texts)
    for text, row, real in zip(texts, ids, mask, strict=True):
        whole = tokenizer(f"<|endoftext|> {text} <|endoftext|>")["input_ids"]
        assert row[real].tolist() == whole[:limit]


def test_images_of_one_study_share_their_key(batcher):
    keys = batcher([study("a"), study("b"), study("a")], with_report=True).study_key.tolist()
    assert keys[0] == keys[2] != keys[1]


def test_a_switched_off_prior_is_as_if_there_were_none(batcher):
    settings = load_settings("tiny", ["image.size=32", "method.use_prior=false"])
    off = Batcher(settings=settings, tokenizers=batcher.tokenizers, pixels=batcher.pixels)
    assert not off([study("b", prior=True)]).has_prior.any()


def test_auxiliary_targets_say_what_the_report_says():
    texts = [
        "New small left pleural effusion. No pulmonary edema.",
        "The right pleural effusion has resolved.",
    ]
    observations, changes = auxiliary_targets(texts, has_prior=[True, True])
    assert observations[0, LEFT_EFFUSION].tolist() == [1, 0]
    assert observations[0, EDEMA].tolist() == [0, 1]
    assert CHANGE_CLASSES[int(changes[0, LEFT_EFFUSION])] is Change.NEW
    assert observations[1, RIGHT_EFFUSION].tolist() == [0, 0]
    assert CHANGE_CLASSES[int(changes[1, RIGHT_EFFUSION])] is Change.RESOLVED


def test_a_denial_without_a_side_denies_both_sides():
    observations, _ = auxiliary_targets(["No pleural effusion."], has_prior=[False])
    assert observations[0, LEFT_EFFUSION].tolist() == observations[0, RIGHT_EFFUSION].tolist() == [0, 1]


def test_an_affirmation_without_a_side_says_nothing_of_either():
    observations, _ = auxiliary_targets(["Pleural effusion."], has_prior=[False])
    assert not observations[0, [LEFT_EFFUSION, RIGHT_EFFUSION]].any()


def test_change_is_not_asked_where_there_is_no_prior():
    _, changes = auxiliary_targets(["Small left pleural effusion."], has_prior=[False])
    assert (changes == 0).all()


def test_normalising_maps_grey_levels_by_mean_and_spread():
    out = normalise(torch.tensor([[[0, 255]]], dtype=torch.uint8), mean=0.5, std=0.25)
    assert out.flatten().tolist() == [-2.0, 2.0]
