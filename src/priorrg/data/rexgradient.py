"""ReXGradient-160K → a prepared data set.

Zhang et al., "ReXGradient-160K", arXiv:2505.00228, 2025: 273,004 images of 160,000 studies, 109,487 patients;
Hugging Face, gated, no commercial use. One entry a study in ``{train,valid,test}_metadata_view_position.json``;
``{split}_metadata.csv`` beside it fills what an entry lacks. Dates have no time: two studies of a day are not
ordered. Images were reduced to a quarter of their size by the source. Knows these files and where the images
lie; decodes no pixels.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import datetime, time
from pathlib import Path, PurePosixPath
from typing import Any

from priorrg.data.dates import parse_date
from priorrg.data.given_sections import given_sections
from priorrg.data.image_files import below_root, keep_found, on_disk
from priorrg.data.manifest import PreparedData
from priorrg.data.patient_facts import age_of, sex_of, view_named
from priorrg.data.preparing import Progress, SourceImage, SourceStudy, check_folders, write_prepared
from priorrg.data.source_tables import find_csv, fingerprint, read_csv, read_json
from priorrg.errors import DataError, UsageError

READER = "rexgradient"
_SPLITS = {"train": "train", "valid": "validate", "test": "test"}
_FOLDERS = ("metadata", "download/metadata", ".")
_SECTIONS = {name.lower(): (name,) for name in ("Indication", "Comparison", "Findings", "Impression")}
_FACTS = ("StudyDate", "PatientSex", "PatientAge", "Indication", "Comparison", "Findings", "Impression")
_NOTHING = ("none", "nan", "n/a", "null")
Entry = Mapping[str, Any]


def prepare(
    root: str | Path, out: str | Path, *, with_images: bool = True, progress: Progress | None = None
) -> PreparedData:
    """Read the splits that are under ``root``, find their images there, write ``out``.

    The JSON files lie in ``metadata``, ``download/metadata`` or ``root`` itself, the images in ``deid_png``.
    Images that are not there are counted. ``progress`` gets (images looked for, images in all). Raises
    ``UsageError``, ``DataError`` (naming file and study), ``StorageError``.
    """
    root, out = check_folders(root, out, reader=READER, expected="the root of ReXGradient-160K")
    files = _files(root)
    dropped: Counter[str] = Counter()
    studies, sources = [], []
    for split, path in files.items():
        table = find_csv(path.parent, (f"{split}_metadata",))
        sources += [path] if table is None else [path, table]
        studies += _read(path, table, _SPLITS[split])
    dropped["studies_without_date"] += sum(study.taken_at is None for study in studies)
    if with_images:
        paths = (image.path for study in studies for image in study.images)
        keep_found(studies, on_disk(paths, _candidates, root, progress), dropped)
    card = {
        "name": READER,
        "synthetic": False,
        "reader": READER,
        "root": str(root),
        "split": f"by the source; there are {', '.join(files)}",
        "priors": "by date, strictly earlier; there are no times",
        "sources": [
            {**fingerprint(path), "file": path.relative_to(root).as_posix()} for path in sources
        ],
    }
    return write_prepared(out, studies, card=card, dropped=dropped, with_images=with_images)


def _files(root: Path) -> dict[str, Path]:
    """Return the JSON file of each split that is there."""
    for folder in _FOLDERS:
        paths = {split: root / folder / f"{split}_metadata_view_position.json" for split in _SPLITS}
        if there := {split: path for split, path in paths.items() if path.is_file()}:
            return there
    raise UsageError(
        f"{root}: holds no metadata; expected metadata/train_metadata_view_position.json (and valid, test)"
    )


def _read(path: Path, table: Path | None, split: str) -> list[SourceStudy]:
    content = read_json(path, "the metadata of ReXGradient-160K")
    if not isinstance(content, dict):
        raise DataError(
            f"{path}: got {type(content).__name__}; expected an object with one entry a study"
        )
    more: dict[str, Entry] = {}
    if table is not None:
        rows = read_csv(table, ("id",), _FACTS).iter_rows(named=True)
        more = {row["id"]: row for row in rows}
    studies = []
    for name, entry in content.items():
        try:
            studies.append(_study(name, entry, more.get(name, {}), split))
        except (KeyError, TypeError, AttributeError, ValueError) as error:
            raise DataError(
                f"{path}: {name}: {type(error).__name__} {error}; expected ImagePath and "
                "ImageViewPosition, lists of one length, and the texts"
            ) from error
    return studies


def _study(name: str, entry: Entry, more: Entry, split: str) -> SourceStudy:
    facts = {key: _said(entry.get(key)) or _said(more.get(key)) for key in _FACTS}
    paths = [below_root(path.removeprefix("../")) for path in _listed(entry["ImagePath"])]
    views = _listed(entry["ImageViewPosition"])
    day = parse_date(facts["StudyDate"])
    return SourceStudy(
        patient_id=_said(entry.get("PatientID")) or name.split("_")[0].removeprefix("p"),
        study_id=name,
        taken_at=None if day is None else datetime.combine(day, time()),
        split=split,
        sex=sex_of(facts["PatientSex"]),
        age=age_of(facts["PatientAge"]),
        images=[
            SourceImage(image_id=PurePosixPath(path).stem, path=path, view=view_named(_said(view)))
            for path, view in zip(paths, views, strict=True)
        ],
        report=given_sections(_SECTIONS, _without_nothing(facts)),
    )


def _without_nothing(facts: Mapping[str, str]) -> dict[str, str]:
    """Return the texts, empty where one only says that there is none; "None" is an answer to COMPARISON."""
    return {
        key: "" if key != "Comparison" and text.lower().strip(" .") in _NOTHING else text
        for key, text in facts.items()
    }


def _said(value: object) -> str:
    """Return a value as text, empty for JSON's null and for NaN."""
    return "" if value is None or value != value else str(value).strip()


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _candidates(path: str) -> Iterator[str]:
    yield path
    yield f"images/{path}"
    yield path.removeprefix("deid_png/")
