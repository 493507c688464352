"""Whole or not at all."""

import errno
import os
import socket
import subprocess
import sys

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


SMALL_DISK = """
import resource, signal, sys
from pathlib import Path
import numpy as np, polars as pl, torch
from safetensors.torch import save_file
from PIL import Image
from priorrg.errors import StorageError
from priorrg.storage import new_file

signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (2048, 2048))
numbers = np.random.default_rng(0).random((100, 100))
writers = {
    "table.parquet": pl.DataFrame(numbers).write_parquet,
    "table.csv": pl.DataFrame(numbers).write_csv,
    "weights.safetensors": lambda path: save_file({"a": torch.from_numpy(numbers)}, path),
    "image.png": lambda path: Image.fromarray((numbers * 255).astype(np.uint8)).save(path, format="PNG"),
    "text.txt": lambda path: path.write_text("a" * 5000),
    "array.npy": lambda path: np.save(path.open("wb"), numbers),
}
for name, write in writers.items():
    try:
        with new_file(Path(sys.argv[1]) / name) as temporary:
            write(temporary)
    except StorageError as error:
        print(error)
"""


def test_what_a_library_cannot_write_is_said_in_one_line_whichever_library_it_is(tmp_path):
    command = [sys.executable, "-c", SMALL_DISK, str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    said = done.stdout.splitlines()
    names = ["table.parquet", "table.csv", "weights.safetensors", "image.png", "text.txt", "array.npy"]
    assert [line.split(": ")[0] for line in said] == [str(tmp_path / name) for name in names]
    assert all(": cannot be written; " in line for line in said)
    assert sum("the file is larger than this file system allows" in line for line in said) >= 5
    assert list(tmp_path.iterdir()) == []


def process_that_is_no_more():
    done = subprocess.run([sys.executable, "-c", "import os; print(os.getpid())"], capture_output=True)
    return int(done.stdout)


@pytest.mark.parametrize("kind", [new_file, new_folder])
def test_what_a_killed_process_left_is_swept_away_and_that_of_a_living_one_is_not(tmp_path, kind):
    dead = tmp_path / f".out.{socket.gethostname()}-{process_that_is_no_more()}-01234567.part"
    living = tmp_path / f".out.{socket.gethostname()}-{os.getpid()}-01234567.part"
    elsewhere = tmp_path / f".out.another-host-{process_that_is_no_more()}-01234567.part"
    for left in (dead, living, elsewhere):
        left.mkdir() if kind is new_folder else left.write_text("half")
    with kind(tmp_path / "out") as temporary:
        (temporary / "a" if kind is new_folder else temporary).write_text("whole")
    assert sorted(tmp_path.iterdir()) == sorted([elsewhere, living, tmp_path / "out"])


def test_trouble_with_another_file_is_not_called_trouble_with_this_one(tmp_path):
    with pytest.raises(FileNotFoundError), new_file(tmp_path / "here" / "out"):
        (tmp_path / "elsewhere" / "in").read_text()


def test_an_error_of_the_network_is_not_called_an_error_of_the_disk(tmp_path):
    class RefusedError(OSError):
        """As the hub's errors are."""

    with pytest.raises(RefusedError), new_file(tmp_path / "out"):
        raise RefusedError("401 Unauthorized")


def test_a_new_file_can_be_read_by_whom_the_umask_lets_whoever_wrote_it(tmp_path):
    plain, private = tmp_path / "plain", tmp_path / "private"
    plain.write_text("as any file")
    with new_file(private) as temporary:
        temporary.unlink()
        os.close(os.open(temporary, os.O_CREAT | os.O_WRONLY, 0o600))  # as safetensors does
    assert private.stat().st_mode == plain.stat().st_mode
