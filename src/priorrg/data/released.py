"""The authors' annotation JSON → a prepared data set, priors as it gives them.

``{train, val, test}`` → list, one item per image. The prior is the one that the annotation names, which was
ordered by ``study_id`` (random in MIMIC): to repeat the published evaluation, not to train a better model.
Knows that one file and where its images lie; decodes no pixels.
"""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from priorrg.data.image_files import below_root, on_disk
from priorrg.data.manifest import PreparedData
from priorrg.data.preparing import Progress, SourceImage, SourceStudy, check_folders, write_prepared
from priorrg.data.priors import PriorLink, PriorReason
from priorrg.data.sections import Sections
from priorrg.data.source_tables import fingerprint, read_json
from priorrg.errors import DataError
from priorrg.study import UNKNOWN_VIEW

READER = "released"
_PATIENT_FOLDER = re.compile(r"(?:^|/)p(\d{8})/")
_SPLITS = {"train": "train", "val": "validate", "test": "test"}
_KEYS = {"findings": "findings", "indication": "indication_pure", "history": "history_pure"}


@dataclass(frozen=True, slots=True)
class _Scan:
    """An image as the annotation names it: path below the images' root, view."""

    path: str
    view: str

    @property
    def image_id(self) -> str:
        return PurePosixPath(self.path).stem

    @property
    def study_id(self) -> str:
        """The study's folder; MIMIC's is ``s`` and the number."""
        return _number(PurePosixPath(self.path).parent.name or self.image_id, "s")


@dataclass(frozen=True, slots=True)
class _Item:
    """One item of the annotation. ``no_prior`` says why there is none."""

    patient_id: str
    study_id: str
    split: str
    report: Sections
    anchor: _Scan
    prior: _Scan | None
    no_prior: PriorReason


def prepare(
    root: str | Path,
    out: str | Path,
    *,
    annotation: str | Path | None = None,
    reader: str = READER,
    with_images: bool = True,
    progress: Progress | None = None,
) -> PreparedData:
    """Read ``annotation``, find its images under ``root``, write the prepared data set ``out``.

    ``annotation`` is ``annotation.json`` in ``root`` unless it is named. Items whose
    ``findings_factual_serialization`` is an empty list are dropped, as in the released code; images that
    are not there are counted, not fatal. A prior that is nobody's current image becomes a study without a
    split, so that no report is asked of it. Without images none is looked for. ``progress`` gets (images
    looked for, images in all). Raises ``UsageError``, ``DataError`` (naming split and item),
    ``StorageError``.
    """
    root, out = check_folders(
        root, out, reader=reader, expected="the one that image paths are relative to"
    )
    annotation = root / "annotation.json" if annotation is None else Path(annotation).resolve()
    dropped: Counter[str] = Counter()
    items = _read_items(annotation, dropped)
    paths = {scan.path for item in items for scan in _scans(item)}
    there = on_disk(paths, _with_and_without_files, root, progress) if with_images else _as_named(paths)
    if not any(item.anchor.path in there for item in items):
        raise DataError(
            f"{root}: none of the {len(items)} images of {annotation.name} is there (first: "
            f"{items[0].anchor.path if items else 'none'}); expected the folder that these paths begin in"
        )
    card = {
        "name": annotation.stem if reader == READER else reader,
        "synthetic": False,
        "reader": reader,
        "root": str(root),
        "split": "by the source",
        "priors": "by the source (ordered by study_id)",
        "sources": [fingerprint(annotation)],
    }
    studies = _studies(items, there, dropped)
    return write_prepared(out, studies, card=card, dropped=dropped, with_images=with_images)


def _with_and_without_files(path: str) -> tuple[str, ...]:
    return path, f"files/{path}", path.removeprefix("files/")


def _as_named(paths: set[str]) -> dict[str, str]:
    return {path: path for path in paths}


