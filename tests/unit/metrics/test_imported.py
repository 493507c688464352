"""Scores by report from other tools' tables."""

import json

import numpy as np
import pytest
from sklearn.metrics import f1_score

from priorrg.errors import DataError, UsageError
from priorrg.metrics.imported import read_imported
from priorrg.metrics.importers import IMPORTERS
from priorrg.metrics.intervals import intervals

IDS = ["a", "b", "c", "d"]


def written(folder, text, name="scores.csv"):
    path = folder / name
    path.write_text(text)
    return path


def test_rows_go_to_their_reports_whatever_their_order(tmp_path):
    path = written(tmp_path, "image_id,simple,partial\nc,0.5,0.25\na,1,1\nd,0,0\nb,0.5,0.5\n")
    tallies = read_imported("radgraph", path, IDS).tallies
    assert tallies.names == ("radgraph_simple", "radgraph_partial")
    assert tallies.scores.tolist() == [0.5, 0.4375]
    assert tallies.of(np.array([2])).scores.tolist() == [0.5, 0.25]


def test_of_several_columns_of_ids_the_one_counts_that_knows_the_reports(tmp_path):
    path = written(tmp_path, "image_id,study_id,green\nx,a,0.5\ny,b,0.25\n")
    assert read_imported("green", path, ["b"]).tallies.scores.tolist() == [0.25]
    assert read_imported("green", path, ["x"]).tallies.scores.tolist() == [0.5]


def test_who_made_the_scores_stands_beside_them(tmp_path):
    path = written(tmp_path, "id,GREEN,made_by\na,0.5,GREEN-RadLlama2-7b\nb,1,GREEN-RadLlama2-7b\n")
    how = read_imported("green", path, ["a", "b"]).tallies.how["green"]
    assert "scores.csv" in how
    assert "GREEN-RadLlama2-7b" in how


def test_reports_without_a_score_are_counted_not_scored(tmp_path):
    path = written(tmp_path, "id,ratescore\na,0.5\nb,nan\nz,1\nc,\n")
    imported = read_imported("ratescore", path, IDS)
    assert imported.tallies.scores.tolist() == [0.5]
    assert imported.tallies.n.tolist() == [1]
    assert imported.notices == (
        "scores.csv: 1 of 4 reports have no row; RaTEScore leaves them out",
        "scores.csv: 2 of 4 reports lack a number; RaTEScore leaves them out",
        "scores.csv: 1 rows are of other reports; they were passed over",
    )


def test_numbers_of_json_lines_are_read_and_their_nan_counts_as_none(tmp_path):
    lines = [{"study_id": 7, "f1": -0.25}, {"study_id": 8, "f1": float("nan")}]
    path = written(tmp_path, "\n".join(map(json.dumps, lines)), "bert.jsonl")
    tallies = read_imported("bertscore", path, ["7", "8"]).tallies
    assert tallies.scores.tolist() == [-0.25]
    assert tallies.n.tolist() == [1]


def test_radcliq_comes_with_one_over_its_mean_where_that_means_something(tmp_path):
    path = written(tmp_path, "id,RadCliQ-v1\na,1.5\nb,0.5\nc,-3\n")
    tallies = read_imported("radcliq", path, ["a", "b", "c"]).tallies
    assert tallies.names == ("radcliq_v1", "radcliq_v1_inverse")
    assert tallies.of(np.array([0, 1])).scores.tolist() == [1.0, 1.0]
    assert tallies.of(np.array([0])).scores.tolist() == [1.5, pytest.approx(1 / 1.5)]
    assert np.isnan(tallies.scores[1])
    (low, high), patients = intervals([tallies], np.array([0, 1, 2]))[0], 2
    assert (low[:1] <= tallies.scores[:1]).all()
    assert (high[:1] >= tallies.scores[:1]).all()
    assert len(low) == patients


LABELS = ("Edema (Present)", "No Finding", "Fracture (Present)")


