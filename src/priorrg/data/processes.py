"""The same work on many items, in as many processes as help.

Knows neither items nor work. The order and the content of the result do not depend on the number of
processes.
"""

import os
import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from multiprocessing import get_context, parent_process
from typing import TypeVar

from priorrg.errors import DataError

Item = TypeVar("Item")
Result = TypeVar("Result")


@contextmanager
def started(
    work: Callable[[Item], Result], items: Sequence[Item], workers: int, at_once: int = 1
) -> Iterator[Iterator[Result]]:
    """Yield what ``work`` makes of every item, in their order; the processes begin at once.

    ``workers`` 0 works in this process, item by item as it is asked; else ``at_once`` items go to a process
    together. What is left at the end of the block is given up. Raises ``DataError`` if a process is killed.
    """
    if workers == 0:
        yield map(work, items)
        return
    pool = ProcessPoolExecutor(workers, get_context("spawn"), initializer=_follow_the_parent)
    try:
        yield pool.map(work, items, chunksize=at_once)
    except BrokenProcessPool as error:
        raise DataError(
            "a process that reads files ended early; is there enough memory, and does the script that "
            "started it guard itself by `if __name__ == '__main__'`?"
        ) from error
    finally:
        pool.shutdown(cancel_futures=True)


def workers_for(amount: float, worth_a_process: float, asked: int | None) -> int:
    """Return how many processes to use: as asked, else one a core if ``amount`` makes it worth while."""
    if asked is not None:
        return asked
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return cores if cores > 1 and amount >= worth_a_process else 0


def _follow_the_parent() -> None:
    """Leave interrupts to the parent, and end when it ends: a pool would wait for a killed one for ever."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_the_parent, daemon=True).start()


def _end_with_the_parent() -> None:
    parent = parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)
