"""What an encoder saw before is found again, bit by bit, or not at all."""

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from torch import nn

from priorrg import prior_cache
from priorrg.errors import StorageError, UsageError
from priorrg.prior_cache import PriorCache, default_place


def encoder(seed=0):
    torch.manual_seed(seed)
    return nn.Linear(3, 2)


def image(seed):
    return torch.randn(1, 1, 8, 8, generator=torch.Generator().manual_seed(seed))


def features(seed):
    """4,800 bytes."""
    return torch.randn(10, 120, generator=torch.Generator().manual_seed(100 + seed))


def files(place):
    return sorted(Path(place).rglob("*.safetensors"))


def test_features_come_back_bit_by_bit_and_another_image_finds_nothing(tmp_path):
    cache = PriorCache(encoder(), tmp_path)
    assert cache.put(image(1), features(1))
    assert torch.equal(PriorCache(encoder(), tmp_path).get(image(1)), features(1))
    almost = image(1)
    almost[0, 0, 0, 0] += 1e-6
    assert cache.get(almost) is None


@pytest.mark.parametrize("other", [{"seed": 1}, {"mode": "cuda torch.bfloat16"}])
def test_what_another_encoder_or_mode_saw_is_not_taken_for_ones_own(tmp_path, other):
    PriorCache(encoder(), tmp_path, mode="cpu torch.float32").put(image(1), features(1))
    seed, mode = other.get("seed", 0), other.get("mode", "cpu torch.float32")
    assert PriorCache(encoder(seed), tmp_path, mode=mode).get(image(1)) is None


@pytest.mark.parametrize(
    "damage",
    [lambda b: b[:-1], lambda b: b[:40], lambda b: b"", lambda b: b[:-9] + bytes([b[-9] ^ 1]) + b[-8:]],
    ids=["one byte short", "cut in the header", "empty", "one bit turned"],
)
def test_a_damaged_file_counts_as_absent_and_goes(tmp_path, damage):
    cache = PriorCache(encoder(), tmp_path)
    cache.put(image(1), features(1))
    (file,) = files(tmp_path)
    file.write_bytes(damage(file.read_bytes()))
    assert cache.get(image(1)) is None
    assert files(tmp_path) == []


def test_the_least_recently_used_go_when_the_bound_is_passed(tmp_path):
    cache = PriorCache(encoder(), tmp_path, gb=16e-6)  # three of 4.9 kB
    for number in range(3):
        cache.put(image(number), features(number))
        os.utime(cache._path(image(number)), (number, number))
    assert cache.get(image(0)) is not None  # used: now image 1 is the oldest
    cache.put(image(3), features(3))
    assert [cache.get(image(n)) is not None for n in range(4)] == [True, False, True, True]
    assert sum(file.stat().st_size for file in files(tmp_path)) <= 16_000


def test_the_bound_counts_what_other_encoders_left(tmp_path):
    PriorCache(encoder(1), tmp_path).put(image(0), features(0))
    cache = PriorCache(encoder(), tmp_path, gb=6e-6)
    cache.put(image(1), features(1))
    assert files(tmp_path) == [cache._path(image(1))]


def test_a_file_of_somebody_else_is_neither_counted_nor_removed(tmp_path):
    theirs = tmp_path / "papers" / "mine.safetensors"
    theirs.parent.mkdir()
    theirs.write_bytes(bytes(9000))
    cache = PriorCache(encoder(), tmp_path, gb=6e-6)
    cache.put(image(1), features(1))
    cache.clear()
    assert theirs.exists()
    assert files(tmp_path) == [theirs]


def test_a_full_disk_keeps_nothing_and_breaks_nothing(tmp_path, monkeypatch):
    def full(*_, **__):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(prior_cache, "save_file", full)
    cache = PriorCache(encoder(), tmp_path)
    assert not cache.put(image(1), features(1))
    assert list(tmp_path.rglob("*.*")) == []


@pytest.mark.skipif(os.name != "posix", reason="other systems have other rights")
def test_nobody_else_may_read_what_is_kept(tmp_path):
    cache = PriorCache(encoder(), tmp_path / "place")
    cache.put(image(1), features(1))
    assert stat.S_IMODE(cache._path(image(1)).parent.stat().st_mode) == 0o700


def test_a_bound_or_a_place_that_cannot_be_is_said_at_once(tmp_path):
    with pytest.raises(UsageError, match="expected more than 0"):
        PriorCache(encoder(), tmp_path, gb=0)
    (tmp_path / "file").write_text("")
    with pytest.raises(StorageError, match="cannot be written"):
        PriorCache(encoder(), tmp_path / "file")


def test_the_environment_says_where_it_lies_else_the_system(tmp_path, monkeypatch):
    monkeypatch.setenv("PRIORRG_PRIOR_CACHE", str(tmp_path / "named"))
    assert default_place() == tmp_path / "named"
    monkeypatch.delenv("PRIORRG_PRIOR_CACHE")
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "caches"))
    assert default_place() == tmp_path / "caches" / "priorrg" / "priors"


WRITER = """
import sys
sys.path.insert(0, sys.argv[2])
from test_prior_cache import encoder, features, image
from priorrg.prior_cache import PriorCache

cache = PriorCache(encoder(), sys.argv[1], gb=16e-6)
for turn in range(60):
    cache.put(image(turn % 6), features(turn % 6))
    for number in range(6):
        found = cache.get(image(number))
        assert found is None or found.equal(features(number))
"""


def test_two_processes_share_a_folder_and_never_see_half_a_file(tmp_path):
    command = [sys.executable, "-c", WRITER, str(tmp_path), str(Path(__file__).parent)]
    writers = [subprocess.Popen(command, stderr=subprocess.PIPE) for _ in range(2)]
    said = [writer.communicate()[1].decode() for writer in writers]
    assert [writer.returncode for writer in writers] == [0, 0], said
    assert files(tmp_path)
    assert not list(tmp_path.rglob("*.part"))
    assert sum(file.stat().st_size for file in files(tmp_path)) <= 16_000
