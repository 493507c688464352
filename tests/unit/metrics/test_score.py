"""The table of metrics, tables of reports, and the verb that shows them."""

import json
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from priorrg.cli.evaluate import evaluate as evaluate_verb
from priorrg.errors import DataError, UsageError
from priorrg.language.observations import Observation, Side
from priorrg.metrics.material import Material, read_material
from priorrg.metrics.score import METRICS, evaluate
from priorrg.truth import COLUMNS, TruthRow

HEADER = "study_id,image_id,has_prior,reference,generated\n"


def _reports(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "reports.csv"
    path.write_text(text, encoding="utf-8")
    return path


def test_what_lacks_its_material_is_skipped_with_the_reason() -> None:
    outcomes = {o.metric.name: o for o in evaluate(Material(ids=["a"], generated=["No effusion."]))}
    assert outcomes["bleu"].skipped == "no reference texts"
    assert outcomes["phantom_truth"].skipped == "no phantom truth"
    assert outcomes["sanity"].scores["reports"] == 1


def test_metrics_can_be_asked_for_by_name_and_unknown_ones_are_refused() -> None:
    material = Material(ids=["a"], generated=["x"], references=["x"])
    assert [o.metric.name for o in evaluate(material, ["rouge_l"])] == ["rouge_l"]
    with pytest.raises(UsageError, match="'charm' is unknown"):
        evaluate(material, ["charm"])
    assert len({m.name for m in METRICS}) == len(METRICS)


def test_a_prior_is_hallucinated_only_where_none_was_given() -> None:
    material = Material(ids=["a", "b"], generated=["Stable edema."] * 2, given_prior=[True, False])
    (outcome,) = evaluate(material, ["hallucinated_prior"])
    assert outcome.scores["hallucinated_prior"] == 1


def test_rows_of_views_that_the_truth_does_not_describe_are_left_out_and_counted(tmp_path: Path) -> None:
    truth = {
        "s": (TruthRow(study_id="s", image_id="i1", observation=Observation.EFFUSION, side=Side.LEFT),)
    }
    path = _reports(tmp_path, HEADER + "s,i1,0,A.,B.\ns,i2,0,A.,B.\n")
    material = read_material(path, truth=truth)
    assert (list(material.ids), material.left_out) == (["i1"], 1)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (HEADER, "no rows"),
        ("", "no rows"),
        (HEADER + "s,i,1,a,b\ns,i,1,a,b\n", "image_id i comes twice"),
        (HEADER + "s,,1,a,b\n", "row 2 has no image_id"),
        (HEADER + "s,i,maybe,a,b\n", "has_prior is 'maybe'"),
        ("name,generated\na,b\n", "it has name, generated"),
    ],
)
def test_a_bad_table_is_refused_in_one_line(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(DataError, match=message) as error:
        read_material(_reports(tmp_path, text))
    assert "\n" not in str(error.value)


def test_an_unknown_column_is_refused_with_the_names_there_are(tmp_path: Path) -> None:
    path = _reports(tmp_path, HEADER + "s,i,1,a,b\n")
    with pytest.raises(UsageError, match="no column 'draft'; it has study_id, image_id"):
        read_material(path, generated="draft")
    with pytest.raises(UsageError, match="no column 'gold'"):
        read_material(path, reference="gold")


def test_line_breaks_and_very_long_texts_are_read(tmp_path: Path) -> None:
    path = _reports(tmp_path, HEADER + 's,i,1,"a\nb","' + "effusion " * 30_000 + '"\n')
    assert read_material(path).references == ["a\nb"]


def test_the_verb_writes_every_score_and_null_for_what_is_no_number(tmp_path: Path) -> None:
    truth = tmp_path / "truth.csv"
    row = dict.fromkeys(COLUMNS, "") | {
        "study_id": "s",
        "image_id": "i",
        "has_prior": "0",
        "observation": "pleural effusion",
        "side": "left",
        "present": "1",
        "asked": "1",
    }
    truth.write_text(",".join(row) + "\n" + ",".join(row.values()) + "\n")
    path = _reports(tmp_path, HEADER + "s,i,0,Left effusion.,Left effusion.\n")
    app = typer.Typer()
    app.command()(evaluate_verb)
    out = tmp_path / "scores.json"
    result = CliRunner().invoke(app, [str(path), "--truth", str(truth), "--json", str(out)])
    assert result.exit_code == 0, result.output
    scores = json.loads(out.read_text())["scores"]
    assert scores["finding_f1"] == 1
    assert scores["question_answered"] == 1
    assert scores["change_f1"] is None
    assert "finding_f1" in result.output
