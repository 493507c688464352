"""A small tree in MIMIC-CXR-JPG's shape, for tests: files/, reports and the CSV tables."""

import csv
import gzip
import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from priorrg.data.label_names import CHEXPERT_LABELS

REPORT = " FINAL REPORT\n INDICATION: Cough.\n\n FINDINGS: Lungs of {} clear.\n\n IMPRESSION: Normal.\n"


@dataclass(frozen=True, kw_only=True)
class Film:
    """One row of the metadata, with what lies on the disk."""

    patient: str
    study: str
    image: str
    date: str = "21800506"
    time: str = "80556.875"
    view: str = "PA"
    meaning: str = ""
    split: str = "train"
    size: tuple[int, int] = (40, 48)
    on_disk: bool = True
    report: str | None = REPORT


def write_tree(
    root: Path, films: Sequence[Film], *, packed: bool = False, without: Sequence[str] = ()
) -> Path:
    """Write the tree; ``without`` leaves out the tables split or chexpert."""
    for number, film in enumerate(films):
        patient = root / "files" / f"p{film.patient[:2]}" / f"p{film.patient}"
        study = patient / f"s{film.study}"
        study.mkdir(parents=True, exist_ok=True)
        if film.report is not None:
            (patient / f"s{film.study}.txt").write_text(film.report.format(film.study))
        if film.on_disk:
            grey = np.random.default_rng(number).integers(0, 256, film.size, dtype=np.uint8)
            Image.fromarray(grey).save(study / f"{film.image}.jpg")
    tables = {"metadata": _metadata(films), "split": _split(films), "chexpert": _chexpert(films)}
    for name, rows in tables.items():
        if name not in without:
            _write(root / f"mimic-cxr-2.0.0-{name}.csv", rows, packed)
    return root


def two_visits() -> list[Film]:
    """Return one patient with two studies, the later one with the smaller id and two images."""
    return [
        Film(
            patient="10000032",
            study="50000009",
            image="aa-old",
            date="21800506",
            time="60000.5",
            view="AP",
        ),
        Film(patient="10000032", study="50000001", image="bb-new", date="21800508", time="180000.5"),
        Film(
            patient="10000032",
            study="50000001",
            image="cc-side",
            date="21800508",
            time="180000.5",
            view="",
            meaning="lateral",
        ),
    ]


def _metadata(films: Sequence[Film]) -> list[dict[str, object]]:
    return [
        {
            "ViewPosition": film.view,
            "Columns": film.size[1],
            "Rows": film.size[0],
            "study_id": film.study,
            "subject_id": film.patient,
            "dicom_id": film.image,
            "StudyDate": film.date,
            "StudyTime": film.time,
            "ViewCodeSequence_CodeMeaning": film.meaning,
        }
        for film in films
    ]


def _split(films: Sequence[Film]) -> list[dict[str, object]]:
    return [
        {"dicom_id": f.image, "study_id": f.study, "subject_id": f.patient, "split": f.split}
        for f in films
    ]


def _chexpert(films: Sequence[Film]) -> list[dict[str, object]]:
    first = {film.study: film for film in reversed(films)}
    return [
        {
            "subject_id": f.patient,
            "study_id": f.study,
            **dict.fromkeys(CHEXPERT_LABELS, ""),
            "Edema": "-1.0",
        }
        for f in first.values()
    ]


def _write(path: Path, rows: list[dict[str, object]], packed: bool) -> None:
    text = io.StringIO()
    table = csv.DictWriter(text, rows[0])
    table.writeheader()
    table.writerows(rows)
    if packed:
        Path(f"{path}.gz").write_bytes(gzip.compress(text.getvalue().encode()))
    else:
        path.write_text(text.getvalue())
