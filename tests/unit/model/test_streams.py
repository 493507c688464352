"""Pieces of work side by side: as one after another, but for the time."""

import threading
import time

import pytest
import torch
from tests.conftest import with_threads

from priorrg.model.streams import side_by_side


def threads_of_a_new_thread() -> int:
    later: list[int] = []
    new = threading.Thread(target=lambda: later.append(torch.get_num_threads()))
    new.start()
    new.join()
    return later[0]


def test_results_come_in_the_order_of_the_items():
    waits = [threading.Event() for _ in range(2)]

    def work(item: int) -> int:
        if item < 2:  # each waits for the other: they do run side by side
            waits[item].set()
            assert waits[1 - item].wait(30)
        return 10 * item

    assert with_threads(2, lambda: side_by_side(work, range(5))) == [0, 10, 20, 30, 40]


@pytest.mark.parametrize(
    ("threads", "items", "each"), [(2, 2, 1), (6, 2, 3), (5, 2, 2), (3, 9, 1), (4, 1, 4)]
)
def test_each_piece_has_its_share_of_the_threads(threads, items, each):
    found = with_threads(threads, lambda: side_by_side(lambda _: torch.get_num_threads(), range(items)))
    assert found == [each] * items


def test_afterwards_there_are_as_many_threads_as_before():
    def count() -> tuple[int, int]:
        side_by_side(lambda _: None, range(3))
        return torch.get_num_threads(), threads_of_a_new_thread()

    assert with_threads(3, count) == (3, 3)


@pytest.mark.parametrize("half", [True, False])
@pytest.mark.parametrize("inference", [True, False])
@pytest.mark.parametrize("gradients", [True, False])
def test_work_computes_as_its_caller_does(inference, gradients, half):
    rows = torch.ones(2, 2)
    with (
        torch.inference_mode(inference),
        torch.set_grad_enabled(gradients),
        torch.autocast("cpu", torch.bfloat16, enabled=half),
    ):
        found = with_threads(
            2,
            lambda: side_by_side(
                lambda _: (
                    torch.is_inference_mode_enabled(),
                    torch.is_grad_enabled(),
                    (rows @ rows).dtype,
                ),
                range(2),
            ),
        )
    assert found == [(inference, gradients, torch.bfloat16 if half else torch.float32)] * 2


def test_the_first_error_is_raised_and_what_has_not_begun_is_not_done():
    begun = []

    def work(item: int) -> None:
        begun.append(item)
        time.sleep(0.01 if item else 0)
        raise ValueError(f"image {item} is broken")

    with pytest.raises(ValueError, match="image 0 is broken"):
        with_threads(2, lambda: side_by_side(work, range(500)))
    assert len(begun) < 500
    assert with_threads(2, lambda: side_by_side(str, range(2))) == ["0", "1"]


def test_a_thread_that_begins_meanwhile_has_all_threads():
    def count(_: int) -> int:
        for _ in range(300):  # as soon as all streams have begun
            if threads_of_a_new_thread() == 4:
                return 4
            time.sleep(0.01)
        return threads_of_a_new_thread()

    assert with_threads(4, lambda: side_by_side(count, range(2))) == [4, 4]
