"""Which patients train, validate and test. Always whole patients.

Knows identifiers only.
"""

from collections.abc import Iterable, Mapping
from hashlib import sha256

from priorrg.errors import DataError, UsageError

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
    """Return a split for every patient, drawn by ``seed`` and the patient's id alone.

    So the order of patients plays no part, and patients who join later move nobody. ``shares`` (default
    train 0.8, validate 0.1, test 0.1) must sum to 1, else ``UsageError``; they hold on average.
    """
    shares = shares or {"train": 0.8, "validate": 0.1, "test": 0.1}
    if abs(sum(shares.values()) - 1) > 1e-9 or min(shares.values()) < 0:
        raise UsageError(f"split shares are {dict(shares)}; expected shares of at least 0 that sum to 1")
    return {patient: _draw(f"{seed}:{patient}", shares) for patient in patients}


def _draw(key: str, shares: Mapping[str, float]) -> str:
    point = int.from_bytes(sha256(key.encode()).digest()[:8], "big") / 2**64
    names = [name for name, share in shares.items() if share > 0]
    for name in names:
        point -= shares[name]
        if point < 0:
            return name
    return names[-1]
