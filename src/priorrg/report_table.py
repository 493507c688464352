"""reports.csv: one row per image reported.

Reports are kept as they come, one JSON object a line in ``NAME.part``; what stands there is taken over by
the next attempt, if model and data are the same, and the table is written when all are there. Beside it
stands ``NAME.json``: which model, on what trained, a draft.
"""

import csv
import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, replace
from itertools import pairwise
from pathlib import Path

from priorrg.ablation import INTERVENTIONS
from priorrg.batching import Batcher, target_text
from priorrg.data.manifest import SPLITS, PreparedData
from priorrg.data.store import ImageStore
from priorrg.errors import DataError, UsageError
from priorrg.generation import generate_reports
from priorrg.model.device import pick_device
from priorrg.model.fingerprint import fingerprint
from priorrg.model.quick import check_mode
from priorrg.model_folder import ModelFolder
from priorrg.settings import Mode
from priorrg.storage import disk_errors, new_file
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
    "mode",
    "notice",
)
_SEED = 0
"""Draws who gets which stranger's film or context."""


def generate_table(
    model: Path,
    data: Path,
    out: Path,
    *,
    split: str = "test",
    most: int = 0,
    given: str = "full",
    keep: bool = False,
    beams: int | None = None,
    mode: Mode | None = None,
    device: str = "auto",
    progress: Callable[[int, int], None] | None = None,
    tell: Callable[[str], None] | None = None,
) -> int:
    """Write the reports of one split; return how many rows the table has.

    ``most`` bounds them, by whole patients in the order of the data; 0 is all. ``given`` names what the model
    gets to see of each study, one of ``INTERVENTIONS``; rows keep the identity and the reference of the
    study, and say what was given. ``keep`` leaves a table as it is that is there and of the same job.
    ``device`` is as ``pick_device`` takes it; ``beams`` and ``mode`` take the place of the model's own.
    ``tell`` gets what a user should know, in one line.
    """
    if out.suffix == ".json":
        raise UsageError(
            f"{out}: the record of the table gets this name; expected another suffix, as .csv"
        )
    computes_on = pick_device(device)
    folder = ModelFolder.load(model, to_report=True)
    folder.network.to(computes_on)
    settings = folder.settings.drafting_in(mode)
    generation = settings.generation if beams is None else replace(settings.generation, beams=beams)
    check_mode(generation.mode, computes_on)
    prepared = PreparedData(data)
    if split not in SPLITS:
        raise UsageError(f"split is {split!r}; expected one of {', '.join(SPLITS)}")
    store = ImageStore.open(prepared, settings.image.size, settings.image.fit, splits={split})
    if tell is not None and store.notice:
        tell(store.notice)
    studies = store.readable(prepared.studies(split, views=settings.data.views))
    if not studies:
        every = prepared.studies(split)
        frontal = "frontal and " * (settings.data.views == "frontal")
        raise DataError(
            f"{data}: none of the {len(every):,} images of split {split!r} is {frontal}readable; expected one. "
            "Look at the column view, or at another split"
        )
    studies = _first_patients(studies, most)
    seen = INTERVENTIONS[given](studies, _SEED)
    identity: dict[str, object] = {
        "model": asdict(folder.provenance),
        "weights": fingerprint(folder.network),
        "notice": folder.provenance.notice,
        "data": prepared.name,
        "tables": prepared.fingerprint,
        "split": split,
        "most": most,
        "given": given,
        "generation": asdict(generation),
    }
    if keep and out.is_file() and _text(out.with_suffix(".json")) == _record_of(identity):
        return len(studies)
    partial, record = out.with_name(f"{out.name}.part"), out.with_name(f"{out.name}.part.json")
    done = _taken_over(partial, record, identity)
    names = [study.current.image_id for study in studies]
    left = [(name, study) for name, study in zip(names, seen, strict=True) if name not in done]
    batcher = Batcher(settings=settings, tokenizers=folder.tokenizers, pixels=store.pixels)

    def tick(count: int, _: int) -> None:
        if progress is not None:
            progress(len(studies) - len(left) + count, len(studies))

    pairs = generate_reports(folder.network, batcher, [study for _, study in left], generation, tick)
    for (name, _), (study, text) in zip(left, pairs, strict=True):
        row = table_row(study, text, settings.data.target)
        said = {"mode": generation.mode, "notice": folder.provenance.notice}
        done[name] = row | {"image_id": name, **said}
        with disk_errors(partial), partial.open("a", encoding="utf-8") as file:
            file.write(json.dumps(done[name]) + "\n")
    _write(out, [done[name] for name in names])
    record.replace(out.with_suffix(".json"))
    partial.unlink()
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


def _first_patients(studies: list[Study], most: int) -> list[Study]:
    """Return the studies of the first patients, at most ``most`` (0: all) but at least one patient's."""
    if most == 0 or len(studies) <= most:
        return studies
    ends = [i for i, (a, b) in enumerate(pairwise(studies), 1) if a.patient_id != b.patient_id]
    fitting = [end for end in ends if end <= most] or ends[:1] or [len(studies)]
    return studies[: fitting[-1]]


def _taken_over(
    partial: Path, record: Path, identity: dict[str, object]
) -> dict[str, dict[str, object]]:
    """Return an earlier attempt's rows by image; start afresh if it was another job."""
    text = _record_of(identity)
    rows: list[dict[str, object]] = []
    if partial.exists() and _text(record) == text:
        rows = _whole_lines(partial)
    with new_file(partial) as temporary:
        temporary.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    with new_file(record) as temporary:
        temporary.write_text(text, encoding="utf-8")
    return {str(row["image_id"]): row for row in rows}


def _record_of(identity: dict[str, object]) -> str:
    return json.dumps(identity, indent=1, default=str)


def _text(path: Path) -> str | None:
    return path.read_text(encoding="utf-8") if path.is_file() else None


def _whole_lines(path: Path) -> list[dict[str, object]]:
    """Return the rows of a file that grew line by line; one that a crash cut off ends it."""
    rows = []
    for line in path.read_bytes().splitlines():
        try:
            rows.append(json.loads(line))
        except ValueError:
            break
    return rows


def _write(path: Path, rows: Sequence[dict[str, object]]) -> None:
    with new_file(path) as temporary, temporary.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, COLUMNS)
        writer.writeheader()
        writer.writerows(rows)
