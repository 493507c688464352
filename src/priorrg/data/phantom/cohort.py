"""Write a synthetic cohort as a tree of files shaped like MIMIC-CXR-JPG, with the truth beside it.

Knows files and processes; what the patients are like is told elsewhere. The same seed gives the same
files, with however many processes. Nothing is half written: the tree appears under its name when it is
complete.
"""

import csv
import json
import os
import signal
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from functools import partial
from importlib.metadata import version
from multiprocessing import get_context
from pathlib import Path

import numpy as np
from PIL import Image

from priorrg import truth
from priorrg.data.dicom_writing import write_radiograph
from priorrg.data.phantom import tables
from priorrg.data.phantom.anatomy import sample_anatomy
from priorrg.data.phantom.drawing import draw
from priorrg.data.phantom.patients import PhantomPatient, PhantomStudy, imagine_patient
from priorrg.errors import DataError, StorageError, UsageError
from priorrg.storage import is_empty, new_folder

IMAGE_FORMATS = {"jpg": "jpg", "dicom": "dcm"}
"""Format → file suffix."""
SPLITS = {"train": 0.76, "validate": 0.08, "test": 0.16}
"""Shares of patients."""
JPEG_QUALITY = 92
SIZES = (64, 2048)
"""Smallest and largest side of an image, px."""

_ANATOMY = 2  # streams of chance beside those of the patients
_SPLIT = 3
_NOBODY = 2**31  # stands where the patient's index stands otherwise

RECIPE_FILE = "phantom.json"
DRAWING = 1
"""Counted up whenever the same seed gives other patients, films or reports."""
Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """What a cohort was drawn from: the same recipe gives the same cohort."""

    patients: int
    seed: int
    size: int
    format: str = "jpg"
    drawing: int = DRAWING

    @classmethod
    def of(cls, folder: Path) -> "Recipe":
        """Read the recipe of a cohort. Raises ``DataError`` where there is none."""
        path = folder / RECIPE_FILE
        try:
            return cls(**json.loads(path.read_text(encoding="utf-8")))
        except (OSError, ValueError, TypeError) as error:
            raise DataError(
                f"{path}: not the recipe of a cohort ({type(error).__name__}); expected what `priorrg "
                "phantom` writes. Draw the cohort again, in another folder"
            ) from error


@dataclass(frozen=True, slots=True, kw_only=True)
class PhantomSummary:
    """What was written where. ``with_prior`` counts studies."""

    folder: Path
    patients: int
    studies: int
    images: int
    with_prior: int


@dataclass(frozen=True, slots=True, kw_only=True)
class _Order:
    """What every process must know."""

    folder: Path
    splits: list[str]
    seed: int
    size: int
    image_format: str


@dataclass(frozen=True, slots=True, kw_only=True)
class _Written:
    """The rows of one patient, for the tables."""

    metadata: list[tables.Row]
    split: list[tables.Row]
    chexpert: list[tables.Row]
    truth: list[tables.Row]
    with_prior: int


def write_phantom(
    out: Path,
    patients: int,
    seed: int,
    size: int = 256,
    image_format: str = "jpg",
    progress: Progress | None = None,
    workers: int | None = None,
) -> PhantomSummary:
    """Write a cohort of synthetic patients to the folder ``out``.

    ``size`` is the side of the square images in px, ``image_format`` is ``jpg`` or ``dicom``.
    ``progress`` is called with patients done and in all. With more than one of ``workers`` (default: one
    a core), call from under ``if __name__ == "__main__"``: the processes import the calling script.
    Raises ``UsageError`` if ``out`` holds anything or a number is impossible, ``StorageError`` if the
    disk refuses.
    """
    _check(out, patients, seed, size, image_format)
    workers = min(patients, workers or len(os.sched_getaffinity(0)))
    written: list[_Written] = []
    with new_folder(out) as folder:
        order = _Order(
            folder=folder,
            splits=assign_splits(patients, seed),
            seed=seed,
            size=size,
            image_format=image_format,
        )
        with _each_patient(order, patients, workers) as results:
            for result in results:
                written.append(result)
                if progress is not None:
                    progress(len(written), patients)
        _write_tables(folder, written)
        (folder / "README.md").write_text(_readme(order, patients), encoding="utf-8")
        recipe = Recipe(patients=patients, seed=seed, size=size, format=image_format)
        (folder / RECIPE_FILE).write_text(json.dumps(asdict(recipe), indent=1) + "\n")
    return PhantomSummary(
        folder=out,
        patients=patients,
        studies=sum(len(w.chexpert) for w in written),
        images=sum(len(w.metadata) for w in written),
        with_prior=sum(w.with_prior for w in written),
    )


def assign_splits(patients: int, seed: int) -> list[str]:
    """Return each patient's split; from 3 patients on, none is empty."""
    least = int(patients >= len(SPLITS))
    counts = {name: max(round(share * patients), least) for name, share in SPLITS.items()}
    counts["train"] = patients - counts["validate"] - counts["test"]
    names = [name for name, count in counts.items() for _ in range(count)]
    rng = np.random.default_rng(np.random.SeedSequence([seed, _NOBODY, _SPLIT]))
    return [names[int(i)] for i in rng.permutation(patients)]


