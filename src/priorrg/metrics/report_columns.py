"""Take from tables the columns that scores need, whatever a system calls them.

Knows columns of texts; what they are good for is for others to say.
"""

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from priorrg.errors import DataError, UsageError
from priorrg.text_tables import ID_COLUMNS, column_names, read_columns

GROUPS = ("view", "sex", "age", "days_since_prior", "history")
_USUAL: Mapping[str, Sequence[str]] = {
    "id": ID_COLUMNS,
    "reference": ("reference",),
    "patient": ("patient_id", "subject_id"),
    "has_prior": ("has_prior",),
    "indication": ("indication",),
    "study": ("study_id",),
    **{name: (name,) for name in GROUPS},
}
_REPEATED = frozenset(("patient", "study", "has_prior", "view", "sex", "age", "days_since_prior"))
"""Columns in which few texts come often: each is kept once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Columns:
    """Which column holds what. ``None``: the usual one (the first of ``_USUAL``), where there is one."""

    generated: str = "generated"
    reference: str | None = None
    id: str | None = None
    patient: str | None = None
    has_prior: str | None = None
    indication: str | None = None

    def that_are_in(self, path: Path) -> "Columns":
        """Return the same without what the table ``path`` lacks; of id and generated text nothing is given up."""
        known = column_names(path)

        def there(name: str | None) -> str | None:
            return name if name in known else None

        return replace(
            self,
            reference=there(self.reference),
            patient=there(self.patient),
            has_prior=there(self.has_prior),
            indication=there(self.indication),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Cells:
    """The columns of a table, one text per row; ``None`` where there is none.

    ``key`` is the name of the column of ids. ``missing`` and ``left_out`` count reports that a table of
    references lacks or has alone.
    """

    path: Path
    key: str
    ids: Sequence[str]
    generated: Sequence[str]
    reference: Sequence[str] | None
    patient: Sequence[str] | None
    has_prior: Sequence[str] | None
    indication: Sequence[str] | None
    study: Sequence[str] | None
    groups: Mapping[str, Sequence[str]]
    missing: int = 0
    left_out: int = 0
    notices: Sequence[str] = ()


def read_cells(path: Path, columns: Columns, references: Path | None = None) -> Cells:
    """Read the columns of ``path``; of ``references``, if given, for all the rows that are there.

    Raises UsageError for a file or a named column that is not there, DataError for a table without rows.
    """
    if references is not None:
        return _expected(path, columns, references)
    found = _found(path, columns, needed=("generated",))
    notices = []
    texts = _read(path, found)
    if "id" not in found:
        texts["id"] = [str(number) for number in range(1, len(texts["generated"]) + 1)]
        notices.append(
            f"no column {', '.join(ID_COLUMNS[:-1])} or {ID_COLUMNS[-1]}: reports go by row number"
        )
    return _cells(path, found, texts, notices=notices)


def _expected(path: Path, columns: Columns, references: Path) -> Cells:
    """Return the rows of ``references``, each with the report of ``path`` that has its id, or none."""
    own = Columns(generated=columns.generated, id=columns.id)
    found = _found(path, own, needed=("generated", "id"))
    wanted = _found(references, columns, needed=("reference", "id"), passed_over=("generated",))
    reports = _read(path, {role: found[role] for role in ("id", "generated")})
    by_id: dict[str, str] = {}
    for name, text in zip(reports["id"], reports["generated"], strict=True):
        if by_id.setdefault(name, text) != text:
            raise DataError(f"{path}: {found['id']} {name} comes twice, with different texts")
    texts = _read(references, wanted)
    texts["generated"] = [by_id.get(name, "") for name in texts["id"]]
    there = set(texts["id"])
    missing = sum(name not in by_id for name in there)
    notices = [
        f"{missing:,} of {len(there):,} reports are missing; they are scored as empty ones"
    ] * bool(missing)
    left_out = sum(name not in there for name in by_id)
    return _cells(references, wanted, texts, notices=notices, missing=missing, left_out=left_out)


def _found(
    path: Path,
    columns: Columns,
    *,
    needed: Sequence[str],
    passed_over: Sequence[str] = (),
) -> dict[str, str]:
    """Return the column of each role that the table has. A named column must be there."""
    known = column_names(path)
    named = {
        role: name
        for role in Columns.__dataclass_fields__
        if (name := getattr(columns, role)) is not None and role not in passed_over
    }
    for role, name in named.items():
        if name not in known:
            option = role.replace("_", "-")
            raise UsageError(
                f"{path}: no column {name!r}; it has {', '.join(known) or 'none'}. Name it with --{option}"
            )
    found = dict(named)
    for role, usual in _USUAL.items():
        there = next((name for name in usual if name in known), None)
        if role not in named and there is not None:
            found[role] = there
    for role in needed:
        if role not in found:
            expected = " or ".join(_USUAL.get(role, (role,)))
            raise UsageError(
                f"{path}: no column {expected}; it has {', '.join(known) or 'none'}. Name it with --{role}"
            )
    return found


def _read(path: Path, found: Mapping[str, str]) -> dict[str, list[str]]:
    roles = list(found)
    texts: dict[str, list[str]] = {role: [] for role in roles}
    adders = [texts[role].append for role in roles]
    shared = [role in _REPEATED for role in roles]
    for row in read_columns(path, list(found.values())):
        for add, text, often in zip(adders, row, shared, strict=True):
            add(sys.intern(text) if often else text)
    if not texts[roles[0]]:
        raise DataError(f"{path}: no rows; expected one per report, under a line of column names")
    return texts


def _cells(
    path: Path,
    found: Mapping[str, str],
    texts: Mapping[str, Sequence[str]],
    *,
    notices: Sequence[str],
    missing: int = 0,
    left_out: int = 0,
) -> Cells:
    return Cells(
        path=path,
        key=found.get("id", "row"),
        ids=texts["id"],
        generated=texts["generated"],
        reference=texts.get("reference"),
        patient=texts.get("patient"),
        has_prior=texts.get("has_prior"),
        indication=texts.get("indication"),
        study=texts.get("study"),
        groups={name: texts[name] for name in GROUPS if name in texts},
        missing=missing,
        left_out=left_out,
        notices=notices,
    )
