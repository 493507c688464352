"""What there is to score, and how it is taken from a table of reports of any system.

Knows strings and plain rows only.
"""

import sys
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from priorrg.errors import DataError, UsageError
from priorrg.metrics.report_columns import Cells, Columns, read_cells
from priorrg.text_tables import read_columns
from priorrg.truth import TruthRow

UNITS = ("image", "study")
_FLAGS = {"1": True, "0": False, "true": True, "false": False, "1.0": True, "0.0": False}
_FRONTAL = ("pa", "ap", "frontal", "postero", "antero")
"""How the names of frontal views begin."""
_PER_REPORT = ("ids", "generated", "references", "patients", "given_prior", "indications")

Truth = Mapping[str, Sequence[TruthRow]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Material:
    """``generated`` is one text per report; the others are in the same order, or ``None`` where not known.

    ``ids`` are of studies or images, each once. ``given_prior``: the writer had a prior. ``groups`` are the
    columns (view, sex, age, days_since_prior, history) by which reports may be told apart. ``training`` are the
    reports that the system learned from, white space collapsed. ``left_out`` counts
    rows that were not scored, ``missing`` reports that should be there and were scored as empty; ``notices``
    says so, and what else a reader of the scores should know.
    """

    ids: Sequence[str]
    generated: Sequence[str]
    references: Sequence[str] | None = None
    patients: Sequence[str] | None = None
    given_prior: Sequence[bool] | None = None
    indications: Sequence[str] | None = None
    groups: Mapping[str, Sequence[str]] | None = None
    truth: Truth | None = None
    training: Collection[str] | None = None
    left_out: int = 0
    missing: int = 0
    notices: Sequence[str] = ()

    @property
    def patient_numbers(self) -> NDArray[np.intp]:
        """Return each report's patient, numbered from 0; every report has its own where none is known."""
        numbers: dict[str, int] = {}
        known = self.ids if self.patients is None else self.patients
        return np.fromiter((numbers.setdefault(name, len(numbers)) for name in known), np.intp)

    def of(self, chosen: Sequence[int]) -> "Material":
        """Return the reports at the places ``chosen``, in that order."""
        columns: dict[str, Any] = {
            name: [values[place] for place in chosen]
            for name in _PER_REPORT
            if (values := getattr(self, name)) is not None
        }
        if self.groups is not None:
            columns["groups"] = {
                name: [values[place] for place in chosen] for name, values in self.groups.items()
            }
        return replace(self, **columns)

    def with_references(self, change: Callable[[str], str]) -> "Material":
        """Return the same reports against changed references."""
        return replace(self, references=[change(text) for text in self.references or ()])


def read_material(
    path: Path,
    columns: Columns | None = None,
    *,
    references: Path | None = None,
    truth: Truth | None = None,
    unit: str = "image",
    patients_known: bool = False,
) -> Material:
    """Read a table of reports: CSV, JSON lines or Parquet, with the columns that ``columns`` names.

    With ``references``, a table of what should have been reported, its rows are what is scored: a report that
    is not there counts as empty, one that is not in it is left out. With a truth, the rows of its images are
    taken, or else of its studies. ``unit`` "study" takes one report of each study: that of its first frontal
    image in the table's order, or else of its first image. Rows that come twice and are equal count once.
    ``patients_known``: another table says whose the reports are, this one need not.

    Raises UsageError for a file or column that is not there, DataError for rows without an id and for an id
    with two different reports.
    """
    if unit not in UNITS:
        raise UsageError(f"--unit is {unit!r}; expected one of {', '.join(UNITS)}")
    cells = read_cells(path, columns or Columns(), references)
    notices = list(cells.notices)
    kept, twice = _once(cells)
    if twice:
        notices.append(f"{twice:,} rows come twice and are equal; they count once")
    if truth is not None:
        cells, kept = _of_truth(cells, kept, truth)
    left_out = cells.left_out + len(cells.ids) - twice - len(kept)
    if left_out:
        whose = (
            "images that the truth does not describe" if references is None else "nothing to be scored"
        )
        notices.append(f"{left_out:,} rows are of {whose}; they were left out")
    if unit == "study":
        kept, others = _of_studies(cells, kept)
        if others:
            notices.append(f"{others:,} further images of the same studies were left out (--unit study)")
    without = 0 if cells.reference is None else sum(not cells.reference[n].strip() for n in kept)
    if without:
        notices.append(f"{without:,} of {len(kept):,} references are empty; they are scored as such")
    patients, said = _patients(cells)
    return Material(
        ids=cells.ids,
        generated=cells.generated,
        references=cells.reference,
        patients=patients,
        given_prior=None if cells.has_prior is None else _flags(cells.path, cells.has_prior),
        indications=cells.indication,
        groups=cells.groups,
        truth=truth,
        left_out=left_out,
        missing=cells.missing,
        notices=tuple(notices if patients_known else notices + said),
    ).of(kept)


def read_training(path: Path, columns: Columns | None = None) -> frozenset[str]:
    """Read the reports that a system learned from: the column of references of a table."""
    column = (columns or Columns()).reference or "reference"
    return frozenset(" ".join(text.split()) for (text,) in read_columns(path, [column]))


def first_words(text: str, limit: int) -> str:
    """Return ``text`` cut to ``limit`` words, a full stop counting as one; unchanged if it is not longer."""
    words = text.replace(".", " .").split()
    return text if len(words) <= limit else " ".join(words[:limit])


def _once(cells: Cells) -> tuple[list[int], int]:
    """Return the places of rows whose id did not come before, and how many equal rows are passed over."""
    first: dict[str, int] = {}
    kept = []
    for place, name in enumerate(cells.ids):
        if not name.strip():
            raise DataError(
                f"{cells.path}: row {place + 1} has no {cells.key}; expected one for each report"
            )
        known = first.setdefault(name, place)
        if known == place:
            kept.append(place)
        elif cells.generated[known] != cells.generated[place] or (
            cells.reference is not None and cells.reference[known] != cells.reference[place]
        ):
            raise DataError(
                f"{cells.path}: {cells.key} {name} comes twice, with different texts; expected each once. "
                "Is it the column that names a report (--id)?"
            )
    return kept, len(cells.ids) - len(kept)


def _of_truth(cells: Cells, kept: list[int], truth: Truth) -> tuple[Cells, list[int]]:
    """Return the rows whose image the truth describes; if none is, all rows, named by their study."""
    images = {row.image_id for study in truth.values() for row in study[:1]}
    matched = [place for place in kept if cells.ids[place] in images]
    if matched or cells.study is None or cells.key == "study_id":
        return cells, matched or kept
    by_study = replace(cells, ids=cells.study, key="study_id")
    return by_study, _once(by_study)[0]


def _of_studies(cells: Cells, kept: list[int]) -> tuple[list[int], int]:
    """Return one place for each study, and how many are left out."""
    studies = cells.study
    if studies is None:
        if cells.key == "study_id":
            return kept, 0
        raise UsageError(
            f"{cells.path}: no column study_id, which --unit study needs; leave it out, or name the column so"
        )
    views = (cells.groups or {}).get("view")
    chosen: dict[str, int] = {}
    for place in kept:
        known = chosen.setdefault(studies[place], place)
        if views is not None and not _frontal(views[known]) and _frontal(views[place]):
            chosen[studies[place]] = place
    return sorted(chosen.values()), len(kept) - len(chosen)


def _frontal(view: str) -> bool:
    return view.strip().lower().startswith(_FRONTAL)


def _patients(cells: Cells) -> tuple[Sequence[str], list[str]]:
    if cells.patient is not None:
        without = sum(not name for name in cells.patient)
        said = [f"{without:,} rows name no patient; each counts as a patient of its own"] * bool(without)
        named = zip(cells.patient, cells.ids, strict=True)
        return [sys.intern(patient) or f"report {name}" for patient, name in named], said
    what = "report" if cells.study is None else "study"
    return cells.study or cells.ids, [
        f"no column patient_id: each {what} counts as a patient of its own, intervals may be too narrow"
    ]


def _flags(path: Path, values: Sequence[str]) -> list[bool]:
    flags = []
    for number, value in enumerate(values, start=1):
        flag = _FLAGS.get(value.strip().lower())
        if flag is None:
            raise DataError(
                f"{path}: has_prior of row {number} is {value!r}; expected 0 or 1 in every row, or no such column"
            )
        flags.append(flag)
    return flags
