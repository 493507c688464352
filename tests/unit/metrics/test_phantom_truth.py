"""Scores against a phantom's truth, on studies small enough to count by hand."""

import csv
import math
from pathlib import Path

import numpy as np
import pytest

from priorrg.errors import DataError, UsageError
from priorrg.language.observations import Change, Observation, Side
from priorrg.metrics.phantom_truth import keyed, phantom_tallies, score
from priorrg.metrics.stated import change_shares, compare_changes
from priorrg.truth import COLUMNS, Truth, TruthRow, read_truth

L, R, NONE = Side.LEFT, Side.RIGHT, Side.NONE


def _study(
    study_id: str,
    *rows: tuple[Observation, Side, bool, Change | None],
    asked: Observation | None = None,
    has_prior: bool = True,
) -> Truth:
    named = {row[0] for row in rows}
    extra = [(asked, L, False, None), (asked, R, False, None)] if asked and asked not in named else []
    return {
        study_id: tuple(
            TruthRow(
                study_id=study_id,
                image_id=f"image-{study_id}",
                observation=observation,
                side=side,
                present=present,
                change=change,
                asked=observation is asked,
                has_prior=has_prior,
            )
            for observation, side, present, change in (*rows, *extra)
        )
    }


GROWN = _study(
    "s", (Observation.EFFUSION, L, True, Change.LARGER), (Observation.NODULE, R, True, Change.UNCHANGED)
)


def test_the_right_finding_on_the_wrong_side_is_one_alarm_and_one_miss() -> None:
    result = score({"s": "Right effusion. Right nodule."}, GROWN)
    assert result["finding_f1"] == pytest.approx(0.5)
    assert result["finding_f1_pleural_effusion"] == 0
    assert result["finding_f1_nodule"] == 1


def test_a_lateral_finding_without_a_side_matches_nothing() -> None:
    result = score({"s": "Effusion has increased. Right nodule, unchanged."}, GROWN)
    assert result["finding_precision"] == pytest.approx(0.5)
    assert result["finding_recall"] == pytest.approx(0.5)
    assert result["change_f1_larger"] == 0
    assert result["change_f1_unchanged"] == 1


def test_a_possible_finding_counts_as_claimed_and_a_denied_one_does_not() -> None:
    assert score({"s": "Possible left effusion. Right nodule."}, GROWN)["finding_f1"] == 1
    assert score({"s": "No left effusion. Right nodule."}, GROWN)["finding_recall"] == pytest.approx(0.5)


def test_change_is_the_mean_over_kinds_that_occur_and_devices_stand_beside() -> None:
    truth = GROWN | _study(
        "t",
        (Observation.CENTRAL_LINE, NONE, True, Change.NEW),
        (Observation.EDEMA, NONE, False, Change.RESOLVED),
    )
    said = {
        "s": "Left effusion, increased. Right nodule, new.",
        "t": "New right PICC. Edema has resolved.",
    }
    result = score(said, truth)
    assert result["change_f1_larger"] == 1
    assert result["change_f1_new"] == 0  # said of the nodule; the new line is a device
    assert result["change_f1_unchanged"] == 0
    assert result["change_f1_resolved"] == 1
    assert math.isnan(result["change_f1_smaller"])
    assert result["change_f1"] == pytest.approx(2 / 4)
    assert result["change_f1_micro"] == pytest.approx(2 * 2 / (2 * 2 + 1 + 1))
    assert result["device_change_f1"] == 1
    assert result["device_f1"] == 1


def test_change_is_scored_where_there_truly_is_a_prior_whatever_the_writer_was_given() -> None:
    truth = GROWN | _study("first", (Observation.EFFUSION, L, True, None), has_prior=False)
    reports = {"s": "Left effusion.", "first": "New left effusion."}
    result = score(reports, truth, without_prior={"s", "first"})
    assert result["change_f1"] == 0
    assert result["false_prior"] == pytest.approx(0.5)
    assert result["studies_without_prior"] == 2


@pytest.mark.parametrize(
    ("text", "answered"),
    [
        ("No pleural effusion.", 1),
        ("The left effusion has resolved.", 1),
        ("The lungs are clear.", 0),
        ("", 0),
        ("No left effusion. Small right effusion.", 0),
    ],
)
def test_an_absent_asked_finding_must_be_denied_outright(text: str, answered: int) -> None:
    assert (
        score({"q": text}, _study("q", asked=Observation.EFFUSION))["question_answered_absent"]
        == answered
    )


def test_a_present_asked_finding_may_be_affirmed_on_either_side() -> None:
    truth = _study(
        "q",
        (Observation.EFFUSION, L, True, None),
        (Observation.EFFUSION, R, False, None),
        asked=Observation.EFFUSION,
    )
    assert score({"q": "Right effusion."}, truth)["question_answered_present"] == 1
    assert score({"q": "No effusion."}, truth)["question_answered_present"] == 0


def test_the_question_score_is_the_mean_of_both_rates_not_of_all_questions() -> None:
    truth = _study("p", (Observation.EDEMA, NONE, True, None), asked=Observation.EDEMA)
    reports = {"p": "Pulmonary edema."}
    for name in ("a", "b", "c"):
        truth |= _study(name, asked=Observation.EFFUSION)
        reports[name] = "No effusion." if name == "a" else ""
    result = score(reports, truth)
    assert result["question_answered"] == pytest.approx((1 + 1 / 3) / 2)
    assert result["asked"] == 4