def _read_items(path: Path, dropped: Counter[str]) -> list[_Item]:
    content = read_json(path, "the authors' annotation JSON")
    if not isinstance(content, dict) or not content.keys() <= _SPLITS.keys() or not content:
        got = sorted(content)[:5] if isinstance(content, dict) else type(content).__name__
        raise DataError(f"{path}: got {got}; expected the splits {', '.join(_SPLITS)} with a list each")
    items = []
    for split, entries in content.items():
        for number, entry in enumerate(entries if isinstance(entries, list) else [entries]):
            try:
                item = _item(entry, _SPLITS[split])
            except ValueError as error:
                raise DataError(f"{path}: {split}[{number}]{_named(entry)}: {error}") from error
            if entry.get("findings_factual_serialization") == []:
                dropped["items_without_facts"] += 1
            else:
                items.append(item)
    return items


def _named(entry: object) -> str:
    study = entry.get("study_id") if isinstance(entry, dict) else None
    return f" (study {study!r})" if isinstance(study, str | int) else ""


def _item(entry: object, split: str) -> _Item:
    """Return an item. Raises ``ValueError`` with the path of a field that is missing or of another type."""
    before = _field(entry, "prior_study", "an object or null", dict, type(None)) or {}
    latest = _field(before, "prior_study.latest_study", "an object or null", dict, type(None), lack=None)
    place = "prior_study.latest_study"
    named = latest and _first(latest, f"{place}.image_path")
    return _Item(
        patient_id=_number(str(_field(entry, "subject_id", "text or a number", str, int)), "p"),
        study_id=_number(str(_field(entry, "study_id", "text or a number", str, int)), "s"),
        split=split,
        report=_report(entry),
        anchor=_scan(_field(entry, "anchor_scan", "an object", dict), "anchor_scan"),
        prior=_scan(latest, place) if named else None,
        no_prior=PriorReason.PRIOR_HAS_NO_IMAGE if before else PriorReason.FIRST_STUDY,
    )


def _report(entry: object) -> Sections:
    """Return the texts as released: lower-cased and cleaned by the authors, context to the last space."""
    texts = {
        section: _field(entry, key, "text", str, type(None)) or "" for section, key in _KEYS.items()
    }
    texts["findings"] = texts["findings"].strip()
    impression = _field(entry, "impression", "text or null", str, type(None), lack=None)
    texts["impression"] = (impression or "").strip()
    headers = {section: _KEYS.get(section, section) for section, text in texts.items() if text}
    return Sections(**texts, headers=headers)


def _scan(entry: object, place: str) -> _Scan:
    """Return a scan; of several the first one, as released. A path that leaves the root is refused."""
    path, view = (_first(entry, f"{place}.{key}") for key in ("image_path", "view_position"))
    try:
        return _Scan(path=below_root(path), view=view or UNKNOWN_VIEW)
    except ValueError as error:
        raise ValueError(f"{place}.image_path: {error}") from None


def _first(entry: object, place: str) -> str:
    """Return the text of a field, of several the first, empty where there is none."""
    value = _field(entry, place, "text or a list of texts", str, list, type(None))
    first = next(iter(value), None) if isinstance(value, list) else value
    if first is not None and not isinstance(first, str):
        raise ValueError(f"{place}[0] is {_kind(first)}; expected text")
    return first or ""


def _field(entry: object, place: str, expected: str, *kinds: type, lack: object = ...) -> Any:
    """Return the field of ``entry`` that the last part of ``place`` names, or ``lack`` if it is missing.

    Raises ``ValueError`` if it is missing and must not be, or is of none of ``kinds``.
    """
    above, _, key = place.rpartition(".")
    if not isinstance(entry, dict):
        raise ValueError(f"{above or 'the item'} is {_kind(entry)}; expected an object")
    value = entry.get(key, lack)
    if value is ...:
        raise ValueError(f"{place} is missing; expected {expected}")
    if not isinstance(value, kinds) or isinstance(value, bool):
        raise ValueError(f"{place} is {_kind(value)}; expected {expected}")
    return value


