"""Write the page: one HTML file without scripts and without anything from elsewhere.

Knows scores, cases and loss files; gets pixels by image id from the caller.
"""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from priorrg.gallery.cards import Card, card_of
from priorrg.gallery.cases import Case
from priorrg.gallery.charts import bars, loss_chart
from priorrg.gallery.pictures import data_uri
from priorrg.gallery.rendering import rendered
from priorrg.gallery.table import COLUMNS, score_rows, targets_met
from priorrg.language.observations import FINDINGS, Change
from priorrg.storage import new_file

PAGE = "index.html"
MOST_BYTES = 6_000_000
"""What a page may weigh. Images share a fixed part of it; the texts of some dozens of cases need far less."""
_IMAGE_CHARACTERS = 4_400_000
_LARGEST_IMAGE = 90_000
_CHANGE_BARS = {f"change_f1_{change}": str(change) for change in Change}
_FINDING_BARS = {f"finding_f1_{name.replace(' ', '_')}": str(name) for name in FINDINGS}


def write_gallery(
    folder: Path,
    *,
    title: str,
    scores: Mapping[str, Any],
    cases: Sequence[Case],
    losses: Mapping[str, Path],
    provenance: Mapping[str, Any],
    images: Callable[[str], np.ndarray],
) -> Path:
    """Write ``folder/index.html`` whole or not at all, and return its path.

    ``scores`` is what ``scores.json`` holds: ``rows``, ``targets`` and, for the bars, ``details``.
    ``losses`` are the loss records by name of stage; absent files are left out. ``provenance`` must
    have a ``notice``. ``images`` returns grey pixels, uint8 (height, width), by image id.

    Raises ``StorageError`` if the disk refuses, ``ImageError`` if an image is not grey and 8 bit.
    """
    cards = _cards(cases, images)
    details = scores.get("details", scores["rows"])
    full, wrong = details.get("full", {}), details.get("wrong_prior", {})
    targets = scores.get("targets", ())
    met, missed = targets_met(targets)
    page = rendered(
        "page.html.j2",
        ("page.css",),
        title=title,
        notice=provenance["notice"],
        about_phantom=bool(provenance.get("synthetic")),
        facts=_facts(provenance),
        columns=COLUMNS,
        rows=score_rows(scores["rows"], targets),
        met=met,
        missed=missed,
        target_count=len(targets),
        change_bars=bars(full, _CHANGE_BARS, wrong),
        finding_bars=bars(full, _FINDING_BARS),
        charts=[c for name, path in losses.items() if (c := loss_chart(name, path))],
        worst=[card for card in cards if card.case.shown_as == "worst"],
        typical=[card for card in cards if card.case.shown_as == "typical"],
        command=scores.get("command", ""),
        machine=_listed(scores.get("machine", {})),
        versions=_listed(scores.get("versions", {})),
    )
    path = folder / PAGE
    with new_file(path) as temporary:
        temporary.write_text(page, encoding="utf-8")
    return path


def _cards(cases: Sequence[Case], images: Callable[[str], np.ndarray]) -> list[Card]:
    shown = sum(1 + case.has_prior for case in cases)
    budget = min(_LARGEST_IMAGE, _IMAGE_CHARACTERS // max(1, shown))

    def picture(image_id: str) -> str:
        return data_uri(images(image_id), image_id, budget)

    return [
        card_of(
            case,
            number,
            picture(case.current_image),
            None if case.prior_image is None else picture(case.prior_image),
        )
        for number, case in enumerate(cases, start=1)
    ]


def _facts(provenance: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return what is known of the model's origin, as label and text."""
    studies, patients = provenance.get("training_studies"), provenance.get("training_patients")
    known = {
        "Trained on": provenance.get("trained_on"),
        "Training studies": f"{studies:,} of {patients:,} patients" if studies and patients else None,
        "Preset": provenance.get("preset"),
        "Seed": provenance.get("seed"),
        "Reports written in mode": provenance.get("mode"),
        "Selected on": provenance.get("selected_on"),
        "Code": provenance.get("commit"),
        "Vision encoder": provenance.get("encoder"),
    }
    return [(label, str(value)) for label, value in known.items() if value not in (None, "")]


def _listed(values: Mapping[str, Any]) -> str:
    return ", ".join(f"{name} {value}" for name, value in values.items())
