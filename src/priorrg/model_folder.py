"""What a trained model is on disk: weights, tokenizers, settings, provenance, model card.

::

    FOLDER/
      config.json model.safetensors   the network
      tokenizer/ [context_tokenizer/] the tokenizers
      preprocessor_config.json        image to pixels, as transformers reads it (where the fit is ``crop``)
      settings.yaml                   every knob of the run
      provenance.json                 trained on what, by which commit, selected on what
      [confidence.json]               how sure a sentence is, if `priorrg calibrate` has fitted that
      README.md                       the model card
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import yaml
from torch import Tensor

from priorrg.confidence import Calibration
from priorrg.errors import WeightsError
from priorrg.model.config import NetworkConfig
from priorrg.model.fingerprint import fingerprint
from priorrg.model.hub import write_network
from priorrg.model.network import PriorRGNetwork
from priorrg.model_source import check_complete
from priorrg.provenance import PRETRAIN, Provenance
from priorrg.settings import ImageSettings, Settings, load_settings
from priorrg.storage import new_file, new_folder
from priorrg.tokenization import Tokenizers

_CONFIDENCE = "confidence.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelFolder:
    """A model in memory with all that it needs to read a study."""

    network: PriorRGNetwork
    tokenizers: Tokenizers
    settings: Settings
    provenance: Provenance
    calibration: Calibration | None = None

    def save(self, folder: Path) -> None:
        """Write everything to a temporary sibling, then put it in place of ``folder``."""
        write_model_folder(
            folder,
            self.network.config,
            self.network.weights(),
            self.tokenizers,
            self.settings,
            self.provenance,
            self.calibration,
        )

    def save_calibration(self, folder: Path) -> None:
        """Write the calibration and the card that tells of it into a folder that holds this model."""
        assert self.calibration is not None
        card = model_card(
            self.settings, self.provenance, _parameters(self.network.weights()), self.calibration
        )
        with new_file(folder / _CONFIDENCE) as temporary:
            temporary.write_text(self.calibration.to_json(), encoding="utf-8")
        with new_file(folder / "README.md") as temporary:
            temporary.write_text(card, encoding="utf-8")

    @classmethod
    def load(cls, folder: Path | str, *, to_report: bool = False) -> "ModelFolder":
        """Read a model folder; a missing part is an error that names it.

        ``to_report``: one that only stage 1 has trained is refused too.
        """
        folder = Path(folder)
        check_complete(folder)
        provenance = read_provenance(folder)
        if to_report and provenance.stage == PRETRAIN:
            raise WeightsError(
                f"{folder}: holds a model of stage 1, which cannot write reports; expected one of stage 2. "
                "Train it on with `priorrg train DATA --from` this folder"
            )
        network = PriorRGNetwork.from_pretrained(folder)
        return cls(
            network=network,
            tokenizers=Tokenizers.load(folder),
            settings=load_settings(folder / "settings.yaml"),
            provenance=provenance,
            calibration=read_calibration(folder, network),
        )


def read_calibration(folder: Path, network: PriorRGNetwork) -> Calibration | None:
    """Return the calibration in ``folder``, if there is one; raise ``WeightsError`` if it is of other weights."""
    path = folder / _CONFIDENCE
    if not path.is_file():
        return None
    calibration = Calibration.from_json(path.read_text(encoding="utf-8"), str(path))
    if calibration.network != fingerprint(network):
        raise WeightsError(
            f"{path}: was fitted on other weights than those of this folder; expected its own. Run "
            f"`priorrg calibrate {folder} DATA` again, or remove the file"
        )
    return calibration


def read_provenance(folder: Path) -> Provenance:
    """Return where the model in ``folder`` comes from; raise ``WeightsError`` if it does not say."""
    path = folder / "provenance.json"
    try:
        return Provenance(**json.loads(path.read_text(encoding="utf-8")))
    except (ValueError, TypeError, OSError) as error:
        raise WeightsError(
            f"{path}: not the provenance of a model ({str(error).splitlines()[0]}); expected the file that "
            "`priorrg train` writes. Copy the model folder again"
        ) from error


def write_model_folder(
    folder: Path,
    config: NetworkConfig,
    weights: Mapping[str, Tensor],
    tokenizers: Tokenizers,
    settings: Settings,
    provenance: Provenance,
    calibration: Calibration | None = None,
) -> None:
    """Write a model folder whole or not at all; an existing one is replaced."""
    with new_folder(folder) as temporary:
        write_network(temporary, config.to_json(), weights)
        tokenizers.save(temporary)
        if settings.image.fit == "crop":
            processor = json.dumps(image_processor(settings.image), indent=1)
            (temporary / "preprocessor_config.json").write_text(processor)
        (temporary / "settings.yaml").write_text(settings_yaml(settings))
        (temporary / "provenance.json").write_text(json.dumps(asdict(provenance), indent=1))
        if calibration is not None:
            (temporary / _CONFIDENCE).write_text(calibration.to_json())
        card = model_card(settings, provenance, _parameters(weights), calibration)
        (temporary / "README.md").write_text(card)


def _parameters(weights: Mapping[str, Tensor]) -> int:
    return sum(tensor.numel() for tensor in weights.values() if tensor.is_floating_point())


def image_processor(image: ImageSettings) -> dict[str, Any]:
    """Return what transformers' BitImageProcessor needs to give the same pixels; the fit must be crop."""
    return {
        "image_processor_type": "BitImageProcessor",
        "do_convert_rgb": True,
        "do_resize": True,
        "size": {"shortest_edge": image.size},
        "resample": 3,
        "do_center_crop": True,
        "crop_size": {"height": image.size, "width": image.size},
        "do_rescale": True,
        "rescale_factor": 1 / 255,
        "do_normalize": True,
        "image_mean": [image.mean] * 3,
        "image_std": [image.std] * 3,
    }


