"""A made-up tree in MIMIC-CXR's form and size: tables, reports, placeholders where images would lie.

Counts are those of the release; every word is drawn by seed from the sentences below.
"""

import csv
import random
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

PATIENTS, STUDIES, IMAGES = 65_379, 227_835, 377_110
_VIEWS = ("AP",) * 147 + ("PA",) * 96 + ("LATERAL",) * 83 + ("LL",) * 35 + ("",) * 16
_COLUMNS = (
    "dicom_id", "subject_id", "study_id", "PerformedProcedureStepDescription", "ViewPosition", "Rows",
    "Columns", "StudyDate", "StudyTime", "ProcedureCodeSequence_CodeMeaning",
    "ViewCodeSequence_CodeMeaning", "PatientOrientationCodeSequence_CodeMeaning",
)  # fmt: skip
_MEANINGS = {"AP": "antero-posterior", "PA": "postero-anterior", "LATERAL": "lateral", "": "lateral"}
_EXAMS = (
    "CHEST (PA AND LAT)",
    "CHEST (PORTABLE AP)",
    "DX CHEST PORT LINE PLACEMENT",
    "Chest radiograph",
)
_ASKED = (
    "with cough and fever, evaluate for pneumonia.",
    "with shortness of breath  // volume overload?",
    "status post line placement, please confirm the position of the tip.",
    "with chest pain after a fall, rule out pneumothorax or a fracture of a rib.",
    "with known effusion, follow up after drainage.",
)
_TECHNIQUES = (
    "Frontal and lateral views of the chest were obtained.",
    "Single portable upright view of the chest.",
    "Chest PA and lateral.",
)
_COMPARED = ("None.", "Radiograph from ___.", "Chest radiographs ___ through ___ and CT of ___.")
_SIDES = ("left", "right")
_SEEN = (
    "There is a small {side} pleural effusion with adjacent atelectasis, similar to the prior study.",
    "Patchy opacity at the {side} base may reflect atelectasis, though early infection is possible.",
    "The cardiac silhouette is mildly enlarged, and the mediastinal contours are unremarkable.",
    "No pneumothorax is seen on either side, and no displaced fracture is identified.",
    "The tip of a {side} internal jugular catheter projects over the lower superior vena cava.",
    "An endotracheal tube ends about 4.2 cm above the carina; a feeding tube passes below the diaphragm.",
    "Pulmonary vascularity is slightly prominent without frank interstitial edema.",
    "The hilar contours are stable, and calcification of the aortic arch is again noted.",
    "Degenerative change is present along the thoracic spine, with loss of height of a mid vertebra.",
    "The {side} hemidiaphragm remains elevated, and there is a moderate amount of gas in the stomach.",
    "Streaky linear scarring in the {side} mid lung is unchanged from the earlier examination.",
    "The lungs are otherwise well expanded and clear, without focal consolidation.",
    "Surgical clips project over the {side} axilla, and sternal wires are intact and aligned.",
)
_CONCLUDED = (
    "No acute cardiopulmonary process.",
    "Small {side} pleural effusion, unchanged.",
    "Mild vascular congestion without overt edema.",
    "{side} basilar opacity, either atelectasis or early pneumonia; repeat in two weeks if symptoms persist.",
    "Lines and tubes in standard position, no pneumothorax.",
)


class _Patient(NamedTuple):
    name: str
    studies: Sequence[str]


