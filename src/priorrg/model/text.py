"""From token ids to word vectors: the one text encoder for context and, in stage 1, report.

Knows ids only: no strings, no tokenizer.
Axes: batch, token, width.
"""

from dataclasses import fields
from typing import Any

from jaxtyping import Bool, Float, Int
from torch import Tensor, nn
from transformers import BertConfig, BertModel

from priorrg.errors import WeightsError
from priorrg.model.config import NetworkConfig


def text_config(config: NetworkConfig) -> BertConfig:
    """Return the Bert configuration: that of the backbone, cut to ``text.layers``, or a small one."""
    settings = config.model.text
    own: dict[str, Any] = {
        "vocab_size": config.context_vocabulary,
        "pad_token_id": config.context_pad_id,
    }
    if settings.backbone == "scratch":
        width = config.model.width
        return BertConfig(
            hidden_size=width,
            intermediate_size=4 * width,
            num_hidden_layers=settings.layers,
            num_attention_heads=settings.heads,
            initializer_range=config.initializer_range,
            hidden_dropout_prob=0.0,
            attention_probs_dropout_prob=0.0,
            **own,
        )
    if config.text is None:
        raise WeightsError(
            f"text backbone {settings.backbone!r}: got no configuration; expected its Bert "
            "config.json in NetworkConfig.text (see backbone_configs)"
        )
    known = {field.name for field in fields(BertConfig)} - {"model_type"}
    kept = {key: value for key, value in config.text.items() if key in known}
    if settings.layers > kept.get("num_hidden_layers", settings.layers):
        raise WeightsError(
            f"text backbone {settings.backbone!r} has {kept['num_hidden_layers']} layers; "
            f"model.text.layers asks for {settings.layers}"
        )
    return BertConfig(**(kept | own | {"num_hidden_layers": settings.layers}))


class TextEncoder(nn.Module):
    """A Bert without its pooler."""

    def __init__(self, config: NetworkConfig) -> None:
        super().__init__()
        bert = text_config(config)
        self.backbone = BertModel(bert, add_pooling_layer=False)
        self.width: int = bert.hidden_size
        self.max_tokens: int = bert.max_position_embeddings

    def forward(
        self, ids: Int[Tensor, "batch token"], mask: Bool[Tensor, "batch token"]
    ) -> Float[Tensor, "batch token width"]:
        """Return one vector per token; those at padding carry no meaning."""
        output = self.backbone(input_ids=ids, attention_mask=mask.long(), return_dict=True)
        vectors: Tensor = output.last_hidden_state
        return vectors
