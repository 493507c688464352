"""What a trained model is on disk: weights, tokenizers, settings, provenance, model card.

::

    FOLDER/
      config.json model.safetensors   the network
      tokenizer/ [context_tokenizer/] the tokenizers
      settings.yaml                   every knob of the run
      provenance.json                 trained on what, by which commit, selected on what
      README.md                       the model card
"""

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import yaml

from priorrg.errors import WeightsError
from priorrg.model.network import PriorRGNetwork
from priorrg.settings import Settings, load_settings
from priorrg.storage import new_folder
from priorrg.tokenization import Tokenizers

DRAFT_NOTICE = "Draft by software for review by a radiologist; not for diagnosis."
PHANTOM_NOTICE = "Trained on synthetic phantoms only: its text about a real radiograph is meaningless."
_FILES = ("config.json", "model.safetensors", "settings.yaml", "provenance.json", "tokenizer")


@dataclass(frozen=True, slots=True, kw_only=True)
class Provenance:
    """Where a model comes from. ``synthetic`` is true if it saw phantoms only."""

    trained_on: str
    synthetic: bool
    training_studies: int
    training_patients: int
    preset: str
    stage: str
    selected_on: str
    commit: str
    seed: int
    versions: dict[str, str] = field(default_factory=dict)
    encoder: str = ""
    backbone_licences: dict[str, str] = field(default_factory=dict)

    @property
    def notice(self) -> str:
        """What must stand beside every report of this model."""
        return f"{DRAFT_NOTICE} {PHANTOM_NOTICE}" if self.synthetic else DRAFT_NOTICE


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelFolder:
    """A model in memory with all that it needs to read a study."""

    network: PriorRGNetwork
    tokenizers: Tokenizers
    settings: Settings
    provenance: Provenance

    def save(self, folder: Path) -> None:
        """Write everything to a temporary sibling, then put it in place of ``folder``."""
        with new_folder(folder) as temporary:
            self.network.save_pretrained(temporary)
            self.tokenizers.save(temporary)
            (temporary / "settings.yaml").write_text(settings_yaml(self.settings))
            (temporary / "provenance.json").write_text(json.dumps(asdict(self.provenance), indent=1))
            (temporary / "README.md").write_text(model_card(self))

    @classmethod
    def load(cls, folder: Path | str) -> "ModelFolder":
        """Read a model folder; a missing part is an error that names it."""
        folder = Path(folder)
        missing = [name for name in _FILES if not (folder / name).exists()]
        if missing:
            raise WeightsError(
                f"{folder}: not a model folder: {', '.join(missing)} missing; expected the folder "
                "`model` that `priorrg train` writes into its run"
            )
        return cls(
            network=PriorRGNetwork.from_pretrained(folder),
            tokenizers=Tokenizers.load(folder),
            settings=load_settings(folder / "settings.yaml"),
            provenance=_provenance(folder / "provenance.json"),
        )


def _provenance(path: Path) -> Provenance:
    try:
        return Provenance(**json.loads(path.read_text(encoding="utf-8")))
    except (ValueError, TypeError) as error:
        raise WeightsError(
            f"{path}: not the provenance of a model ({str(error).splitlines()[0]}); expected the file that "
            "`priorrg train` writes. Copy the model folder again"
        ) from error


def settings_yaml(settings: Settings) -> str:
    return yaml.safe_dump(_lists(settings.as_dict()), sort_keys=False)


def _lists(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _lists(item) for key, item in value.items()}
    return [_lists(item) for item in value] if isinstance(value, (tuple, list)) else value


def model_card(model: ModelFolder) -> str:
    """Return the model card: a person's answer to "what is this and may I trust it?"."""
    p = model.provenance
    parameters = sum(x.numel() for x in model.network.parameters())
    licences = "\n".join(f"- {name}: {licence}" for name, licence in p.backbone_licences.items())
    return f"""---
license: mit
library_name: priorrg
pipeline_tag: image-to-text
tags: [radiology, chest-x-ray, report-generation]
---
# PriorRG, preset `{p.preset}`

Drafts the {model.settings.data.target} of a chest radiograph from the current image, the patient's most
recent prior image and the clinical context. {parameters / 1e6:.1f} million parameters.

**{p.notice}**

| | |
| --- | --- |
| trained on | {p.trained_on} ({p.training_studies} studies of {p.training_patients} patients) |
| stage | {p.stage} |
| vision encoder | {p.encoder}, {"frozen" if model.settings.model.vision.frozen else "trained along"} |
| selected on | {p.selected_on} |
| preset, seed | {p.preset}, {p.seed} |
| commit | {p.commit} |
| versions | {", ".join(f"{n} {v}" for n, v in p.versions.items())} |

## Licences of the backbones' weights

{licences or "- none: every weight was trained from scratch"}

## Use

```python
from priorrg import PriorRG

model = PriorRG.from_pretrained("FOLDER")
print(model.report("current.png", prior="prior.png", indication="Shortness of breath").text)
```
"""