def _check(out: Path, patients: int, seed: int, size: int, image_format: str) -> None:
    if not is_empty(out):
        raise UsageError(
            f"{out}: holds files already; expected a new or empty folder. Choose another name"
        )
    if patients < 1:
        raise UsageError(f"patients: got {patients}; expected at least 1")
    if seed < 0:
        raise UsageError(f"seed: got {seed}; expected 0 or more")
    if not SIZES[0] <= size <= SIZES[1]:
        raise UsageError(f"size: got {size}; expected {SIZES[0]} to {SIZES[1]} px")
    if image_format not in IMAGE_FORMATS:
        raise UsageError(f"format: got {image_format!r}; expected {' or '.join(IMAGE_FORMATS)}")


@contextmanager
def _each_patient(order: _Order, patients: int, workers: int) -> Iterator[Iterable[_Written]]:
    """Yield the patients' rows in order, while processes write their files."""
    work = partial(_write_patient, order)
    if workers <= 1:
        yield map(work, range(patients))
        return
    chunk = max(1, min(8, patients // (4 * workers)))
    pool = ProcessPoolExecutor(workers, mp_context=get_context("spawn"), initializer=_leave_interrupts)
    try:
        yield pool.map(work, range(patients), chunksize=chunk)
    except BrokenProcessPool as error:
        raise StorageError(
            f"{order.folder.parent}: one of {workers} drawing processes was ended from outside. "
            "Is memory short? Try fewer workers"
        ) from error
    finally:
        pool.shutdown(cancel_futures=True)


def _leave_interrupts() -> None:
    """Ctrl-C is for the parent process, which tidies up."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def _write_patient(order: _Order, index: int) -> _Written:
    patient = imagine_patient(index, order.seed)
    rng = np.random.default_rng(np.random.SeedSequence([order.seed, index, _ANATOMY]))
    anatomy = sample_anatomy(rng)
    home = order.folder / "files" / f"p{patient.patient_id[:2]}" / f"p{patient.patient_id}"
    truth: list[tables.Row] = []
    for study in patient.studies:
        folder = home / f"s{study.visit.study_id}"
        folder.mkdir(parents=True)
        folder.with_suffix(".txt").write_text(study.text, encoding="utf-8")
        boxes: tables.Boxes = {}
        for exposure in study.visit.exposures:
            drawing = draw(anatomy, study.scene, exposure.acquisition, order.size)
            boxes = boxes or drawing.boxes  # the frontal image comes first
            _write_image(order, patient, study, folder, exposure.image_id, drawing.pixels)
        truth += tables.truth_rows(patient, study, boxes)
    return _Written(
        metadata=tables.metadata_rows(patient, order.size),
        split=tables.split_rows(patient, order.splits[index]),
        chexpert=tables.chexpert_rows(patient),
        truth=truth,
        with_prior=sum(study.prior is not None for study in patient.studies),
    )


def _write_image(
    order: _Order,
    patient: PhantomPatient,
    study: PhantomStudy,
    folder: Path,
    image_id: str,
    pixels: np.ndarray[tuple[int, int], np.dtype[np.uint8]],
) -> None:
    path = folder / f"{image_id}.{IMAGE_FORMATS[order.image_format]}"
    if order.image_format == "jpg":
        Image.fromarray(pixels).save(path, quality=JPEG_QUALITY)
        return
    view = next(e.acquisition.view for e in study.visit.exposures if e.image_id == image_id)
    write_radiograph(
        path,
        pixels,
        patient_id=patient.patient_id,
        study_id=study.visit.study_id,
        image_id=image_id,
        taken_at=study.visit.taken_at,
        view=view,
        sex=patient.sex,
    )


def _write_tables(folder: Path, written: Sequence[_Written]) -> None:
    for name, header, rows in (
        ("mimic-cxr-2.0.0-metadata", tables.METADATA, [row for w in written for row in w.metadata]),
        ("mimic-cxr-2.0.0-split", tables.SPLIT, [row for w in written for row in w.split]),
        ("mimic-cxr-2.0.0-chexpert", tables.CHEXPERT, [row for w in written for row in w.chexpert]),
        ("phantom-truth", truth.COLUMNS, [row for w in written for row in w.truth]),
    ):
        rows.sort(key=_by_patient_and_study(header))
        with (folder / f"{name}.csv").open("w", newline="", encoding="utf-8") as file:
            csv.writer(file, lineterminator="\n").writerows([header, *rows])


def _by_patient_and_study(header: Sequence[str]) -> Callable[[tables.Row], tuple[str, str]]:
    patient = header.index("subject_id" if "subject_id" in header else "patient_id")
    study = header.index("study_id")
    return lambda row: (row[patient], row[study])


def _readme(order: _Order, patients: int) -> str:
    return f"""# A synthetic cohort

Made by `priorrg phantom --patients {patients} --seed {order.seed} --size {order.size} \
--format {order.image_format}`, PriorRG {version("priorrg")}.

**No real patient is in these data.** Images, findings, questions and reports are all drawn by chance.
The tree and its tables have the shape of MIMIC-CXR-JPG, so that the same reader reads both; none of its
content.

| file | what |
| --- | --- |
| `files/pNN/pNNNNNNNN/sNNNNNNNN/*.{IMAGE_FORMATS[order.image_format]}` | the images of a study |
| `files/pNN/pNNNNNNNN/sNNNNNNNN.txt` | its report |
| `mimic-cxr-2.0.0-metadata.csv` | view, size, date and time of every image; a lost date is empty |
| `mimic-cxr-2.0.0-split.csv` | train, validate or test, by patient |
| `mimic-cxr-2.0.0-chexpert.csv` | what each report says: 1 stated, -1 hedged, 0 denied |
| `{RECIPE_FILE}` | patients, seed, size and format: what the cohort was drawn from |
| `phantom-truth.csv` | the truth: each finding's presence, severity, change and box; what is asked |
"""
