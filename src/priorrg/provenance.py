"""Where a model comes from, and what must therefore stand beside every report of it.

Knows names, versions and commits; no network and no study.
"""

import subprocess
from collections.abc import Iterable
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path

DRAFT_NOTICE = "Draft by software for review by a radiologist; not for diagnosis."
PHANTOM_NOTICE = "Trained on synthetic phantoms only: its text about a real radiograph is meaningless."
PRETRAIN, TRAIN = "pretrain", "train"
"""Stages: aligned with reports only; able to write them."""
_LICENCES = {
    "rad-dino": "Microsoft Research licence (research use), see the model's page",
    "cxr-bert": "MIT",
    "distilgpt2": "Apache-2.0",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Provenance:
    """Where a model comes from. ``synthetic`` is true if it saw phantoms only, at every stage.

    ``left_out`` counts the training images that were not used, by the rule that left them out.
    ``source`` and ``source_sha256`` name the checkpoint that an imported model was read from; what its
    makers did not write down (studies, patients, seed) is then ``None``.
    """

    trained_on: str
    synthetic: bool
    training_studies: int | None
    training_patients: int | None
    preset: str
    stage: str
    selected_on: str
    commit: str
    seed: int | None
    versions: dict[str, str] = field(default_factory=dict)
    encoder: str = ""
    backbone_licences: dict[str, str] = field(default_factory=dict)
    left_out: dict[str, int] = field(default_factory=dict)
    source: str = ""
    source_sha256: str = ""

    @property
    def notice(self) -> str:
        """What must stand beside every report of this model."""
        return f"{DRAFT_NOTICE} {PHANTOM_NOTICE}" if self.synthetic else DRAFT_NOTICE


def licences_of(backbones: Iterable[str]) -> dict[str, str]:
    """Return the licence of each backbone's weights, as far as it is known."""
    return {
        backbone: next(
            (text for key, text in _LICENCES.items() if key in backbone.lower()),
            "see the weights' own page",
        )
        for backbone in backbones
    }


def code_commit() -> str:
    """Return the commit of the code that runs, or the package's version where there is no checkout."""
    try:
        done = subprocess.run(
            ["git", "describe", "--always", "--dirty", "--abbrev=12"],
            cwd=Path(__file__).resolve().parent,
            capture_output=True,
            text=True,
            timeout=10,
            check=True,
        )
    except (OSError, subprocess.SubprocessError):
        return f"priorrg {version('priorrg')}"
    return done.stdout.strip()


def software_versions(*more: str) -> dict[str, str]:
    """Return the versions of what computes; ``more`` are further packages."""
    return {name: version(name) for name in ("priorrg", "torch", "transformers", *more)}
