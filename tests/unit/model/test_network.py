"""The whole network: losses, reports, parameters and its folder."""

import json
import math
from dataclasses import replace

import pytest
import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch.nn import functional as F

from priorrg.errors import StorageError, WeightsError
from priorrg.model.config import NetworkConfig
from priorrg.model.network import PriorRGNetwork


@torch.no_grad()
def log_probability(network, memory, ids):
    """Return the log probability of each token given those before it."""
    logs = network.decoder.logits(memory, ids[:, :-1]).log_softmax(dim=-1)
    return logs.gather(2, ids[:, 1:, None]).squeeze(2)


def test_the_report_loss_is_the_mean_over_real_tokens_after_the_first(small_network, small_batch):
    network, batch = small_network(), small_batch()
    memory = network.encode(batch).memory
    total, count = 0.0, 0
    for row in range(len(batch)):
        ids = batch.target_ids[row : row + 1, : int(batch.target_mask[row].sum())]
        total -= float(log_probability(network, memory[row : row + 1], ids).sum())
        count += ids.shape[1] - 1
    loss = network.report_loss(batch)["loss"]
    assert loss.item() == pytest.approx(total / count, rel=1e-5)


def test_the_report_loss_adds_its_weighted_parts(small_network, small_batch):
    parts = small_network().report_loss(small_batch(), observations=0.5, changes=2.0)
    expected = parts["language"] + 0.5 * parts["observations"] + 2.0 * parts["changes"]
    torch.testing.assert_close(parts["loss"], expected)
    assert parts["observations"] > 0
    assert parts["changes"] > 0


def test_auxiliary_parts_are_zero_where_they_are_off_or_have_no_targets(small_network, small_batch):
    network, batch = small_network(), small_batch()
    unasked = replace(batch, observation_targets=None, change_targets=None)
    for parts in (network.report_loss(batch), network.report_loss(unasked, 1.0, 1.0)):
        assert parts["observations"].item() == parts["changes"].item() == 0
        assert parts["loss"].item() == parts["language"].item()


def test_alignment_embeddings_are_unit_vectors_and_independent_of_the_batch(small_network, small_batch):
    network, batch = small_network(), small_batch(has_prior=(False,) * 4)
    image, text = network.align_embeddings(batch)
    assert torch.allclose(image.norm(dim=1), torch.ones(4).double())
    assert torch.allclose(text.norm(dim=1), torch.ones(4).double())
    half = replace(
        batch,
        **{
            name: getattr(batch, name)[:2]
            for name in ("current", "has_prior", "current_view", "context_ids", "context_mask")
        },
        study_key=None,
        target_ids=None,
        target_mask=None,
        report_ids=batch.report_ids[:2],
        report_mask=batch.report_mask[:2],
        observation_targets=None,
        change_targets=None,
    )
    for part, whole in zip(network.align_embeddings(half), (image, text), strict=True):
        torch.testing.assert_close(part, whole[:2], rtol=0, atol=1e-12)


def test_a_step_of_each_stage_teaches_what_that_stage_trains(small_network, small_batch):
    network, batch = small_network().train(), small_batch()
    groups = network.parameter_groups()
    network.align_loss(batch).backward()
    assert all(p.grad is None for p in groups["decoder"] + groups["auxiliary"])
    assert all(p.grad is not None for p in network.study_encoder.perceiver.parameters())
    assert network.contrast.log_scale.grad is not None
    network.zero_grad()
    network.report_loss(batch, 1.0, 1.0)["loss"].backward()
    lacking = [n for n, p in network.named_parameters() if p.grad is None and n != "contrast.log_scale"]
    assert lacking == []


def test_a_few_steps_lower_the_loss(small_network, small_batch):
    network, batch = small_network().train(), small_batch()
    optimizer = torch.optim.AdamW(network.parameters(), lr=3e-3)
    losses = []
    for _ in range(15):
        loss = network.report_loss(batch, 0.5, 0.5)["loss"] + network.align_loss(batch)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    assert losses[-1] < 0.8 * losses[0]


def test_parameter_groups_hold_every_trainable_parameter_once(small_network):
    network = small_network(frozen=True)
    groups = network.parameter_groups()
    grouped = [id(p) for parameters in groups.values() for p in parameters]
    assert sorted(grouped) == sorted(id(p) for p in network.parameters() if p.requires_grad)
    assert len(groups["embeddings"]) == 3
    pretrained = {id(p) for p in groups["pretrained"]}
    assert {id(p) for p in network.study_encoder.layer_fusion.parameters()} <= pretrained


def test_a_report_begins_with_the_first_token_and_respects_the_limit(small_network, small_batch):
    ids = small_network().generate(small_batch(), beams=2, max_tokens=9)
    assert ids.shape[0] == 4
    assert ids.shape[1] <= 9
    assert (ids[:, 0] == 0).all()


def test_missing_targets_are_named(small_network, small_batch):
    network = small_network()
    batch = replace(small_batch(), target_ids=None, study_key=None, report_ids=None)
    with pytest.raises(ValueError, match="stage 2 needs target_ids"):
        network.report_loss(batch)
    with pytest.raises(ValueError, match="stage 1 needs study_key"):
        network.align_loss(batch)
    with pytest.raises(ValueError, match="stage 1 needs report_ids"):
        network.align_embeddings(batch)


