"""What holds for every data set that can be prepared, on a small tree in its form."""

import inspect
import json
import os
import shutil
from hashlib import sha256

import polars as pl
import pytest
from films import FOREIGN
from source_trees import TREES

from priorrg.data import preparing
from priorrg.data.image_files import ENDINGS
from priorrg.data.manifest import PreparedData
from priorrg.data.sources import SOURCES
from priorrg.data.store import ImageStore
from priorrg.data.verification import verify
from priorrg.errors import PriorRGError, StorageError

TABLES = ("studies.parquet", "images.parquet")
TEXTS = (".csv", ".json", ".xml", ".txt")
GIGABYTE = 1 << 30
every_tree = pytest.mark.parametrize("name", TREES)


@pytest.fixture
def root(tmp_path, name):
    TREES[name](tmp_path / "root", None)
    return tmp_path / "root"


def row(name):
    """Return the row of a tree; "iu-xray (Kaggle)" is another form of "iu-xray"."""
    return SOURCES[name.split(" (")[0]]


def tables(prepared):
    return {table: (prepared.folder / table).read_bytes() for table in TABLES}


def images_of(prepared):
    return [prepared.image_path(image) for image in prepared.images()]


def rewrite(root, change):
    for path in sorted(root.rglob("*")):
        if path.suffix in TEXTS:
            path.write_bytes(change(path.read_bytes()))


def test_every_data_set_has_a_tree_to_be_tested_on():
    assert {row(name).name for name in TREES} == set(SOURCES)


@every_tree
def test_every_reader_is_called_in_the_same_way(name):
    parameters = inspect.signature(row(name).prepare).parameters
    assert list(parameters)[:2] == ["root", "out"]
    assert {"with_images", "progress"} <= parameters.keys()
    rest = list(parameters.values())[2:]
    assert all(p.kind is p.KEYWORD_ONLY and p.default is not p.empty for p in rest)


@every_tree
def test_the_manifest_opens_with_unique_ids_and_files_that_are_there(name, root, tmp_path):
    prepared = row(name).prepare(root, tmp_path / "out")
    again = PreparedData(tmp_path / "out")
    assert len(again.studies()) == len(again.image_table) > 0
    assert again.study_table["study_id"].is_unique().all()
    assert again.image_table["image_id"].is_unique().all()
    assert all(path.is_file() for path in images_of(again))
    assert prepared.card["reader"] == row(name).name
    assert FOREIGN.lower() in " ".join(again.study_table["findings"]).lower()


@every_tree
def test_no_patient_is_in_two_splits_and_some_are_in_one(name, root, tmp_path):
    table = row(name).prepare(root, tmp_path / "out").study_table
    splits = table.filter(pl.col("split") != "").group_by("patient_id").agg(pl.col("split").n_unique())
    assert len(splits) > 0
    assert (splits["split"] == 1).all()


@every_tree
def test_a_prior_is_strictly_earlier_or_given_and_its_absence_has_a_reason(name, root, tmp_path):
    table = row(name).prepare(root, tmp_path / "out").study_table
    before = table.select(prior_study_id="study_id", before="taken_at", patient="patient_id")
    pairs = table.join(before, on="prior_study_id", how="left")
    dated = pairs.filter(pl.col("prior_reason") == "linked")
    assert (dated["taken_at"] > dated["before"]).all()
    assert (dated["days_since_prior"] > 0).all()
    with_prior = pairs.filter(pl.col("prior_study_id").is_not_null())
    assert (with_prior["patient"] == with_prior["patient_id"]).all()
    assert set(with_prior["prior_reason"]) <= {"linked", "given"}
    assert (table["prior_reason"] != "").all()
    assert bool(len(with_prior)) == row(name).has_priors


@every_tree
def test_the_order_of_the_rows_changes_nothing(name, root, tmp_path):
    one = tables(row(name).prepare(root, tmp_path / "out"))
    for seed in (1, 2):
        other = tmp_path / f"root{seed}"
        TREES[name](other, seed)
        assert tables(row(name).prepare(other, tmp_path / f"out{seed}")) == one


@every_tree
@pytest.mark.parametrize(
    "change",
    [
        lambda content: b"\xef\xbb\xbf" + content,
        lambda content: content.replace(b"\n", b"\r\n"),
        lambda content: content.replace(b"\r", b"").replace(b"\n", b"\r"),
        lambda content: content.decode().encode("latin-1"),
        lambda content: content.decode().encode("utf-16"),
    ],
    ids=["byte-order mark", "CRLF", "CR", "Latin-1", "UTF-16"],
)
def test_the_encoding_of_the_files_changes_nothing(name, root, tmp_path, change):
    one = tables(row(name).prepare(root, tmp_path / "out"))
    rewrite(root, change)
    assert tables(row(name).prepare(root, tmp_path / "out")) == one


@every_tree
@pytest.mark.parametrize("size", [0, None, GIGABYTE], ids=["empty", "zeros", "a gigabyte"])
def test_a_file_that_was_not_fetched_whole_is_named_in_one_line_or_counted(name, root, tmp_path, size):
    whole = row(name).prepare(root, tmp_path / "whole").card["dropped"]
    for path in [path for path in sorted(root.rglob("*")) if path.suffix in TEXTS]:
        content = path.read_bytes()
        path.write_bytes(b"")
        os.truncate(path, len(content) if size is None else size)
        said, dropped = "", whole
        try:
            dropped = row(name).prepare(root, tmp_path / "out").card["dropped"]
        except PriorRGError as error:
            said = str(error)
        if said:
            assert said.startswith(f"{path}: ")
            assert len(said.splitlines()) == 1
            assert not (tmp_path / "out").exists()
        else:
            assert any(count > whole.get(fault, 0) for fault, count in dropped.items())
            shutil.rmtree(tmp_path / "out")
        path.write_bytes(content)


