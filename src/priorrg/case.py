"""What is laid before a model: films, their views, the clinical context, and what a reader should know of them.

Reads and checks all that can be checked without the model; knows no weights and no tokens.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import UInt8

from priorrg.data.dicom import is_dicom, read_header
from priorrg.data.patient_folder import check_prior, choose, same_image
from priorrg.data.pixels import read_grey
from priorrg.data.radiograph_header import RadiographHeader
from priorrg.errors import ImageError, UsageError
from priorrg.study import UNKNOWN_VIEW, ClinicalContext

ImageLike = str | Path | UInt8[np.ndarray, "height width"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Film:
    """One image. ``name`` is current or prior, ``source`` its file, or ``array``."""

    name: str
    source: str
    grey: UInt8[np.ndarray, "height width"]
    view: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One study to report. ``remarks`` are lines for the reader of the draft."""

    current: Film
    prior: Film | None
    context: ClinicalContext
    remarks: tuple[str, ...]

    @property
    def films(self) -> tuple[Film, ...]:
        return (self.current,) if self.prior is None else (self.current, self.prior)


def read_case(
    current: ImageLike,
    prior: ImageLike | None = None,
    *,
    views: Sequence[str],
    indication: str = "",
    history: str = "",
    view: str = "",
    prior_view: str = "",
) -> Case:
    """Read what a person gives; ``views`` are those that the model knows, the rest as in ``PriorRG.report``.

    Raises ImageError, DataError, UsageError.
    """
    given = {"view": view, "prior_view": prior_view}
    given = {option: _known(option, named, views) for option, named in given.items() if named}
    context = ClinicalContext(indication=indication, history=history)
    if not isinstance(current, np.ndarray) and Path(current).is_dir():
        return _from_folder(Path(current), prior, given, context)
    if prior is None and prior_view:
        raise UsageError(
            f"prior view {prior_view!r}: there is no prior image; give one, or leave it out"
        )
    now, before = _header(current), None if prior is None else _header(prior)
    remarks = [] if prior is not None else ["no prior image was given"]
    if now is not None and before is not None:
        remarks += check_prior(now, before)
    for name, header in (("current", now), ("prior", before)):
        if header is not None and (objection := header.objection()):
            remarks.append(f"the {name} image may be no chest radiograph: {objection}")
    return _case(
        _film("current", current, now, given.get("view", "")),
        None if prior is None else _film("prior", prior, before, given.get("prior_view", "")),
        now,
        context,
        remarks,
    )


def matching_view(named: str, views: Sequence[str]) -> str | None:
    """Return the one of ``views`` that is meant, whatever its case; ``None`` if it is not among them."""
    return next((view for view in views if view.casefold() == named.strip().casefold()), None)


def _known(option: str, named: str, views: Sequence[str]) -> str:
    if (view := matching_view(named, views)) is not None:
        return view
    listed = ", ".join(view for view in views if view != UNKNOWN_VIEW)
    raise UsageError(
        f"{option.replace('_', ' ')} {named!r}: this model does not know it; expected one of {listed}, or "
        f"{UNKNOWN_VIEW} for any other"
    )


def _from_folder(
    folder: Path, prior: ImageLike | None, given: dict[str, str], context: ClinicalContext
) -> Case:
    if prior is not None:
        raise UsageError(f"{folder}: a folder picks its own prior; got one too, leave it out")
    if given:
        raise UsageError(
            f"{folder}: the files of a folder say their own views; got --view or --prior-view too, "
            "leave it out"
        )
    choice = choose(folder)
    now, before = choice.current, choice.prior
    return _case(
        _film("current", now.path, now, ""),
        None if before is None else _film("prior", before.path, before, ""),
        now,
        context,
        [choice.reason, *choice.remarks],
    )


def _case(
    current: Film,
    prior: Film | None,
    header: RadiographHeader | None,
    given: ClinicalContext,
    remarks: list[str],
) -> Case:
    if prior is not None and np.array_equal(current.grey, prior.grey):
        raise same_image(f"prior image ({prior.source})")
    context, sources = _context(header, given)
    return Case(current=current, prior=prior, context=context, remarks=(*remarks, *sources))


def _film(name: str, image: ImageLike, header: RadiographHeader | None, view: str) -> Film:
    found = view or (header.view if header is not None else UNKNOWN_VIEW)
    if isinstance(image, np.ndarray):
        if image.dtype != np.uint8 or image.ndim != 2 or image.size == 0:
            raise ImageError(
                f"{name} image: got an array of {image.dtype} {image.shape}; expected grey values of "
                "uint8 (height, width). Convert it first, or give the file"
            )
        return Film(name=name, source="array", grey=image, view=found)
    return Film(name=name, source=str(image), grey=read_grey(Path(image)), view=found)


def _header(image: ImageLike) -> RadiographHeader | None:
    if isinstance(image, np.ndarray) or not Path(image).is_file() or not is_dicom(Path(image)):
        return None
    return read_header(Path(image))


def _context(
    header: RadiographHeader | None, given: ClinicalContext
) -> tuple[ClinicalContext, list[str]]:
    """Return the context: what the caller says, else what the DICOM file says, and where that stood."""
    if given or header is None or not header.context:
        return given, []
    indications = [f for f in header.context if "History" not in f.source]
    histories = [f for f in header.context if "History" in f.source]
    context = ClinicalContext(
        indication=". ".join(dict.fromkeys(f.text for f in indications)),
        history=". ".join(dict.fromkeys(f.text for f in histories)),
    )
    return context, [f"clinical context from {', '.join(f.source for f in header.context)}"]
