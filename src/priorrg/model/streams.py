"""Independent pieces of work side by side on a processor, each on its share of the threads.

One image keeps many cores busy badly: its steps are short, and after each all wait for the slowest. Several
images, a few cores each, wait less.
"""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import torch

_MOST = 16
"""Pieces at a time: each holds an image's activations in memory, 150 MB at full size."""

Item = TypeVar("Item")
Made = TypeVar("Made")


def side_by_side(work: Callable[[Item], Made], items: Sequence[Item]) -> list[Made]:
    """Return what ``work`` makes of each item, in their order.

    What ``work`` makes must not depend on the number of threads, which is smaller than outside. Gradients and
    inference mode, which PyTorch knows by thread, are as its caller has them. The first error is raised; what
    has not begun by then is not done.
    """
    threads = torch.get_num_threads()
    streams = min(threads, len(items), _MOST)
    if streams < 2:
        return [work(item) for item in items]
    inference, gradients = torch.is_inference_mode_enabled(), torch.is_grad_enabled()

    def as_here(item: Item) -> Made:
        with torch.inference_mode(inference), torch.set_grad_enabled(gradients):
            return work(item)

    pool = ThreadPoolExecutor(streams, initializer=torch.set_num_threads, initargs=(threads // streams,))
    try:
        return list(pool.map(as_here, items))
    finally:
        pool.shutdown(cancel_futures=True)
        torch.set_num_threads(threads)  # what a thread sets for itself, threads to come inherit
