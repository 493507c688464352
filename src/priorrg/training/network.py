"""The network that settings and tokenizers ask for, with the weights it starts from."""

from priorrg.batching import CHANGE_CLASSES
from priorrg.language.observations import SLOTS
from priorrg.model.backbones import backbone_configs, load_backbones
from priorrg.model.config import NetworkConfig
from priorrg.model.network import PriorRGNetwork
from priorrg.settings import Settings
from priorrg.tokenization import Tokenizers


def network_for(
    settings: Settings, tokenizers: Tokenizers, weights: PriorRGNetwork | None = None
) -> PriorRGNetwork:
    """Return a network for ``settings``: from ``weights`` of an earlier stage, else from the backbones.

    Raises WeightsError where a backbone is not to be had, or the earlier stage has other sizes.
    """
    decoder, context = tokenizers.decoder, tokenizers.context
    network = PriorRGNetwork(
        NetworkConfig(
            model=settings.model,
            method=settings.method,
            image_size=settings.image.size,
            **backbone_configs(settings.model),
            vocabulary=len(decoder),
            context_vocabulary=len(context),
            bos_id=decoder.bos_token_id,
            eos_id=decoder.eos_token_id,
            pad_id=decoder.pad_token_id,
            context_pad_id=context.pad_token_id,
            auxiliary_slots=len(SLOTS),
            auxiliary_changes=len(CHANGE_CLASSES),
        )
    )
    if weights is None:
        load_backbones(network, keep_words=settings.context.tokenizer == "own")
    else:
        network.load_weights(weights.weights(), source="the earlier stage")
    return network