def write_tree(root: Path, studies: int, seed: int = 0) -> tuple[Path, Path]:
    """Write images' tree and reports' tree for ``studies`` studies; return both roots.

    Patients and images are as many a study as in the release. About 3 % of the reports and 0.1 % of the
    images are listed and not there.
    """
    rng = random.Random(seed)
    images_root, reports_root = root / "images", root / "reports"
    images_root.mkdir(parents=True)
    patients = list(_patients(rng, studies))
    more = round(studies * IMAGES / STUDIES) - studies
    extra = [0] * studies
    for number in rng.choices(range(studies), k=more):
        extra[number] += 1
    count = iter(extra)
    with (
        (images_root / "mimic-cxr-2.0.0-metadata.csv").open("w", newline="") as metadata,
        (images_root / "mimic-cxr-2.0.0-split.csv").open("w", newline="") as split,
    ):
        rows, splits = csv.writer(metadata), csv.writer(split)
        rows.writerow(_COLUMNS)
        splits.writerow(("dicom_id", "study_id", "subject_id", "split"))
        for patient in patients:
            part = rng.choices(("train", "validate", "test"), (97.8, 0.8, 1.4))[0]
            folder = Path("files", f"p{patient.name[:2]}", f"p{patient.name}")
            (reports_root / folder).mkdir(parents=True)
            for study in patient.studies:
                day, clock = _day(rng), _clock(rng)
                place = images_root / folder / f"s{study}"
                place.mkdir(parents=True)
                if rng.random() > 0.03:
                    (reports_root / folder / f"s{study}.txt").write_text(report(rng))
                for _ in range(1 + next(count)):
                    image, view = _image_id(rng), rng.choice(_VIEWS)
                    size = (3056, 2544) if view != "AP" else (2544, 3056)
                    means = _MEANINGS.get(view, "lateral")
                    rows.writerow(
                        [
                            image,
                            patient.name,
                            study,
                            "CHEST",
                            view,
                            *size,
                            day,
                            clock,
                            "CHEST",
                            means,
                            "Erect",
                        ]
                    )
                    splits.writerow((image, study, patient.name, part))
                    if rng.random() > 0.001:
                        (place / f"{image}.jpg").touch()
    return images_root, reports_root


def report(rng: random.Random) -> str:
    """Return one report of about 100 words, its sections in one of the usual forms."""
    lines = ["                                 FINAL REPORT"]
    if rng.random() < 0.7:
        lines += [f" EXAMINATION:  {rng.choice(_EXAMS)}", ""]
    asked = rng.choice(("INDICATION", "HISTORY", "REASON FOR EXAM", "CLINICAL HISTORY"))
    lines += _wrapped(f" {asked}:  ___ year old {rng.choice(('man', 'woman'))} {rng.choice(_ASKED)}")
    if rng.random() < 0.6:
        lines += ["", f" TECHNIQUE:  {rng.choice(_TECHNIQUES)}"]
    lines += ["", f" COMPARISON:  {rng.choice(_COMPARED)}", ""]
    seen = " ".join(_said(rng, _SEEN, rng.randrange(4, 8)))
    concluded = _said(rng, _CONCLUDED, rng.randrange(1, 4))
    form = rng.random()
    if form < 0.75:
        lines += [" FINDINGS: ", "", *_wrapped(f" {seen}"), "", " IMPRESSION: ", ""]
        lines += [line for i, text in enumerate(concluded) for line in _wrapped(f" {i + 1}. {text}")]
    elif form < 0.87:
        lines += [*_wrapped(f" IMPRESSION:  {seen}")]
    elif form < 0.95:
        lines += [*_wrapped(f" PA AND LATERAL VIEWS OF THE CHEST:  {seen}")]
    else:
        lines += [*_wrapped(f" {seen}")]
    return "\n".join(lines) + "\n"


def _said(rng: random.Random, sentences: Sequence[str], count: int) -> list[str]:
    chosen = rng.sample(sentences, count)
    return [text.format(side=rng.choice(_SIDES)).capitalize() for text in chosen]


def _wrapped(text: str) -> list[str]:
    lines, line = [], ""
    for word in text.split(" "):
        if len(line) + len(word) > 78:
            lines.append(line)
            line = ""
        line += f" {word}" if line.strip() or not word else f"{' ' if lines else ''}{word}"
    return [*lines, line]


def _patients(rng: random.Random, studies: int) -> Iterator[_Patient]:
    """Yield patients with as many studies, each at least one, in the order of their folders."""
    count = max(1, round(studies * PATIENTS / STUDIES))
    names = sorted(rng.sample(range(10_000_000, 20_000_000), count))
    numbers = rng.sample(range(50_000_000, 60_000_000), studies)
    of: list[list[str]] = [[str(number)] for number in numbers[:count]]
    for number in numbers[count:]:
        of[min(int(rng.expovariate(4) * count), count - 1)].append(str(number))
    for name, some in zip(names, of, strict=True):
        yield _Patient(str(name), some)


def _day(rng: random.Random) -> str:
    return f"{rng.randrange(2110, 2200)}{rng.randrange(1, 13):02}{rng.randrange(1, 29):02}"


def _clock(rng: random.Random) -> str:
    """Return a time as the release writes it: a number, its leading zeros lost."""
    hour, minute, second = rng.randrange(24), rng.randrange(60), rng.randrange(60)
    return f"{hour * 10_000 + minute * 100 + second}.{rng.randrange(1000)}"


def _image_id(rng: random.Random) -> str:
    return "-".join(f"{rng.getrandbits(32):08x}" for _ in range(5))
