"""How radiologists name a finding: size, side, place and the word itself.

Knows findings of one film, nothing of change.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from priorrg.data.phantom.chance import pick
from priorrg.data.phantom.scene import Device, Finding, Zone
from priorrg.language.observations import Observation, Side

SIZES: Mapping[Observation, tuple[str, str, str]] = {
    Observation.EFFUSION: ("small", "moderate", "large"),
    Observation.CONSOLIDATION: ("patchy", "moderate", "dense"),
    Observation.EDEMA: ("mild", "moderate", "severe"),
    Observation.ATELECTASIS: ("mild", "moderate", "marked"),
    Observation.PNEUMOTHORAX: ("small", "moderate", "large"),
    Observation.CARDIOMEGALY: ("mild", "moderate", "severe"),
    Observation.NODULE: ("small", "", "large"),
    Observation.FRACTURE: ("minimally displaced", "mildly displaced", "markedly displaced"),
}
_BANDS = (0.46, 0.63)
_BLUR = 0.06  # how far two readers' ideas of "small" lie apart
_WORDS: Mapping[Observation, tuple[str, str]] = {  # singular, plural ("" where it has none)
    Observation.EFFUSION: ("pleural effusion", "pleural effusions"),
    Observation.CONSOLIDATION: ("consolidation", ""),
    Observation.EDEMA: ("pulmonary edema", ""),
    Observation.ATELECTASIS: ("atelectasis", ""),
    Observation.PNEUMOTHORAX: ("pneumothorax", "pneumothoraces"),
    Observation.CARDIOMEGALY: ("cardiomegaly", ""),
    Observation.NODULE: ("lung nodule", "lung nodules"),
    Observation.FRACTURE: ("rib fracture", "rib fractures"),
}
_HEIGHT = {Zone.UPPER: "upper", Zone.MIDDLE: "mid", Zone.LOWER: "lower"}
_PLACED: Mapping[Observation, tuple[str, ...]] = {
    Observation.EFFUSION: (
        "{size} {side} pleural effusion",
        "{size} {side}-sided pleural effusion",
        "{size} pleural effusion on the {side}",
    ),
    Observation.CONSOLIDATION: (
        "{size} {side} {height} lung consolidation",
        "{size} consolidation in the {side} {height} lung",
        "{size} {side} {lobe} consolidation",
    ),
    Observation.EDEMA: ("{size} pulmonary edema", "{size} interstitial pulmonary edema"),
    Observation.ATELECTASIS: (
        "{size} {side} {height} lung atelectasis",
        "{size} atelectasis in the {side} {height} lung",
        "{size} {side} {lobe} atelectasis",
    ),
    Observation.PNEUMOTHORAX: (
        "{size} {side} pneumothorax",
        "{size} {side} apical pneumothorax",
        "{size} pneumothorax on the {side}",
    ),
    Observation.CARDIOMEGALY: ("{size} cardiomegaly",),
    Observation.NODULE: (
        "{size} {side} {height} lung nodule",
        "{size} nodule in the {side} {height} lung",
        "{size} {side} {lobe} nodule",
    ),
    Observation.FRACTURE: (
        "{size} {side} {height} rib fracture",
        "{size} fracture of a {side} {height} rib",
    ),
}
_BASILAR = ("{size} {side} basilar atelectasis", "{size} atelectasis at the {side} base")
_DEVICES: Mapping[Observation, tuple[str, ...]] = {
    Observation.ENDOTRACHEAL_TUBE: ("endotracheal tube",),
    Observation.CENTRAL_LINE: (
        "{side} central venous catheter",
        "{side} central venous line",
        "{side} central line",
    ),
    Observation.ENTERIC_TUBE: ("enteric tube", "nasogastric tube"),
    Observation.PACEMAKER: ("{side} chest wall pacemaker", "{side} pacemaker"),
    Observation.CHEST_DRAIN: ("{side} chest tube", "{side} chest drain"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Noun:
    """A noun phrase without article. ``counted``: takes "a"; ``plural``: takes "are"."""

    text: str
    counted: bool = True
    plural: bool = False

    @property
    def indefinite(self) -> str:
        if self.plural or not self.counted:
            return self.text
        return f"{'an' if self.text[0] in 'aeiou' else 'a'} {self.text}"

    @property
    def definite(self) -> str:
        return f"the {self.text}"


def size_word(rng: np.random.Generator, finding: Finding) -> str:
    """Return the adjective of size; the bands overlap, as they do between readers."""
    felt = finding.severity + rng.uniform(-_BLUR, _BLUR)
    return SIZES[finding.observation][sum(felt >= band for band in _BANDS)]


def name_finding(
    rng: np.random.Generator, finding: Finding, size: str, *, side_first: bool = False
) -> Noun:
    """Name one finding; an empty ``size`` leaves the adjective out.

    ``side_first`` keeps the side before the word: "effusion on the left and left ..." reads badly.
    """
    observation, zone = finding.observation, finding.zone
    patterns = _PLACED[observation]
    if side_first:
        patterns = tuple(p for p in patterns if not p.endswith("on the {side}"))
    if observation is Observation.ATELECTASIS and zone is Zone.LOWER:
        patterns = _BASILAR + patterns
    pattern = pick(rng, patterns)
    if "{lobe}" in pattern and zone is Zone.MIDDLE and finding.side is Side.LEFT:
        pattern = patterns[0]  # the left lung has no middle lobe
    lobe = "middle lobe" if zone is Zone.MIDDLE else f"{_HEIGHT.get(zone, '')} lobe"
    text = pattern.format(size=size, side=finding.side.value, height=_HEIGHT.get(zone, ""), lobe=lobe)
    return Noun(text=" ".join(text.split()), counted=bool(_WORDS[observation][1]))


def name_pair(observation: Observation, zones: Sequence[Zone], sizes: Sequence[str]) -> Noun:
    """Name the same finding of both sides (left, right) at once. ``sizes`` may be empty strings."""
    singular, plural = _WORDS[observation]
    basilar = observation is Observation.ATELECTASIS and all(zone is Zone.LOWER for zone in zones)
    word = f"basilar {singular}" if basilar else plural or singular
    if sizes[0] == sizes[1]:
        text = f"{sizes[0]} bilateral {word}"
    elif all(sizes):
        text = f"{sizes[1]} right and {sizes[0]} left {word}"
    else:
        text = f"bilateral {word}"
    return Noun(text=" ".join(text.split()), counted=bool(plural), plural=bool(plural))


def name_device(rng: np.random.Generator, device: Device) -> Noun:
    """Name one device, by its side where it has one."""
    text = pick(rng, _DEVICES[device.observation])
    side = "" if device.side is Side.NONE else device.side.value
    return Noun(text=" ".join(text.format(side=side).split()))


def plain_word(observation: Observation) -> str:
    """Return the bare word for an observation, as denials use it."""
    return _WORDS[observation][0]
