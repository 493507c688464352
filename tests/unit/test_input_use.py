"""One table that says whether a model uses what it is given."""

import json

import pytest

from priorrg import report_table
from priorrg.errors import UsageError
from priorrg.input_use import ROWS, Row, _verdicts, input_use
from priorrg.metrics.comparison import Comparison, Difference
from priorrg.model_folder import ModelFolder
from priorrg.phantom_trial import Trial, read_rows

pytestmark = pytest.mark.slow


def test_every_row_is_reported_scored_and_compared_and_kept(
    small_model, small_data, tmp_path, monkeypatch
):
    found = input_use(small_model, small_data, tmp_path, most=12)
    assert [row.name for row in found.rows] == list(ROWS)
    document = json.loads((tmp_path / "ablation.json").read_text())
    assert document["mode"] == "fp32"
    assert set(document["rows"]) == set(ROWS)
    assert set(document["against_full"]) == set(ROWS) - {"full"}
    assert document["rows"]["without_prior"]["finding_f1"]["n"] > 0
    assert (
        document["rows"]["full"]["question_answered"]["n"]
        == (document["rows"]["without_context"]["question_answered"]["n"])
    )
    assert len(found.verdicts) == 2

    monkeypatch.setattr(report_table, "generate_reports", lambda *_: pytest.fail("was written again"))
    again = input_use(small_model, small_data, tmp_path, most=12)
    assert again.verdicts == found.verdicts


def test_the_rows_are_those_of_the_trial_on_the_phantom(small_model, small_data, tmp_path):
    trial = Trial.of(small_data)
    rows = ("full", "without_prior", "wrong_prior", "without_context")
    scores = read_rows(ModelFolder.load(small_model), trial, rows, tmp_path / "trial")
    found = {row.name: row.scores for row in input_use(small_model, small_data, tmp_path).rows}
    for row in rows:
        for name in ("finding_f1", "change_f1", "question_answered", "false_prior", "bleu_4"):
            assert found[row][name].value == pytest.approx(scores[row][name], nan_ok=True), (row, name)


def test_another_limit_is_another_job(small_model, small_data, tmp_path):
    input_use(small_model, small_data, tmp_path, most=4, rows=["full"])
    found = input_use(small_model, small_data, tmp_path, most=12, rows=["full"])
    assert found.rows[0].scores["reports"].value > 4


def test_a_row_that_does_not_exist_is_refused(small_model, small_data, tmp_path):
    with pytest.raises(UsageError, match="row 'without_priors' is unknown; expected some of full"):
        input_use(small_model, small_data, tmp_path, rows=["without_priors"])
    assert list(tmp_path.iterdir()) == []


def row(name, score, value, full, p):
    difference = Difference(name=score, value=value, baseline=full, low=0.0, high=0.0, p=p, corrected=p)
    comparison = Comparison(pairs=9, patients=9, alone=(0, 0), differences=(difference,), notices=())
    return Row(name=name, scores={}, comparison=comparison)


@pytest.mark.parametrize(
    ("value", "p", "said"),
    [
        (0.2, 0.001, "the model uses the prior"),
        (0.2, 0.3, "is not seen to use the prior"),
        (0.9, 0.001, "is not seen to use the prior"),
    ],
)
def test_an_input_is_used_if_a_strangers_costs_what_it_must(value, p, said):
    (verdict,) = _verdicts([row("wrong_prior", "change_f1", value, 0.5, p)])
    assert said in verdict
    assert "Change F1" in verdict
