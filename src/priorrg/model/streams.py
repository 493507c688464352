"""Independent pieces of work side by side on a processor, each on its share of the threads.

One image keeps many cores busy badly: its steps are short, and after each all wait for the slowest. Several
images, a few cores each, wait less.
"""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import TypeVar

import torch

MOST = 16
"""Streams that are worth their memory: each holds the activations of an image."""

Item = TypeVar("Item")
Made = TypeVar("Made")


def side_by_side(work: Callable[[Item], Made], items: Sequence[Item], most: int = MOST) -> list[Made]:
    """Return what ``work`` makes of each item, in their order; at most so many at a time.

    What ``work`` makes must not depend on the number of threads, which is smaller than outside. Gradients,
    inference mode and autocast, which PyTorch knows by thread, are as the caller has them. The first error is
    raised; what has not begun by then is not done.
    """
    threads = torch.get_num_threads()
    streams = min(threads, len(items), most)
    if streams < 2:
        return [work(item) for item in items]
    started = Barrier(streams + 1)
    inference, gradients = torch.is_inference_mode_enabled(), torch.is_grad_enabled()
    half, halved = torch.get_autocast_dtype("cpu"), torch.is_autocast_enabled("cpu")

    def begin() -> None:
        torch.set_num_threads(threads // streams)
        torch.get_num_threads()  # from here on this thread's own
        started.wait()

    def as_here(item: Item) -> Made:
        with (
            torch.inference_mode(inference),
            torch.set_grad_enabled(gradients),
            torch.autocast("cpu", half, enabled=halved),
        ):
            return work(item)

    pool = ThreadPoolExecutor(streams, initializer=begin)
    try:
        try:
            made = pool.map(as_here, items)  # a thread begins with each item, until all have
            started.wait()
        except BaseException:
            started.abort()  # nobody waits for threads that will not come
            raise
        torch.set_num_threads(threads)  # what a thread sets for itself, threads to come inherit
        return list(made)
    finally:
        try:
            pool.shutdown(cancel_futures=True)
        finally:
            torch.set_num_threads(threads)
