"""reports.csv: complete, in order, and resumable."""

import pytest

from priorrg import report_table
from priorrg.data.manifest import PreparedData
from priorrg.errors import UsageError
from priorrg.model_folder import ModelFolder
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


def test_a_row_that_a_crash_cut_off_is_written_again(small_model, small_data, tmp_path, monkeypatch):
    out = tmp_path / "reports.csv"
    generate_table(small_model, small_data, tmp_path / "whole.csv", split="test")
    real = report_table.generate_reports

    def dying(*arguments, **options):
        for number, pair in enumerate(real(*arguments, **options)):
            if number == 3:
                raise KeyboardInterrupt
            yield pair

    monkeypatch.setattr(report_table, "generate_reports", dying)
    with pytest.raises(KeyboardInterrupt):
        generate_table(small_model, small_data, out, split="test")
    monkeypatch.setattr(report_table, "generate_reports", real)
    part = out.with_name("reports.csv.part")
    part.write_bytes(part.read_bytes()[:-20])
    generate_table(small_model, small_data, out, split="test")
    assert out.read_bytes() == (tmp_path / "whole.csv").read_bytes()
    assert not part.exists()


def test_reports_of_another_models_weights_are_not_taken_over(
    small_model, small_data, tmp_path, monkeypatch
):
    real = report_table.generate_reports
    monkeypatch.setattr(report_table, "generate_reports", lambda *_: iter([next(real(*_))]))
    with pytest.raises(KeyError):
        generate_table(small_model, small_data, tmp_path / "reports.csv", split="test")

    written = []

    def counting(network, batcher, studies, *arguments):
        written.extend(studies)
        yield from real(network, batcher, studies, *arguments)

    other = tmp_path / "other"
    folder = ModelFolder.load(small_model)
    folder.network.decoder.model.transformer.wpe.weight.data += 1.0
    folder.save(other)
    monkeypatch.setattr(report_table, "generate_reports", counting)
    count = generate_table(other, small_data, tmp_path / "reports.csv", split="test")
    assert len(written) == count


def test_a_device_that_is_not_there_is_refused_before_anything_is_read(
    small_model, small_data, tmp_path
):
    with pytest.raises(UsageError, match=r"device 'cuda:99': not to be had .*expected auto, cpu"):
        generate_table(small_model, small_data, tmp_path / "reports.csv", device="cuda:99")
    assert list(tmp_path.iterdir()) == []


def test_a_table_is_never_named_like_its_own_record(small_model, small_data, tmp_path):
    with pytest.raises(UsageError, match="expected another suffix"):
        generate_table(small_model, small_data, tmp_path / "reports.json")
    assert list(tmp_path.iterdir()) == []


def test_every_row_says_that_it_is_a_draft(small_model, small_data, tmp_path):
    generate_table(small_model, small_data, tmp_path / "reports.csv", split="test")
    assert all("not for diagnosis" in row["notice"] for row in read_table(tmp_path / "reports.csv"))
