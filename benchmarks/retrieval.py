"""Does stage 1 align studies with their reports? Recall of the own report among all held-out ones."""

import torch

from priorrg.ablation import without_context
from priorrg.batching import Batcher
from priorrg.data.store import ImageStore
from priorrg.model_folder import ModelFolder
from priorrg.phantom_trial import Scores, Trial

_BATCH = 64


def retrieval(model: ModelFolder, trial: Trial, *, with_context: bool) -> Scores:
    """Return recall@1 and recall@5 of study → report; a report with the same words counts as the own."""
    settings = model.settings
    store = ImageStore.open(trial.prepared, settings.image.size, settings.image.fit)
    batcher = Batcher(settings=settings, tokenizers=model.tokenizers, pixels=store.pixels)
    studies = trial.studies if with_context else without_context(trial.studies, 0)
    images, texts = [], []
    model.network.eval()
    for start in range(0, len(studies), _BATCH):
        batch = batcher(studies[start : start + _BATCH], with_report=True)
        with torch.inference_mode():
            image, text = model.network.align_embeddings(batch)
        images.append(image)
        texts.append(text)
    similarity = torch.cat(images) @ torch.cat(texts).T
    words = [s.report.findings for s in studies]
    ranked = similarity.argsort(dim=1, descending=True)[:, :5].tolist()
    hits = [[words[j] == words[i] for j in row] for i, row in enumerate(ranked)]
    return {
        "recall_at_1": sum(row[0] for row in hits) / len(hits),
        "recall_at_5": sum(any(row) for row in hits) / len(hits),
        "studies": len(hits),
    }
