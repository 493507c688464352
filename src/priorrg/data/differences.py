"""What changed between two preparations: rows, columns, priors, splits, sources.

Knows two prepared data sets; opens no image. Texts of reports are compared, and given only where asked for.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import polars as pl

from priorrg.data.manifest import PreparedData
from priorrg.data.report_columns import TEXTS

_PRIOR = ("prior_study_id", "prior_reason", "days_since_prior")
_CARD = ("name", "reader", "root", "split", "priors", "with_images")


@dataclass(frozen=True, slots=True, kw_only=True)
class Rows:
    """Rows that are in one preparation alone: how many, and the first of their ids."""

    count: int
    examples: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """A column whose values changed in rows that both have. An example is (id, before, after); of a text
    before and after are ``None`` unless texts were asked for."""

    name: str
    count: int
    examples: tuple[tuple[str, Any, Any], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Differences:
    """All that differs. Mappings from "before → after" count studies."""

    studies_added: Rows
    studies_removed: Rows
    images_added: Rows
    images_removed: Rows
    study_columns: tuple[Column, ...]
    image_columns: tuple[Column, ...]
    label_columns: tuple[Column, ...]
    prior_reasons: Mapping[str, int]
    splits: Mapping[str, int]
    sources: tuple[str, ...]
    card: tuple[str, ...]

    def __bool__(self) -> bool:
        rows = (self.studies_added, self.studies_removed, self.images_added, self.images_removed)
        columns = (self.study_columns, self.image_columns, self.label_columns)
        return any(r.count for r in rows) or any(columns) or bool(self.sources or self.card)

    def as_dict(self) -> dict[str, Any]:
        """Return plain values for JSON, and whether anything differs."""
        return {"differ": bool(self), **asdict(self)}


def compare(
    before: PreparedData, after: PreparedData, examples: int = 5, texts: bool = False
) -> Differences:
    """Return what differs; at most ``examples`` of each kind, by id. Raises ``DataError`` for bad tables."""
    studies = (before.study_table, after.study_table)
    images = (before.image_table, after.image_table)
    joined = _joined(*studies, "study_id")
    return Differences(
        studies_added=_only_in(studies[1], studies[0], "study_id", examples),
        studies_removed=_only_in(studies[0], studies[1], "study_id", examples),
        images_added=_only_in(images[1], images[0], "image_id", examples),
        images_removed=_only_in(images[0], images[1], "image_id", examples),
        study_columns=_columns(joined, "study_id", examples, texts),
        image_columns=_columns(_joined(*images, "image_id"), "image_id", examples, texts),
        label_columns=_columns(
            _joined(before.label_table, after.label_table, "study_id"), "study_id", examples, texts
        ),
        prior_reasons=_moves(joined.filter(_changed(*_PRIOR)), "prior_reason"),
        splits=_moves(joined.filter(_changed("split")), "split"),
        sources=_sources(before.card, after.card),
        card=tuple(
            f"{key}: {before.card.get(key)!r} → {after.card.get(key)!r}"
            for key in _CARD
            if before.card.get(key) != after.card.get(key)
        ),
    )


def _only_in(here: pl.DataFrame, there: pl.DataFrame, key: str, examples: int) -> Rows:
    ids = here.join(there, on=key, how="anti")[key].sort()
    return Rows(count=len(ids), examples=tuple(ids.head(examples)))


def _joined(before: pl.DataFrame, after: pl.DataFrame, key: str) -> pl.DataFrame:
    """Return the rows that both have, with the columns that both have; those of ``after`` end in ``→``."""
    common = [name for name in before.columns if name in after.columns]
    return before.select(common).join(after.select(common), on=key, suffix="→").sort(key)


def _changed(*names: str) -> pl.Expr:
    return pl.any_horizontal(pl.col(name).ne_missing(pl.col(f"{name}→")) for name in names)


def _columns(joined: pl.DataFrame, key: str, examples: int, texts: bool) -> tuple[Column, ...]:
    found = []
    for name in joined.columns:
        if name == key or name.endswith("→"):
            continue
        rows = joined.filter(_changed(name)).select(key, name, f"{name}→")
        if len(rows):
            told = texts or name not in TEXTS
            first = tuple(
                (str(row), _plain(old) if told else None, _plain(new) if told else None)
                for row, old, new in rows.head(examples).iter_rows()
            )
            found.append(Column(name=name, count=len(rows), examples=first))
    return tuple(found)


def _plain(value: Any) -> Any:
    return value if value is None or isinstance(value, str | int | float | bool) else str(value)


def _moves(changed: pl.DataFrame, name: str) -> dict[str, int]:
    pairs = changed.select(name, f"{name}→").iter_rows()
    counts = Counter(f"{old or 'none'} → {new or 'none'}" for old, new in pairs)
    return dict(sorted(counts.items(), key=lambda item: (-item[1], item[0])))


def _sources(before: Mapping[str, Any], after: Mapping[str, Any]) -> tuple[str, ...]:
    old, new = ({s["file"]: s["sha256"] for s in card.get("sources") or ()} for card in (before, after))
    said = [
        f"{name}: {_what_happened(old.get(name), new.get(name))}"
        for name in sorted(old.keys() | new.keys())
        if old.get(name) != new.get(name)
    ]
    return tuple(said)


def _what_happened(old: str | None, new: str | None) -> str:
    if old is None or new is None:
        return "added" if old is None else "removed"
    return f"changed (SHA-256 {old[:12]}… → {new[:12]}…)"


def summary(found: Differences) -> list[str]:
    """Return the differences as lines for a person."""
    lines = [f"source {line}" for line in found.sources] + [f"card, {line}" for line in found.card]
    for what, rows in (
        ("studies added", found.studies_added),
        ("studies removed", found.studies_removed),
        ("images added", found.images_added),
        ("images removed", found.images_removed),
    ):
        if rows.count:
            more = ", …" if rows.count > len(rows.examples) else ""
            lines.append(f"{what}: {rows.count:,} ({', '.join(rows.examples)}{more})")
    for what, moves in (("prior", found.prior_reasons), ("split", found.splits)):
        lines += [f"studies, {what} {move}: {count:,}" for move, count in moves.items()]
    for what, columns in (
        ("studies", found.study_columns),
        ("images", found.image_columns),
        ("labels", found.label_columns),
    ):
        for column in columns:
            lines.append(f"{what}, {column.name} changed: {column.count:,}")
            lines += [f"    {_example(example)}" for example in column.examples]
    return lines


def _example(example: tuple[str, Any, Any]) -> str:
    name, old, new = example
    return name if old is None and new is None else f"{name}: {old!r} → {new!r}"
