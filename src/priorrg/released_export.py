"""A model folder → the published checkpoint's layout.

What the published layout has no place for is named, never dropped in silence.
"""

from collections.abc import Mapping
from pathlib import Path

import torch
from safetensors.torch import save_file
from torch import Tensor

from priorrg.errors import UsageError, WeightsError
from priorrg.model.config import NetworkConfig
from priorrg.model.hub import CONFIG_FILE, WEIGHTS_FILE, fetch, read_checkpoint, read_tensors
from priorrg.model.released_weights import OURS_ONLY, STAGE_2_ONLY, left_out, to_released
from priorrg.model_folder import read_provenance
from priorrg.provenance import PRETRAIN, Provenance
from priorrg.settings import MethodSettings
from priorrg.storage import file_sha256, new_file


def export_weights(model: Path, out: Path, *, like: Path | None = None) -> list[str]:
    """Write a model folder's weights in the published layout; return what the file lacks.

    ``out`` is a Lightning file (``.ckpt``) or ``.safetensors``; of a model of stage 1 it holds what the
    published stage 1 holds. What an import leaves out is taken from ``like``, the checkpoint that was
    imported, so that the authors' program finds every key; without it those keys are not there. Raises
    ``WeightsError`` where the published layout cannot hold the model, ``UsageError`` where ``like`` is
    another checkpoint.
    """
    if out.suffix not in (".ckpt", ".safetensors"):
        raise UsageError(f"{out}: expected a name that ends in .ckpt (Lightning) or .safetensors")
    if not model.is_dir():
        raise UsageError(f"{model}: no such folder; expected a model folder of the published method")
    config = NetworkConfig.from_json(
        fetch(str(model), CONFIG_FILE, "a PriorRG model").read_text(), str(model / CONFIG_FILE)
    )
    if config.model.statement_rows or config.method != MethodSettings():
        raise WeightsError(
            f"{model}: uses statement rows or leaves out a part of the method; expected the published "
            "method alone, for its layout says nothing else. Export is for models of preset released"
        )
    provenance = read_provenance(model)
    weights = read_tensors(fetch(str(model), WEIGHTS_FILE, "a PriorRG model"))
    later = STAGE_2_ONLY if provenance.stage == PRETRAIN else ()
    tensors = to_released({n: t for n, t in weights.items() if not n.startswith(later)})
    if like is not None:
        _check_same(like, model, provenance)
        published = read_checkpoint(like)
        tensors |= {name: t for name, t in published.items() if left_out(name) and name not in tensors}
        tensors = {name: tensors[name] for name in published if name in tensors} | tensors
    with new_file(out) as temporary:
        if out.suffix == ".safetensors":
            save_file(_unshared(tensors), temporary, metadata={"format": "pt"})
        else:
            torch.save({"state_dict": tensors, "epoch": 0, "global_step": 0}, temporary)
    return sorted({name.split(".")[0] for name in weights if name.startswith(OURS_ONLY)})


def _check_same(like: Path, model: Path, provenance: Provenance) -> None:
    if not like.is_file():
        raise UsageError(f"{like}: no such file; expected the checkpoint that {model} was imported from")
    if (found := file_sha256(like)) != provenance.source_sha256:
        raise UsageError(
            f"{like}: is not the checkpoint that {model} was imported from: SHA-256 {found[:12]}…, expected "
            f"{provenance.source_sha256[:12] or 'none, for it was not imported'}…. Give that file, or leave "
            "--like out"
        )


def _unshared(tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Return the tensors, those that share memory with another copied: safetensors holds each alone."""
    seen: set[int] = set()
    apart = {}
    for name, tensor in tensors.items():
        address = tensor.untyped_storage().data_ptr()
        apart[name] = (tensor.clone() if address in seen else tensor).contiguous()
        seen.add(address)
    return apart
