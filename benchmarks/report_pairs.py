"""Made-up pairs of generated and reference reports, drawn by seed: as many as published scores rest on.

A generated report agrees with its reference in about half of its sentences.
"""

import random
from collections.abc import Sequence

PAIRS, PATIENTS = 3_852, 293
_SLOTS = {
    "side": ("left", "right", "bilateral"),
    "size": ("small", "moderate", "large", "trace", "mild", "moderate to large", "minimal"),
    "found": (
        "pleural effusion", "basilar atelectasis", "perihilar opacity", "interstitial edema", "consolidation",
        "apical pneumothorax", "lower lobe pneumonia", "linear scarring", "hilar fullness", "volume loss",
    ),
    "change": ("unchanged", "improved", "slightly increased", "new", "decreased", "stable", "worsened"),
    "since": ("the prior study", "___", "the previous radiograph", "the most recent examination", "yesterday"),
    "heart": ("normal", "mildly enlarged", "moderately enlarged", "top normal", "stably enlarged"),
    "line": (
        "internal jugular catheter", "PICC", "subclavian port", "chest tube", "dialysis catheter", "pacer lead",
    ),
    "place": (
        "the mid SVC", "the cavoatrial junction", "the right atrium", "the lower SVC", "the stomach", "the carina",
    ),
    "hedge": ("likely reflects", "may represent", "could be due to", "is concerning for", "is compatible with"),
    "cause": ("atelectasis", "aspiration", "early infection", "edema", "overlapping structures", "scarring"),
}  # fmt: skip
_SENTENCES = (
    "There is a {size} {side} {found}, {change} since {since}.",
    "{Size} {side} {found} is {change} compared with {since}, and {hedge} {cause}.",
    "The heart is {heart}, and the mediastinal contours are {change}.",
    "The tip of the {side} {line} ends in {place}, {number} cm below the carina.",
    "No {side} {found} or {found} is seen.",
    "An opacity at the {side} base {hedge} {cause} rather than {cause}.",
    "The lungs are well expanded without focal {found}.",
    "The {side} {line} has been removed, with no {found}.",
    "Cardiomediastinal silhouette is {heart} and {change} from {since}.",
    "Degenerative changes of the thoracic spine with {size} loss of height at T{number}.",
)


def report_pairs(
    pairs: int = PAIRS, patients: int = PATIENTS, seed: int = 0
) -> tuple[Sequence[str], Sequence[str], Sequence[int]]:
    """Return generated texts, references, and the number of each one's patient, every patient at least once."""
    rng = random.Random(seed)
    generated, references = [], []
    for _ in range(pairs):
        reference = [_sentence(rng) for _ in range(rng.randrange(3, 9))]
        kept = [text if rng.random() < 0.5 else _sentence(rng) for text in reference]
        generated.append(" ".join(kept[: rng.randrange(2, len(kept) + 1)]))
        references.append(" ".join(reference))
    owners = [*range(min(patients, pairs)), *rng.choices(range(patients), k=max(pairs - patients, 0))]
    return generated, references, owners


def _sentence(rng: random.Random) -> str:
    words = {name: rng.choice(choices) for name, choices in _SLOTS.items()}
    return rng.choice(_SENTENCES).format(
        **words, Size=words["size"].capitalize(), number=round(rng.uniform(0.5, 12), 1)
    )
