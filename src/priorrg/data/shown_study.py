"""One study of a prepared data set to look at: its facts, its prior and why, its images as a picture.

Reads the tables and the study's own images alone. Axes of the picture: one row a current image, the prior to
its right.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import polars as pl
from PIL import Image, ImageDraw, ImageFont, ImageOps

from priorrg.data.data_card import REASONS
from priorrg.data.manifest import PreparedData
from priorrg.data.pixels import read_grey
from priorrg.errors import ImageError, UsageError
from priorrg.storage import new_file
from priorrg.study import Radiograph

_SIDE, _LABEL, _GAP = 480, 26, 12
"""In px: of a panel, of the line above it, between panels."""
_PAPER, _INK, _EMPTY = 255, 20, 225


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownStudy:
    """A study's row of the tables, its images each with the prior image laid beside it, and the prior's date."""

    facts: Mapping[str, Any]
    pairs: Sequence[tuple[Radiograph, Radiograph | None]]
    prior_taken_at: datetime | None

    @property
    def reason(self) -> str:
        """Why the study has the prior it has, or none: the code, and what it means where that is known."""
        code = str(self.facts["prior_reason"] or "")
        return f"{code}: {REASONS[code]}" if code in REASONS else code

    @property
    def interval(self) -> str:
        """The time between the study and its prior, in words; empty without a prior."""
        days = self.facts["days_since_prior"]
        if self.facts["prior_study_id"] is None:
            return ""
        return "days between unknown" if days is None else f"{days:,.1f} days before"


def shown_study(prepared: PreparedData, study_id: str) -> ShownStudy:
    """Return a study by its id. Raises ``UsageError`` if there is none."""
    studies, images = prepared.study_table, prepared.image_table
    row = studies.filter(pl.col("study_id") == study_id)
    if not len(row):
        raise UsageError(
            f"{prepared.folder}: no study {study_id!r}; expected a study_id of studies.parquet"
        )
    facts = row.row(0, named=True)
    own = images.filter(pl.col("study_id") == study_id)
    earlier = images.filter(pl.col("image_id").is_in(own["prior_image_id"].drop_nulls().implode()))
    priors = {image.image_id: image for image in _radiographs(earlier)}
    current = zip(_radiographs(own), own["prior_image_id"], strict=True)
    dates = studies.filter(pl.col("study_id") == (facts["prior_study_id"] or ""))["taken_at"]
    return ShownStudy(
        facts=facts,
        pairs=[(image, priors.get(prior)) for image, prior in current],
        prior_taken_at=dates[0] if len(dates) else None,
    )


def write_picture(prepared: PreparedData, study: ShownStudy, path: Path) -> None:
    """Write the study's images as a PNG: each current one with its prior, labelled by view, date and interval.

    An image that cannot be read is a panel that says so. Raises ``UsageError`` for a study without images or
    another ending than .png, ``StorageError`` if the disk refuses.
    """
    if path.suffix.lower() != ".png":
        raise UsageError(f"{path}: a picture is written as PNG; expected a name that ends in .png")
    if not study.pairs:
        raise UsageError(
            f"{prepared.folder}: study {study.facts['study_id']!r} has no image; leave out --picture"
        )
    rows = len(study.pairs)
    size = (2 * _SIDE + 3 * _GAP, rows * (_SIDE + _LABEL + _GAP) + _GAP)
    sheet = Image.new("L", size, _PAPER)
    for number, (current, prior) in enumerate(study.pairs):
        top = _GAP + number * (_SIDE + _LABEL + _GAP)
        label = f"current: {current.view}, {_when(study.facts['taken_at'])}"
        _draw(sheet, (_GAP, top), label, _panel(prepared, current))
        if prior is None:
            _draw(sheet, (2 * _GAP + _SIDE, top), "no prior", _note(study.reason))
        else:
            label = f"prior: {prior.view}, {_when(study.prior_taken_at)}, {study.interval}"
            _draw(sheet, (2 * _GAP + _SIDE, top), label, _panel(prepared, prior))
    with new_file(path) as temporary:
        sheet.save(temporary, "PNG")


def _radiographs(images: pl.DataFrame) -> list[Radiograph]:
    rows = images.select("image_id", "view", "path").iter_rows()
    return [Radiograph(image_id=i, view=view, location=path) for i, view, path in rows]


def _when(moment: datetime | None) -> str:
    return f"{moment:%Y-%m-%d %H:%M}" if moment is not None else "no date"


def _panel(prepared: PreparedData, image: Radiograph) -> Image.Image:
    try:
        picture = Image.fromarray(read_grey(prepared.image_path(image)))
    except ImageError as error:
        return _note(f"{image.image_id}: {str(error).rpartition(': ')[2]}")
    picture = ImageOps.contain(picture, (_SIDE, _SIDE), Image.Resampling.LANCZOS)
    panel = Image.new("L", (_SIDE, _SIDE), 0)
    panel.paste(picture, ((_SIDE - picture.width) // 2, (_SIDE - picture.height) // 2))
    return panel


def _note(text: str) -> Image.Image:
    """Return a grey panel with a text in its middle."""
    panel = Image.new("L", (_SIDE, _SIDE), _EMPTY)
    words, lines = text.split(), [""]
    for word in words:
        if len(lines[-1]) + len(word) > 48:
            lines.append("")
        lines[-1] = f"{lines[-1]} {word}".strip()
    centre = (_SIDE // 2, _SIDE // 2)
    ImageDraw.Draw(panel).multiline_text(
        centre, "\n".join(lines), fill=_INK, font=_font(), anchor="mm", align="center"
    )
    return panel


def _draw(sheet: Image.Image, corner: tuple[int, int], label: str, panel: Image.Image) -> None:
    left, top = corner
    ImageDraw.Draw(sheet).text((left, top + 2), label, fill=_INK, font=_font())
    sheet.paste(panel, (left, top + _LABEL))


def _font() -> ImageFont.ImageFont | ImageFont.FreeTypeFont:
    return ImageFont.load_default(size=16)
