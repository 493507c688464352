"""Hits, false alarms and misses, and what follows from them. Knows numbers only."""

from dataclasses import dataclass


@dataclass(slots=True)
class Counts:
    """True positives, false positives and false negatives."""

    hits: int = 0
    alarms: int = 0
    misses: int = 0

    def add(self, said: bool, true: bool) -> None:
        self.hits += said and true
        self.alarms += said and not true
        self.misses += true and not said

    @property
    def empty(self) -> bool:
        """Neither said nor true anywhere: no score exists."""
        return self.hits + self.alarms + self.misses == 0

    @property
    def precision(self) -> float:
        return share(self.hits, self.hits + self.alarms)

    @property
    def recall(self) -> float:
        return share(self.hits, self.hits + self.misses)

    @property
    def f1(self) -> float:
        return share(2 * self.hits, 2 * self.hits + self.alarms + self.misses)


def share(part: float, whole: float) -> float:
    """Return ``part / whole``; not a number where there is no whole."""
    return part / whole if whole else float("nan")


def mean(values: list[float]) -> float:
    """Return the mean of those values that exist; not a number if none does."""
    known = [value for value in values if value == value]
    return share(sum(known), len(known))