@every_tree
@pytest.mark.parametrize(
    ("error", "seen"),
    [(OSError(28, "No space left"), StorageError), (KeyboardInterrupt(), KeyboardInterrupt)],
    ids=["disk full", "Ctrl-C"],
)
def test_a_failure_leaves_nothing_half_written(name, root, tmp_path, monkeypatch, error, seen):
    def fail(*_):
        raise error

    monkeypatch.setattr(preparing, "write_card", fail)
    with pytest.raises(seen):
        row(name).prepare(root, tmp_path / "out")
    assert [path.name for path in tmp_path.iterdir()] == ["root"]


@every_tree
def test_a_root_that_is_missing_empty_or_another_is_refused_in_one_line(name, tmp_path):
    (tmp_path / "empty").mkdir()
    (tmp_path / "other" / "holiday").mkdir(parents=True)
    (tmp_path / "other" / "holiday" / "beach.png").write_bytes(b"")
    for root in ("none", "empty", "other"):
        with pytest.raises(PriorRGError) as caught:
            row(name).prepare(tmp_path / root, tmp_path / "out")
        assert str(tmp_path / root) in str(caught.value)
        assert "expected" in str(caught.value) or "name" in str(caught.value)
        assert "\n" not in str(caught.value)
    assert not (tmp_path / "out").exists()


@every_tree
def test_a_folder_that_holds_something_else_is_not_replaced(name, root, tmp_path):
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "thesis.txt").write_text("")
    with pytest.raises(PriorRGError, match="is not empty"):
        row(name).prepare(root, tmp_path / "out")
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["thesis.txt"]


@every_tree
def test_images_that_are_gone_are_counted(name, root, tmp_path):
    whole = row(name).prepare(root, tmp_path / "out")
    wanted = [study.current for study in whole.studies() if study.split]
    whole.image_path(wanted[0]).unlink()
    prepared = row(name).prepare(root, tmp_path / "out")
    assert prepared.card["dropped"]["images_missing"] == 1
    assert len(prepared.image_table) == len(whole.image_table) - 1


@every_tree
def test_without_any_image_the_reader_says_so(name, root, tmp_path):
    for path in root.rglob("*"):
        if path.suffix in ENDINGS:
            path.unlink()
    with pytest.raises(PriorRGError, match="is there"):
        row(name).prepare(root, tmp_path / "out")
    assert not (tmp_path / "out").exists()


@every_tree
def test_the_texts_can_be_prepared_alone(name, root, tmp_path):
    whole = row(name).prepare(root, tmp_path / "out")
    for path in root.rglob("*"):
        if path.suffix in ENDINGS:
            path.unlink()
    texts = row(name).prepare(root, tmp_path / "texts", with_images=False)
    assert texts.study_table.equals(whole.study_table)
    assert (len(texts.image_table), texts.card["counts"]["images"]) == (0, 0)
    assert (texts.with_images, texts.card["with_images"]) == (False, False)
    assert "images_missing" not in texts.card["dropped"]
    for use in (texts.studies, lambda: ImageStore.open(texts, 16, "pad")):
        with pytest.raises(PriorRGError, match="prepared without images"):
            use()


@every_tree
def test_an_image_of_no_bytes_is_set_aside_when_it_is_decoded(name, root, tmp_path):
    prepared = row(name).prepare(root, tmp_path / "out")
    images_of(prepared)[0].write_bytes(b"")
    prepared = row(name).prepare(root, tmp_path / "out")
    store = ImageStore.open(prepared, 16, "pad")
    assert len(store) == len(prepared.image_table) - 1
    assert prepared.images()[0].image_id in (store.folder / "quarantine.csv").read_text()


@every_tree
def test_the_card_holds_every_source_file_with_its_digest(name, root, tmp_path):
    sources = row(name).prepare(root, tmp_path / "out").card["sources"]
    assert sources
    for entry in sources:
        paths = sorted(root.rglob(entry["file"]))
        sums = [sha256(path.read_bytes()).hexdigest() for path in paths]
        listed = "".join(f"{one}  {path.name}\n" for one, path in zip(sums, paths, strict=True))
        many = sha256(listed.encode()).hexdigest()
        assert entry["sha256"] == (many if "files" in entry else sums[0])
        assert entry["bytes"] == sum(path.stat().st_size for path in paths)
        assert len(paths) == entry.get("files", 1)


@every_tree
def test_what_was_prepared_is_verified_with_every_source_file(name, root, tmp_path):
    prepared = row(name).prepare(root, tmp_path / "out")
    ImageStore.open(prepared, 16, "pad")
    verdict = verify(PreparedData(tmp_path / "out"))
    assert (verdict.damages, verdict.absent) == ((), ())
    assert verdict.sources == len(prepared.card["sources"])


@every_tree
def test_each_section_says_which_header_it_came_from(name, root, tmp_path):
    table = row(name).prepare(root, tmp_path / "out").study_table
    for study in table.iter_rows(named=True):
        headers = json.loads(study["section_headers"])
        given = {
            k for k in ("findings", "impression", "indication", "history", "comparison") if study[k]
        }
        assert given <= headers.keys()


@every_tree
def test_progress_ends_with_all_of_it(name, root, tmp_path):
    seen = []
    row(name).prepare(root, tmp_path / "out", progress=lambda done, of: seen.append((done, of)))
    assert seen
    assert seen[-1][0] == seen[-1][1] > 0
