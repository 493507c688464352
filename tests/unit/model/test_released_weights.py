"""Names of the published checkpoint: there and back, nothing lost in silence."""

import pytest
import torch

from priorrg.errors import WeightsError
from priorrg.model.config import NetworkConfig
from priorrg.model.network import PriorRGNetwork
from priorrg.model.released_weights import from_released, to_released
from priorrg.settings import (
    DecoderSettings,
    FusionSettings,
    ModelSettings,
    PerceiverSettings,
    TextSettings,
    VisionSettings,
)


@pytest.fixture(scope="module")
def network() -> PriorRGNetwork:
    """Return a small network of the published kinds of backbone."""
    torch.manual_seed(0)
    return PriorRGNetwork(
        NetworkConfig(
            model=ModelSettings(
                width=16,
                vision=VisionSettings(backbone="dino"),
                text=TextSettings(backbone="bert", layers=1),
                decoder=DecoderSettings(backbone="gpt2"),
                temporal_fusion=FusionSettings(layers=2, heads=2),
                perceiver=PerceiverSettings(layers=2, heads=2, head_width=8, latents=3),
            ),
            image_size=28,
            vision={
                "hidden_size": 16,
                "num_hidden_layers": 2,
                "num_attention_heads": 2,
                "image_size": 28,
                "patch_size": 14,
            },
            text={"hidden_size": 12, "num_attention_heads": 2, "intermediate_size": 24},
            decoder={"n_embd": 16, "n_layer": 1, "n_head": 2, "n_positions": 32},
            vocabulary=20,
            context_vocabulary=20,
            bos_id=0,
            eos_id=0,
            pad_id=1,
            context_pad_id=1,
        )
    )


def test_an_exported_network_comes_back_unchanged(network):
    released = to_released(network.weights())
    back = from_released(released)
    ours = {n: t for n, t in network.weights().items() if not n.startswith("auxiliary.")}
    assert sorted(back) == sorted(ours)
    assert all(torch.equal(back[name], tensor) for name, tensor in ours.items())
    network.load_weights(back, new=("auxiliary.",))


def test_an_export_has_the_published_names_and_shapes(network):
    released = to_released(network.weights())
    assert released["vp_pos_embed"].shape == (5, 1, 16)
    assert released["temp_pos_embed"].shape == (2, 1, 16)
    assert "image_encoder.encoder.layer.1.attention.attention.query.weight" in released
    assert "image_encoder.encoder.layer.1.attention.output.dense.bias" in released
    assert "text_encoder.bert.encoder.layer.0.attention.output.dense.weight" in released
    assert "temporal_fusion.layers.1.1.net.4.weight" in released
    assert "perceiver.layers.1.2.0.1.fn.net.2.weight" in released
    assert "layer_norm_fusion.weight" in released
    words = released["text_decoder.encoder_decoder.decoder.transformer.wte.weight"]
    assert released["text_decoder.encoder_decoder.decoder.lm_head.weight"] is words
    assert not any("auxiliary" in name for name in released)


def test_a_text_encoder_stored_as_a_plain_bert_is_understood(network):
    released = to_released(network.weights())
    plain = {name.replace("text_encoder.bert.", "text_encoder."): t for name, t in released.items()}
    plain["text_encoder.pooler.dense.weight"] = torch.zeros(1)
    plain["text_encoder.embeddings.position_ids"] = torch.zeros(1)
    assert sorted(from_released(plain)) == sorted(from_released(released))


def test_a_key_that_nobody_knows_is_an_error_that_names_it(network):
    released = to_released(network.weights()) | {"image_encoder_2.weight": torch.zeros(1)}
    with pytest.raises(WeightsError, match=r"1 unknown: image_encoder_2\.weight"):
        from_released(released)
    with pytest.raises(WeightsError, match="have no published name: surplus"):
        to_released({"surplus": torch.zeros(1)})


def test_a_decoder_whose_output_layer_is_not_tied_is_refused(network):
    released = to_released(network.weights())
    head = "text_decoder.encoder_decoder.decoder.lm_head.weight"
    with pytest.raises(WeightsError, match=r"lm_head\.weight differs .* expected them tied"):
        from_released(released | {head: released[head] + 1})
