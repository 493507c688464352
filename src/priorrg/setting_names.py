"""Which keys a group of settings has, and which one a mistyped key may have meant. Knows dataclasses only."""

import typing
from collections.abc import Sequence
from dataclasses import fields, is_dataclass
from difflib import get_close_matches
from typing import Any

_LISTED = 12


def hint(root: type, path: Sequence[str]) -> str:
    """Return what to say of an unknown key ``path`` under ``root``: keys like it, where else it stands, or all."""
    *groups, name = path
    keys = _keys(root, groups)
    if near := get_close_matches(name, keys, 3, 0.6):
        return f"did you mean {' or '.join(near)}?"
    if elsewhere := [key for key in _all_keys(root, "") if key.rpartition(".")[2] == name]:
        return f"did you mean {' or '.join(elsewhere[:4])}?"
    more = ", …" if len(keys) > _LISTED else ""
    return f"expected one of {', '.join(keys[:_LISTED])}{more}"


def _keys(root: type, groups: Sequence[str]) -> list[str]:
    group: Any = root
    for name in groups:
        group = typing.get_type_hints(group).get(name) if is_dataclass(group) else None
    return [field.name for field in fields(group)] if is_dataclass(group) else []


def _all_keys(group: Any, path: str) -> list[str]:
    found = []
    hints = typing.get_type_hints(group)
    for field in fields(group):
        key = f"{path}.{field.name}" if path else field.name
        found.append(key)
        if is_dataclass(hints[field.name]):
            found += _all_keys(hints[field.name], key)
    return found
