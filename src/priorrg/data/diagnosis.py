"""Look at a folder: which data set it is, what is there, what is missing, what to type next.

Listed files are looked for on the disk: all of them, or a sample spread evenly over the list. Knows the
table of forms; reads no pixels. An odd folder is described, never fatal.
"""

import os
import shlex
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import polars as pl

from priorrg.data.form import Form, Listing, Part
from priorrg.data.listed_files import MovedRootError
from priorrg.data.recognise import FORMS, recognise
from priorrg.data.sources import SOURCES
from priorrg.data.whole_files import refuse_cut
from priorrg.errors import PriorRGError, UsageError

SAMPLE = 2000
"""So many listed files are looked for, unless all are asked for."""
_END = {".jpg": b"\xff\xd9", ".jpeg": b"\xff\xd9", ".png": b"IEND\xaeB`\x82"}
_TAIL = 4096
_CUT_UNSAID = (".csv", ".json")
_MOST = 10_000
"""So many files of one kind are counted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Missing:
    """Something that is not there. ``needed`` if nothing can be prepared without it."""

    what: str
    obtain: str
    needed: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Diagnosis:
    """What a folder holds, of one data set. ``there`` and ``wrong`` are sentences."""

    form: str
    title: str
    licence: str
    obtain: str
    there: tuple[str, ...]
    missing: tuple[Missing, ...]
    wrong: tuple[str, ...]
    command: str

    @property
    def complete(self) -> bool:
        """Whether nothing that is needed is missing or wrong."""
        return not self.wrong and not any(missing.needed for missing in self.missing)


def diagnose(root: str | Path, every: bool = False) -> list[Diagnosis]:
    """Return what is found in ``root``, one diagnosis a data set, none if it holds no known one.

    ``every`` looks for every listed file, not for a sample. Raises ``UsageError`` if there is no such folder.
    """
    root = Path(root)
    if not root.is_dir():
        what = "is a file; expected the folder it lies in" if root.exists() else "no such folder"
        raise UsageError(f"{root}: {what}")
    return [_diagnose(form, root, every) for form in recognise(root)]


def looked_for() -> list[str]:
    """Return what was looked for, a line a form: for a folder that holds none of it."""
    return [f"{form.title}: {form.looked_for}" for form in FORMS]


def inside(root: Path) -> tuple[list[str], dict[str, int]]:
    """Return the subfolders of an unknown folder that hold a known data set, and its own files by ending."""
    try:
        entries = sorted(root.iterdir())
    except OSError:
        return [], {}
    folders = [entry for entry in entries if entry.is_dir()][:200]
    known = [str(folder) for folder in folders if recognise(folder)]
    endings = Counter(entry.suffix.lower() or "no ending" for entry in entries if entry.is_file())
    return known, dict(endings.most_common(8))


def _diagnose(form: Form, root: Path, every: bool) -> Diagnosis:
    source = SOURCES.get(form.source)
    obtain = source.obtain if source is not None else ""
    there: list[str] = []
    missing: list[Missing] = []
    wrong: list[str] = []
    items: list[Part | Listing] = [*form.parts, *form.listings]
    for item in items:
        try:
            if isinstance(item, Part):
                _look_for_part(item, root, obtain, there, missing, wrong)
            else:
                _look_for_files(item, root, obtain, every, there, missing, wrong)
        except MovedRootError as error:
            wrong.append(f"{item.what}: {error}")
        except Exception as error:  # a damaged file may fail in as many ways as there are parsers
            wrong.append(f"{item.what}: cannot be read: {_said(error)}")
    return Diagnosis(
        form=form.name,
        title=form.title,
        licence=source.licence if source is not None else "",
        obtain=obtain,
        there=tuple(there),
        missing=tuple(missing),
        wrong=tuple(wrong),
        command=form.command.format(
            root=shlex.quote(str(root)), out=shlex.quote(str(_outside(root, Path("data", form.out))))
        ),
    )


def _outside(root: Path, out: Path) -> Path:
    """Return ``out``, or a folder beside ``root`` where one of the two lies in the other."""
    raw, place = root.resolve(), out.resolve()
    if raw != place and raw not in place.parents and place not in raw.parents:
        return out
    beside = root.parent if root.name not in ("", "..") else Path(os.path.relpath(raw.parent))
    return beside / f"{raw.name}-prepared"


def _look_for_part(
    part: Part, root: Path, obtain: str, there: list[str], missing: list[Missing], wrong: list[str]
) -> None:
    paths = list(islice((p for pattern in part.patterns for p in root.glob(pattern)), _MOST))
    if not paths:
        where = _unpacking(part.archives, root) or part.obtain or obtain
        what = f"{part.what} ({part.patterns[0]})"
        missing.append(Missing(what=what, obtain=where, needed=part.required))
        return
    sizes = {path: path.stat().st_size for path in sorted(paths)}
    empty = [path.name for path, size in sizes.items() if size == 0]
    if empty:
        wrong.append(
            f"{part.what}: {len(empty):,} of {len(paths):,} files have 0 bytes ({empty[0]}); get it again"
        )
    for path, size in sizes.items():
        if size and path.suffix in _CUT_UNSAID:
            refuse_cut(path)
    first = next((path for path, size in sizes.items() if size), None)
    if first is None:
        return
    if len(paths) > 1:
        most = "at least " if len(paths) == _MOST else ""
        there.append(
            f"{part.what}: {most}{len(paths):,} files such as {first.relative_to(root).as_posix()}"
        )
    else:
        rows = f", {_rows(first):,} rows" if part.rows else ""
        there.append(f"{part.what}: {first.relative_to(root).as_posix()}, {sizes[first]:,} bytes{rows}")


def _unpacking(archives: Sequence[str], root: Path) -> str:
    packed = sorted(path.name for pattern in archives for path in root.glob(pattern))
    return f"unpack {packed[0]}" if packed else ""


def _look_for_files(
    listing: Listing,
    root: Path,
    obtain: str,
    every: bool,
    there: list[str],
    missing: list[Missing],
    wrong: list[str],
) -> None:
    listed = listing.read(root)
    if not listed:
        return
    sample = listed if every or len(listed) <= SAMPLE else _spread(listed, SAMPLE)
    found = [path for name in sample if (path := _place(name, listing, root)) is not None]
    share = f"{len(found):,} of {len(sample):,}"
    how = (
        f"{share}; every listed file was looked for"
        if len(sample) == len(listed)
        else f"{share} looked for, spread evenly over the {len(listed):,} listed"
    )
    if found:
        endings = Counter(path.suffix for path in found)
        there.append(f"{listing.what}: {how} ({', '.join(sorted(endings))})")
    if len(found) < len(sample):
        where = _unpacking(listing.archives, root) or listing.obtain or obtain
        gone = f"{len(sample) - len(found):,} of {len(sample):,} looked for"
        missing.append(Missing(what=f"{listing.what}: {gone}", obtain=where, needed=listing.required))
    empty = sum(path.stat().st_size == 0 for path in found)
    if empty:
        wrong.append(f"{listing.what}: {empty:,} of {len(found):,} have 0 bytes; get them again")
    cut = sum(_is_cut(path) for path in found)
    if cut:
        wrong.append(
            f"{listing.what}: {cut:,} of {len(found):,} do not end as their kind of file ends; they may be "
            "cut off, get them again"
        )


def _spread(listed: Sequence[str], count: int) -> list[str]:
    return [listed[i * len(listed) // count] for i in range(count)]


def _place(name: str, listing: Listing, root: Path) -> Path | None:
    """Return the file of a listed name, with its own ending or another of the listing's."""
    given = Path(name)
    known = given.suffix.lower() in listing.endings
    stem = str(given.with_suffix("")) if known else name
    endings = dict.fromkeys([given.suffix if known else "", *listing.endings])
    candidates = (root / f"{base}{stem}{ending}" for base in listing.bases for ending in endings)
    return next((path for path in candidates if path.is_file()), None)


def _is_cut(path: Path) -> bool:
    end = _END.get(path.suffix.lower())
    size = path.stat().st_size
    if end is None or size == 0:
        return False
    with path.open("rb") as file:
        file.seek(max(0, size - _TAIL))
        return end not in file.read()


def _rows(path: Path) -> int:
    table = pl.scan_parquet(path) if path.suffix == ".parquet" else pl.scan_csv(path, infer_schema=False)
    return int(table.select(pl.len()).collect().item())


def _said(error: Exception) -> str:
    text = " ".join(str(error).split())[:300]
    return text if isinstance(error, PriorRGError) else f"{type(error).__name__}: {text}"
