"""reports.csv: one row per image reported, written as the reports come.

While it grows the table is called ``NAME.part``; what stands there is kept by the next attempt, if model
and data are the same. Beside the table stands ``NAME.json``: which model, on what trained, a draft.
"""

import csv
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, replace
from pathlib import Path

from priorrg.batching import Batcher, target_text
from priorrg.data.manifest import PreparedData
from priorrg.data.store import ImageStore
from priorrg.errors import DataError, UsageError
from priorrg.generation import generate_reports
from priorrg.model_folder import ModelFolder
from priorrg.storage import new_file
from priorrg.study import Study

COLUMNS = (
    "patient_id",
    "study_id",
    "image_id",
    "view",
    "sex",
    "age",
    "has_prior",
    "days_since_prior",
    "indication",
    "history",
    "reference",
    "generated",
)


def generate_table(
    model: Path,
    data: Path,
    out: Path,
    *,
    split: str = "test",
    beams: int | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> int:
    """Write the reports of one split; return how many rows the table has."""
    folder = ModelFolder.load(model)
    settings = folder.settings
    generation = settings.generation if beams is None else replace(settings.generation, beams=beams)
    prepared = PreparedData(data)
    store = ImageStore.open(prepared, settings.image.size, settings.image.fit)
    studies = store.readable(prepared.studies(split, views=settings.data.views))
    if not studies:
        raise DataError(f"{data}: no image in split {split!r}; expected one of train, validate, test")
    identity: dict[str, object] = {
        "model": asdict(folder.provenance),
        "notice": folder.provenance.notice,
        "data": prepared.name,
        "split": split,
        "generation": asdict(generation),
    }
    partial = out.with_name(f"{out.name}.part")
    done = _written(partial, out.with_name(f"{out.name}.part.json"), identity)
    left = [s for s in studies if s.current.image_id not in done]
    batcher = Batcher(settings=settings, tokenizers=folder.tokenizers, pixels=store.pixels)

    def tick(count: int, _: int) -> None:
        if progress is not None:
            progress(len(studies) - len(left) + count, len(studies))

    pairs = generate_reports(folder.network, batcher, left, generation, tick)
    _append(partial, pairs, settings.data.target)
    _order(partial, [s.current.image_id for s in studies])
    partial.replace(out)
    out.with_name(f"{out.name}.part.json").replace(out.with_suffix(".json"))
    return len(studies)


def table_row(study: Study, generated: str, target: str) -> dict[str, object]:
    """Return one row of the table."""
    return {
        "patient_id": study.patient_id,
        "study_id": study.study_id,
        "image_id": study.current.image_id,
        "view": study.current.view,
        "sex": study.sex,
        "age": "" if study.age is None else study.age,
        "has_prior": int(study.prior is not None),
        "days_since_prior": "" if study.days_since_prior is None else study.days_since_prior,
        "indication": study.context.indication,
        "history": study.context.history,
        "reference": target_text(study, target),
        "generated": generated,
    }


def read_table(path: Path) -> list[dict[str, str]]:
    """Return the rows of a table of reports; raise DataError where it is none."""
    try:
        with path.open(newline="", encoding="utf-8") as file:
            reader = csv.DictReader(file)
            rows = list(reader)
    except OSError as error:
        raise UsageError(
            f"{path}: {error.strerror}; expected a table written by `priorrg generate`"
        ) from error
    except (UnicodeDecodeError, csv.Error) as error:
        raise DataError(f"{path}: not a CSV table in UTF-8 ({error})") from error
    missing = {"image_id", "generated"} - set(reader.fieldnames or ())
    if missing:
        raise DataError(f"{path}: columns {sorted(missing)} are missing; got {reader.fieldnames}")
    return rows


def _written(partial: Path, record: Path, identity: dict[str, object]) -> set[str]:
    """Return the images that an earlier attempt reported; start afresh if it was another job."""
    text = json.dumps(identity, indent=1, default=str)
    if partial.exists() and record.exists() and record.read_text() == text:
        whole = [row for row in read_table(partial) if row["generated"] is not None]
        _write(partial, whole)
        return {row["image_id"] for row in whole}
    partial.parent.mkdir(parents=True, exist_ok=True)
    _write(partial, [])
    record.write_text(text)
    return set()


def _append(partial: Path, pairs: Iterator[tuple[Study, str]], target: str) -> None:
    with partial.open("a", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, COLUMNS)
        for study, text in pairs:
            writer.writerow(table_row(study, text, target))
            file.flush()


def _order(partial: Path, image_ids: Sequence[str]) -> None:
    rows = {row["image_id"]: row for row in read_table(partial)}
    _write(partial, [rows[image_id] for image_id in image_ids])


def _write(path: Path, rows: Sequence[dict[str, str]]) -> None:
    with new_file(path) as temporary, temporary.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, COLUMNS)
        writer.writeheader()
        writer.writerows(rows)
