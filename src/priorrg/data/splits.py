"""Which patients train, validate and test. Always whole patients.

Knows identifiers only.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from hashlib import sha256
from itertools import accumulate

from priorrg.errors import DataError, UsageError

_SHARES = {"train": 0.8, "validate": 0.1, "test": 0.1}
_NAMES = {
    "train": "train",
    "training": "train",
    "validate": "validate",
    "validation": "validate",
    "valid": "validate",
    "val": "validate",
    "dev": "validate",
    "test": "test",
    "": "",
}


def split_named(text: str, where: str) -> str:
    """Return train, validate, test or, for empty text, none. Raises ``DataError`` for another name."""
    try:
        return _NAMES[text.strip().lower()]
    except KeyError:
        raise DataError(f"{where}: split is {text!r}; expected train, validate or test") from None


def check_patients(splits: Iterable[tuple[str, str]]) -> None:
    """Raise ``DataError`` if a patient is in two splits. ``splits`` are pairs of patient_id and split.

    Empty splits (images nobody assigned) are passed over.
    """
    first: dict[str, str] = {}
    for patient, split in splits:
        if split and first.setdefault(patient, split) != split:
            raise DataError(
                f"patient {patient!r} is in split {first[patient]!r} and in {split!r}; expected "
                "whole patients "
                "in one split. Check the split table"
            )


def seeded_split(
    patients: Iterable[str], seed: int, shares: Mapping[str, float] | None = None
) -> dict[str, str]:
    """Return a split for every patient, drawn by ``seed`` and the patient's id.

    The digest of seed and id is a point between 0 and 1, on which the shares (default train 0.8, validate
    0.1, test 0.1) lie end to end; they hold on average. So the order of patients plays no part, and patients who
    join later move nobody. One exception, for few patients: a split into which nobody's point falls gets the
    patient whose point lies nearest to it, of those whose split keeps another; that one goes back when a
    later patient falls there. With fewer patients than splits some stay empty. Raises ``UsageError`` unless
    ``shares`` sum to 1.
    """
    shares = shares or _SHARES
    if abs(sum(shares.values()) - 1) > 1e-9 or min(shares.values()) < 0:
        raise UsageError(f"split shares are {dict(shares)}; expected shares of at least 0 that sum to 1")
    points = {patient: _point(f"{seed}:{patient}") for patient in patients}
    bounds = _bounds(shares)
    splits = {patient: _at(point, bounds) for patient, point in points.items()}
    for name, bound in bounds.items():
        if name not in splits.values():
            _lend(splits, points, name, bound)
    return splits


def how_drawn(splits: Mapping[str, str], seed: int) -> str:
    """Return for the card how ``seeded_split`` with its default shares came to ``splits``."""
    bounds = _bounds(_SHARES)
    lent = [name for patient, name in splits.items() if _at(_point(f"{seed}:{patient}"), bounds) != name]
    empty = [name for name in bounds if name not in splits.values()]
    told = [f"drawn by patient, seed {seed}"]
    told += [
        f"nobody was drawn for {' and '.join(sorted(lent))}, which got the patient drawn nearest"
    ] * bool(lent)
    told += [f"too few patients for {' and '.join(empty)}"] * bool(empty)
    return "; ".join(told)


def _lend(
    splits: dict[str, str], points: Mapping[str, float], name: str, bound: tuple[float, float]
) -> None:
    """Give the empty split ``name`` the nearest patient whose split keeps another, if there is one."""
    held = Counter(splits.values())
    start, end = bound
    lenders = [
        (max(start - point, point - end), patient)
        for patient, point in points.items()
        if held[splits[patient]] > 1
    ]
    if lenders:
        splits[min(lenders)[1]] = name


def _point(key: str) -> float:
    return int.from_bytes(sha256(key.encode()).digest()[:8], "big") / 2**64


def _bounds(shares: Mapping[str, float]) -> dict[str, tuple[float, float]]:
    """Return where each split that has a share begins and ends between 0 and 1."""
    named = {name: share for name, share in shares.items() if share > 0}
    ends = list(accumulate(named.values()))
    return {name: (end - share, end) for (name, share), end in zip(named.items(), ends, strict=True)}


def _at(point: float, bounds: Mapping[str, tuple[float, float]]) -> str:
    return next((name for name, (_, end) in bounds.items() if point < end), list(bounds)[-1])
