"""CheXbert's network: a Bert whose [CLS] vector 14 linear heads classify, and its published tensors.

The public labeler of chest radiograph reports (Smit et al., EMNLP 2020). Its heads stand in the order Enlarged
Cardiomediastinum … Support Devices with four classes each, then No Finding with two. Knows ids and tensors only:
no strings, no files.
Axes: batch, token, head, width.
"""

from collections.abc import Mapping

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor, nn
from transformers import BertConfig, BertModel

from priorrg.errors import WeightsError

HEADS = (4,) * 13 + (2,)
"""Classes of each head."""
_PREFIX = "module."
"""What training on several devices put before every name."""
_NOT_USED = ("bert.pooler.", "bert.embeddings.position_ids", "bert.embeddings.token_type_ids")
"""The heads read the [CLS] vector itself, not the pooler's; old transformers kept counters as tensors."""
_WORDS = "bert.embeddings.word_embeddings.weight"
_SHOWN = 4


class CheXbert(nn.Module):
    """For reading only: the dropout before its heads, used in training, is left out."""

    def __init__(self, config: BertConfig) -> None:
        super().__init__()
        self.bert = BertModel(config, add_pooling_layer=False)
        self.linear_heads = nn.ModuleList(nn.Linear(config.hidden_size, classes) for classes in HEADS)

    def forward(
        self, ids: Int[Tensor, "batch token"], mask: Bool[Tensor, "batch token"]
    ) -> tuple[Int[Tensor, "batch head"], Float[Tensor, "batch width"]]:
        """Return the likeliest class of each head, and the [CLS] vector."""
        output = self.bert(input_ids=ids, attention_mask=mask.long(), return_dict=True)
        vector: Tensor = output.last_hidden_state[:, 0]
        return torch.stack([head(vector).argmax(dim=1) for head in self.linear_heads], dim=1), vector


def load_published(network: CheXbert, tensors: Mapping[str, Tensor], source: str) -> None:
    """Fill the network from the published checkpoint's tensors.

    Raises ``WeightsError`` naming what is missing, unknown or of another shape.
    """
    plain = {name.removeprefix(_PREFIX): tensor for name, tensor in tensors.items()}
    given = {name: tensor for name, tensor in plain.items() if not name.startswith(_NOT_USED)}
    own = network.state_dict()
    words = given.get(_WORDS)
    if words is not None and words.ndim == 2 and len(words) != len(own[_WORDS]):
        raise WeightsError(
            f"{source}: knows {len(words):,} words, the Bert folder {len(own[_WORDS]):,}; expected the same. "
            "CheXbert goes with bert-base-uncased (30,522)"
        )
    shapes = {name: (tuple(given[name].shape), tuple(own[name].shape)) for name in own if name in given}
    faults = {
        "missing": [name for name in own if name not in given],
        "unknown": [name for name in given if name not in own],
        "misshapen": [
            f"{name} {got} instead of {due}" for name, (got, due) in shapes.items() if got != due
        ],
    }
    found = [
        f"{len(names)} {what}: {', '.join(names[:_SHOWN])}{' …' * (len(names) > _SHOWN)}"
        for what, names in faults.items()
        if names
    ]
    if found:
        raise WeightsError(
            f"{source}: {'; '.join(found)}; expected the tensors of CheXbert on the Bert of the given folder"
        )
    network.load_state_dict(given)
