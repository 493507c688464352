"""Ways to say where in an image the evidence of a sentence lies, and how much of it lies where the finding is.

Of each right sentence about something that the phantom drew: the share of the map inside the true box,
beside the box's share of the image, which an even map would get. Part of ``benchmarks confidence``.
Axes: patch rows and columns; pixels of the square that the encoder saw.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from statistics import mean
from typing import Any

import numpy as np
import torch
from torch import Tensor

from priorrg.batching import Batcher
from priorrg.calibrating import SPLIT
from priorrg.data.store import ImageStore
from priorrg.generation import Written, report_reader, write_reports
from priorrg.language.observations import LATERAL_OBSERVATIONS, Claim, Observation, Polarity
from priorrg.metrics.sentence_truth import is_right, known_of_truth
from priorrg.model.auxiliary import AuxiliaryLogits
from priorrg.model.evidence import watched
from priorrg.model.inputs import StudyBatch, VisionFeatures
from priorrg.model_folder import ModelFolder
from priorrg.phantom_trial import Trial
from priorrg.reading_back import ReadSentence, grounds, owners_of_tokens, read_back
from priorrg.truth import TruthRow

Grid = np.ndarray
OCCLUDED = 2
"""Side of what is covered at a time, in patches."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Boxed:
    """A right sentence of a report that affirms what was drawn, with the true boxes in px of the image."""

    written: Written
    index: int
    claims: tuple[Claim, ...]
    boxes: tuple[tuple[int, int, int, int], ...]
    prior_boxes: tuple[tuple[int, int, int, int], ...]


@dataclass(slots=True)
class Masses:
    """Mass inside the true boxes and their share of the image, of each sentence, by what it is about."""

    mass: list[float] = field(default_factory=list)
    share: list[float] = field(default_factory=list)
    about: list[frozenset[Observation]] = field(default_factory=list)

    def add(self, grid: Grid, inside: Grid, claims: Sequence[Claim]) -> None:
        whole = float(grid.sum())
        share = float(inside.mean())
        self.mass.append(float((grid * inside).sum()) / whole if whole > 0 else share)
        self.share.append(share)
        self.about.append(frozenset(claim.observation for claim in claims))

    def row(self, only: frozenset[Observation] = frozenset(Observation)) -> dict[str, float]:
        kept = [i for i, about in enumerate(self.about) if about <= only]
        if not kept:
            return {"sentences": 0}
        mass, share = (mean(values[i] for i in kept) for values in (self.mass, self.share))
        return {"sentences": len(kept), "mass": mass, "share": share, "lift": mass / share}


class Reader:
    """A model, the studies of a split and what is true of them."""

    def __init__(self, model: ModelFolder, trial: Trial, split: str) -> None:
        self.model, self.trial = model, trial
        image = model.settings.image
        store = ImageStore.open(trial.prepared, image.size, image.fit, splits={split})
        self.size = image.size
        self.batcher = Batcher(settings=model.settings, tokenizers=model.tokenizers, pixels=store.pixels)

    def boxed(self) -> list[Boxed]:
        """Return the right sentences all of whose claims affirm something with a box."""
        found = []
        generation = self.model.settings.generation
        for written in write_reports(self.model.network, self.batcher, self.trial.studies, generation):
            rows = self.trial.truth[written.study.study_id]
            before = {
                (row.observation, row.side): row
                for row in self.trial.truth.get(rows[0].prior_study_id, ())
            }
            truth = {(row.observation, row.side): row for row in rows}
            read = read_back(self.model.network, self.batcher, written, generation, with_evidence=False)
            for index, sentence in enumerate(read):
                slots = [(claim.observation, claim.side) for claim in sentence.claims]
                boxes = [_box(truth, slot) for slot in slots]
                affirms = all(claim.polarity is not Polarity.ABSENT for claim in sentence.claims)
                if affirms and all(boxes) and is_right(sentence.claims, known_of_truth(rows)):
                    found.append(
                        Boxed(
                            written=written,
                            index=index,
                            claims=sentence.claims,
                            boxes=tuple(box for box in boxes if box),
                            prior_boxes=tuple(box for s in slots if (box := _box(before, s))),
                        )
                    )
        return found

    def explained(self, written: Written) -> list[ReadSentence]:
        """Return the sentences of a report with their maps."""
        return read_back(
            self.model.network,
            self.batcher,
            written,
            self.model.settings.generation,
            with_evidence=True,
        )

    def inside(self, boxes: Sequence[tuple[int, int, int, int]], cells: int) -> Grid:
        """Return the share of each cell that lies in any of the boxes; images are square and unscaled."""
        mask = np.zeros((self.size, self.size))
        for x0, y0, x1, y1 in boxes:
            mask[y0:y1, x0:x1] = 1
        step = self.size // cells
        shares: Grid = mask.reshape(cells, step, cells, step).mean(axis=(1, 3))
        return shares


def measure(model: ModelFolder, trial: Trial, split: str) -> dict[str, Any]:
    """Return how the maps of a draft do: over all sentences, by finding, and on the prior image."""
    reader = Reader(model, trial, split)
    now, before = Masses(), Masses()
    explained: dict[str, list[ReadSentence]] = {}
    for item in reader.boxed():
        study = item.written.study.study_id
        if study not in explained:
            explained = {study: reader.explained(item.written)}
        sentence = explained[study][item.index]
        grid = np.asarray(sentence.current)
        now.add(grid, reader.inside(item.boxes, len(grid)), item.claims)
        compares = all(claim.change is not None for claim in item.claims)
        if compares and sentence.prior is not None and item.prior_boxes:
            grid = np.asarray(sentence.prior)
            before.add(grid, reader.inside(item.prior_boxes, len(grid)), item.claims)
    return {
        "all": {
            "all findings and devices": now.row(),
            "findings with a side": now.row(frozenset(LATERAL_OBSERVATIONS)),
            "prior image, sentences of change": before.row(),
        },
        "by_finding": {
            str(o): row for o in Observation if (row := now.row(frozenset({o})))["sentences"]
        },
    }