def test_a_saved_network_is_the_same_after_loading(small_config, small_batch, tmp_path):
    torch.manual_seed(0)
    network = PriorRGNetwork(small_config(use_hidden=False)).eval()
    network.save_pretrained(tmp_path)
    loaded = PriorRGNetwork.from_pretrained(tmp_path)

    assert loaded.config == network.config
    assert not loaded.training
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "README.md",
        "config.json",
        "model.safetensors",
    ]
    for name, tensor in network.state_dict().items():
        assert torch.equal(tensor, loaded.state_dict()[name]), name
    head, words = loaded.decoder.model.lm_head.weight, loaded.decoder.model.transformer.wte.weight
    assert head is words


def test_a_folder_without_weights_is_refused_with_what_to_put_there(small_config, tmp_path):
    (tmp_path / "config.json").write_text(small_config().to_json())
    with pytest.raises(
        WeightsError, match=r"the folder has no model\.safetensors; .*give a folder that holds"
    ):
        PriorRGNetwork.from_pretrained(tmp_path)
    with pytest.raises(WeightsError, match="no such folder"):
        PriorRGNetwork.from_pretrained(tmp_path / "absent")


def test_weights_that_do_not_fit_are_refused_by_name(small_config, tmp_path):
    PriorRGNetwork(small_config()).save_pretrained(tmp_path)
    file = tmp_path / "model.safetensors"
    tensors = load_file(file)
    tensors.pop("contrast.log_scale")
    tensors["surplus"] = torch.zeros(1)
    tensors["study_encoder.perceiver.latents"] = torch.zeros(4, 16)
    save_file(tensors, file)
    with pytest.raises(WeightsError) as refusal:
        PriorRGNetwork.from_pretrained(tmp_path)
    message = str(refusal.value)
    assert "1 missing: contrast.log_scale" in message
    assert "1 unknown: surplus" in message
    assert "study_encoder.perceiver.latents (4, 16) instead of (3, 16)" in message
    assert "\n" not in message


def test_a_torn_weight_file_is_refused(small_config, tmp_path):
    PriorRGNetwork(small_config()).save_pretrained(tmp_path)
    file = tmp_path / "model.safetensors"
    file.write_bytes(file.read_bytes()[:500])
    with pytest.raises(WeightsError, match="not a readable file of weights"):
        PriorRGNetwork.from_pretrained(tmp_path)


def test_new_parts_may_be_missing_when_they_are_named(small_network):
    network = small_network()
    state = {n: t for n, t in network.weights().items() if not n.startswith("decoder.")}
    network.load_weights(state, new=("decoder.",))
    with pytest.raises(WeightsError, match="missing"):
        network.load_weights(state)


def test_a_full_disk_is_a_storage_error_and_leaves_no_weights(small_config, tmp_path, monkeypatch):
    def refuse(*arguments, **options):
        raise SafetensorError(
            "Error while serializing: I/O error: No space left on device (os error 28)"
        )

    monkeypatch.setattr("priorrg.model.hub.save_file", refuse)
    with pytest.raises(StorageError, match="the disk is full"):
        PriorRGNetwork(small_config()).save_pretrained(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_cannot_be_made_is_a_storage_error(small_config, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(StorageError, match="file/model: cannot be written"):
        PriorRGNetwork(small_config()).save_pretrained(tmp_path / "file" / "model")


def test_a_configuration_survives_json(small_config):
    config = small_config(use_context=False, prior_pixels="blank")
    assert NetworkConfig.from_json(config.to_json()) == config


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"surplus": 1}, "surplus: Unexpected keyword argument"),
        ({"image_size": "wide"}, "image_size: "),
        ({"model": {"width": 16, "depth": 2}}, r"model\.depth: "),
    ],
)
def test_a_configuration_that_does_not_fit_is_refused_with_its_path(small_config, change, message):
    tree = json.loads(small_config().to_json()) | change
    with pytest.raises(WeightsError, match=message):
        NetworkConfig.from_dict(tree)
    with pytest.raises(WeightsError, match="not valid JSON"):
        NetworkConfig.from_json("{")


def test_a_network_can_do_without_auxiliary_heads(small_config, small_batch):
    network = PriorRGNetwork(replace(small_config(), auxiliary_slots=0)).double()
    assert network.parameter_groups()["auxiliary"] == []
    assert network.report_loss(small_batch(), 1.0, 1.0)["observations"].item() == 0


def test_beam_search_finds_nothing_less_likely_than_greedy(small_network, small_batch):
    network, batch = small_network(), small_batch()
    memory = network.encode(batch).memory
    scores = []
    for beams in (1, 4):
        ids = network.decoder.generate(memory, beams, 6)
        logs = log_probability(network, memory, ids)
        real = F.pad((ids[:, 1:] == 0).cumsum(dim=1)[:, :-1] == 0, (1, 0), value=True)
        scores.append((logs * real).sum(dim=1) / real.sum(dim=1))
    assert (scores[1] >= scores[0] - 1e-9).all()
    assert math.isfinite(scores[1].sum().item())
