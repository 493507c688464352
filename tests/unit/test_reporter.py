"""A model in hand, a radiograph in, a draft out."""

import json
import re
import shutil
from dataclasses import asdict, replace
from datetime import datetime

import numpy as np
import pytest
from PIL import Image
from tests.conftest import QUICK_MODES

from priorrg import PriorRG
from priorrg.confidence import fit
from priorrg.data.dicom_writing import write_radiograph
from priorrg.data.manifest import PreparedData
from priorrg.errors import DataError, ImageError, UsageError, WeightsError
from priorrg.model.fingerprint import fingerprint
from priorrg.model_folder import ModelFolder
from priorrg.reading_back import SIGNALS

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def model(small_model):
    return PriorRG.from_pretrained(small_model)


@pytest.fixture(scope="module")
def films(small_data):
    prepared = PreparedData(small_data)
    study = next(s for s in prepared.studies("train", views="frontal") if s.prior is not None)
    return prepared.image_path(study.current), prepared.image_path(study.prior)


def test_a_draft_says_what_it_is_and_what_it_rests_on(model, films):
    current, prior = films
    draft = model.report(current, prior=prior, indication="Effusion?", view="PA")
    assert draft.current == str(current)
    assert draft.prior == str(prior)
    assert "not for diagnosis" in draft.notice
    assert "phantoms only" in draft.notice
    read = json.loads(draft.to_json())
    assert read["indication"] == "Effusion?"
    assert read["model"]["trained_on"] == "phantom"


def test_files_and_arrays_of_the_same_image_give_the_same_draft(model, films):
    current, _ = films
    array = np.asarray(Image.open(current).convert("L"))
    assert model.report(current, view="AP").text == model.report(array, view="AP").text


def test_a_saved_model_writes_what_the_first_one_wrote(model, films, tmp_path):
    model.save_pretrained(tmp_path / "copy")
    again = PriorRG.from_pretrained(tmp_path / "copy")
    assert again.report(films[0], prior=films[1]).text == model.report(films[0], prior=films[1]).text
    card = (tmp_path / "copy" / "README.md").read_text()
    for words in (
        "phantom",
        "BLEU-4, rule-label F1 and LCC of",
        "stand-in for RAD-DINO",
        "trained from scratch",
    ):
        assert words in card


def test_each_sentence_says_what_it_claims_and_where_its_evidence_lies(model, films):
    draft = model.report(films[0], prior=films[1], view="PA")
    assert draft.sentences
    assert " ".join(s.text for s in draft.sentences).replace(" ", "") == draft.text.replace(" ", "")
    height, width = np.asarray(Image.open(films[0]).convert("L")).shape
    for sentence in draft.sentences:
        now, before = sentence.evidence
        assert (now.image, before.image) == ("current", "prior")
        assert now.box == (0, 0, width, height)
        assert np.asarray(now.grid).shape == (2, 2)
        assert np.asarray(now.grid).sum() == pytest.approx(1, abs=1e-3) or not np.any(now.grid)
    read = json.loads(draft.to_json())["sentences"][0]
    assert set(read) == {"text", "claims", "confidence", "evidence"}
    plain = model.report(films[0], prior=films[1], view="PA", evidence=False)
    assert plain.text == draft.text
    assert all(sentence.evidence == () for sentence in plain.sentences)


def test_a_draft_asks_the_network_nothing_that_its_reader_will_not_see(model, films, monkeypatch):
    draft = model.report(films[0], prior=films[1], view="PA")
    monkeypatch.setattr(model.network, "read_again", None)
    plain = model.report(films[0], prior=films[1], view="PA", evidence=False)
    assert [(s.text, s.claims) for s in plain.sentences] == [(s.text, s.claims) for s in draft.sentences]


def test_a_model_that_is_not_calibrated_gives_no_confidence_and_says_so(model, films):
    draft = model.report(films[0])
    assert all(sentence.confidence is None for sentence in draft.sentences)
    assert any("not calibrated (`priorrg calibrate`)" in remark for remark in draft.remarks)


def fitted(folder, decoding):
    """Return a calibration of made-up sentences for a decoding."""
    return fit(
        np.random.default_rng(0).normal(size=(80, len(SIGNALS))).tolist(),
        [True, False] * 40,
        "logistic",
        SIGNALS,
        fitted_on="made up",
        judged_by="nobody",
        network=fingerprint(folder.network),
        decoding=decoding,
    )


