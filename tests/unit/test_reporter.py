"""A model in hand, a radiograph in, a draft out."""

import json
import shutil

import numpy as np
import pytest
from PIL import Image

from priorrg import PriorRG
from priorrg.data.manifest import PreparedData
from priorrg.errors import ImageError, UsageError, WeightsError

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
    for words in ("phantom", "validation loss", "stand-in for RAD-DINO", "trained from scratch"):
        assert words in card


def test_an_unknown_view_is_read_as_unknown_and_said(model, films):
    assert any("read as unknown" in remark for remark in model.report(films[0], view="SWIMMERS").remarks)


def test_a_file_that_is_no_image_is_refused_in_one_line(model, tmp_path):
    (tmp_path / "x.png").write_bytes(b"not an image")
    with pytest.raises(ImageError) as caught:
        model.report(tmp_path / "x.png")
    assert "\n" not in str(caught.value)


def test_an_empty_folder_is_wrong_use(model, tmp_path):
    with pytest.raises(UsageError):
        model.report(tmp_path)


def test_a_folder_that_is_no_model_names_what_is_missing(tmp_path):
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
