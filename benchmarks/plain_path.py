"""The plain path from a study to its report, which quicker ones are measured against and must agree with.

As METHOD has it: current and prior are encoded by a call each with all their hidden layers, attention is
PyTorch's own, in single precision under ``inference_mode``, and transformers' stock ``generate`` writes.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Any, cast

import torch
from jaxtyping import Int
from torch import Tensor

from benchmarks.plain_step import encoded
from priorrg.model.inputs import StudyBatch
from priorrg.model.network import PriorRGNetwork


@torch.inference_mode()
def plain_ids(
    network: PriorRGNetwork, batch: StudyBatch, beams: int = 3, max_tokens: int = 100
) -> Int[Tensor, "batch token"]:
    """Return the report ids of a batch; the network must be exact and in evaluation mode."""
    seen = replace(batch, current=encoded(network, batch.current), prior=encoded(network, batch.prior))
    rows, _ = network.readable(seen, guarded=True)
    decoder = network.decoder
    first = torch.full((len(rows), 1), decoder.bos_id, device=rows.device)
    generate: Callable[..., Tensor] = cast(Any, decoder.model).generate
    return generate(
        input_ids=first,
        attention_mask=torch.ones_like(first),
        encoder_hidden_states=decoder.memory_norm(rows),
        encoder_attention_mask=torch.ones(rows.shape[:2], dtype=torch.long, device=rows.device),
        num_beams=beams,
        max_length=max_tokens,
        do_sample=False,
        eos_token_id=decoder.eos_id,
        pad_token_id=decoder.pad_id,
    )
