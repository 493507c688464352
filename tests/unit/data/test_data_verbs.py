"""The verbs ``prepare`` and ``data`` as a person meets them."""

import json

import pytest
from mimic_tree import two_visits, write_tree
from own_tree import write_own_tree
from source_trees import TREES
from typer.testing import CliRunner

from priorrg.cli import data, prepare
from priorrg.data.manifest import PreparedData
from priorrg.data.sources import SOURCES
from priorrg.errors import UsageError

RUN = CliRunner()


@pytest.fixture
def prepared(tmp_path):
    root = write_tree(tmp_path / "root", two_visits())
    result = RUN.invoke(
        prepare.app, ["mimic-cxr", str(root), str(tmp_path / "out")], catch_exceptions=False
    )
    assert result.exit_code == 0
    return tmp_path / "out"


def test_preparing_says_what_it_found(tmp_path):
    root = write_tree(tmp_path / "root", two_visits())
    result = RUN.invoke(prepare.app, ["mimic-cxr", str(root), str(tmp_path / "out")])
    assert "first study" in result.output
    assert (tmp_path / "out" / "studies.parquet").is_file()


def test_every_data_set_has_a_verb_of_its_name():
    assert [command.name for command in prepare.app.registered_commands] == list(SOURCES)


@pytest.mark.parametrize("name", TREES)
def test_every_verb_prepares_its_data_set(tmp_path, name):
    TREES[name](tmp_path / "root", None)
    verb = name.split(" (")[0]
    root, out = str(tmp_path / "root"), str(tmp_path / "out")
    first = [f"{root}/annotation.json"] if verb in ("released", "mimic-abn") else []
    more = {
        "iu-xray": ["--seed", "1"],
        "own": ["--column", "sex=sex"],
        "padchest-gr": ["--language", "es"],
    }
    command = [verb, *first, root, out, *more.get(verb, []), "--without-images"]
    assert RUN.invoke(prepare.app, command, catch_exceptions=False).exit_code == 0
    assert not PreparedData(out).with_images
    command.remove("--without-images")
    result = RUN.invoke(prepare.app, command, catch_exceptions=False)
    assert PreparedData(out).studies()
    assert "patients" in result.output


def test_a_column_that_is_not_paired_is_wrong_use(tmp_path):
    write_own_tree(tmp_path / "root")
    command = ["own", str(tmp_path / "root"), str(tmp_path / "out"), "--column", "mrn"]
    with pytest.raises(UsageError, match="--column is 'mrn'; expected OURS=THEIRS"):
        RUN.invoke(prepare.app, command, catch_exceptions=False)


def test_a_missing_root_is_wrong_use(tmp_path):
    with pytest.raises(UsageError, match="no such folder"):
        RUN.invoke(
            prepare.app,
            ["mimic-cxr", str(tmp_path / "no"), str(tmp_path / "out")],
            catch_exceptions=False,
        )


def test_a_study_is_shown_with_its_prior_and_report(prepared):
    result = RUN.invoke(data.app, ["show", str(prepared), "50000001", "--json"], catch_exceptions=False)
    shown = json.loads(result.stdout)
    assert shown["images"][0] == "bb-new (PA), prior: aa-old (AP)"
    assert shown["days since prior"] == 2.5
    assert shown["findings"] == "Lungs of 50000001 clear."
    assert "Lungs of" in RUN.invoke(data.app, ["show", str(prepared), "50000001"]).stdout


def test_an_unknown_study_is_wrong_use(prepared):
    with pytest.raises(UsageError, match="no study 'x'"):
        RUN.invoke(data.app, ["show", str(prepared), "x"], catch_exceptions=False)


def test_the_list_of_data_sets_says_where_to_get_them():
    rows = json.loads(RUN.invoke(data.app, ["list", "--json"], catch_exceptions=False).stdout)
    assert [row["name"] for row in rows] == list(SOURCES)
    assert all(row["obtain"].startswith("https://") for row in rows if row["name"] != "own")
    assert "mimic-cxr" in RUN.invoke(data.app, ["list"]).stdout
