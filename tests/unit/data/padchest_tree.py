"""PadChest-GR, made up, for tests."""

from pathlib import Path
from typing import Any

from films import FOREIGN, shuffled, write_csv, write_film, write_json

CURRENT = "Padchest_GR_files/PadChest_GR"
PRIORS = "PadChest_GR_progression_prior_studies/nested"


def report(study: str, image: str, prior: tuple[str, str] | None = None, **more: Any) -> dict[str, Any]:
    """Return the entry of one study; ``prior`` is its study and image."""
    findings = [
        {
            "sentence_en": f"Left effusion in {study}.",
            "sentence_es": f"Derrame izquierdo en {study}.",
            "abnormal": True,
            "boxes": [[0.5, 0.6, 0.9, 0.95]],
            "extra_boxes": [],
            "labels": ["pleural effusion"],
            "locations": ["left"],
            "progression": "stable" if prior else None,
        },
        {"sentence_en": FOREIGN, "sentence_es": "Manchas.", "abnormal": False},
    ]
    before = {"PreviousStudyID": prior and prior[0], "PreviousImageID": prior and prior[1]}
    return {"StudyID": study, "ImageID": image, "findings": findings} | before | more


def row(patient: str, study: str, split: str, **more: str) -> dict[str, str]:
    """Return one row of the table; a study has one for each of its labels."""
    return {
        "StudyID": study,
        "ImageID": f"{study}.png",
        "label": "pleural effusion",
        "boxes_count": "1",
        "prior_study": "",
        "progression_status": "",
        "prior_imageID": "",
        "split": split,
        "PatientID": patient,
        "PatientSex_DICOM": "F",
        "StudyDate": "20160401",
        "PatientAge": "71",
    } | more


REPORTS = (
    report("1001", "1001.png", ("900", "900_x.png")),
    report("1002", "1002.png"),
    report("2001", "2001.png"),
)
ROWS = (
    row("ann", "1001", "train"),
    row("ann", "1001", "train", label="cardiomegaly"),
    row("ann", "1002", "train"),
    row("bob", "2001", "validation"),
)


def write_padchest_tree(
    root: Path, seed: int | None = None, reports: Any = REPORTS, rows: Any = ROWS
) -> None:
    write_json(root / "grounded_reports_20240819.json", shuffled(reports, seed))
    write_csv(root / "master_table.csv", shuffled(rows, seed))
    current = [(CURRENT, entry["ImageID"]) for entry in reports]
    named = [entry["PreviousImageID"] for entry in reports] + [r["prior_imageID"] for r in rows]
    priors = sorted({image for image in named if image} - {image for _, image in current})
    for number, (folder, image) in enumerate([*current, *((PRIORS, image) for image in priors)]):
        write_film(root / folder / image, number)