def _kind(value: object) -> str:
    """Return what JSON calls the type of a value."""
    names = {dict: "an object", list: "a list", str: "text", bool: "true or false", type(None): "null"}
    return names.get(type(value), "a number")


def _number(name: str, letter: str) -> str:
    """Return an identifier without MIMIC's letter before it."""
    return name[1:] if name[:1] == letter and name[1:].isdecimal() else name


def _scans(item: _Item) -> list[_Scan]:
    return [item.anchor] if item.prior is None else [item.anchor, item.prior]


def _studies(
    items: Sequence[_Item], there: Mapping[str, str], dropped: Counter[str]
) -> list[SourceStudy]:
    """Return the studies of the items, then those that are priors alone."""
    studies: dict[str, SourceStudy] = {}
    images: dict[str, SourceImage] = {}
    for item in items:
        study = studies.setdefault(item.study_id, _study(item))
        if (study.patient_id, study.split, study.report) != (item.patient_id, item.split, item.report):
            raise DataError(
                f"study {item.study_id!r} has two patients, splits or reports (images "
                f"{study.images[0].image_id if study.images else '?'} and {item.anchor.image_id}); "
                "expected one of each"
            )
        if item.anchor.path not in there:
            dropped["images_missing"] += 1
            continue
        before = item.prior if item.prior is not None and item.prior.path in there else None
        dropped["priors_missing"] += item.prior is not None and before is None
        image = SourceImage(
            image_id=item.anchor.image_id,
            path=there[item.anchor.path],
            view=item.anchor.view,
            prior_image_id=None if before is None else before.image_id,
        )
        if images.setdefault(image.image_id, image) != image:
            raise DataError(f"image {image.image_id!r} is in two items that differ; expected it in one")
        if image in study.images:
            dropped["items_repeated"] += 1
            continue
        study.images = [*study.images, image]
        if before is not None:
            study.prior = PriorLink(
                prior_study_id=before.study_id, reason=PriorReason.GIVEN, days_since_prior=None
            )
    patients = {item.anchor.path: item.patient_id for item in items}
    for item in items:
        if item.prior is None or item.prior.path not in there:
            continue
        _refuse_stranger(item, item.prior, patients)
        if item.prior.image_id not in images:
            _add_prior(item, item.prior, studies, images, there)
        dropped["priors_in_another_view"] += images[item.prior.image_id].view != item.prior.view
    return list(studies.values())


def _refuse_stranger(item: _Item, prior: _Scan, patients: Mapping[str, str]) -> None:
    """Raise ``DataError`` if the prior is another patient's: by another item, or by MIMIC's folders."""
    folder = _PATIENT_FOLDER.search(prior.path)
    owner = patients.get(prior.path) or (folder[1] if folder else item.patient_id)
    if owner != item.patient_id:
        raise DataError(
            f"study {item.study_id!r} of patient {item.patient_id!r}: the prior {prior.path} is of "
            f"patient {owner!r}; expected an image of the same patient"
        )


def _study(item: _Item) -> SourceStudy:
    return SourceStudy(
        patient_id=item.patient_id,
        study_id=item.study_id,
        split=item.split,
        report=item.report,
        prior=PriorLink(prior_study_id=None, reason=item.no_prior, days_since_prior=None),
    )


def _add_prior(
    item: _Item,
    prior: _Scan,
    studies: dict[str, SourceStudy],
    images: dict[str, SourceImage],
    there: Mapping[str, str],
) -> None:
    """Add an image that is a prior alone, to a study of its own that belongs to no split."""
    name = prior.study_id
    if name in studies and studies[name].split:
        name = f"{name}-prior"  # its study is reported on by other images, not by this one
    study = studies.setdefault(
        name,
        SourceStudy(
            patient_id=item.patient_id,
            study_id=name,
            prior=PriorLink(prior_study_id=None, reason=PriorReason.PRIOR_ALONE, days_since_prior=None),
        ),
    )
    image = SourceImage(image_id=prior.image_id, path=there[prior.path], view=prior.view)
    images[prior.image_id] = image
    study.images = [*study.images, image]
