"""Pre-trained backbones from folders: small ones written here."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from huggingface_hub.errors import LocalEntryNotFoundError
from safetensors.torch import load_file, save_file
from transformers import BertConfig, BertModel, Dinov2Config, Dinov2Model, GPT2Config, GPT2LMHeadModel

from priorrg.errors import WeightsError
from priorrg.model.backbones import backbone_configs, load_backbones
from priorrg.model.config import NetworkConfig
from priorrg.model.network import PriorRGNetwork
from priorrg.settings import (
    DecoderSettings,
    FusionSettings,
    ModelSettings,
    PerceiverSettings,
    TextSettings,
    VisionSettings,
)


@pytest.fixture
def folders(tmp_path: Path) -> Path:
    """Write a small Dinov2, Bert and GPT-2 as their makers would."""
    torch.manual_seed(1)
    dino = Dinov2Config(
        hidden_size=16, num_hidden_layers=2, num_attention_heads=2, image_size=28, patch_size=14
    )
    bert = BertConfig(
        vocab_size=30,
        hidden_size=12,
        num_hidden_layers=3,
        num_attention_heads=2,
        intermediate_size=24,
        max_position_embeddings=32,
    )
    gpt2 = GPT2Config(
        vocab_size=20, n_embd=16, n_layer=1, n_head=2, n_positions=32, bos_token_id=0, eos_token_id=0
    )
    Dinov2Model(dino).save_pretrained(tmp_path / "dino")
    BertModel(bert).save_pretrained(tmp_path / "bert")
    GPT2LMHeadModel(gpt2).save_pretrained(tmp_path / "gpt2")
    return tmp_path


@pytest.fixture
def build(folders: Path) -> Callable[[], PriorRGNetwork]:
    """Return a maker of networks on those backbones, both vocabularies grown by two tokens."""

    def make() -> PriorRGNetwork:
        settings = model_settings(folders)
        torch.manual_seed(2)
        return PriorRGNetwork(
            NetworkConfig(
                model=settings,
                image_size=28,
                **backbone_configs(settings),
                vocabulary=22,
                context_vocabulary=32,
                bos_id=0,
                eos_id=0,
                pad_id=20,
                context_pad_id=0,
            )
        )

    return make


def model_settings(folders: Path) -> ModelSettings:
    return ModelSettings(
        width=16,
        vision=VisionSettings(backbone=str(folders / "dino")),
        text=TextSettings(backbone=str(folders / "bert"), layers=2),
        decoder=DecoderSettings(backbone=str(folders / "gpt2")),
        temporal_fusion=FusionSettings(layers=1, heads=2),
        perceiver=PerceiverSettings(layers=1, heads=2, head_width=8, latents=3),
    )


def test_every_backbone_gets_the_weights_of_its_folder(folders, build):
    network = build()
    fresh = network.decoder.model.transformer.wte.weight[20:].clone()
    loaded = load_backbones(network)

    assert [Path(source).name for source in loaded] == ["dino", "bert", "gpt2"]
    vision = network.study_encoder.vision.backbone.state_dict()
    for name, tensor in load_file(folders / "dino" / "model.safetensors").items():
        assert torch.equal(vision[modern(name)], tensor), name
    bert = load_file(folders / "bert" / "model.safetensors")
    text = network.study_encoder.text.backbone
    assert len(text.encoder.layer) == 2
    words = text.embeddings.word_embeddings.weight
    assert torch.equal(words[:30], bert["embeddings.word_embeddings.weight"])
    wte = network.decoder.model.transformer.wte.weight
    gpt2 = load_file(folders / "gpt2" / "model.safetensors")
    assert torch.equal(wte[:20], gpt2["transformer.wte.weight"])
    assert torch.equal(wte[20:], fresh)
    assert network.decoder.model.lm_head.weight is wte


def modern(name: str) -> str:
    for old, new in (
        ("attention.query", "q_proj"),
        ("attention.key", "k_proj"),
        ("attention.value", "v_proj"),
    ):
        name = name.replace(f"attention.{old}", f"attention.{new}")
    return name.replace("attention.output.dense", "attention.o_proj")


def test_names_of_transformers_4_and_a_head_around_bert_are_understood(folders, build):
    dino = folders / "dino" / "model.safetensors"
    tensors = load_file(dino)
    legacy = {}
    for name, tensor in tensors.items():
        for new, old in (("q", "attention.query"), ("k", "attention.key"), ("v", "attention.value")):
            name = name.replace(f"attention.{new}_proj", f"attention.{old}")
        legacy[name.replace("attention.o_proj", "attention.output.dense")] = tensor
    save_file(legacy, dino)
    bert = folders / "bert" / "model.safetensors"
    state = {f"bert.{name}": tensor for name, tensor in load_file(bert).items()}
    torch.save(state | {"cls.predictions.bias": torch.zeros(30)}, folders / "bert" / "pytorch_model.bin")
    bert.unlink()

    network = build()
    load_backbones(network)

    block = network.study_encoder.vision.backbone.encoder.layer[0]
    assert torch.equal(
        block.attention.q_proj.weight, legacy["encoder.layer.0.attention.attention.query.weight"]
    )
    words = network.study_encoder.text.backbone.embeddings.word_embeddings.weight
    assert torch.equal(words[:30], state["bert.embeddings.word_embeddings.weight"])


def test_word_embeddings_of_another_tokenizer_stay_fresh(build):
    network = build()
    before = network.study_encoder.text.backbone.embeddings.word_embeddings.weight.clone()
    load_backbones(network, keep_words=False)
    words = network.study_encoder.text.backbone.embeddings.word_embeddings.weight
    assert torch.equal(words, before)


def test_a_folder_that_lacks_a_file_says_what_to_put_there(folders, build):
    network = build()
    (folders / "bert" / "model.safetensors").unlink()
    with pytest.raises(
        WeightsError,
        match=r"has no model\.safetensors; for the Bert of model\.text\.backbone, give a folder that holds",
    ):
        load_backbones(network)
    (folders / "dino" / "config.json").unlink()
    with pytest.raises(WeightsError, match=r"has no config\.json; for the Dinov2 of model\.vision"):
        backbone_configs(model_settings(folders))


def test_a_hub_that_cannot_be_reached_says_what_to_put_where(monkeypatch):
    def refuse(*arguments, **options):
        raise LocalEntryNotFoundError("no connection\nand no cache")

    monkeypatch.setattr("priorrg.model.hub.hf_hub_download", refuse)
    settings = ModelSettings(vision=VisionSettings(backbone="microsoft/rad-dino"))
    with pytest.raises(WeightsError) as refusal:
        backbone_configs(settings)
    message = str(refusal.value)
    assert "microsoft/rad-dino: not a folder, and the hub cannot be reached" in message
    assert "give a folder that holds config.json" in message
    assert "\n" not in message


def test_a_backbone_of_another_family_is_refused(folders):
    settings = model_settings(folders)
    path = folders / "gpt2" / "config.json"
    config = json.loads(path.read_text())
    path.write_text(json.dumps(config | {"model_type": "llama"}))
    with pytest.raises(
        WeightsError, match=r"model_type is 'llama'; model\.decoder\.backbone takes a GPT-2"
    ):
        backbone_configs(settings)


def test_tensors_that_do_not_fit_are_named(folders, build):
    network = build()
    file = folders / "gpt2" / "model.safetensors"
    tensors = load_file(file)
    tensors.pop("transformer.ln_f.bias")
    tensors["transformer.surplus"] = torch.zeros(1)
    save_file(tensors, file)
    with pytest.raises(WeightsError, match=r"1 missing: ln_f\.bias; 1 unknown: surplus"):
        load_backbones(network)


def test_a_decoder_of_another_width_is_refused(folders):
    settings = model_settings(folders)
    config = NetworkConfig(
        model=settings,
        image_size=28,
        **(backbone_configs(settings) | {"decoder": {"n_embd": 32, "n_head": 2, "n_layer": 1}}),
        vocabulary=22,
        context_vocabulary=32,
        bos_id=0,
        eos_id=0,
        pad_id=20,
        context_pad_id=0,
    )
    with pytest.raises(WeightsError, match=r"is 32 wide; .* model\.width must be equal, got 16"):
        PriorRGNetwork(config)


def test_small_backbones_need_no_files():
    assert backbone_configs(ModelSettings()) == {"vision": None, "text": None, "decoder": None}
