"""The authors' annotation and its images, made up, for tests."""

from pathlib import Path
from typing import Any

from films import FOREIGN, shuffled, write_film, write_json


def scan(patient: int, study: int, name: str) -> str:
    return f"p10/p{patient}/s{study}/{name}.jpg"


def item(path: str, prior: str | None = None, view: str = "AP", **more: Any) -> dict[str, Any]:
    """Return one item; patient and study are those of its path."""
    _, patient, study, _ = path.split("/")
    before = {"latest_study": {"image_path": prior, "view_position": "PA"}, "second_recent_study": {}}
    return {
        "id": "x",
        "subject_id": patient[1:],
        "study_id": study[1:],
        "findings": f"the lungs of {study} are clear .",
        "impression": None,
        "indication_pure": "",
        "history_pure": "cough",
        "findings_factual_serialization": ["lungs clear"],
        "anchor_scan": {"image_path": [path, "second.jpg"], "view_position": [view, "PA"]},
        "auxiliary_references": {"image_path": [], "view_position": []},
        "prior_study": None if prior is None else before,
    } | more


def write_released_tree(root: Path, seed: int | None = None) -> None:
    old, now, side = (
        scan(10000001, study, name) for study, name in ((1, "old"), (2, "now"), (2, "side"))
    )
    other = scan(10000007, 7, "other")
    test = [item(now, prior=old), item(side, prior=old, view="LATERAL")]
    content = {"train": [item(other, findings=FOREIGN)], "val": [], "test": shuffled(test, seed)}
    write_json(root / "annotation.json", content)
    for number, path in enumerate((old, now, side, other)):
        write_film(root / path, number)
