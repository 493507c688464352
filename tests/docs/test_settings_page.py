"""docs/settings.md is what the settings are."""

from pathlib import Path

from priorrg.settings import load_settings
from priorrg.settings_reference import page

PAGE = Path(__file__).parents[2] / "docs" / "settings.md"


def test_the_page_is_that_of_the_settings():
    assert PAGE.read_text() == page() + "\n", "run `make docs`"


def test_every_leaf_of_a_preset_has_its_row():
    def leaves(tree, path=()):
        for key, value in tree.items():
            yield from (
                leaves(value, (*path, key)) if isinstance(value, dict) else [".".join([*path, key])]
            )

    text = page()
    for key in leaves(load_settings("tiny").as_dict()):
        assert f"| `{key}` |" in text, key
