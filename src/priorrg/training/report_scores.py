"""What the network in training writes of validation studies, scored: by this the best checkpoint is chosen.

A low loss is not a right report: it counts every word alike, and few words carry a finding or its change.
"""

from collections.abc import Sequence
from statistics import fmean

import lightning as L

from priorrg.batching import Batcher, target_text
from priorrg.generation import generate_reports
from priorrg.metrics.selection import selection_scores
from priorrg.settings import GenerationSettings
from priorrg.study import Study
from priorrg.training.report import ReportModule

SHORTFALL = "val_shortfall"
"""1 less the mean of the scores: falls as the reports get better, as a loss does."""

SELECTED_ON = "the mean of BLEU-4, rule-label F1 and LCC"


class ReportScores(L.Callback):
    """After each validation, log each score of the reports of ``studies``, and their shortfall."""

    def __init__(
        self, studies: Sequence[Study], target: str, batcher: Batcher, generation: GenerationSettings
    ) -> None:
        self.studies, self.target = studies, target
        self.batcher, self.generation = batcher, generation

    def on_validation_epoch_end(self, trainer: L.Trainer, pl_module: L.LightningModule) -> None:  # noqa: ARG002  Lightning names them
        if not isinstance(pl_module, ReportModule):
            raise TypeError(f"ReportScores: got a {type(pl_module).__name__}; expected stage 2's module")
        pairs = generate_reports(pl_module.network, self.batcher, self.studies, self.generation)
        texts = [text for _, text in pairs]
        scores = selection_scores(texts, [target_text(study, self.target) for study in self.studies])
        for name, value in {**scores, "shortfall": 1 - fmean(scores.values())}.items():
            pl_module.log(f"val_{name}", value)
