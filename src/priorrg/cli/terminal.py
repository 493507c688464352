"""What every verb shows alike: progress bars with what is left, tables, errors."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

OverwriteOption = Annotated[
    bool, typer.Option("--overwrite", help="Replace a file of that name that is there already.")
]
screen = Console()
errors = Console(stderr=True)


class Bars:
    """One bar per kind of work, created when it is first heard of; without work there is no line."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._tasks: dict[str, TaskID] = {}

    def __call__(self, what: str, done: int, total: int) -> None:
        if what not in self._tasks:
            self._progress.start()
            self._tasks[what] = self._progress.add_task(what, total=total)
        self._progress.update(self._tasks[what], completed=done, total=total)

    def tell(self, text: str) -> None:
        """Show a line above the bars; the bars go on."""
        self._progress.console.print(f"note: {text}", markup=False, highlight=False, soft_wrap=True)

    def named(self, what: str) -> "NamedBar":
        """Return a callback (done, total) for one kind of work."""
        return NamedBar(self, what)


class NamedBar:
    def __init__(self, bars: Bars, what: str) -> None:
        self._bars, self._what = bars, what

    def __call__(self, done: int, total: int) -> None:
        self._bars(self._what, done, total)


@contextmanager
def bars() -> Iterator[Bars]:
    """Show progress bars on standard error while the block runs."""
    columns = (
        TextColumn("{task.description:<22}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn("left"),
        TimeRemainingColumn(),
    )
    progress = Progress(*columns, console=errors, refresh_per_second=4)
    try:
        yield Bars(progress)
    finally:
        if progress.tasks:  # to stop what never began prints an empty line
            progress.stop()


def wrote(path: Path, *, said: str = "") -> None:
    """Say what was written; the last line of a verb that writes, after what is ``said`` of it."""
    if said:
        screen.print(said, markup=False, highlight=False, soft_wrap=True)
    screen.print(f"wrote {path}", markup=False, highlight=False, soft_wrap=True)
