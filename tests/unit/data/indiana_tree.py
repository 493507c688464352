"""The Indiana collection in its three forms, made up, for tests."""

from pathlib import Path
from xml.sax.saxutils import escape, quoteattr

from films import FOREIGN, shuffled, write_csv, write_film, write_json

REPORTS = {
    8: ("None.", "XXXX-year-old with cough.", f"Lungs clear. {FOREIGN}", "Normal chest x-XXXX."),
    9: ("Chest XXXX, XXXX.", "", "Left effusion & <atelectasis>.", ""),
    10: ("", "Fever", "", "Nothing acute."),
}
IMAGES = {8: ("IM-2333-1001", "IM-2333-2001"), 9: ("IM-2407-1001",), 10: ()}
"""Report → the sections in Open-i's order; report → its images. The last one has none."""


def xml(number: int, texts: tuple[str, ...], images: tuple[str, ...]) -> str:
    labels = ("COMPARISON", "INDICATION", "FINDINGS", "IMPRESSION")
    parts = [
        f"<AbstractText Label={quoteattr(label)}>{escape(text)}</AbstractText>" if text
        else f"<AbstractText Label={quoteattr(label)}/>"
        for label, text in zip(labels, texts, strict=True)
    ]  # fmt: skip
    films = [
        f'<parentImage id="CXR{number}_{image}"><caption>PA</caption></parentImage>' for image in images
    ]
    return "\n".join(
        (
            '<?xml version="1.0" encoding="utf-8"?>',
            f'<eCitation><uId id="CXR{number}"/><MedlineCitation><Article><Abstract>',
            *parts,
            "</Abstract></Article></MedlineCitation>",
            *films,
            "</eCitation>",
        )
    )


def write_xml_form(root: Path, seed: int | None = None) -> None:
    folder = root / "ecgen-radiology"
    folder.mkdir(parents=True, exist_ok=True)
    for number in shuffled(REPORTS, seed):
        text = xml(number, REPORTS[number], IMAGES[number])
        (folder / f"{number}.xml").write_text(text, encoding="utf-8")
        for image in IMAGES[number]:
            write_film(root / "NLMCXR_png" / f"CXR{number}_{image}.png", number)


def write_kaggle_form(root: Path, seed: int | None = None) -> None:
    names = ("comparison", "indication", "findings", "impression")
    reports = [
        {"uid": uid, "MeSH": "normal", "Problems": "normal", "image": "Xray Chest PA and Lateral"}
        | dict(zip(names, texts, strict=True))
        for uid, texts in REPORTS.items()
    ]
    projections = [
        {"uid": uid, "filename": f"{uid}_{image}.dcm.png", "projection": projection}
        for uid, images in IMAGES.items()
        for image, projection in zip(images, ("Frontal", "Lateral"), strict=False)
    ]
    write_csv(root / "indiana_reports.csv", shuffled(reports, seed))
    write_csv(root / "indiana_projections.csv", shuffled(projections, seed))
    for number, row in enumerate(projections):
        write_film(root / "images" / "images_normalized" / str(row["filename"]), number)


def write_community_form(root: Path, seed: int | None = None) -> None:
    entries = [
        {
            "id": f"CXR{number}_IM-{number}",
            "report": f"The lungs are clear . {FOREIGN} XXXX",
            "image_path": [f"CXR{number}_IM-{number}/{side}.png" for side in (0, 1)],
            "split": split,
        }
        for number, split in ((8, "train"), (9, "val"), (10, "test"), (11, "test"))
    ]
    content = {
        split: shuffled((entry for entry in entries if entry["split"] == split), seed)
        for split in ("train", "val", "test")
    }
    write_json(root / "annotation.json", content)
    for entry in entries:
        for number, path in enumerate(entry["image_path"]):
            write_film(root / "images" / path, number)
