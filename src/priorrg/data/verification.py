"""Is a prepared data set still what was written? Tables, source tables, and every byte of its stores.

Knows the prepared folder and its card; decodes no image and changes nothing.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from priorrg.data.manifest import TABLES, PreparedData
from priorrg.data.shards import ENDING, card_of, is_sound
from priorrg.data.source_tables import fingerprint, fingerprint_all
from priorrg.errors import DataError

_AGAIN = "prepare the data set again"
_ADVICE = re.compile(r"[;,.] prepare (?:it|the data set) again$", re.IGNORECASE)
Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Damage:
    """One thing that is not as it was written, and what puts it right."""

    path: Path
    what: str
    repair: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What was looked at, and what is damaged. ``absent`` are source tables that lie elsewhere now."""

    tables: int
    sources: int
    shards: int
    absent: tuple[str, ...]
    damages: tuple[Damage, ...]


def verify(prepared: PreparedData, progress: Progress | None = None) -> Verdict:
    """Read all that was written and say what is damaged.

    A shard without its card is an interrupted build and no damage: it is built again when it is needed.
    ``progress`` gets (shards read, shards in all). Raises ``UsageError`` and ``DataError`` as
    opening the data set does.
    """
    tables = [name for name in TABLES if (prepared.folder / name).is_file()]
    damages = [*_tables(prepared)]
    sources, absent = 0, []
    for entry in prepared.card.get("sources", []):
        found = _source(prepared.card, entry)
        if found is None:
            absent.append(str(entry["file"]))
            continue
        sources += 1
        damages += _changed(prepared, entry, *found)
    shards = sorted(path for path in prepared.folder.glob("store/*/*.json") if path.is_file())
    shards = [card.with_suffix(ENDING) for card in shards]
    damages += _shards(shards, progress)
    return Verdict(
        tables=len(tables),
        sources=sources,
        shards=len(shards),
        absent=tuple(absent),
        damages=tuple(damages),
    )


def _tables(prepared: PreparedData) -> Iterator[Damage]:
    """Yield what is wrong with the tables: bytes that are not those written, or a form that is not theirs.

    A table whose digest is known is not parsed: of damaged bytes the parser may end the process.
    """
    written = {entry["file"]: entry["sha256"] for entry in prepared.card.get("tables", [])}
    for name, digest in written.items():
        path = prepared.folder / name
        if not path.is_file():
            yield Damage(path=path, what="is missing", repair=_AGAIN)
        elif fingerprint(path)["sha256"] != digest:
            yield Damage(path=path, what="its bytes are not those that were written", repair=_AGAIN)
    readers: Mapping[str, Callable[[], object]] = {
        "studies.parquet": lambda: prepared.study_table,
        "images.parquet": lambda: prepared.image_table,
        "labels.parquet": lambda: prepared.label_table,
    }
    for name, read in readers.items():
        if name in written:
            continue
        path = prepared.folder / name
        try:
            read()
        except DataError as error:
            what = _ADVICE.sub("", str(error).removeprefix(f"{path}: "))
            yield Damage(path=path, what=what, repair=_AGAIN)


def _source(card: Mapping[str, Any], entry: Mapping[str, Any]) -> tuple[Path, Mapping[str, Any]] | None:
    """Return where a source table lies and its fingerprint now; ``None`` if it is not there."""
    root = Path(str(card.get("root", "")))
    if "files" in entry:
        paths = sorted(root.rglob(str(entry["file"])), key=lambda path: (path.name, path))
        return (root, fingerprint_all(paths, str(entry["file"]))) if paths else None
    path = root / str(entry["file"])
    return (path, fingerprint(path)) if path.is_file() else None


def _changed(
    prepared: PreparedData, entry: Mapping[str, Any], path: Path, found: Mapping[str, Any]
) -> Iterator[Damage]:
    if found["sha256"] != entry["sha256"]:
        yield Damage(
            path=path,
            what=f"is not the {entry['file']} that {prepared.folder} was prepared from (SHA-256 differs)",
            repair=f"{_AGAIN}, or put the former file back",
        )


def _shards(shards: list[Path], progress: Progress | None) -> Iterator[Damage]:
    for number, path in enumerate(shards, start=1):
        if not is_sound(path):
            there = path.is_file() and path.stat().st_size
            yield Damage(
                path=path,
                what="its bytes are not those that were written" if there else "is missing or empty",
                repair=f"delete it and {card_of(path).name}: what needs it next builds it again",
            )
        if progress is not None:
            progress(number, len(shards))