def test_labels_give_the_f1_over_all_reports_as_scikit_learn_counts_it(tmp_path):
    draw = np.random.default_rng(2)
    said, true = draw.integers(0, 2, (2, 40, len(LABELS)))
    said[:, 2] = true[:, 2] = 0
    head = [f"generated: {label}" for label in LABELS] + [f"reference: {label}" for label in LABELS]
    rows = [",".join(map(str, [i, *said[i], *true[i]])) for i in range(40)]
    path = written(tmp_path, "\n".join([",".join(["id", *head]), *rows]))
    tallies = read_imported("srrbert", path, [str(i) for i in range(40)]).tallies
    scores = dict(zip(tallies.names, tallies.scores, strict=True))
    for average in ("micro", "macro", "weighted"):
        expected = f1_score(true, said, average=average, zero_division=0.0)
        assert scores[f"srrbert_{average}_f1"] == pytest.approx(expected)
    assert scores["srrbert_f1_edema_present"] == pytest.approx(f1_score(true[:, 0], said[:, 0]))
    assert np.isnan(scores["srrbert_f1_fracture_present"])


def test_reports_without_labels_are_left_out_of_the_f1(tmp_path):
    path = written(tmp_path, "id,generated: Edema,reference: Edema\na,1,1\nb,0,\n")
    tallies = read_imported("srrbert", path, ["a", "b", "c"]).tallies
    assert tallies.scores[0] == 1.0
    assert tallies.n.tolist() == [1] * len(tallies.names)


def test_a_mean_that_papers_do_not_print_is_said_to_be_one(tmp_path):
    path = written(tmp_path, "id,srrbert_weighted_f1\na,1\nb,0\n")
    imported = read_imported("srrbert", path, ["a", "b"])
    assert imported.tallies.names == ("srrbert_report_f1",)
    assert "not what papers print" in imported.notices[0]


WRONG = {
    "a comes twice; expected each report once": "id,green\na,1\na,0\n",
    "column 'bleu' is no score of green; expected green, green_score, GREEN": "id,green,bleu\na,1,1\n",
    "green of id b is 'high'; expected a number": "id,green\na,1\nb,high\n",
    "green of id b is 'inf'; expected a number": "id,green\na,1\nb,inf\n",
    "green is 45.2 somewhere; expected at least 0 and at most 1, not percent": "id,green\na,45.2\n",
    "columns 'green' and 'GREEN' are the same score": "id,green,GREEN\na,1,1\n",
    "none of its ids is among the 4 reports, such as a": "id,green\nx,1\ny,1\n",
    "made_by is 'one' and 'two'; expected one": "id,green,made_by\na,1,one\nb,1,two\n",
}


@pytest.mark.parametrize("message", WRONG)
def test_wrong_tables_are_said_in_one_line(tmp_path, message):
    with pytest.raises(DataError) as raised:
        read_imported("green", written(tmp_path, WRONG[message]), IDS)
    assert message in str(raised.value)
    assert "\n" not in str(raised.value)


def test_a_label_of_one_side_alone_and_a_label_that_is_none_are_errors(tmp_path):
    with pytest.raises(DataError, match="label 'Edema' has one column"):
        read_imported("srrbert", written(tmp_path, "id,generated: Edema\na,1\n"), IDS)
    with pytest.raises(DataError, match="other numbers than 0 and 1"):
        read_imported("srrbert", written(tmp_path, "id,generated: E,reference: E\na,1,-1\n"), IDS)


def test_a_wrong_name_or_a_table_without_ids_or_scores_is_wrong_use(tmp_path):
    with pytest.raises(UsageError, match="--import bleurt: unknown; expected one of radgraph, "):
        read_imported("bleurt", tmp_path / "x.csv", IDS)
    with pytest.raises(UsageError, match="no such file"):
        read_imported("green", tmp_path / "x.csv", IDS)
    with pytest.raises(UsageError, match="no column image_id or study_id or id"):
        read_imported("green", written(tmp_path, "green\n1\n"), IDS)
    with pytest.raises(UsageError, match="no column of green; it has id"):
        read_imported("green", written(tmp_path, "id\na\n"), IDS)


def test_no_two_tools_give_a_score_of_the_same_name():
    names = [name for importer in IMPORTERS.values() for name in importer.scores]
    assert len(names) == len(set(names))