def compare_ways(model: ModelFolder, trial: Trial, studies: int) -> dict[str, dict[str, float]]:
    """Return how each way does on the first ``studies`` of the validation split."""
    reader = Reader(model, replace(trial, studies=trial.studies[:studies]), SPLIT)
    masses: dict[str, Masses] = {}
    for item in reader.boxed():
        for way, grid in _grids(reader, item).items():
            one = masses.setdefault(way, Masses())
            one.add(grid, reader.inside(item.boxes, len(grid)), item.claims)
    return {way: found.row() for way, found in masses.items()}


def _grids(reader: Reader, item: Boxed) -> dict[str, Grid]:
    network, settings = reader.model.network, reader.model.settings.generation
    ids = torch.tensor([item.written.ids])
    words = report_reader(reader.batcher, settings)
    texts = [
        s.text for s in read_back(network, reader.batcher, item.written, settings, with_evidence=False)
    ]
    owned = torch.tensor([o == item.index for o in owners_of_tokens(item.written.ids, texts, words)])

    def scores(batch: StudyBatch) -> list[dict[str, Tensor]]:
        again = network.read_again(batch, ids.expand(len(batch), -1), guarded=settings.guarded)
        made = []
        for row in range(len(batch)):
            one = {"wording": again.tokens[row][owned].sum()}
            if again.decided is not None:
                own = AuxiliaryLogits(*(t[row : row + 1] for t in again.decided))
                one["decision"], _ = grounds(item.claims, own)
            made.append(one)
        return made

    plain = reader.batcher([item.written.study])
    batch = watched(network, plain)
    assert isinstance(batch.current, VisionFeatures)
    made: dict[str, Grid] = {}
    (whole,) = scores(batch)
    for what, score in whole.items():
        leaves = [batch.current.last, batch.current.layers]
        gradient = torch.autograd.grad(score, leaves, retain_graph=True)
        pairs = [(gradient[0][0], leaves[0][0].detach())]
        pairs += list(zip(gradient[1][0], leaves[1][0].detach(), strict=True))
        for way, contribution in GRADIENT_WAYS.items():
            made[f"{what}, {way}"] = _square(
                sum((contribution(g, f) for g, f in pairs), torch.tensor(0.0))
            )
    covered, cells = _covered(plain, network.study_encoder.vision.tokens - 1)
    with torch.no_grad():
        for row, found in enumerate(scores(covered)):
            for what, score in found.items():
                lost = made.setdefault(f"{what}, occlusion", np.zeros((cells, cells)))
                lost[divmod(row, cells)] = max(0.0, float(whole[what].detach() - score))
    return made


def _contrast(gradient: Tensor, features: Tensor) -> Tensor:
    return (gradient * (features - features[1:].mean(dim=0))).sum(dim=-1)


def _times(gradient: Tensor, features: Tensor) -> Tensor:
    return (gradient * features).sum(dim=-1)


def _cam(gradient: Tensor, features: Tensor) -> Tensor:
    return (gradient[1:].mean(dim=0) * features).sum(dim=-1)


GRADIENT_WAYS: Mapping[str, Callable[[Tensor, Tensor], Tensor]] = {
    "gradient × difference from the mean patch": _contrast,
    "gradient × features": _times,
    "mean gradient × features (Grad-CAM)": _cam,
}


def _square(tokens: Tensor) -> Grid:
    patches = tokens[1:].clamp(min=0)
    side = round(len(patches) ** 0.5)
    grid: Grid = patches.reshape(side, side).double().numpy()
    return grid


def _covered(batch: StudyBatch, patches: int) -> tuple[StudyBatch, int]:
    """Return the study once for each patch, a window around it painted in the window's mean grey."""
    assert isinstance(batch.current, Tensor)
    cells = round(patches**0.5)
    size = batch.current.shape[-1]
    step, around = size // cells, size // cells * (OCCLUDED - 1) // 2
    films = batch.current.repeat(patches, 1, 1, 1)
    for place, film in enumerate(films):
        top, left = (at * step - around for at in divmod(place, cells))
        window = film[0, max(0, top) : top + step + 2 * around, max(0, left) : left + step + 2 * around]
        window.fill_(float(window.mean()))

    def repeated(tensor: Tensor) -> Tensor:
        return tensor.repeat(patches, *[1] * (tensor.dim() - 1))

    return (
        StudyBatch(
            current=films,
            prior=repeated(batch.prior),  # type: ignore[arg-type]  # pixels, as current
            has_prior=repeated(batch.has_prior),
            current_view=repeated(batch.current_view),
            prior_view=repeated(batch.prior_view),
            context_ids=repeated(batch.context_ids),
            context_mask=repeated(batch.context_mask),
        ),
        cells,
    )


def _box(
    rows: Mapping[tuple[Observation, Any], TruthRow], slot: tuple[Observation, Any]
) -> tuple[int, int, int, int] | None:
    row = rows.get(slot)
    return row.box if row is not None and row.present else None
