"""CheXbert F1 and SemScore: what a trained labeler reads in report and reference, compared.

Who reads is the caller's (``chexbert_reader`` loads the published network); here are its conventions. Knows
strings and numbers only: no tensors, no weights.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from priorrg.metrics.observation_f1 import FIVE, Findings, f1_tallies
from priorrg.metrics.tallies import Numbers, Tallies, mean_tallies

OBSERVATIONS = (
    "Enlarged Cardiomediastinum", "Cardiomegaly", "Lung Opacity", "Lung Lesion", "Edema", "Consolidation",
    "Pneumonia", "Atelectasis", "Pneumothorax", "Pleural Effusion", "Pleural Other", "Fracture",
    "Support Devices", "No Finding",
)  # fmt: skip
"""In the order of CheXbert's heads."""
BLANK, POSITIVE, NEGATIVE, UNCERTAIN = range(4)
"""Its classes. No Finding knows the first two only."""
WEIGHTS_NEEDED = (
    "CheXbert F1 needs `chexbert.pth` and `bert-base-uncased`; "
    "run with `--weights chexbert=PATH,bert=PATH`"
)
_AT_ONCE = 4096
"""Pairs whose vectors are in memory together."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """``classes`` (texts, 14) are classes by observation, ``vectors`` (texts, width) the [CLS] vectors."""

    classes: NDArray[np.int8]
    vectors: NDArray[np.float32]


class Reader(Protocol):
    """A labeler; ``name`` tells which weights it has."""

    @property
    def name(self) -> str: ...

    def __call__(self, texts: Sequence[str], /) -> Reading: ...


def chexbert_f1(generated: Sequence[str], references: Sequence[str], read: Reader) -> Tallies:
    """Return CheXbert F1 over 14 and 5 observations and of each one, under both conventions for uncertain.

    Uncertain counts as positive, as published; names that end in ``_certain`` count only what is positive. A text
    without a word states nothing: the network would take silence for No Finding.
    """
    said, true = _classes(generated, read), _classes(references, read)
    conventions = [
        Findings(
            found=np.isin(said, (POSITIVE, UNCERTAIN)),
            true=np.isin(true, (POSITIVE, UNCERTAIN)),
            said=f"uncertain counts as positive; {read.name}",
        ),
        Findings(
            found=said == POSITIVE,
            true=true == POSITIVE,
            said=f"positive only, uncertain counts as not found; {read.name}",
            suffix="_certain",
        ),
    ]
    return f1_tallies("chexbert", OBSERVATIONS, conventions, {"14": OBSERVATIONS, "5": FIVE})


def semscore(generated: Sequence[str], references: Sequence[str], read: Reader) -> Tallies:
    """Return the mean cosine of CheXbert's [CLS] vectors of report and reference.

    0 where one of the two is without a word, 1 where both are.
    """
    values = np.concatenate(
        [
            np.empty(0),
            *(_cosines(generated[block], references[block], read) for block in _blocks(generated)),
        ]
    )
    how = f"cosine of the [CLS] vectors of report and reference, mean over reports; {read.name}"
    return mean_tallies({"semscore": how}, values[:, None])


def _classes(texts: Sequence[str], read: Reader) -> NDArray[np.int8]:
    parts = [np.empty((0, len(OBSERVATIONS)), np.int8)]
    for block in _blocks(texts):
        classes = read(texts[block]).classes.copy()
        classes[[not text.strip() for text in texts[block]]] = BLANK
        parts.append(classes)
    return np.concatenate(parts)


def _cosines(generated: Sequence[str], references: Sequence[str], read: Reader) -> Numbers:
    said, true = (read(texts).vectors.astype(np.float64) for texts in (generated, references))
    lengths = np.linalg.norm(said, axis=1) * np.linalg.norm(true, axis=1)
    cosines: Numbers = np.einsum("rw,rw->r", said, true) / np.where(lengths, lengths, 1.0)
    silent, unasked = ([not text.strip() for text in texts] for texts in (generated, references))
    cosines[np.not_equal(silent, unasked)] = 0.0
    return cosines


def _blocks(texts: Sequence[str]) -> Iterator[slice]:
    for start in range(0, len(texts), _AT_ONCE):
        yield slice(start, start + _AT_ONCE)
