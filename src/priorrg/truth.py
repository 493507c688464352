"""A phantom's truth: one row for each study and finding slot or device.

The phantom writes it, scores and pages read it. Knows plain rows only: no images, no reports.
"""

import csv
from dataclasses import dataclass
from pathlib import Path

from priorrg.errors import DataError, UsageError
from priorrg.language.observations import Change, Observation, Side

TRUTH_FILE = "phantom-truth.csv"
"""Its name, beside the phantom's tables and beside those prepared from them."""
COLUMNS = (
    "patient_id",
    "study_id",
    "image_id",
    "has_prior",
    "prior_study_id",
    "observation",
    "side",
    "zone",
    "present",
    "severity",
    "prior_severity",
    "change",
    "x0",
    "y0",
    "x1",
    "y1",
    "asked",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class TruthRow:
    """The truth of one study about one slot.

    Severities are in 0..1, 0 for what is not there, ``None`` where not given; ``change`` is ``None``
    without a prior. ``box`` is x0, y0, x1, y1 in px of the written frontal image, half open. ``asked``:
    the indication asks for this observation.
    """

    study_id: str
    observation: Observation
    side: Side = Side.NONE
    present: bool = False
    change: Change | None = None
    asked: bool = False
    has_prior: bool = False
    patient_id: str = ""
    image_id: str = ""
    prior_study_id: str = ""
    zone: str = ""
    severity: float | None = None
    prior_severity: float | None = None
    box: tuple[int, int, int, int] | None = None


Truth = dict[str, tuple[TruthRow, ...]]
"""The rows of each study, by study id."""


def read_truth(path: Path) -> Truth:
    """Read ``phantom-truth.csv``.

    Raises UsageError if it cannot be opened, DataError if a column is missing, a value has no meaning or
    a study speaks twice of the same slot.
    """
    gathered: dict[str, dict[tuple[Observation, Side], TruthRow]] = {}
    try:
        with path.open(newline="", encoding="utf-8") as file:
            reader = csv.DictReader(file)
            _check_columns(path, reader.fieldnames or ())
            for raw in reader:
                row = _parse(path, reader.line_num, raw)
                slots = gathered.setdefault(row.study_id, {})
                if (row.observation, row.side) in slots:
                    raise DataError(
                        f"{path}, line {reader.line_num}: study {row.study_id} has two rows for "
                        f"{row.side} {row.observation}; expected one"
                    )
                slots[row.observation, row.side] = row
    except OSError as error:
        raise UsageError(
            f"{path}: {error.strerror}; expected the phantom-truth.csv of a phantom"
        ) from error
    except (UnicodeDecodeError, csv.Error) as error:
        raise DataError(f"{path}: not a CSV table in UTF-8 ({error})") from error
    return {study_id: tuple(slots.values()) for study_id, slots in gathered.items()}


def _check_columns(path: Path, found: object) -> None:
    names = list(found) if isinstance(found, list | tuple) else []
    missing = [name for name in COLUMNS if name not in names]
    if missing:
        raise DataError(
            f"{path}: columns {', '.join(missing)} are missing; it has {', '.join(names) or 'none'}. "
            "Is this a phantom-truth.csv?"
        )


def _parse(path: Path, line: int, raw: dict[str, str]) -> TruthRow:
    try:
        corners = [raw[name] for name in ("x0", "y0", "x1", "y1")]
        x0, y0, x1, y1 = (round(float(corner)) if corner else 0 for corner in corners)
        return TruthRow(
            patient_id=raw["patient_id"],
            study_id=raw["study_id"],
            image_id=raw["image_id"],
            has_prior=_flag(raw["has_prior"]),
            prior_study_id=raw["prior_study_id"],
            observation=Observation(raw["observation"]),
            side=Side(raw["side"]),
            zone=raw["zone"],
            present=_flag(raw["present"]),
            severity=float(raw["severity"]) if raw["severity"] else None,
            prior_severity=float(raw["prior_severity"]) if raw["prior_severity"] else None,
            change=Change(raw["change"]) if raw["change"] else None,
            box=(x0, y0, x1, y1) if all(corners) else None,
            asked=_flag(raw["asked"]),
        )
    except (ValueError, TypeError) as error:
        raise DataError(f"{path}, line {line}: {error}") from error


def _flag(text: str) -> bool:
    if text not in ("0", "1"):
        raise ValueError(f"{text!r} is neither 0 nor 1")
    return text == "1"
