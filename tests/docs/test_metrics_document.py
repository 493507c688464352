"""The scripts of docs/metrics.md write tables that can be imported.

The tools themselves are stand-ins with the interface of the real packages: what is tested is the script and its
table.
"""

import csv
import re
import subprocess
import sys
from pathlib import Path

import pytest

from priorrg.metrics.imported import read_imported
from priorrg.metrics.importers import IMPORTERS

DOCUMENT = (Path(__file__).parents[2] / "docs" / "metrics.md").read_text()
SCRIPTS = dict(re.findall(r"```python\n# (\w+\.py)\n(.*?)```", DOCUMENT, re.DOTALL))
REPORTS = [
    ("x1", "Small left effusion.", "Small effusion, left."),
    ("x2", "No\neffusion.", 'Clear "lungs".'),
    ("x3", "", "Normal."),
]
STAND_INS = {
    "radgraph.py": """
class F1RadGraph:
    def __init__(self, reward_level, model_type=None):
        assert reward_level == "all"
    def __call__(self, refs, hyps):
        assert hyps[0] == "small left effusion."
        levels = tuple([level * bool(text) for text in hyps] for level in (1.0, 0.5, 0.25))
        return tuple(sum(level) / len(level) for level in levels), levels, [], []
""",
    "bert_score.py": """
import numpy
class BERTScorer:
    def __init__(self, model_type, num_layers, lang, rescale_with_baseline):
        pass
    def score(self, cands, refs):
        return (numpy.linspace(-0.5, 0.5, len(cands)),) * 3
""",
    "torch.py": "class cuda:\n    is_available = staticmethod(lambda: False)\n",
    "RaTEScore.py": """
class RaTEScore:
    def __init__(self, use_gpu):
        assert not use_gpu
    def compute_score(self, candidate_list, reference_list):
        return [0.5 for _ in candidate_list]
""",
    "nltk.py": "def download(name, quiet): pass\n",
    "radeval/__init__.py": """
class RadEval:
    def __init__(self, metrics, per_sample):
        assert per_sample
        self.key = {"radcliq": "radcliq_v1", "green": "green"}[metrics[0]]
    def __call__(self, refs, hyps):
        return {self.key: [0.75, 0.25, None][: len(hyps)]}
""",
    "radeval/metrics/__init__.py": "",
    "radeval/metrics/SRRBert/__init__.py": "",
    "radeval/metrics/SRRBert/srr_bert.py": """
import numpy
def srr_bert_parse_sentences(text):
    return (text.strip() + ".").split(".")
class SRRBert:
    mapping = {"No Finding": 1, "Edema (Present)": 0, "Effusion (Present)": 2}
    def __init__(self, model_type, batch_size):
        pass
    def __call__(self, sentences):
        flags = numpy.array([[0, "Normal" in s, "effusion" in s] for s in sentences], dtype=int)
        return flags, []
""",
}
RUNS = [
    ("radgraph", "radgraph_scores.py", [], [2 / 3, 1 / 3, 1 / 6]),
    ("bertscore", "bertscore_scores.py", [], [0.0]),
    ("ratescore", "ratescore_scores.py", [], [0.5]),
    ("radcliq", "radeval_scores.py", ["radcliq", "radcliq_v1"], [0.5, 2.0]),
    ("green", "radeval_scores.py", ["green", "green"], [0.5]),
    ("srrbert", "srrbert_labels.py", [], [0.5, 2 / 9]),
]


@pytest.fixture
def desk(tmp_path):
    for name, text in STAND_INS.items():
        path = tmp_path / "packages" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    for name, text in SCRIPTS.items():
        (tmp_path / name).write_text(text)
    with (tmp_path / "reports.csv").open("w", newline="") as file:
        csv.writer(file).writerows([("image_id", "generated", "reference"), *REPORTS])
    return tmp_path


@pytest.mark.parametrize(("tool", "script", "arguments", "expected"), RUNS)
def test_the_table_of_each_script_is_imported(desk, tool, script, arguments, expected):
    code = "import sys, runpy; sys.path.insert(0, 'packages'); sys.argv = sys.argv[1:]; "
    code += "runpy.run_path(sys.argv[0], run_name='__main__')"
    subprocess.run([sys.executable, "-c", code, script, *arguments], cwd=desk, check=True)
    tallies = read_imported(tool, desk / f"{tool}.csv", [name for name, _, _ in REPORTS]).tallies
    assert tallies.scores[: len(expected)] == pytest.approx(expected)
    assert "made by" in next(iter(tallies.how.values()))


def test_every_tool_is_described_and_has_its_command():
    described = set(
        re.findall(r"^\| `(\w+)` \|(?:[^|]*\|){3} \**(?:higher|lower)\** \|", DOCUMENT, re.MULTILINE)
    )
    assert described == set(IMPORTERS)
    assert {tool for tool, *_ in RUNS} == set(IMPORTERS) - {"radgraph_cased"}
    for script in SCRIPTS:
        assert f"/python {script}" in DOCUMENT


def test_every_column_that_is_accepted_stands_in_the_document():
    for tool, importer in IMPORTERS.items():
        for score in importer.scores.values():
            assert f"`{score.columns[0]}`" in DOCUMENT, tool
