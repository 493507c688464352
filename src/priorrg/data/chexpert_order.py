"""Which studies of a patient stand in a sure order, where order column, dates and wording may disagree.

Knows numbers, dates and what COMPARISON says of them; no files.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise


@dataclass(frozen=True, slots=True, kw_only=True)
class StudyOrder:
    """What a source says of one study's place among those of its patient.

    ``number`` is its order column, ``day`` the date in the head of its report, ``compared`` the dates that
    its COMPARISON names, ``compares_none`` whether that says there is nothing to compare with.
    """

    patient_id: str
    study_id: str
    number: int | None
    day: date | None
    compared: tuple[date, ...] = ()
    compares_none: bool = False


TRUSTED = 0.9
"""The share of dated pairs in order from which the order column says something: at random it is a half."""


def check_order(studies: Iterable[StudyOrder]) -> tuple[set[str], dict[str, int]]:
    """Return the studies whose place is unsure, and what was found over all, to be said in the card.

    A study is sure if its COMPARISON names the day of the nearest earlier study. It also is, where the order
    column is to be trusted at all, if number and day point to the same nearest earlier study and COMPARISON
    does not deny that there is one. Where days are missing or shared there is no prior anyway.
    """
    patients: defaultdict[str, list[StudyOrder]] = defaultdict(list)
    for study in studies:
        patients[study.patient_id].append(study)
    found: Counter[str] = Counter(dict.fromkeys(_FOUND, 0))
    for mine in patients.values():
        _count_pairs(mine, found)
    dated = found["pairs_dated_in_order"] + found["pairs_dated_reversed"]
    trusted = found["pairs_dated_in_order"] >= TRUSTED * dated
    unsure: set[str] = set()
    for mine in patients.values():
        for study in mine:
            by_number, by_day = _before_by_number(study, mine), _before_by_day(study, mine)
            _count_wording(study, by_number, by_day, found)
            if by_day is None or len(by_day) > 1 or sum(o.day == study.day for o in mine) > 1:
                continue
            agreed = len(mine) == 1 or (trusted and by_number == by_day)
            denied = study.compares_none and bool(by_day)
            if not _names(study, by_day) and (not agreed or denied):
                unsure.add(study.study_id)
    return unsure, {**found, "order_column_trusted": trusted}


_FOUND = (
    "pairs_by_order",
    "pairs_dated_in_order",
    "pairs_dated_reversed",
    "pairs_of_one_day",
    "pairs_without_dates",
    "comparison_names_a_date",
    "comparison_names_the_study_before_by_order",
    "comparison_names_the_study_before_by_date",
    "comparison_says_none",
    "comparison_says_none_after_a_study_by_order",
    "comparison_says_none_after_a_study_by_date",
)
Before = Sequence[StudyOrder]


def _before_by_number(study: StudyOrder, mine: Sequence[StudyOrder]) -> Before | None:
    """Return the studies of the next smaller number, ``None`` if the number does not tell."""
    if study.number is None or any(other.number is None for other in mine):
        return None
    if sum(other.number == study.number for other in mine) > 1:
        return None
    smaller = [o for o in mine if o.number is not None and o.number < study.number]
    nearest = max((o.number for o in smaller if o.number is not None), default=None)
    return [o for o in smaller if o.number == nearest]


def _before_by_day(study: StudyOrder, mine: Sequence[StudyOrder]) -> Before | None:
    if study.day is None:
        return None
    earlier = [o for o in mine if o.day is not None and o.day < study.day]
    nearest = max((o.day for o in earlier if o.day is not None), default=None)
    return [o for o in earlier if o.day == nearest]


def _count_pairs(mine: Sequence[StudyOrder], found: Counter[str]) -> None:
    numbered = sorted(
        (o for o in mine if o.number is not None), key=lambda o: (o.number or 0, o.study_id)
    )
    for before, after in pairwise(numbered):
        found["pairs_by_order"] += 1
        if before.day is None or after.day is None:
            found["pairs_without_dates"] += 1
        elif before.day == after.day:
            found["pairs_of_one_day"] += 1
        else:
            found["pairs_dated_in_order" if before.day < after.day else "pairs_dated_reversed"] += 1


def _count_wording(
    study: StudyOrder, by_number: Before | None, by_day: Before | None, found: Counter[str]
) -> None:
    found["comparison_names_a_date"] += bool(study.compared)
    found["comparison_says_none"] += study.compares_none
    for name, before in (("order", by_number), ("date", by_day)):
        found[f"comparison_names_the_study_before_by_{name}"] += _names(study, before)
        found[f"comparison_says_none_after_a_study_by_{name}"] += study.compares_none and bool(before)


def _names(study: StudyOrder, before: Before | None) -> bool:
    return any(other.day in study.compared for other in before or ())
