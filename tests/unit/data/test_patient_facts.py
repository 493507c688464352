"""Sex, age and view in the many forms of sources."""

import pytest

from priorrg.data.patient_facts import age_of, sex_of, unknown_views, view_named


@pytest.mark.parametrize(
    ("text", "years"),
    [("57", 57), ("57.5", 57.5), ("057Y", 57), ("006M", 0.5), ("", None), ("sixty", None), ("-3", None)],
)
def test_ages_are_years(text, years):
    assert age_of(text) == years


def test_days_and_weeks_are_parts_of_a_year():
    assert age_of("002D") == pytest.approx(0.0055, abs=1e-4)
    assert age_of("026W") == pytest.approx(0.498, abs=1e-3)


@pytest.mark.parametrize(("text", "sex"), [("female", "F"), ("M", "M"), ("Other", "O"), ("?", "")])
def test_sexes_are_letters(text, sex):
    assert sex_of(text) == sex


@pytest.mark.parametrize(
    ("text", "view"),
    [
        ("POSTERO_ANTERIOR", "PA"),
        ("antero-posterior", "AP"),
        ("Lateral", "LATERAL"),
        ("left lateral", "LL"),
        ("Frontal", "FRONTAL"),
        ("AP (KUB)", "AP (KUB)"),
        (" p.a. ", "PA"),
        ("Chest PA view", "PA"),
        ("AP portable", "AP"),
        ("lateral projection", "LATERAL"),
        ("Right Lateral", "RL"),
        ("Lateral decubitus", "LATERAL DECUBITUS"),
        ("portable", "PORTABLE"),
        ("Erect", "ERECT"),
        ("N/A", "unk"),
        ("", "unk"),
    ],
)
def test_views_have_one_name_each(text, view):
    assert view_named(text) == view


def test_views_that_nobody_knows_come_with_their_counts_the_most_frequent_first():
    views = ["PA", "unk", "ODD", "KNEE", "ODD", "AP AXIAL"]
    assert list(unknown_views(views).items()) == [("ODD", 2), ("KNEE", 1)]
