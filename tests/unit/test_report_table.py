"""reports.csv: complete, in order, and resumable."""

import pytest

from priorrg import report_table
from priorrg.data.manifest import PreparedData
from priorrg.report_table import COLUMNS, generate_table, read_table

pytestmark = pytest.mark.slow


def test_every_frontal_image_of_the_split_gets_a_row(small_model, small_data, tmp_path):
    out = tmp_path / "reports.csv"
    count = generate_table(small_model, small_data, out, split="test")
    rows = read_table(out)
    studies = PreparedData(small_data).studies("test", views="frontal")
    assert [row["image_id"] for row in rows] == [s.current.image_id for s in studies]
    assert count == len(rows)
    assert tuple(rows[0]) == COLUMNS
    assert [row["reference"] for row in rows] == [s.report.findings for s in studies]
    assert sorted(p.name for p in tmp_path.iterdir()) == ["reports.csv", "reports.json"]


def test_an_interrupted_table_goes_on_to_the_same_end(small_model, small_data, tmp_path, monkeypatch):
    generate_table(small_model, small_data, tmp_path / "whole.csv", split="train")
    real = report_table.generate_reports

    def dying(*arguments, **options):
        for number, pair in enumerate(real(*arguments, **options)):
            if number == 40:
                raise KeyboardInterrupt
            yield pair

    monkeypatch.setattr(report_table, "generate_reports", dying)
    with pytest.raises(KeyboardInterrupt):
        generate_table(small_model, small_data, tmp_path / "broken.csv", split="train")
    assert not (tmp_path / "broken.csv").exists()

    written = []

    def counting(network, batcher, studies, *arguments):
        written.extend(studies)
        yield from real(network, batcher, studies, *arguments)

    monkeypatch.setattr(report_table, "generate_reports", counting)
    generate_table(small_model, small_data, tmp_path / "broken.csv", split="train")
    whole = read_table(tmp_path / "whole.csv")
    assert read_table(tmp_path / "broken.csv") == whole
    assert len(written) == len(whole) - 40
