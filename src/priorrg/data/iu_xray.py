"""Indiana University chest X-rays (Open-i) → a prepared data set; without patients' history, so no priors.

Demner-Fushman et al., "Preparing a collection of radiology examinations for distribution and retrieval",
JAMIA 23:304, 2016: 3,955 reports, 7,470 images; CC BY-NC-ND 4.0; https://openi.nlm.nih.gov. Three forms: the
Open-i XML, the Kaggle pair of CSV files, and the community split ``annotation.json`` (2,069/296/590 reports).
``XXXX`` stands for redacted words and becomes a space, as ``___`` does in other sets; the community split is
read as it is. Nobody says which reports are of one patient: each counts as a patient of its own, and a
split cannot keep patients apart. Knows these files; decodes no pixels.
"""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from priorrg.data.given_sections import given_sections
from priorrg.data.image_files import below_root, by_name, keep_found, on_disk
from priorrg.data.iu_xray_form import Form
from priorrg.data.manifest import PreparedData
from priorrg.data.patient_facts import view_named
from priorrg.data.preparing import Progress, SourceImage, SourceStudy, check_folders, write_prepared
from priorrg.data.report_files import MOST_BYTES
from priorrg.data.sections import Sections
from priorrg.data.source_tables import (
    find_csv,
    fingerprint,
    fingerprint_all,
    read_csv,
    read_json,
    read_text,
)
from priorrg.data.splits import seeded_split, split_named
from priorrg.errors import DataError, UsageError

READER = "iu-xray"
SECTIONS = ("indication", "comparison", "findings", "impression")
_REDACTED = re.compile(r"X{4,}")


def prepare(
    root: str | Path,
    out: str | Path,
    *,
    form: Form | None = None,
    seed: int = 0,
    with_images: bool = True,
    progress: Progress | None = None,
) -> PreparedData:
    """Read the collection under ``root`` in ``form`` (``None``: the one that is there), write ``out``.

    The split of the XML and Kaggle forms is drawn by report from ``seed``. Images that are not there are
    counted. ``progress`` gets (reports read, reports in all). Raises ``UsageError``, ``DataError``,
    ``StorageError``.
    """
    root, out = check_folders(root, out, reader=READER, expected="the root of the Indiana collection")
    files = _files(root)
    form = _form(root, files) if form is None else form
    if not files[form]:
        raise UsageError(f"{root}: holds no report in the form {form}; expected {_EXPECTED[form]}")
    dropped: Counter[str] = Counter()
    studies = _read(form, files[form], dropped, progress)
    if progress is not None:
        progress(len(studies), len(studies))
    if form is not Form.COMMUNITY:
        splits = seeded_split((study.patient_id for study in studies), seed)
        for study in studies:
            study.split = splits[study.patient_id]
    if with_images:
        keep_found(studies, _places(root, form, studies, dropped), dropped)
    card = {
        "name": READER,
        "synthetic": False,
        "reader": READER,
        "root": str(root),
        "form": form.value,
        "split": "by the source" if form is Form.COMMUNITY else f"drawn by report, seed {seed}",
        "priors": "none: no report says whose it is, so each counts as a patient of its own",
        "redactions": "as released" if form is Form.COMMUNITY else "XXXX became a space",
        "sources": [fingerprint_all(files[form], "*.xml")]
        if form is Form.XML
        else [fingerprint(path) for path in files[form]],
    }
    return write_prepared(out, studies, card=card, dropped=dropped, with_images=with_images)


def _files(root: Path) -> dict[Form, list[Path]]:
    pair = [find_csv(root, (f"indiana_{what}",)) for what in ("reports", "projections")]
    annotation = root / "annotation.json"
    return {
        Form.XML: sorted(root.rglob("*.xml"), key=lambda path: (path.name, path)),
        Form.KAGGLE: [path for path in pair if path is not None] if all(pair) else [],
        Form.COMMUNITY: [annotation] if annotation.is_file() else [],
    }


def _form(root: Path, files: Mapping[Form, Sequence[Path]]) -> Form:
    there = [form for form, paths in files.items() if paths]
    if not there:
        raise UsageError(f"{root}: holds no report; expected {', or '.join(_EXPECTED.values())}")
    if len(there) > 1:
        raise UsageError(
            f"{root}: holds the forms {' and '.join(there)}; say which of them is meant (form)"
        )
    return there[0]


def _read(
    form: Form, files: Sequence[Path], dropped: Counter[str], progress: Progress | None
) -> list[SourceStudy]:
    if form is Form.XML:
        return _read_xml(files, progress)
    if form is Form.KAGGLE:
        return _read_kaggle(files[0], files[1], dropped)
    return _read_community(files[0])


