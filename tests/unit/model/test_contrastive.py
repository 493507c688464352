"""Stage 1's loss against a loop written by hand, and over several processes."""

import math
from pathlib import Path

import pytest
import torch
from torch import distributed, multiprocessing
from torch.nn import functional as F

from priorrg.model.contrastive import ContrastiveLoss


def by_hand(image: torch.Tensor, text: torch.Tensor, keys: list[int], scale: float) -> float:
    """Return the symmetric loss, each row's target spread evenly over its study's rows."""
    total = 0.0
    for queries, candidates in ((image, text), (text, image)):
        for row, key in enumerate(keys):
            scores = [scale * float(queries[row] @ other) for other in candidates]
            normaliser = math.log(sum(math.exp(score) for score in scores))
            positives = [score for score, other in zip(scores, keys, strict=True) if other == key]
            total += sum(normaliser - score for score in positives) / len(positives)
    return total / (2 * len(keys))


def embeddings(rows: int) -> tuple[torch.Tensor, torch.Tensor]:
    random = torch.Generator().manual_seed(3)
    image, text = torch.randn(2, rows, 8, generator=random, dtype=torch.float64)
    return F.normalize(image, dim=-1), F.normalize(text, dim=-1)


@pytest.mark.parametrize("keys", [[0, 0, 1, 2], [0, 1, 2, 3], [5, 5, 5, 5], [1, 0, 1, 1]])
def test_all_images_of_a_study_are_positives_of_each_other(keys):
    image, text = embeddings(4)
    loss = ContrastiveLoss().double()(image, text, torch.tensor(keys))
    assert loss.item() == pytest.approx(by_hand(image, text, keys, 1 / 0.07), rel=1e-7)


def test_the_scale_never_passes_one_hundred():
    image, text = embeddings(4)
    contrast = ContrastiveLoss().double()
    torch.nn.init.constant_(contrast.log_scale, 9.0)
    loss = contrast(image, text, torch.arange(4))
    assert loss.item() == pytest.approx(by_hand(image, text, [0, 1, 2, 3], 100.0), rel=1e-7)


def _one_process(rank: int, folder: str) -> None:
    distributed.init_process_group("gloo", f"file://{folder}/meet", rank=rank, world_size=2)
    image, text = (x[:3] if rank == 0 else x[3:] for x in embeddings(5))
    image = image.clone().requires_grad_()
    contrast = ContrastiveLoss().double()
    loss = contrast(image, text, torch.tensor([0, 0, 1] if rank == 0 else [1, 2]))
    loss.backward()
    torch.save((loss.detach(), image.grad, contrast.log_scale.grad), f"{folder}/{rank}.pt")
    distributed.destroy_process_group()


@pytest.mark.slow
def test_two_processes_compute_the_loss_and_gradients_of_one(tmp_path: Path):
    image, text = embeddings(5)
    image.requires_grad_()
    contrast = ContrastiveLoss().double()
    whole = contrast(image, text, torch.tensor([0, 0, 1, 1, 2]))
    whole.backward()

    multiprocessing.spawn(_one_process, args=(str(tmp_path),), nprocs=2)

    losses, gradients, scales = zip(
        *[torch.load(tmp_path / f"{rank}.pt") for rank in (0, 1)], strict=True
    )
    for loss, scale in zip(losses, scales, strict=True):
        torch.testing.assert_close(loss, whole.detach())
        torch.testing.assert_close(scale, contrast.log_scale.grad)
    # DDP averages over processes: each holds the sum, so the average is the gradient of the one loss.
    torch.testing.assert_close(torch.cat(gradients) / 2, image.grad)
