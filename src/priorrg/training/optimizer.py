"""Which optimizer moves which parameter.

``adamw`` moves all of them by AdamW. ``muon`` moves the matrices of linear layers and the kernels of
convolutions by Muon; the rest (embeddings, biases, norms) by AdamW.
"""

from collections.abc import Iterable, Mapping
from typing import Any

import torch
from torch import Tensor, nn
from torch.optim import AdamW, Optimizer
from transformers.pytorch_utils import Conv1D

from priorrg.training.muon import Muon

Group = tuple[list[nn.Parameter], float]
"""Parameters and their learning rate; 0 freezes them."""


class SeveralOptimizers(Optimizer):
    """Optimizers that share out the parameters, and look like one to a schedule and a checkpoint."""

    def __init__(self, parts: list[Optimizer]) -> None:
        self.parts = parts
        super().__init__([group for part in parts for group in part.param_groups], {})
        self._share_groups()

    def _share_groups(self) -> None:
        """Let ``param_groups`` be the parts' own, so that a learning rate set here is set there."""
        self.param_groups = [group for part in self.parts for group in part.param_groups]

    def step(self, closure: Any = None) -> Any:
        """Compute the loss by ``closure`` once, then move every parameter."""
        loss = None
        if closure is not None:
            with torch.enable_grad():
                loss = closure()
        for part in self.parts:
            part.step()
        return loss

    def state_dict(self) -> dict[str, Any]:
        """Return the parts' states, in order."""
        return {"parts": [part.state_dict() for part in self.parts]}

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        """Load what ``state_dict`` returned."""
        for part, state in zip(self.parts, state_dict["parts"], strict=True):
            part.load_state_dict(state)
        self._share_groups()


def build_optimizer(
    module: nn.Module, groups: Iterable[Group], *, name: str, weight_decay: float, fused: bool
) -> Optimizer:
    """Return the optimizer ``name`` for ``groups`` of parameters of ``module``.

    Parameters whose learning rate is 0 are frozen. Weight decay is left off vectors (biases, norms).
    """
    matrices = _matrices(module) if name == "muon" else set()
    by_muon: list[dict[str, Any]] = []
    by_adamw: list[dict[str, Any]] = []
    for parameters, rate in groups:
        for parameter in parameters:
            parameter.requires_grad_(rate > 0)
        if rate == 0:
            continue
        turned = [p for p in parameters if p in matrices]
        others = [p for p in parameters if p not in matrices and p.ndim > 1]
        vectors = [p for p in parameters if p.ndim <= 1]
        by_muon.append({"params": turned, "lr": rate, "weight_decay": weight_decay})
        by_adamw.append({"params": others, "lr": rate, "weight_decay": weight_decay})
        by_adamw.append({"params": vectors, "lr": rate, "weight_decay": 0.0})
    adamw = AdamW([row for row in by_adamw if row["params"]], fused=fused)
    rows = [row for row in by_muon if row["params"]]
    if not rows:
        return adamw
    return SeveralOptimizers([Muon(rows), adamw])


_MATRIX_LAYERS = (nn.Linear, nn.Conv1d, nn.Conv2d, Conv1D)


def _matrices(module: nn.Module) -> set[Tensor]:
    """Return the matrices and kernels that are not word embeddings as well."""
    embedded = {m.weight for m in module.modules() if isinstance(m, nn.Embedding)}
    return {m.weight for m in module.modules() if isinstance(m, _MATRIX_LAYERS)} - embedded
