"""A small phantom, and a model trained on it for a few steps: enough to walk the whole way."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import hypothesis
import pytest
import torch

from priorrg.data.mimic_cxr import prepare
from priorrg.data.phantom.cohort import write_phantom
from priorrg.errors import UsageError
from priorrg.model.quick import check_mode
from priorrg.settings import load_settings


def _computes(mode: str) -> bool:
    try:
        check_mode(mode, torch.device("cpu"))
    except UsageError:
        return False
    return True


QUICK_MODES = tuple(mode for mode in ("fp32", "bf16", "int8") if _computes(mode))
"""The quick modes of this processor: all of them where it has AVX-512 with VNNI."""
needs_rounding = pytest.mark.skipif("bf16" not in QUICK_MODES, reason="needs a processor that rounds")

hypothesis.settings.register_profile("seeded", derandomize=True, deadline=None)
hypothesis.settings.load_profile("seeded")

SMALL = (
    "image.size=32",
    "model.width=32",
    "model.vision.width=32",
    "model.vision.layers=2",
    "model.perceiver.latents=4",
    "model.perceiver.head_width=8",
    "model.decoder.layers=1",
    "model.decoder.vocabulary=420",
    "encoder.steps=4",
    "encoder.batch=8",
    "writing.steps=4",
    "writing.batch=8",
    "align.steps=4",
    "align.batch=8",
    "report.steps=6",
    "report.batch=8",
    "report.checkpoint_every=3",
    "generation.max_tokens=24",
    "generation.beams=2",
)


@contextmanager
def on_threads(threads: int) -> Iterator[None]:
    """Compute on so many threads."""
    before = torch.get_num_threads()
    torch.set_num_threads(threads)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def with_threads(threads: int, work: Callable[[], Any]) -> Any:
    """Return what ``work`` makes on so many threads."""
    with on_threads(threads):
        return work()


@pytest.fixture(autouse=True)
def _meteor_in_its_own_tests_alone(request, monkeypatch):
    """Its program takes seconds to start: where it is not what is tested, the extra is not there."""
    if request.path.name != "test_meteor.py":
        monkeypatch.setattr("priorrg.metrics.meteor.find_spec", lambda _: None)


@pytest.fixture(scope="session")
def small_settings():
    return load_settings("tiny", SMALL)


@pytest.fixture(scope="session")
def small_phantom(tmp_path_factory) -> Path:
    root = tmp_path_factory.mktemp("phantom") / "raw"
    write_phantom(root, 30, seed=3, size=64, workers=1)
    return root


@pytest.fixture(scope="session")
def small_data(small_phantom) -> Path:
    out = small_phantom.with_name("data")
    prepare(small_phantom, out)
    return out


@pytest.fixture(scope="session")
def small_stage1(small_data, small_settings) -> Path:
    from priorrg.training import run

    out = small_data.with_name("stage1")
    run.pretrain(small_data, small_settings, out)
    return out


@pytest.fixture(scope="session")
def small_model(small_data, small_stage1, small_settings) -> Path:
    from priorrg.training import run

    return run.train(small_data, small_stage1, small_data.with_name("stage2"), small_settings)
