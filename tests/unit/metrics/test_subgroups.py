"""Scores of one kind of report at a time."""

import numpy as np
import pytest

from priorrg.metrics.material import Material
from priorrg.metrics.subgroups import groups, subgroups
from priorrg.metrics.tallies import mean_tallies


def material(**groups_of):
    count = len(next(iter(groups_of.values())))
    ids = [str(number) for number in range(count)]
    return Material(ids=ids, generated=["x"] * count, patients=ids, groups=groups_of)


def sizes(of):
    return {(dimension, name): int(member.sum()) for dimension, name, member in groups(of)}


def test_ages_and_days_fall_into_bands_and_what_is_no_number_is_unknown():
    found = sizes(
        material(age=["39", "40", "80", "120", "?", ""], days_since_prior=["7", "8", "", "", "", "-3"])
    )
    assert found["age", "under 40"] == 1
    assert found["age", "80 and over"] == 2
    assert found["age", "unknown"] == 2
    assert found["days since prior", "up to a week"] == 1
    assert ("days since prior", "unknown") not in found


def test_a_column_with_one_value_tells_nothing_apart():
    assert sizes(material(view=["PA", "pa "], sex=["F", "M"])) == {("sex", "F"): 1, ("sex", "M"): 1}


def test_of_many_values_the_rare_ones_are_taken_together():
    found = sizes(material(view=["PA", "PA", *map(str, range(20))]))
    assert len(found) == 13
    assert found["view", "others"] == 20 - 11


def test_a_report_belongs_to_every_observation_that_its_reference_affirms():
    one = Material(
        ids=["a", "b"],
        generated=["", ""],
        references=["Left effusion and cardiomegaly.", "No effusion. Stable cardiomegaly."],
    )
    assert sizes(one) == {("observation", "pleural effusion"): 1, ("observation", "cardiomegaly"): 2}


def test_prior_and_context_come_from_their_own_columns():
    one = Material(
        ids=["a", "b", "c"],
        generated=[""] * 3,
        given_prior=[True, False, False],
        indications=["", "effusion?", ""],
        groups={"history": ["", "", "CHF"]},
    )
    found = sizes(one)
    assert found["prior", "without prior"] == 2
    assert found["context", "with context"] == 2


def test_scores_of_a_group_are_those_of_its_reports_and_patients():
    one = material(sex=["F", "F", "M"])
    tallies = mean_tallies({"share": "mean"}, np.array([[0.0], [1.0], [5.0]]))
    found = {group.name: group for group in subgroups(one, [tallies], resamples=50)}
    assert found["F"].scores["share"].value == 0.5
    assert found["F"].scores["share"].n == found["F"].patients == 2
    assert found["M"].scores["share"].value == pytest.approx(5)
