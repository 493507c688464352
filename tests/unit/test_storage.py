"""Whole or not at all."""

import errno

import pytest

from priorrg.errors import StorageError, UsageError
from priorrg.storage import is_empty, new_file, new_folder


def full_disk():
    return OSError(errno.ENOSPC, "No space left on device")


def leave(kind, path, error):
    with kind(path) as temporary:
        (temporary / "a" if kind is new_folder else temporary).write_text("half")
        raise error


@pytest.mark.parametrize("kind", [new_file, new_folder])
@pytest.mark.parametrize(
    ("error", "seen"),
    [(full_disk(), StorageError), (KeyboardInterrupt(), KeyboardInterrupt), (ValueError(), ValueError)],
)
def test_a_failure_leaves_nothing_half_written(tmp_path, kind, error, seen):
    path = tmp_path / "out"
    with pytest.raises(seen):
        leave(kind, path, error)
    assert list(tmp_path.iterdir()) == []


def test_a_failure_leaves_the_former_folder_as_it_was(tmp_path):
    path = tmp_path / "out"
    with new_folder(path) as temporary:
        (temporary / "old").write_text("old")
    with pytest.raises(KeyboardInterrupt):
        leave(new_folder, path, KeyboardInterrupt())
    assert (path / "old").read_text() == "old"
    with new_folder(path) as temporary:
        (temporary / "new").write_text("new")
    assert [entry.name for entry in path.iterdir()] == ["new"]
    assert [entry.name for entry in tmp_path.iterdir()] == ["out"]


def test_a_full_disk_is_said_in_one_line_with_advice(tmp_path):
    with pytest.raises(StorageError, match="the disk is full: free some space") as caught:
        leave(new_file, tmp_path / "out", full_disk())
    assert "\n" not in str(caught.value)
    assert str(tmp_path / "out") in str(caught.value)


def test_emptiness_of_folders_and_files(tmp_path):
    assert is_empty(tmp_path / "none")
    assert is_empty(tmp_path)
    (tmp_path / "a").write_text("")
    assert not is_empty(tmp_path)
    with pytest.raises(UsageError, match="is a file"):
        is_empty(tmp_path / "a")
