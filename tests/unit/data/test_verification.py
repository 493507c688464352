"""What ``priorrg data verify`` finds, and that its advice puts it right."""

import json

import polars as pl
import pytest
from mimic_tree import two_visits, write_tree
from typer.testing import CliRunner

from priorrg.cli import data
from priorrg.data.manifest import PreparedData
from priorrg.data.mimic_cxr import prepare
from priorrg.data.store import ImageStore
from priorrg.data.verification import verify
from priorrg.errors import DataError, UsageError

RUN = CliRunner()


@pytest.fixture
def prepared(tmp_path):
    prepared = prepare(write_tree(tmp_path / "root", two_visits()), tmp_path / "out")
    ImageStore.open(prepared, 32, "pad")
    ImageStore.open(prepared, 16, "crop")
    return PreparedData(prepared.folder)


def only_damage(prepared):
    (damage,) = verify(PreparedData(prepared.folder)).damages
    return damage


def test_a_sound_data_set_is_said_to_be_sound(prepared):
    verdict = verify(prepared)
    assert (verdict.tables, verdict.sources, verdict.shards) == (3, 3, 2)
    assert (verdict.absent, verdict.damages) == ((), ())
    result = RUN.invoke(data.app, ["verify", str(prepared.folder)], catch_exceptions=False)
    assert result.exit_code == 0


@pytest.mark.parametrize("at", [0, 200, -1])
def test_one_changed_byte_of_a_shard_is_found_and_the_advice_mends_it(prepared, at):
    shard = prepared.folder / "store" / "32-pad" / "train-00000.npy"
    content = shard.read_bytes()
    damaged = bytearray(content)
    damaged[at] ^= 1
    shard.write_bytes(damaged)
    damage = only_damage(prepared)
    assert damage.path == shard
    assert "delete it and train-00000.json" in damage.repair
    shard.unlink()
    shard.with_suffix(".json").unlink()
    ImageStore.open(prepared, 32, "pad")
    assert shard.read_bytes() == content
    assert verify(prepared).damages == ()


def test_one_changed_character_of_a_card_is_found_and_the_advice_mends_it(prepared):
    card = prepared.folder / "store" / "32-pad" / "train-00000.json"
    content = card.read_text()
    card.write_text(
        content.replace('"unreadable": {}', '"unreadable":{ }').replace("sources", "source5")
    )
    damage = only_damage(prepared)
    assert damage.path == card.with_suffix(".npy")
    assert "delete it and train-00000.json" in damage.repair
    ImageStore.open(prepared, 32, "pad")
    assert card.read_text() == content
    assert verify(prepared).damages == ()


def test_the_advice_is_given_once(prepared):
    card = {key: value for key, value in prepared.card.items() if key != "tables"}
    (prepared.folder / "data.json").write_text(json.dumps(card))
    (prepared.folder / "images.parquet").write_bytes(b"PAR1")
    with pytest.raises(DataError) as caught:
        RUN.invoke(data.app, ["verify", str(prepared.folder)], catch_exceptions=False)
    assert str(caught.value).lower().count("prepare") == 1


def test_a_lost_shard_is_damage_and_an_unfinished_one_is_not(prepared):
    shard = prepared.folder / "store" / "32-pad" / "train-00000.npy"
    shard.unlink()
    assert only_damage(prepared).what == "is missing or empty"
    shard.touch()
    shard.with_suffix(".json").unlink()
    assert verify(prepared).damages == ()


@pytest.mark.parametrize("name", ["studies", "images", "labels"])
def test_one_changed_byte_of_a_table_is_found_wherever_it_is(prepared, name):
    path = prepared.folder / f"{name}.parquet"
    content = path.read_bytes()
    for at in range(0, len(content), 97):
        path.write_bytes(content[:at] + bytes([content[at] ^ 64]) + content[at + 1 :])
        damage = only_damage(prepared)
        assert (damage.path, damage.what) == (path, "its bytes are not those that were written")
    path.unlink()
    assert only_damage(prepared).what == "is missing"


def test_tables_of_a_preparation_that_kept_no_digests_are_read(prepared):
    card = {key: value for key, value in prepared.card.items() if key != "tables"}
    (prepared.folder / "data.json").write_text(json.dumps(card))
    assert verify(PreparedData(prepared.folder)).damages == ()
    path = prepared.folder / "images.parquet"
    pl.read_parquet(path).filter(pl.col("image_id") != "aa-old").write_parquet(path)
    assert only_damage(prepared).what == "prior_image_id 'aa-old' is not in the data set"
    path.write_bytes(b"PAR1")
    assert only_damage(prepared).what.startswith("not readable as Parquet")


def test_a_source_table_of_another_release_is_found_and_a_lost_one_is_told(prepared):
    table = prepared.root / "mimic-cxr-2.0.0-split.csv"
    table.write_text(table.read_text() + "x,y,z,train\n")
    assert only_damage(prepared).path == table
    table.unlink()
    verdict = verify(prepared)
    assert (verdict.absent, verdict.damages) == ((table.name,), ())


def test_the_verb_names_what_is_damaged_and_fails(prepared):
    shard = prepared.folder / "store" / "16-crop" / "train-00000.npy"
    shard.write_bytes(b"")
    with pytest.raises(DataError, match=r"train-00000\.npy: is missing or empty; delete it and"):
        RUN.invoke(data.app, ["verify", str(prepared.folder)], catch_exceptions=False)
    result = RUN.invoke(data.app, ["verify", str(prepared.folder), "--json"])
    assert isinstance(result.exception, DataError)
    assert result.exception.exit_code == 1
    (damage,) = json.loads(result.stdout)["damages"]
    assert damage["path"] == str(shard)


def test_a_folder_that_is_no_data_set_is_wrong_use(tmp_path):
    with pytest.raises(UsageError, match="no prepared data set"):
        RUN.invoke(data.app, ["verify", str(tmp_path)], catch_exceptions=False)