def test_a_calibrated_model_gives_confidence_to_sentences_that_claim_something(
    small_model, films, tmp_path
):
    copy = tmp_path / "model"
    shutil.copytree(small_model, copy)
    folder = ModelFolder.load(copy)
    calibration = fitted(folder, asdict(folder.settings.generation))
    replace(folder, calibration=calibration).save_calibration(copy)
    draft = PriorRG.from_pretrained(copy).report(films[0], prior=films[1], view="PA")
    assert not any("confidence" in remark for remark in draft.remarks)
    assert "made up" in draft.model["confidence"]
    assert "made up" in (copy / "README.md").read_text()
    for sentence in draft.sentences:
        assert (sentence.confidence is not None) == bool(sentence.claims)
        assert sentence.confidence is None or 0 < sentence.confidence < 1
    stranger = json.loads((copy / "confidence.json").read_text()) | {"network": "0" * 64}
    (copy / "confidence.json").write_text(json.dumps(stranger))
    with pytest.raises(WeightsError, match=r"confidence\.json: was fitted on other weights"):
        PriorRG.from_pretrained(copy)


def dicom(path, *, day, view="PA"):
    grey = np.random.default_rng(day).integers(0, 255, (40, 32), dtype=np.uint8)
    names = {"patient_id": "1", "study_id": str(day), "image_id": str(day), "view": view}
    write_radiograph(path, grey, taken_at=datetime(2020, 3, day), **names)
    return path


def views_said(draft):
    return [remark for remark in draft.remarks if "view" in remark]


def test_a_named_view_counts_in_any_case_and_a_wrong_one_is_refused(model, films):
    draft = model.report(films[0], prior=films[1], view=" ap", prior_view="lateral")
    assert (draft.view, draft.prior_view) == ("AP", "LATERAL")
    assert views_said(draft) == []
    for option in ("view", "prior_view"):
        with pytest.raises(UsageError, match=r"view 'PAA': .*one of AP, PA, LATERAL, LL, or unk"):
            model.report(films[0], prior=films[1], **{option: "PAA"})


def test_a_view_that_dicom_says_and_the_model_does_not_know_is_read_as_unknown_and_said(model, tmp_path):
    draft = model.report(dicom(tmp_path / "a.dcm", day=1, view="SWIMMERS"))
    assert views_said(draft) == [
        "view of the current image is 'SWIMMERS': read as unknown",
        "view of the current image is 'SWIMMERS', never trained on: this model learnt to report on "
        "AP, PA alone",
    ]


def test_a_model_of_frontal_films_says_so_of_every_other_view(model, films):
    assert model.views == ("AP", "PA")
    assert model.known_views == ("AP", "PA", "LATERAL", "LL", "unk")
    assert "'LATERAL', never trained on" in views_said(model.report(films[0], view="LATERAL"))[0]
    assert "is not known: this model learnt" in views_said(model.report(films[0]))[0]
    assert views_said(model.report(films[0], view="PA")) == []


def test_a_context_too_long_for_the_model_is_said_to_be_cut_and_where(model, films):
    words = [f"word{number}" for number in range(200)]
    draft = model.report(films[0], indication=" ".join(words), history="Asthma")
    (remark,) = [r for r in draft.remarks if "context was cut" in r]
    last = remark.split('"')[1].split()[-1]
    assert int(last.removeprefix("word")) + 1 + int(re.search(r"(\d+) words were", remark)[1]) == 201
    assert "the model reads 48 tokens" in json.loads(draft.to_json())["remarks"][-1]
    assert draft.indication == " ".join(words)
    unread = draft.indication.index(last) + len(last)
    changed = draft.indication[:unread] + " " + " ".join(reversed(words))
    assert model.report(films[0], indication=changed).text == draft.text
    assert "cut" not in " ".join(model.report(films[0], indication="Effusion?").remarks)


def test_the_current_image_is_not_its_own_prior(model, films, tmp_path):
    copy = tmp_path / "copy.png"
    shutil.copy(films[0], copy)
    with pytest.raises(DataError, match=r"copy\.png\): the prior is the current image itself"):
        model.report(films[0], prior=copy)


def test_a_draft_from_a_folder_says_what_was_left_out_and_what_could_not_be_read(model, tmp_path):
    dicom(tmp_path / "now.dcm", day=10)
    dicom(tmp_path / "old.dcm", day=1)
    (tmp_path / "film.png").write_bytes(b"")
    (tmp_path / "new.dcm").write_bytes(b"")
    draft = model.report(tmp_path)
    assert (draft.current, draft.prior) == (str(tmp_path / "now.dcm"), str(tmp_path / "old.dcm"))
    for words in ("new.dcm", "examination may be missing", "left out: 1 file, a picture"):
        assert len([remark for remark in draft.remarks if words in remark]) == 1


