"""``docs/settings.md``: every setting with its bounds, its default and what the presets make of it.

``python -m priorrg.settings_reference`` prints the page. Knows settings only.
"""

import inspect
import typing
from collections.abc import Iterator
from dataclasses import MISSING, Field, fields, is_dataclass
from types import NoneType
from typing import Any

from priorrg.settings import Settings, load_settings, preset_names

_HEAD = """# Settings

Every knob of a preset. `--set key=value` changes one (`--set report.steps=500 --set data.views=all`), as often as
needed; `--preset FILE.yaml` reads a file of your own with the same keys. What a run was made with lies in its
`settings.yaml` and in the model folder. A preset's column is empty where it has the default. Made by `make docs`
from the settings themselves.
"""
_BOUNDS = {"ge": "≥", "gt": ">", "le": "≤", "lt": "<"}


def page() -> str:
    """Return the page in Markdown."""
    presets = {name: load_settings(name) for name in preset_names()}
    parts = [_HEAD]
    for path, group in _groups(Settings, ""):
        parts.append(f"## {path or 'Whole'}\n\n{_said_of(group)}\n")
        parts.append(_table(path, group, presets))
    return "\n".join(parts)


def _groups(group: Any, path: str) -> Iterator[tuple[str, Any]]:
    """Yield every group that has settings of its own, with its path, outermost first."""
    hints = typing.get_type_hints(group)
    if any(not is_dataclass(hints[field.name]) for field in fields(group)):
        yield path, group
    for field in fields(group):
        if is_dataclass(hints[field.name]):
            yield from _groups(hints[field.name], f"{path}.{field.name}" if path else field.name)


def _said_of(group: Any) -> str:
    return inspect.cleandoc(group.__doc__ or "").replace("``", "`")


def _table(path: str, group: Any, presets: dict[str, Settings]) -> str:
    hints = typing.get_type_hints(group, include_extras=True)
    lines = [
        f"| key | values | default | {' | '.join(presets)} |",
        f"| --- | --- | --- | {' | '.join('---' for _ in presets)} |",
    ]
    for field in fields(group):
        if is_dataclass(typing.get_type_hints(group)[field.name]):
            continue
        key = f"{path}.{field.name}" if path else field.name
        default = _default(field)
        made = [_value(settings, key) for settings in presets.values()]
        cells = [_shown(value) if value != default else "" for value in made]
        shown = "" if default is MISSING else _shown(default)
        lines.append(
            f"| `{key}` | {_values(field, hints[field.name])} | {shown} | {' | '.join(cells)} |"
        )
    return "\n".join(lines) + "\n"


def _default(field: Field[Any]) -> Any:
    default = field.default
    return getattr(default, "default", default) if type(default).__name__ == "FieldInfo" else default


def _values(field: Field[Any], kind: Any) -> str:
    bounds = getattr(field.default, "metadata", ())
    told = [
        f"{sign} {getattr(bound, name):g}"
        for bound in bounds
        for name, sign in _BOUNDS.items()
        if getattr(bound, name, None) is not None
    ]
    return ", ".join([_named(kind), *told])


def _named(kind: Any) -> str:
    arguments = typing.get_args(kind)
    if typing.get_origin(kind) is typing.Literal:
        return " or ".join(f"`{value}`" for value in arguments)
    if typing.get_origin(kind) is tuple:
        return f"list of {_named(arguments[0])}"
    if arguments:
        return " or ".join(_named(one) for one in arguments)
    return {
        str: "text",
        int: "whole number",
        float: "number",
        bool: "`true` or `false`",
        NoneType: "`null`",
    }[kind]


def _value(settings: Settings, key: str) -> Any:
    value: Any = settings
    for name in key.split("."):
        value = getattr(value, name)
    return value


def _shown(value: Any) -> str:
    if isinstance(value, bool) or value is None:
        return f"`{str(value).lower()}`" if value is not None else "`null`"
    if isinstance(value, tuple):
        return f"`[{', '.join(map(str, value))}]`"
    return f"`{value:g}`" if isinstance(value, float) else f"`{value}`"


if __name__ == "__main__":
    print(page())
