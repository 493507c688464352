"""Settings are read strictly, and every bundled preset decodes."""

import pytest

from priorrg.errors import SettingsError
from priorrg.settings import load_settings, preset_names, settings_from


@pytest.mark.parametrize("name", preset_names())
def test_every_preset_decodes_under_its_own_name(name):
    settings = load_settings(name)
    assert settings.name == name
    assert settings_from(settings.as_dict()) == settings


def test_an_override_reaches_a_nested_setting():
    assert load_settings("tiny", ["report.auxiliary.changes=0.25"]).report.auxiliary.changes == 0.25


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ("report.stepz=3", "report.stepz"),
        ("report.steps=-3", "report.steps"),
        ("image.fit=stretch", "image.fit"),
        ("report", "expected key=value"),
        ("report.steps=[1", "not a YAML value"),
        ("seed.deep=1", "seed: Input should be a valid integer"),
    ],
)
def test_a_wrong_setting_is_refused_with_its_path(change, words):
    with pytest.raises(SettingsError, match=words) as caught:
        load_settings("tiny", [change])
    assert "\n" not in str(caught.value)


def test_an_unknown_preset_names_those_that_exist():
    with pytest.raises(SettingsError, match="base, released, tiny"):
        load_settings("huge")
