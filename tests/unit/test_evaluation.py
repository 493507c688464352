"""What an evaluation of a table says and writes."""

import csv
import json
import sys

import pytest
from rich.console import Console

from priorrg.cli import main
from priorrg.evaluation import as_document, evaluate_reports, write_document
from priorrg.metrics.material import read_material
from priorrg.storage import file_sha256
from priorrg.truth import COLUMNS

TEXTS = (
    ("Left effusion, increased. The heart is normal.", "Left effusion. The heart is normal in size."),
    ("No effusion.", ""),
    ("Stable cardiomegaly. No pneumothorax.", "Stable cardiomegaly."),
    ("Clear lungs.", "The left effusion has resolved. Clear lungs."),
)


@pytest.fixture
def reports(tmp_path):
    def write(name="reports.csv", texts=TEXTS, **columns):
        path = tmp_path / name
        with path.open("w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file)
            writer.writerow(
                ["patient_id", "image_id", "has_prior", "view", *columns, "reference", "generated"]
            )
            for number, (reference, generated) in enumerate(texts):
                view = ("PA", "AP")[number % 2]
                more = [values[number] for values in columns.values()]
                writer.writerow(
                    [f"p{number}", f"i{number}", number % 2, view, *more, reference, generated]
                )
        return path

    return write


@pytest.fixture
def run(monkeypatch, capsys):
    def run(*arguments):
        monkeypatch.setattr(sys, "argv", ["priorrg", "evaluate", *map(str, arguments)])
        try:
            main()
            code = 0
        except SystemExit as stop:
            code = stop.code or 0
        out = capsys.readouterr()
        return code, out.out, out.err

    return run


def test_the_file_holds_every_score_with_interval_count_and_way(reports, tmp_path):
    path = reports()
    evaluation = evaluate_reports(path, read_material(path), by_group=True)
    write_document(tmp_path / "scores.json", evaluation)
    document = json.loads((tmp_path / "scores.json").read_text(encoding="utf-8"))
    for name in ("bleu_1", "bleu_4", "rouge_l", "tem", "lcc_coarse", "lcc_fine", "prior_mention"):
        assert set(document[name]) == {"value", "low", "high", "n", "how"}
        assert document[name]["n"] == (2 if name.startswith("lcc") else 4)
    assert document["tem_nonempty_reference"]["n"] == 2
    assert document["hallucinated_prior"]["n"] == 2
    assert document["distinct_reports"]["low"] is None
    assert "phantom_truth" in document["skipped"]
    assert {group["dimension"] for group in document["subgroups"]} == {"view", "prior", "observation"}


def test_names_of_scores_stand_on_one_line_where_there_is_little_room(reports, run, monkeypatch):
    monkeypatch.setattr("priorrg.cli.evaluate.screen", Console(width=70))
    _, out, _ = run(reports(), "--metrics", "rule_label,tem,hallucinated_prior_by_reference,length")
    assert "rule_label_14_micro_f1" in out


def test_the_head_says_how_it_was_scored(reports):
    path = reports()
    head = as_document(evaluate_reports(path, read_material(path)))["head"]
    assert head["sha256"] == file_sha256(path)
    assert head["patients"] == head["reports"] == 4
    for name in ("preprocessing", "references", "unit", "uncertain", "versions", "command", "intervals"):
        assert head[name]


def test_the_terminal_shows_scores_with_intervals_and_why_others_are_missing(reports, run, monkeypatch):
    monkeypatch.setenv("COLUMNS", "120")
    code, out, _ = run(reports())
    assert code == 0
    assert "rouge_l " in out
    assert "skipped (no phantom truth" in out
    assert "every report" not in out
    assert max(map(len, out.splitlines())) <= 120


def test_a_baseline_needs_only_ids_and_generated_texts(reports, run, tmp_path):
    texts = [(reference, reference) for reference, _ in TEXTS]
    named = [reports(texts=texts).read_text(encoding="utf-8")]
    for usual, odd in (("reference", "gold"), ("patient_id", "who"), ("has_prior", "film")):
        named.append(named[-1].replace(usual, odd, 1))
    (tmp_path / "odd.csv").write_text(named[-1], encoding="utf-8")
    (tmp_path / "other.csv").write_text("image_id,generated\ni0,Clear.\ni1,Clear.\n", encoding="utf-8")
    options = ["--reference", "gold", "--patient", "who", "--has-prior", "film", "--metrics", "rouge_l"]
    code, out, err = run(tmp_path / "odd.csv", *options, "--baseline", tmp_path / "other.csv")
    assert code == 0, err
    assert "on the 2 reports of 2 patients" in out
    assert "patient of its own" not in err


def test_the_baseline_is_compared_in_words(reports, run, tmp_path):
    better = reports("one.csv", [(text, text) for text, _ in TEXTS] * 1)
    out_file = tmp_path / "s.json"
    code, out, _ = run(better, "--baseline", reports("two.csv"), "--json", out_file)
    assert code == 0
    assert out.endswith(f"wrote {out_file}\n")
    assert "Against two.csv, on the 4 reports of 4 patients" in out
    document = json.loads(out_file.read_text(encoding="utf-8"))
    found = document["comparison"]["differences"]["rouge_l"]
    assert found["difference"] == pytest.approx(found["value"] - found["baseline"])
    assert found["words"] in " ".join(out.split())
    assert document["head"]["baseline_sha256"]


def test_scores_of_another_tool_are_imported_and_compared(reports, run, tmp_path):
    files = []
    for name, value in (("a", 0.9), ("b", 0.1)):
        files.append(tmp_path / f"green_{name}.csv")
        rows = "".join(f"i{number},{value}\n" for number in range(4))
        files[-1].write_text(f"image_id,green\n{rows}")
    scores = tmp_path / "s.json"
    code, _, _ = run(
        reports(), "--metrics", "tem", "--import", f"green={files[0]}", "--json", scores,
        "--baseline", reports("two.csv"), "--baseline-import", f"green={files[1]}",
    )  # fmt: skip
    assert code == 0
    document = json.loads(scores.read_text(encoding="utf-8"))
    assert document["green"]["value"] == pytest.approx(0.9)
    assert document["comparison"]["differences"]["green"]["difference"] == pytest.approx(0.8)


def test_the_truth_of_a_phantom_gives_its_scores_and_null_for_what_is_no_number(tmp_path, run, reports):
    truth = tmp_path / "truth.csv"
    row = dict.fromkeys(COLUMNS, "") | {
        "study_id": "s",
        "image_id": "i0",
        "has_prior": "0",
        "observation": "pleural effusion",
        "side": "left",
        "present": "1",
        "asked": "1",
    }
    truth.write_text(",".join(row) + "\n" + ",".join(row.values()) + "\n")
    out = tmp_path / "scores.json"
    code, shown, err = run(reports(), "--truth", truth, "--json", out)
    assert code == 0, err
    document = json.loads(out.read_text())
    assert document["finding_f1"]["value"] == 1
    assert document["question_answered"]["value"] == 1
    assert document["change_f1"]["value"] is None
    assert document["head"]["left_out"] == 3
    assert "finding_f1" in shown
    assert "3 rows are of images that the truth does not describe" in err


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["--generated", "draft"], 2, "no column 'draft'; it has patient_id"),
        (["--metrics", "charm"], 2, "metric 'charm' is unknown"),
        (["--metrics", "chexbert"], 1, "CheXbert F1 needs `chexbert.pth` and `bert-base-uncased`"),
        (["--weights", "chexbert"], 2, "--weights: got 'chexbert'; expected NAME=PATH"),
        (["--weights", "gpt=x"], 2, "'gpt' is unknown"),
        (["--import", "magic=x.csv"], 2, "--import magic: unknown"),
        (["--unit", "patient"], 2, "expected one of image, study"),
        (["--baseline", "none.csv"], 2, "none.csv: no such file"),
    ],
)
def test_wrong_use_is_one_line_and_writes_nothing(reports, run, tmp_path, arguments, code, message):
    out = tmp_path / "s.json"
    found, _, err = run(reports(), *arguments, "--json", out)
    assert found == code
    assert message in " ".join(err.split())
    assert not out.exists()


def test_references_are_cut_to_words_by_default_and_may_be_left_whole(reports, run, tmp_path):
    long = [("word " * 150, "word " * 100)]
    whole, cut = tmp_path / "whole.json", tmp_path / "cut.json"
    assert run(reports("l.csv", long), "--json", cut)[0] == 0
    assert run(reports("l.csv", long), "--json", whole, "--max-words", "0")[0] == 0
    document = json.loads(cut.read_text())
    assert document["rouge_l_cut"]["value"] == pytest.approx(1)
    assert document["rouge_l"]["value"] < 1
    assert "cut to 100 words, which shortens 1 of 1" in document["head"]["references"]
    assert "rouge_l_cut" not in json.loads(whole.read_text())
