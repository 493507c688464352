"""Formats for packed squares: how soon the first is there, how many a second in random order, how large.

Squares are read in random order, each as an array of its own; warm means from the page cache, cold after the
kernel was asked to forget the file. Formats that the environment cannot write are not measured.
"""

import io
import os
import tarfile
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import IO, Any, cast

import numpy as np
import polars as pl
from numpy.typing import NDArray
from PIL import Image

Squares = NDArray[np.uint8]
Reader = Callable[[int], Squares]


def measure(squares: Squares, folder: Path) -> dict[str, dict[str, float]]:
    """Write ``squares`` (image, row, column) in every format under ``folder``; return its figures."""
    order = np.random.default_rng(0).permutation(len(squares))
    return {
        name: _figures(write(squares, folder), open_, squares, order)
        for name, (write, open_) in _FORMATS.items()
    }


def _figures(
    files: Sequence[Path], open_: Callable[[Path], Reader], squares: Squares, order: NDArray[np.int64]
) -> dict[str, float]:
    where = files[0] if len(files) == 1 else files[0].parent
    figures = {"bytes_per_square": sum(path.stat().st_size for path in files) / len(squares)}
    for state in ("warm", "cold"):
        rates, starts = [], []
        for _ in range(3):
            read = None  # a mapping that is still held would keep the file in memory
            if state == "cold":
                _forget(files)
            began = time.perf_counter()
            read = open_(where)
            first = read(order[0])
            starts.append(time.perf_counter() - began)
            began = time.perf_counter()
            for number in order:
                read(number)
            rates.append(len(order) / (time.perf_counter() - began))
            if not np.array_equal(first, squares[order[0]]):
                raise ValueError(f"{where}: square {order[0]} is not what was written")
        figures |= {f"{state}_first_ms": min(starts) * 1e3, f"{state}_per_second": max(rates)}
    return {name: round(value, 3) for name, value in figures.items()}


def _forget(files: Sequence[Path]) -> None:
    for path in files:
        with path.open("rb") as file:
            os.fsync(file.fileno())
            os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


def _write_npy(squares: Squares, folder: Path) -> list[Path]:
    np.save(folder / "squares.npy", squares)
    return [folder / "squares.npy"]


def _open_npy(path: Path) -> Reader:
    mapped = np.load(path, mmap_mode="r", allow_pickle=False)
    return lambda number: np.array(mapped[number])


def _write_arrow(squares: Squares, folder: Path) -> list[Path]:
    table = pl.DataFrame({"square": [square.tobytes() for square in squares]})
    table.write_ipc(folder / "squares.arrow")
    return [folder / "squares.arrow"]


def _open_arrow(path: Path) -> Reader:
    column = pl.read_ipc(path)["square"]
    side = round(len(column[0]) ** 0.5)
    return lambda number: np.frombuffer(column[int(number)], dtype=np.uint8).reshape(side, side)


def _write_npz(squares: Squares, folder: Path) -> list[Path]:
    np.savez(folder / "squares.npz", allow_pickle=False, **_named(squares))
    return [folder / "squares.npz"]


def _write_packed_npz(squares: Squares, folder: Path) -> list[Path]:
    np.savez_compressed(folder / "packed.npz", allow_pickle=False, **_named(squares))
    return [folder / "packed.npz"]


def _named(squares: Squares) -> dict[str, Any]:
    return {f"{number:05d}": square for number, square in enumerate(squares)}


def _open_npz(path: Path) -> Reader:
    archive = np.load(path, allow_pickle=False)
    return lambda number: archive[f"{number:05d}"]


def _write_tar(squares: Squares, folder: Path) -> list[Path]:
    with tarfile.open(folder / "squares.tar", "w") as archive:
        for number, square in enumerate(squares):
            member = tarfile.TarInfo(f"{number:05d}.png")
            png = _png(square)
            member.size = len(png)
            archive.addfile(member, io.BytesIO(png))
    return [folder / "squares.tar"]


def _open_tar(path: Path) -> Reader:
    """PNG members, as a WebDataset shard holds them; the index that random access needs is built first."""
    archive = tarfile.open(path)  # noqa: SIM115  # lives as long as its reader
    members = {member.name: member for member in archive}

    def read(number: int) -> Squares:
        content = archive.extractfile(members[f"{number:05d}.png"])
        return np.asarray(Image.open(cast(IO[bytes], content)))

    return read


def _write_png(squares: Squares, folder: Path) -> list[Path]:
    (folder / "png").mkdir()
    paths = [folder / "png" / f"{number:05d}.png" for number in range(len(squares))]
    for path, square in zip(paths, squares, strict=True):
        path.write_bytes(_png(square))
    return paths


def _open_png(folder: Path) -> Reader:
    return lambda number: np.asarray(Image.open(folder / f"{number:05d}.png"))


def _png(square: Squares) -> bytes:
    content = io.BytesIO()
    Image.fromarray(square).save(content, "PNG", compress_level=1)
    return content.getvalue()


_FORMATS: Mapping[str, tuple[Callable[[Squares, Path], list[Path]], Callable[[Path], Reader]]] = {
    "npy, mapped": (_write_npy, _open_npy),
    "Arrow IPC, by polars": (_write_arrow, _open_arrow),
    "npz, stored": (_write_npz, _open_npz),
    "npz, deflated": (_write_packed_npz, _open_npz),
    "tar of PNG": (_write_tar, _open_tar),
    "loose PNG": (_write_png, _open_png),
}
