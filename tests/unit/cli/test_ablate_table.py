"""The table of ``priorrg ablate`` on a terminal of 80 columns."""

from rich.console import Console

from priorrg.cli import ablate
from priorrg.input_use import HEADLINES, ROWS, InputUse, Row
from priorrg.metrics.estimates import Estimate


def test_no_number_and_no_name_is_cut_off_at_80_columns(monkeypatch, capsys):
    monkeypatch.setattr(ablate, "screen", Console(width=80))
    names = [*HEADLINES, "reports"]
    scores = {name: Estimate(value=0.123, low=0.1, high=0.2, n=9, how="") for name in names}
    rows = [Row(name=name, scores=scores, comparison=None) for name in ROWS]
    ablate._show(InputUse(rows=rows, verdicts=[]))
    out = capsys.readouterr().out
    assert "…" not in out
    assert out.count("0.123") == len(ROWS) * len(HEADLINES)
    assert "Rule label 14 micro F1" in out
