"""A network small enough for unit tests, and batches for it."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import pytest
import torch
from tests.conftest import on_threads

from priorrg.model.config import NetworkConfig
from priorrg.model.inputs import StudyBatch
from priorrg.model.network import PriorRGNetwork
from priorrg.settings import (
    DecoderSettings,
    FusionSettings,
    MethodSettings,
    ModelSettings,
    PerceiverSettings,
    TextSettings,
    VisionSettings,
)

SIZE, VOCABULARY, SLOTS = 32, 40, 5


@pytest.fixture(autouse=True, scope="package")
def one_thread() -> Iterator[None]:
    """Keep to one thread: on tensors this small, more only wait for each other."""
    with on_threads(1):
        yield


@pytest.fixture
def small_config() -> Callable[..., NetworkConfig]:
    """Return a maker of configurations; keywords are method settings but for ``frozen`` and rows."""

    def make(frozen: bool = False, statement_rows: bool = False, **method: Any) -> NetworkConfig:
        return NetworkConfig(
            model=ModelSettings(
                width=16,
                vision=VisionSettings(frozen=frozen, width=24, layers=2, heads=2),
                text=TextSettings(layers=1, heads=2),
                decoder=DecoderSettings(layers=1, heads=2),
                temporal_fusion=FusionSettings(layers=1, heads=2),
                perceiver=PerceiverSettings(layers=1, heads=2, head_width=8, latents=3),
                statement_rows=statement_rows,
            ),
            method=MethodSettings(**method),
            image_size=SIZE,
            vocabulary=VOCABULARY,
            context_vocabulary=VOCABULARY,
            bos_id=0,
            eos_id=0,
            pad_id=1,
            context_pad_id=1,
            auxiliary_slots=SLOTS,
        )

    return make


@pytest.fixture
def small_network(small_config: Callable[..., NetworkConfig]) -> Callable[..., PriorRGNetwork]:
    """Return a maker of seeded networks in double precision and evaluation mode."""

    def make(**settings: Any) -> PriorRGNetwork:
        torch.manual_seed(0)
        return PriorRGNetwork(small_config(**settings)).double().eval()

    return make


@pytest.fixture
def small_batch() -> Callable[..., StudyBatch]:
    """Return a maker of seeded batches; ``lengths`` are those of the contexts in tokens."""

    def make(
        has_prior: Sequence[bool] = (True, False, True, False),
        lengths: Sequence[int] = (7, 3, 5, 1),
        seed: int = 0,
    ) -> StudyBatch:
        random = torch.Generator().manual_seed(seed)
        rows, priors = len(has_prior), sum(has_prior)

        def pixels(count: int) -> torch.Tensor:
            return torch.randn(count, 1, SIZE, SIZE, generator=random, dtype=torch.float64)

        def words(lengths: Sequence[int]) -> tuple[torch.Tensor, torch.Tensor]:
            mask = torch.arange(max(lengths)) < torch.tensor(lengths)[:, None]
            ids = torch.randint(2, VOCABULARY, mask.shape, generator=random)
            return ids.masked_fill(~mask, 1), mask

        context_ids, context_mask = words(lengths)
        report_ids, report_mask = words([4 + row for row in range(rows)])
        target_ids, target_mask = words([6 + row for row in range(rows)])
        return StudyBatch(
            current=pixels(rows),
            prior=pixels(priors),
            has_prior=torch.tensor(has_prior),
            current_view=torch.arange(rows) % 5,
            prior_view=(torch.arange(priors) + 1) % 5,
            context_ids=context_ids,
            context_mask=context_mask,
            study_key=torch.arange(rows) // 2,
            target_ids=target_ids,
            target_mask=target_mask,
            report_ids=report_ids,
            report_mask=report_mask,
            observation_targets=torch.randint(0, 2, (rows, SLOTS, 2), generator=random).double(),
            change_targets=torch.randint(0, 6, (rows, SLOTS), generator=random),
        )

    return make