def test_denials_nobody_asked_for_are_counted_without_what_has_resolved() -> None:
    truth = _study("q", asked=Observation.EFFUSION)
    text = "No effusion. No pneumothorax or edema. The consolidation has resolved. No chest tube."
    assert score({"q": text}, truth)["unasked_denials"] == 2


def test_a_missing_report_is_scored_as_empty_and_counted() -> None:
    truth = GROWN | _study("t", (Observation.EDEMA, NONE, True, Change.NEW))
    result = score({"s": "Left effusion. Right nodule."}, truth, expected=["s", "t"])
    assert (result["missing"], result["studies"]) == (1, 2)
    assert result["finding_recall"] == pytest.approx(2 / 3)


def test_each_score_knows_on_how_many_reports_it_rests() -> None:
    truth = GROWN | _study("q", asked=Observation.EFFUSION, has_prior=False)
    tallies = phantom_tallies({"s": "Left effusion.", "q": "No effusion."}, truth)
    n = dict(zip(tallies.names, tallies.n.tolist(), strict=True))
    assert (n["finding_f1"], n["change_f1"], n["question_answered"], n["false_prior"]) == (2, 1, 1, 1)
    assert n["question_answered_present"] == 0


def test_the_tallies_of_some_reports_give_the_scores_of_these_alone() -> None:
    truth = GROWN | _study("t", (Observation.EDEMA, NONE, True, Change.NEW))
    reports = {"s": "Left effusion, increased.", "t": "New edema. Right effusion."}
    part = phantom_tallies(reports, truth).of(np.array([1]))
    alone = score({"t": reports["t"]}, truth)
    assert dict(zip(part.names, part.scores, strict=True)) == pytest.approx(
        {name: alone[name] for name in part.names}, nan_ok=True
    )


def test_reports_may_be_keyed_by_image() -> None:
    assert score({"image-s": "Left effusion. Right nodule."}, GROWN)["finding_f1"] == 1


def test_an_unknown_id_is_refused() -> None:
    with pytest.raises(DataError, match="'stranger'"):
        score({"stranger": ""}, GROWN)


def test_a_report_that_comes_twice_is_refused() -> None:
    with pytest.raises(DataError, match="s1 has two reports"):
        keyed([("s1", "a"), ("s1", "b")])


def test_no_reports_at_all_give_scores_that_are_not_numbers() -> None:
    result = score({}, GROWN)
    assert result["studies"] == 0
    assert math.isnan(result["finding_f1"])


def test_an_exchange_inverts_changes_slot_by_slot() -> None:
    before = ["New left effusion. Increased edema. Stable cardiomegaly.", "Decreased right nodule."]
    after = ["The left effusion has resolved. Increased edema.", "The lungs are clear."]
    result = compare_changes(before, after)
    assert result["invertible_changes"] == 3
    assert result["stated_inverted"] == pytest.approx(1 / 3)
    assert result["stated_kept"] == pytest.approx(1 / 3)


def test_the_shares_of_stated_changes_leave_devices_out() -> None:
    shares = change_shares(["Stable left effusion. New edema. New PICC.", "Stable cardiomegaly."])
    assert shares["stated_changes"] == 3
    assert shares["stated_unchanged"] == pytest.approx(2 / 3)
    assert shares["stated_new_or_resolved"] == pytest.approx(1 / 3)
    assert math.isnan(change_shares([""])["stated_unchanged"])


def _write(path: Path, **changed: str) -> Path:
    row = dict.fromkeys(COLUMNS, "") | {
        "study_id": "s",
        "has_prior": "1",
        "observation": "pleural effusion",
        "side": "left",
        "present": "1",
        "severity": "0.5",
        "change": "new",
        "x0": "1",
        "y0": "2",
        "x1": "3",
        "y1": "4",
        "asked": "0",
    }
    row |= changed
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(row))
        writer.writeheader()
        writer.writerow(row)
    return path


def test_a_truth_file_is_read_with_its_boxes_and_its_blanks(tmp_path: Path) -> None:
    ((row,),) = read_truth(_write(tmp_path / "t.csv")).values()
    assert (row.box, row.change, row.severity, row.prior_severity) == (
        (1, 2, 3, 4),
        Change.NEW,
        0.5,
        None,
    )
    ((bare,),) = read_truth(_write(tmp_path / "u.csv", x0="", change="", present="0")).values()
    assert (bare.box, bare.change, bare.present) == (None, None, False)


@pytest.mark.parametrize(
    "changed", [{"side": "up"}, {"present": "2"}, {"observation": "joy"}, {"severity": "x"}]
)
def test_a_truth_value_without_meaning_names_its_line(tmp_path: Path, changed: dict[str, str]) -> None:
    with pytest.raises(DataError, match="line 2"):
        read_truth(_write(tmp_path / "t.csv", **changed))


def test_a_table_that_is_no_truth_names_the_columns_it_has(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text("study_id,colour\ns,red\n")
    with pytest.raises(DataError, match="it has study_id, colour"):
        read_truth(path)


def test_a_slot_that_comes_twice_is_refused(tmp_path: Path) -> None:
    path = _write(tmp_path / "t.csv")
    lines = path.read_text().splitlines()
    path.write_text("\n".join([*lines, lines[1]]) + "\n")
    with pytest.raises(DataError, match="two rows"):
        read_truth(path)


def test_a_truth_that_is_not_there_is_wrong_use(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"none\.csv"):
        read_truth(tmp_path / "none.csv")
