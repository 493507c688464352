"""Which files a data set's tables say there are: one function a form, paths relative to its root.

Knows tables, JSON and XML; looks at no image. A table that is not there lists nothing; one that is not
what it should be raises whatever its reader raises.
"""

from collections.abc import Iterable
from itertools import chain
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import polars as pl

from priorrg.data.manifest import PreparedData
from priorrg.data.source_tables import read_csv, read_json
from priorrg.errors import DataError


class MovedRootError(DataError):
    """The folder that a data set was prepared from is not where it was."""


def prepared_images(root: Path) -> list[str]:
    """The images of a prepared data set, in full: they lie where it was prepared from.

    Raises ``MovedRootError`` if that folder is gone.
    """
    prepared = PreparedData(root)
    if not prepared.root.is_dir() and not prepared.image_table.is_empty():
        raise MovedRootError(
            f"the folder that this was prepared from, {prepared.root}, is not there any more; put it back, or "
            "prepare again from where it lies now. Until then only images packed already can be used"
        )
    return [str(prepared.root / path) for path in prepared.image_table["path"]]


def mimic_images(root: Path) -> list[str]:
    """The images of MIMIC-CXR's metadata."""
    return [f"{place}/{image}" for place, image in _mimic_rows(root)]


def mimic_reports(root: Path) -> list[str]:
    """The reports of the studies in MIMIC-CXR's metadata."""
    return list(dict.fromkeys(place for place, _ in _mimic_rows(root)))


def mimic_records(root: Path) -> list[str]:
    """The DICOM files of MIMIC-CXR's record list."""
    return _column(root.glob("cxr-record-list.csv*"), "path")


def mimic_texts(root: Path) -> list[str]:
    """The reports of MIMIC-CXR's study list."""
    return _column(root.glob("cxr-study-list.csv*"), "path")


def released_images(root: Path) -> list[str]:
    """The current images of the authors' annotation."""
    found = []
    for path in sorted(root.glob("*.json")):
        for item in _items(_json(path)):
            if "anchor_scan" in item:
                place = item["anchor_scan"]["image_path"]
                found.append(str(place if isinstance(place, str) else place[0]))
    return found


def openi_images(root: Path) -> list[str]:
    """The images that the Open-i reports name."""
    return [
        image.get("id", "") + ".png"
        for path in sorted(chain(root.glob("*.xml"), root.glob("*/*.xml")))
        for image in _xml(path).iter("parentImage")
    ]


def kaggle_images(root: Path) -> list[str]:
    """The images of the Kaggle form's table of projections."""
    return _column(root.glob("indiana_projections.csv"), "filename")


def community_images(root: Path) -> list[str]:
    """The images of the community's split of the Indiana collection."""
    return [path for item in _items(_json(root / "annotation.json")) for path in item["image_path"]]


def chexpert_images(root: Path) -> list[str]:
    """The images of CheXpert Plus' table."""
    return _column(root.glob("df_chexpert_plus_*.csv*"), "path_to_image")


def rexgradient_images(root: Path) -> list[str]:
    """The images of ReXGradient's tables; they are named from a folder beside the root."""
    return [
        image.removeprefix("../")
        for path in sorted(root.rglob("*_metadata_view_position.json"))
        for item in _items(_json(path))
        for image in item.get("ImagePath", ())
    ]


def padchest_images(root: Path) -> list[str]:
    """The images of PadChest-GR's grounded reports."""
    return [
        str(item["ImageID"])
        for path in sorted(root.glob("grounded_reports_*.json"))[:1]
        for item in _items(_json(path))
    ]


def own_images(root: Path) -> list[str]:
    """The images of the first table of one's own that has them."""
    for path in sorted(chain(root.glob("studies.*"), root.glob("*.csv"), root.glob("*.parquet"))):
        if path.suffix == ".parquet":
            if {"patient", "study", "image"} <= set(pl.read_parquet_schema(path)):
                return pl.read_parquet(path, columns=["image"])["image"].drop_nulls().to_list()
        elif {"patient", "study", "image"} <= set(pl.read_csv(path, n_rows=0).columns):
            return _column([path], "image")
    return []


def _mimic_rows(root: Path) -> Iterable[tuple[str, str]]:
    for path in sorted(root.glob("mimic-cxr-2.?.0-metadata.csv*"))[:1]:
        rows = read_csv(path, ("dicom_id", "subject_id", "study_id"))
        for image, patient, study in rows.iter_rows():
            yield f"p{patient[:2]}/p{patient}/s{study}", image


def _column(paths: Iterable[Path], name: str) -> list[str]:
    return [value for path in sorted(paths)[:1] for value in read_csv(path, (name,))[name] if value]


def _json(path: Path) -> Any:
    return read_json(path, "the JSON file of the data set")


def _xml(path: Path) -> ElementTree.Element:
    try:
        return ElementTree.parse(path).getroot()
    except ElementTree.ParseError as error:
        raise DataError(f"{path.name} is not valid XML ({error}); get it again") from error


def _items(content: Any) -> Iterable[Any]:
    """Yield the dictionaries of a list, of a mapping of lists, or of a mapping of dictionaries."""
    for value in content.values() if isinstance(content, dict) else content:
        yield from value if isinstance(value, list) else [value]