def _read_xml(files: Sequence[Path], progress: Progress | None) -> list[SourceStudy]:
    studies = []
    for number, path in enumerate(files, start=1):
        studies.append(_xml_study(path))
        if progress is not None and number % 100 == 0:
            progress(number, len(files))
    return studies


def _xml_study(path: Path) -> SourceStudy:
    try:
        if (size := path.stat().st_size) > MOST_BYTES:
            raise DataError(
                f"{path}: has {size:,} bytes; expected a report of Open-i, which has a few thousand. Copy it "
                "again from its source"
            )
        report = ElementTree.fromstring(read_text(path))
    except OSError as error:
        raise DataError(
            f"{path}: cannot be read ({error.strerror}); expected a report of Open-i"
        ) from error
    except ElementTree.ParseError as error:
        raise DataError(
            f"{path}: not readable as XML ({error}); copy it again from its source"
        ) from error
    named = report.find("uId")
    name = "" if named is None else named.get("id", "")
    if not name:
        raise DataError(f"{path}: has no uId with an id; expected a report of Open-i")
    texts: dict[str, str] = {}
    for part in report.iter("AbstractText"):
        label = part.get("Label", "")
        texts[label] = f"{texts.get(label, '')} {''.join(part.itertext())}"
    images = dict.fromkeys(image.get("id", "") for image in report.iter("parentImage"))
    return SourceStudy(
        patient_id=name,
        study_id=name,
        images=[SourceImage(image_id=image, path=f"{image}.png") for image in images if image],
        report=_sections(texts, {section: section.upper() for section in SECTIONS}),
    )


def _read_kaggle(reports: Path, projections: Path, dropped: Counter[str]) -> list[SourceStudy]:
    studies: dict[str, SourceStudy] = {}
    for row in read_csv(reports, ("uid", *SECTIONS)).iter_rows(named=True):
        name = f"CXR{row['uid']}"
        if row["uid"] in studies:
            raise DataError(f"{reports}: uid {row['uid']!r} occurs twice; expected one row a report")
        studies[row["uid"]] = SourceStudy(
            patient_id=name,
            study_id=name,
            report=_sections(row, {section: section for section in SECTIONS}),
        )
    for row in read_csv(projections, ("uid", "filename", "projection")).iter_rows(named=True):
        study = studies.get(row["uid"])
        if study is None:
            dropped["images_without_report"] += 1
            continue
        name = row["filename"]
        image = SourceImage(
            image_id=name.removesuffix(".png").removesuffix(".dcm"),
            path=name,
            view=view_named(row["projection"]),
        )
        study.images = [*study.images, image]
    return list(studies.values())


def _read_community(path: Path) -> list[SourceStudy]:
    content = read_json(path, "the community split, annotation.json")
    if not isinstance(content, dict):
        raise DataError(f"{path}: got {type(content).__name__}; expected {_EXPECTED[Form.COMMUNITY]}")
    studies = []
    for split, entries in content.items():
        for number, entry in enumerate(entries if isinstance(entries, list) else [entries]):
            try:
                studies.append(_community_study(entry, split_named(split, str(path))))
            except (KeyError, TypeError, AttributeError, ValueError) as error:
                raise DataError(
                    f"{path}: {split}[{number}]: {type(error).__name__} {error}; expected id, report and "
                    "image_path with a list of paths"
                ) from error
    return studies


def _community_study(entry: Mapping[str, Any], split: str) -> SourceStudy:
    paths = [below_root(path) for path in entry["image_path"]]
    return SourceStudy(
        patient_id=str(entry["id"]),
        study_id=str(entry["id"]),
        split=split,
        images=[SourceImage(image_id=str(Path(path).with_suffix("")), path=path) for path in paths],
        report=given_sections({"findings": ("report",)}, {"report": entry["report"]}),
    )


def _sections(texts: Mapping[str, str], names: Mapping[str, str]) -> Sections:
    plain = {name: _REDACTED.sub(" ", texts.get(name, "")) for name in names.values()}
    return given_sections({section: (name,) for section, name in names.items()}, plain)


def _places(
    root: Path, form: Form, studies: Sequence[SourceStudy], dropped: Counter[str]
) -> Mapping[str, str]:
    if form is not Form.COMMUNITY:
        return by_name(root, dropped)
    paths = (image.path for study in studies for image in study.images)
    return on_disk(paths, lambda path: (path, f"images/{path}"), root)


_EXPECTED = {
    Form.XML: "ecgen-radiology/*.xml",
    Form.KAGGLE: "indiana_reports.csv and indiana_projections.csv",
    Form.COMMUNITY: "annotation.json with the splits and a list each",
}
