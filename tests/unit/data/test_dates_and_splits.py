"""Dates as files write them; splits by whole patients."""

from datetime import date, time

import pytest

from priorrg.data.dates import parse_clock, parse_date, parse_number_clock
from priorrg.data.splits import check_patients, how_drawn, seeded_split
from priorrg.errors import DataError, UsageError


@pytest.mark.parametrize(
    ("text", "clock"),
    [
        ("80556.875", time(8, 5, 56, 875_000)),
        ("0.0", time(0, 0)),
        ("5", time(0, 0, 5)),
        ("235959.999999", time(23, 59, 59, 999_999)),
        ("113000", time(11, 30)),
        ("", None),
        ("246000", None),
        ("1e5", None),
        ("1234567", None),
    ],
)
def test_a_time_that_was_a_number_gets_its_zeros_back(text, clock):
    assert parse_number_clock(text) == clock


@pytest.mark.parametrize(
    ("text", "clock"),
    [
        ("08", time(8)),
        ("0805", time(8, 5)),
        ("08:05:56.5", time(8, 5, 56, 500_000)),
        ("235960", time(23, 59, 59)),
        ("8", None),
    ],
)
def test_a_dicom_time_may_be_short(text, clock):
    assert parse_clock(text) == clock


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("21800506", date(2180, 5, 6)),
        ("21800506.0", date(2180, 5, 6)),
        ("2180-05-06", date(2180, 5, 6)),
        ("21801306", None),
        ("", None),
    ],
)
def test_dates_are_read_or_missing(text, day):
    assert parse_date(text) == day


def test_a_patient_in_two_splits_is_refused():
    check_patients([("a", "train"), ("a", "train"), ("a", ""), ("b", "test")])
    with pytest.raises(DataError, match="patient 'a' is in split 'train' and in 'test'"):
        check_patients([("a", "train"), ("a", "test")])


def test_a_drawn_split_depends_on_seed_and_patient_alone():
    patients = [str(number) for number in range(3000)]
    split = seeded_split(patients, seed=1)
    joined = seeded_split([*reversed(patients), "another"], seed=1)
    assert split == {patient: joined[patient] for patient in patients}
    assert split != seeded_split(patients, seed=2)
    counts = {name: list(split.values()).count(name) / 3000 for name in ("train", "validate", "test")}
    assert counts == pytest.approx({"train": 0.8, "validate": 0.1, "test": 0.1}, abs=0.03)


def test_shares_that_do_not_sum_to_one_are_refused():
    with pytest.raises(UsageError, match="sum to 1"):
        seeded_split(["a"], 0, {"train": 0.5, "test": 0.6})


def few(count, seed):
    return seeded_split([f"p{number}" for number in range(count)], seed)


@pytest.mark.parametrize("count", [3, 4, 5, 8, 12])
def test_from_three_patients_on_no_split_is_empty_whatever_the_seed(count):
    for seed in range(60):
        assert set(few(count, seed).values()) == {"train", "validate", "test"}


def test_with_fewer_patients_than_splits_each_has_one_and_the_card_says_what_is_empty():
    for seed in range(20):
        split = few(2, seed)
        assert len(split) == len(set(split.values())) == 2
        (empty,) = {"train", "validate", "test"} - set(split.values())
        assert f"too few patients for {empty}" in how_drawn(split, seed)


def test_patients_who_join_move_at_most_those_who_filled_an_empty_split():
    for seed in range(40):
        before, after = few(6, seed), few(7, seed)
        moved = {patient for patient in before if before[patient] != after[patient]}
        lent = how_drawn(before, seed).count("validate") + how_drawn(before, seed).count("test")
        assert len(moved) <= 2 * lent


def test_a_large_draw_is_said_to_be_plain():
    assert how_drawn(few(500, 1), 1) == "drawn by patient, seed 1"
