"""The network that settings and tokenizers ask for, with the weights it starts from."""

from typing import Any

from priorrg.batching import CHANGE_CLASSES
from priorrg.language.observations import SLOTS
from priorrg.model.backbones import backbone_configs, load_backbones
from priorrg.model.config import NetworkConfig
from priorrg.model.network import PriorRGNetwork
from priorrg.settings import Settings
from priorrg.tokenization import Tokenizers

_OURS = ("auxiliary", "statement_rows")
"""Parts of the network that the published method does not have; settings switch them."""


def network_for(
    settings: Settings, tokenizers: Tokenizers, weights: PriorRGNetwork | None = None
) -> PriorRGNetwork:
    """Return a network for ``settings``: from ``weights`` of an earlier stage, else from the backbones.

    Auxiliary heads and statement rows are there where the settings use them: they begin anew if the
    earlier stage has none, and are dropped if only it has. Raises WeightsError where a backbone is not to
    be had, or the earlier stage has other sizes.
    """
    decoder, context = tokenizers.decoder, tokenizers.context
    auxiliary = settings.report.auxiliary
    configs = backbone_configs(settings.model) if weights is None else _configs_of(weights)
    network = PriorRGNetwork(
        NetworkConfig(
            model=settings.model,
            method=settings.method,
            image_size=settings.image.size,
            **configs,
            vocabulary=len(decoder),
            context_vocabulary=len(context),
            bos_id=decoder.bos_token_id,
            eos_id=decoder.eos_token_id,
            pad_id=decoder.pad_token_id,
            context_pad_id=context.pad_token_id,
            auxiliary_slots=len(SLOTS) if auxiliary.observations or auxiliary.changes else 0,
            auxiliary_changes=len(CHANGE_CLASSES),
        )
    )
    if weights is None:
        load_backbones(network, keep_words=settings.context.tokenizer == "own")
    else:
        known = {name.split(".")[0] for name, _ in network.named_parameters()}
        given = weights.weights()
        absent = [part for part in _OURS if part not in {name.split(".")[0] for name in given}]
        network.load_weights(
            {n: t for n, t in given.items() if n.split(".")[0] in known or n.split(".")[0] not in _OURS},
            new=[f"{part}." for part in absent],
            source="the earlier stage",
        )
    return network


def _configs_of(network: PriorRGNetwork) -> dict[str, dict[str, Any] | None]:
    """Return the backbones' configurations that an earlier stage was built from."""
    config = network.config
    return {"vision": config.vision, "text": config.text, "decoder": config.decoder}
