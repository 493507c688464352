"""ReXGradient-160K, made up, for tests."""

from pathlib import Path
from typing import Any

from films import FOREIGN, shuffled, write_csv, write_film, write_json

SPLITS = ("train", "valid", "test")


def image_path(patient: str, study: str, image: str) -> str:
    return (
        f"deid_png/{patient}/A{study}/studies/1.2.{study}/series/1.3/instances/1.4.{study}.{image}.png"
    )


def entry(patient: str, study: str, date: Any, views: tuple[Any, ...] = ("PA",), **more: Any) -> Any:
    """Return the key and the value of one study."""
    images = [f"../{image_path(patient, study, str(n))}" for n in range(len(views))]
    facts = {
        "PatientID": patient,
        "AccessionNumber": f"A{study}",
        "StudyInstanceUid": f"1.2.{study}",
        "StudyDate": date,
        "PatientSex": "F",
        "PatientAge": "057Y",
        "Indication": "Cough.",
        "Comparison": "None.",
        "Findings": "Lungs clear.",
        "Impression": "Normal.",
        "ImagePath": images,
        "ImageViewPosition": list(views),
    }
    return f"p{patient}_aA{study}_s1.2.{study}", facts | more


STUDIES = {
    "train": (
        entry("GRA", "1", 20180101, Findings=f"Clear. {FOREIGN}"),
        entry("GRA", "2", 20180105, ("POSTERO_ANTERIOR", "LATERAL", None)),
    ),
    "valid": (entry("GRB", "3", None, ("N/A",)),),
    "test": (entry("GRC", "4", 20190101),),
}


def write_rexgradient_tree(root: Path, seed: int | None = None, studies: Any = STUDIES) -> None:
    for split in SPLITS:
        entries = dict(shuffled(studies[split], seed))
        write_json(root / "metadata" / f"{split}_metadata_view_position.json", entries)
        rows = [
            {"id": name, **{key: facts[key] for key in ("StudyDate", "Indication", "Comparison")}}
            for name, facts in entries.items()
        ]
        if rows:
            write_csv(root / "metadata" / f"{split}_metadata.csv", rows)
        for facts in entries.values():
            for number, path in enumerate(facts["ImagePath"]):
                write_film(root / path.removeprefix("../"), number)