def settings_yaml(settings: Settings) -> str:
    return yaml.safe_dump(_lists(settings.as_dict()), sort_keys=False)


def said_of(calibration: Calibration) -> str:
    """Return in one line what a calibration was fitted on."""
    return (
        f"{calibration.method}, fitted on {calibration.sentences:,} sentences of {calibration.fitted_on}, "
        f"right or wrong by {calibration.judged_by}"
    )


def _lists(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _lists(item) for key, item in value.items()}
    return [_lists(item) for item in value] if isinstance(value, (tuple, list)) else value


def model_card(
    settings: Settings, p: Provenance, parameters: int, calibration: Calibration | None = None
) -> str:
    """Return the model card: a person's answer to "what is this and may I trust it?"."""
    studies = (
        f" ({p.training_studies} studies of {p.training_patients} patients)"
        if p.training_studies is not None
        else ""
    )
    source = f"\n| read from | {p.source}, SHA-256 `{p.source_sha256}` |" if p.source else ""
    reasons = "; ".join(f"{rule}: {count:,}" for rule, count in p.left_out.items())
    left_out = f"\n| training images left out | {reasons} |" if reasons else ""
    ruled = settings.generation.forbid_comparison
    confidence = "none: not calibrated" if calibration is None else said_of(calibration)
    comparison = "never written: forbidden while decoding" if ruled else "not forbidden"
    licences = "\n".join(f"- {name}: {licence}" for name, licence in p.backbone_licences.items())
    return f"""---
license: mit
library_name: priorrg
pipeline_tag: image-to-text
tags: [radiology, chest-x-ray, report-generation]
---
# PriorRG, preset `{p.preset}`

Drafts the {settings.data.target} of a chest radiograph from the current image, the patient's most
recent prior image and the clinical context. {parameters / 1e6:.1f} million parameters.

**{p.notice}**

| | |
| --- | --- |
| trained on | {p.trained_on}{studies} |{left_out}{source}
| stage | {p.stage} |
| vision encoder | {p.encoder}, {"frozen" if settings.model.vision.frozen else "trained along"} |
| selected on | {p.selected_on} |
| comparison without a prior | {comparison} |
| drafts in mode | {settings.generation.mode}, unless asked for another |
| confidence of sentences | {confidence} |
| preset, seed | {p.preset}, {"unknown" if p.seed is None else p.seed} |
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
