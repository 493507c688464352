import pytest

from priorrg.gallery.cases import Case, choose_cases
from priorrg.gallery.verdicts import Aspect, Kind, compare
from priorrg.language.observations import Change, Observation, Side

LEFT_EFFUSION = (Observation.EFFUSION, Side.LEFT)


def judged(generated, rows, has_prior=True):
    return {(v.slot, v.aspect): v for v in compare(generated, rows, has_prior)}


@pytest.mark.parametrize(
    ("text", "true", "kind"),
    [
        ("Left pleural effusion, larger.", Change.LARGER, Kind.RIGHT),
        ("Left pleural effusion, larger.", Change.SMALLER, Kind.WRONG),
        ("There is a left pleural effusion.", Change.SMALLER, Kind.MISSED),
    ],
)
def test_a_change_is_right_wrong_or_missed(truth, text, true, kind):
    verdict = judged(text, truth(left_effusion=true))[LEFT_EFFUSION, Aspect.CHANGE]
    assert verdict.kind is kind
    assert verdict.true == true


def test_a_finding_that_is_not_there_is_one_too_many(truth):
    verdicts = judged("New left pleural effusion.", truth())
    assert verdicts[LEFT_EFFUSION, Aspect.PRESENCE].kind is Kind.EXTRA
    assert verdicts[LEFT_EFFUSION, Aspect.CHANGE].kind is Kind.EXTRA


def test_denying_what_is_there_is_wrong_and_denying_what_is_not_is_right(truth):
    text = "No pleural effusion."
    assert judged(text, truth(left_effusion=None))[LEFT_EFFUSION, Aspect.PRESENCE].kind is Kind.WRONG
    assert judged(text, truth())[LEFT_EFFUSION, Aspect.PRESENCE].kind is Kind.RIGHT


def test_a_normal_finding_need_not_be_mentioned(truth):
    assert compare("", truth(), True) == []


def test_an_empty_report_misses_all_that_is_there(truth):
    verdicts = compare("", truth(left_effusion=Change.NEW, heart=Change.UNCHANGED), True)
    assert {v.kind for v in verdicts} == {Kind.MISSED}
    assert len(verdicts) == 4


def test_without_a_prior_every_statement_of_change_is_one_too_many(truth):
    rows = truth(left_effusion=Change.LARGER)
    verdicts = judged("Left pleural effusion, larger.", rows, has_prior=False)
    assert verdicts[LEFT_EFFUSION, Aspect.PRESENCE].kind is Kind.RIGHT
    assert verdicts[LEFT_EFFUSION, Aspect.CHANGE].kind is Kind.EXTRA


def test_a_resolved_finding_is_absent_and_said_to_be_resolved(truth):
    verdicts = judged("Left pleural effusion has resolved.", truth(left_effusion=Change.RESOLVED))
    assert {v.kind for v in verdicts.values()} == {Kind.RIGHT}


def test_a_verdict_names_the_sentence_it_judges(truth):
    text = "There is cardiomegaly. Left pleural effusion, larger."
    verdict = judged(text, truth(left_effusion=Change.SMALLER))[LEFT_EFFUSION, Aspect.CHANGE]
    assert verdict.sentence == 1


@pytest.fixture
def cohort(truth):
    texts = {
        "s1": "Left pleural effusion, larger. There is cardiomegaly.",
        "s2": "Left pleural effusion, smaller.",
        "s3": "Left pleural effusion, larger.",
        "s4": "Left pleural effusion, larger.",
    }
    rows = [
        Case(
            study_id=s,
            patient_id="p",
            view="PA",
            current_image=f"i{s}",
            prior_image="i0",
            generated=text,
        )
        for s, text in texts.items()
    ]
    return rows, dict.fromkeys(texts, truth(left_effusion=Change.SMALLER))


def test_the_worst_come_by_errors_and_ties_by_study_id(cohort):
    rows, true = cohort
    chosen = choose_cases(rows[::-1], true, typical=0, worst=3)
    assert [case.study_id for case in chosen] == ["s1", "s3", "s4"]
    assert {case.shown_as for case in chosen} == {"worst"}


def test_typical_cases_are_drawn_by_lot_from_the_others_whatever_their_order(cohort):
    rows, true = cohort
    chosen = choose_cases(rows, true, typical=2, worst=1, seed=3)
    again = choose_cases(rows[::-1], true, typical=2, worst=1, seed=3)
    assert chosen == again
    assert len({case.study_id for case in chosen}) == 3
    assert all(case.truth for case in chosen)


def test_fewer_cases_than_asked_for_are_all_shown_once(cohort):
    rows, true = cohort
    assert len(choose_cases(rows, true, typical=20, worst=10)) == 4


def test_a_finding_without_a_side_is_one_too_many_and_misses_the_true_side(truth):
    verdicts = judged("There is a pleural effusion.", truth(left_effusion=None))
    assert verdicts[(Observation.EFFUSION, Side.NONE), Aspect.PRESENCE].kind is Kind.EXTRA
    assert verdicts[LEFT_EFFUSION, Aspect.PRESENCE].kind is Kind.MISSED
