"""Look through a folder's reports, tables and DICOM headers for what may tell who a patient is.

Returns counts and places, never values: a place is a file, and a line, a column or an attribute in it. Names
of files and columns may be values too: only technical words of them are kept. Pixels are not looked at. See
``phi`` for what the rules can and cannot do.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import polars as pl

from priorrg.data.dicom import is_dicom, read_texts
from priorrg.data.phi import Kind, find, is_filler, is_harmless, kind_of_column, kinds_at_home
from priorrg.data.phi_header import hints_of_burned_in_text, judge_header
from priorrg.errors import PriorRGError, UsageError

Progress = Callable[[int, int], None]
_TEXTS = (".txt", ".xml", ".md", ".rpt")
_TABLES = (".csv", ".csv.gz", ".tsv", ".parquet")
_PIXELS = (".png", ".jpg", ".jpeg", ".npy", ".u8")
_LONGEST_LINE = 1 << 20
_RUN = re.compile(r"\d{4,}")
_CITATION = "<eCitation"
_OF_THE_PUBLICATION = re.compile(r"<(articleDate|IMedAuthor)>[^<]*</\1>")
"""What a report of the Indiana collection says of its publication, not of the patient: date and authors."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where something was found. ``file`` counts from 1 in the order of paths; ``path`` is relative, masked
    unless it was asked for in the clear.

    ``where`` is ``line 3``, ``row 3, column report``, an attribute, or ``its name``.
    """

    file: int
    path: str
    where: str
    kind: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PhiScan:
    """What a scan found. ``looked_at`` and ``passed_over`` count files by what they are; ``unreadable`` are
    the files that could not be read; ``burned_in`` counts images by why their pixels may hold writing."""

    places: tuple[Place, ...]
    looked_at: dict[str, int]
    passed_over: dict[str, int]
    unreadable: tuple[str, ...]
    burned_in: dict[str, int]

    @property
    def counts(self) -> dict[str, int]:
        """How often each kind was found."""
        found = Counter(place.kind for place in self.places)
        return {kind.value: found[kind.value] for kind in Kind if found[kind.value]}


def scan(root: str | Path, progress: Progress | None = None, clear_paths: bool = False) -> PhiScan:
    """Look through every file below ``root``. ``progress`` gets (files done, files in all).

    ``clear_paths`` gives paths as they are: they may hold names.

    Raises ``UsageError`` if there is no such folder.
    """
    root = Path(root)
    if not root.is_dir():
        raise UsageError(f"{root}: no such folder; expected the folder of your own data")
    files = sorted(path for path in root.rglob("*") if path.is_file())
    places: list[Place] = []
    looked_at, passed_over, burned_in = Counter[str](), Counter[str](), Counter[str]()
    unreadable: list[str] = []
    for number, path in enumerate(files, start=1):
        inside = path.relative_to(root)
        masked = str(inside) if clear_paths else _masked(inside)
        places += (Place(file=number, path=masked, where="its name", kind=k) for k in _in_name(path))
        try:
            what, found = _look(path, burned_in)
            places += (Place(file=number, path=masked, where=w, kind=kind) for w, kind in found)
        except (OSError, PriorRGError, pl.exceptions.PolarsError, EOFError) as error:
            unreadable.append(f"file {number}, {masked} ({type(error).__name__})")
            continue
        if what:
            looked_at[what] += 1
        else:
            passed_over[_ending(path) if _ending(path) in _PIXELS else "other"] += 1
        if progress is not None:
            progress(number, len(files))
    return PhiScan(
        places=tuple(places),
        looked_at=dict(sorted(looked_at.items())),
        passed_over=dict(sorted(passed_over.items())),
        unreadable=tuple(unreadable),
        burned_in=dict(sorted(burned_in.items())),
    )


def _look(path: Path, burned_in: Counter[str]) -> tuple[str, list[tuple[str, str]]]:
    """Return what a file is, empty if it is passed over, and where something was found in it."""
    ending = _ending(path)
    if ending in _TEXTS:
        return "text", list(_in_lines(path))
    if ending in _TABLES:
        return "table", list(_in_table(path, ending))
    if ending in _PIXELS or not is_dicom(path):
        return "", []
    texts = read_texts(path)
    burned_in.update(hints_of_burned_in_text(texts))
    return "DICOM header", [(name, kind.value) for name, kind in judge_header(texts)]


def _in_lines(path: Path) -> Iterator[tuple[str, str]]:
    with path.open(encoding="utf-8", errors="replace") as file:
        number, cited = 0, False
        while line := file.readline(_LONGEST_LINE):
            number += 1
            cited = cited or _CITATION in line
            for hit in find(_OF_THE_PUBLICATION.sub("", line) if cited else line):
                yield f"line {number}", hit.kind.value


def _in_table(path: Path, ending: str) -> Iterator[tuple[str, str]]:
    table = _table(path, ending)
    for position, name in enumerate(table.columns, start=1):
        at_home, whole = kinds_at_home(name), kind_of_column(name)
        said = name if is_harmless(name) and not _RUN.search(name) else f"number {position}"
        for hit in find(name):
            yield f"row 0, column {said}", hit.kind.value
        for row, value in enumerate(table[name].cast(pl.String, strict=False), start=1):
            if not value:
                continue
            if whole is not None:
                kinds = [] if is_filler(value) else [whole]
            elif _is_number(value):
                kinds = []
            else:
                kinds = [kind for kind in _kinds(value) if kind not in at_home]
            for kind in kinds:
                yield f"row {row}, column {said}", kind.value


@lru_cache(maxsize=10_000)
def _kinds(value: str) -> tuple[Kind, ...]:
    return tuple(hit.kind for hit in find(value))


def _table(path: Path, ending: str) -> pl.DataFrame:
    if ending == ".parquet":
        return pl.read_parquet(path).select(pl.col(pl.String))
    separator = "\t" if ending == ".tsv" else ","
    return pl.read_csv(
        path, infer_schema=False, encoding="utf8-lossy", separator=separator, truncate_ragged_lines=True
    )


def _is_number(value: str) -> bool:
    """Whether a cell is a bare number: its column's name alone can say what it is."""
    try:
        float(value)
    except ValueError:
        return False
    return True


def _masked(path: Path) -> str:
    """Return a path in which only technical words and short numbers can be read."""
    parts = [part if is_harmless(part) else f"*{_known_ending(part)}" for part in path.parts]
    return "/".join(_RUN.sub("#", part) for part in parts)


def _known_ending(name: str) -> str:
    ending = _ending(Path(name))
    return ending if ending in (*_TEXTS, *_TABLES, *_PIXELS, ".dcm", ".json") else ""


def _in_name(path: Path) -> list[str]:
    """Return the kinds found in a file's own name; numbers and dates are what files are named by."""
    found = {hit.kind for hit in find(re.sub(r"[_-]+", " ", path.stem))}
    return sorted(found & {Kind.NAME, Kind.EMAIL, Kind.ADDRESS})


def _ending(path: Path) -> str:
    name = path.name.lower()
    return ".csv.gz" if name.endswith(".csv.gz") else Path(name).suffix
