"""The table of changes, and the verb that writes it."""

import polars as pl
import pytest

from priorrg.change_table import ChangesWritten, write_changes
from priorrg.errors import UsageError

TEXTS = [
    "Clear. Left effusion, larger.",
    None,
    "No new nodule.",
    "Edema has resolved. Heart is unchanged.",
]


@pytest.fixture
def table(tmp_path):
    path = tmp_path / "reports.csv"
    pl.DataFrame({"study_id": ["a", "b", "c", "d"], "text": TEXTS}).write_csv(path)
    return path


def test_each_change_is_a_row_with_the_phrase_that_decided_it(table, tmp_path):
    out = tmp_path / "changes.csv"
    written = write_changes(table, out, column="text")
    assert written == ChangesWritten(reports=4, with_changes=2, propositions=3)
    assert out.read_text().splitlines() == [
        "id,sentence,finding,side,change,phrase",
        "a,2,pleural effusion,left,larger,larger",
        "d,1,pulmonary edema,none,resolved,resolved",
        "d,2,cardiomegaly,none,unchanged,unchanged",
    ]


def test_a_failure_leaves_an_older_table_as_it_was(table, tmp_path):
    out = tmp_path / "changes.csv"
    out.write_text("mine")
    table.write_text(table.read_text() + "e,no effusion, no edema\n")
    with pytest.raises(Exception, match="row 5 has 3 cells"):
        write_changes(table, out, column="text")
    with pytest.raises(UsageError, match="it has study_id, text"):
        write_changes(table, out, column="report")
    assert out.read_text() == "mine"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["changes.csv", "reports.csv"]
