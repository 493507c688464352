"""An image of a list is looked at once, and what was seen of it is what it would have been alone."""

import pytest
import torch

from priorrg import seen_images
from priorrg.model.inputs import VisionFeatures
from priorrg.prior_cache import PriorCache
from priorrg.seen_images import SeenImages
from priorrg.study import Radiograph


class Network(torch.nn.Module):
    """Sees of an image its pixels, twice as large; remembers what it was shown."""

    def __init__(self):
        super().__init__()
        self.weight = torch.nn.Parameter(torch.ones(1))
        self.study_encoder = torch.nn.Module()
        self.study_encoder.vision = torch.nn.Module()
        self.study_encoder.vision.tokens, self.study_encoder.vision.width = 2, 4
        self.shown = []

    def encode_images(self, pixels, with_layers=True):
        self.shown.append((pixels[:, 0, 0, 0].tolist(), with_layers))
        last = 2 * pixels.view(len(pixels), 2, 4)
        return VisionFeatures(last, last[:, None, :].repeat(1, 3 if with_layers else 0, 1, 1))


def pixels(radiographs):
    values = torch.tensor([float(radiograph.image_id) for radiograph in radiographs])
    return values[:, None, None, None].expand(-1, 1, 2, 4).contiguous()


def films(*numbers):
    return [Radiograph(image_id=str(number), view="PA") for number in numbers]


@pytest.fixture
def network():
    return Network()


def test_a_prior_that_was_a_current_image_is_not_looked_at_again(network):
    seen = SeenImages(network, pixels)
    seen(films(1, 2))
    before = seen(films(2, 5, 1, 5), prior=True)
    assert network.shown == [([1.0, 2.0], True), ([5.0], False)]
    assert before.last[:, 0, 0].tolist() == [4, 10, 2, 10]
    assert before.layers.shape == (4, 0, 2, 4)
    seen(films(5), prior=True)
    assert len(network.shown) == 2


def test_current_images_have_their_layers_though_they_were_seen_as_priors(network):
    seen = SeenImages(network, pixels)
    seen(films(1), prior=True)
    assert seen(films(1)).layers.shape == (1, 3, 2, 4)


def test_asked_again_for_the_same_images_it_answers_at_once(network):
    seen = SeenImages(network, pixels)
    assert seen(films(1, 2)) is seen(films(1, 2))
    assert len(network.shown) == 1


def test_of_the_newest_images_some_may_be_asked_for_again(network):
    seen = SeenImages(network, pixels)
    both = seen(films(1, 2, 3))
    again = seen(films(3, 1))
    assert torch.equal(again.last, both.last[[2, 0]])
    assert torch.equal(again.layers, both.layers[[2, 0]])
    assert len(network.shown) == 1
    seen(films(3, 4))
    assert len(network.shown) == 2


def test_without_priors_there_are_features_of_no_image(network):
    assert SeenImages(network, pixels)([], prior=True).last.shape == (0, 2, 4)
    assert network.shown == []


def test_no_more_is_remembered_than_is_said(network, monkeypatch):
    monkeypatch.setattr(seen_images, "REMEMBERED", 2)
    seen = SeenImages(network, pixels)
    seen(films(1, 2, 3))
    seen(films(1, 3), prior=True)
    assert network.shown[1:] == [([1.0], False)]


def test_what_is_seen_while_generating_can_be_asked_for_gradients_after(network):
    seen = SeenImages(network, pixels)
    with torch.inference_mode():
        features = seen(films(1))
    features.last.requires_grad_().sum().backward()


def test_features_outlast_the_list_where_there_is_a_cache(network, tmp_path):
    SeenImages(network, pixels, PriorCache(network, tmp_path))(films(7))
    later = SeenImages(network, pixels, PriorCache(network, tmp_path))
    assert later(films(7), prior=True).last[0, 0, 0] == 14
    assert later.kept == 1
    assert len(network.shown) == 1


def test_no_more_is_remembered_of_what_the_cache_had_than_is_said(network, tmp_path, monkeypatch):
    monkeypatch.setattr(seen_images, "REMEMBERED", 2)
    SeenImages(network, pixels, PriorCache(network, tmp_path))(films(1, 2, 3))
    later = SeenImages(network, pixels, PriorCache(network, tmp_path))
    assert later(films(1, 2, 3), prior=True).last[:, 0, 0].tolist() == [2, 4, 6]
    later(films(1, 3), prior=True)
    assert later.kept == 4  # the first was forgotten and found again, the third was not forgotten
    assert len(network.shown) == 1