def test_a_file_that_is_no_image_is_refused_in_one_line(model, tmp_path):
    (tmp_path / "x.png").write_bytes(b"not an image")
    with pytest.raises(ImageError) as caught:
        model.report(tmp_path / "x.png")
    assert "\n" not in str(caught.value)


def test_an_empty_folder_is_wrong_use(model, tmp_path):
    with pytest.raises(UsageError):
        model.report(tmp_path)


def test_a_folder_that_is_no_model_names_what_is_missing(tmp_path):
    (tmp_path / "config.json").write_text("{}")
    with pytest.raises(WeightsError, match=r"model\.safetensors"):
        PriorRG.from_pretrained(tmp_path)


@pytest.mark.parametrize(
    "array",
    [
        np.zeros((64, 64)),
        np.zeros((64, 64, 3), np.uint8),
        np.zeros((64, 64), np.uint16),
        np.zeros((0, 4), np.uint8),
    ],
)
def test_an_array_that_is_no_grey_image_is_refused_with_what_was_expected(model, array):
    with pytest.raises(
        ImageError, match=r"current image: got an array of .*expected grey values of uint8"
    ):
        model.report(array)


def test_a_folder_says_its_own_views(model, tmp_path):
    with pytest.raises(UsageError, match="say their own views"):
        model.report(tmp_path, view="PA")


def test_the_view_of_a_prior_that_is_not_there_is_refused(model, films):
    with pytest.raises(UsageError, match="there is no prior image"):
        model.report(films[0], prior_view="PA")


def test_a_broken_provenance_is_refused_in_one_line(small_model, tmp_path):
    copy = tmp_path / "model"
    shutil.copytree(small_model, copy)
    for content in ("{", "[]", '{"trained": "on"}'):
        (copy / "provenance.json").write_text(content)
        with pytest.raises(WeightsError, match=r"provenance\.json: not the provenance of a model"):
            PriorRG.from_pretrained(copy)


def test_a_device_that_is_not_there_is_named(small_model):
    with pytest.raises(UsageError, match="device 'cuda:99': not to be had"):
        PriorRG.from_pretrained(small_model, device="cuda:99")


@pytest.fixture
def keeping(small_model, tmp_path):
    model = PriorRG.from_pretrained(small_model)
    model.keep_priors(tmp_path / "kept")
    return model


def test_a_prior_that_was_read_before_gives_the_same_draft_without_being_read_again(
    model, keeping, films, monkeypatch
):
    current, prior = films
    plain = model.report(current, prior=prior, indication="Effusion?", view="PA")
    keeping.report(prior, view="PA")  # yesterday's current image
    read = []
    encode = keeping.drafting.encode_images
    monkeypatch.setattr(
        keeping.drafting,
        "encode_images",
        lambda pixels, *rest, **more: read.append(len(pixels)) or encode(pixels, *rest, **more),
    )
    kept = keeping.report(current, prior=prior, indication="Effusion?", view="PA")
    assert read == [1]
    assert kept.model["prior_features"] == "kept from before"
    assert plain.model["prior_features"] == "computed"
    assert replace(kept, model={}) == replace(plain, model={})


def test_a_model_keeps_nothing_of_a_patient_unless_told_to(model, films, tmp_path, monkeypatch):
    monkeypatch.setenv("PRIORRG_PRIOR_CACHE", str(tmp_path / "kept"))
    model.report(films[0], prior=films[1])
    assert not (tmp_path / "kept").exists()


def test_a_calibration_of_the_exact_mode_holds_for_its_words_and_for_no_rounded_mode(
    small_model, films, tmp_path
):
    folder = ModelFolder.load(small_model)
    generation = folder.settings.generation
    calibration = fitted(folder, {k: v for k, v in asdict(generation).items() if k != "mode"})
    said = {}
    for mode in ("exact", *QUICK_MODES):
        model = PriorRG(replace(folder, calibration=calibration), mode=mode)
        said[mode] = any("other decoding" in line for line in model.report(films[0]).remarks)
    assert said == {mode: mode not in ("exact", "fp32") for mode in said}


def test_a_mode_that_this_machine_cannot_compute_is_refused_before_the_model_is_loaded(
    monkeypatch, tmp_path
):
    monkeypatch.setattr("torch.cpu._is_vnni_supported", lambda: False)
    with pytest.raises(UsageError, match="mode int8"):
        PriorRG.from_pretrained(tmp_path / "missing", mode="int8")
