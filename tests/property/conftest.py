"""What property tests of networks share."""

from collections.abc import Iterator

import pytest
from tests.conftest import on_threads


@pytest.fixture(scope="module")
def one_thread() -> Iterator[None]:
    """Keep to one thread: on tensors this small, more only wait for each other."""
    with on_threads(1):
        yield
