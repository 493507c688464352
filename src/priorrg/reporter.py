"""The public face: a model in hand, a radiograph in, a draft out."""

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Self

import numpy as np
from huggingface_hub import HfApi, snapshot_download
from jaxtyping import UInt8

from priorrg.batching import Batcher
from priorrg.data.dicom import is_dicom, read_header
from priorrg.data.patient_folder import check_order, choose
from priorrg.data.pixels import read_grey, to_square
from priorrg.data.radiograph_header import RadiographHeader
from priorrg.errors import ImageError, UsageError, WeightsError
from priorrg.generation import generate_reports
from priorrg.language.sentences import split_sentences
from priorrg.model.device import pick_device
from priorrg.model_folder import ModelFolder
from priorrg.provenance import Provenance
from priorrg.study import UNKNOWN_VIEW, ClinicalContext, Radiograph, Study

ImageLike = str | Path | UInt8[np.ndarray, "height width"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A report for a radiologist to correct, with what it rests on.

    ``notice`` must be shown with the text. ``current``, ``prior``, ``view`` and ``context`` say what the
    model was given and where that came from; ``remarks`` what a reader should know of them.
    """

    text: str
    sentences: tuple[str, ...]
    notice: str
    current: str
    prior: str
    view: str
    prior_view: str
    indication: str
    history: str
    remarks: tuple[str, ...] = ()
    model: dict[str, Any] = field(default_factory=dict)

    def to_json(self) -> str:
        return json.dumps(asdict(self), indent=1, ensure_ascii=False)


class PriorRG:
    """A trained model that drafts reports.

    ``PriorRG.from_pretrained(path).report("now.png", prior="before.png", indication="Dyspnoea").text``
    """

    def __init__(self, folder: ModelFolder, device: str = "auto") -> None:
        self._folder = folder
        self.network = folder.network.eval().to(pick_device(device))

    @property
    def provenance(self) -> Provenance:
        return self._folder.provenance

    @property
    def views(self) -> tuple[str, ...]:
        """The view positions that the model was trained with."""
        return tuple(self._folder.settings.model.views)

    @classmethod
    def from_pretrained(cls, source: str | Path, *, device: str = "auto", **hub: Any) -> Self:
        """Load a model folder, or a hub id (``hub``: revision, token, cache_dir, local_files_only).

        ``device`` is auto (a GPU where there is one), cpu, cuda or cuda:N.
        """
        if Path(source).is_dir():
            return cls(ModelFolder.load(source, to_report=True), device)
        try:
            folder = snapshot_download(str(source), **hub)
        except (OSError, ValueError) as error:
            raise WeightsError(
                f"{source}: neither a model folder nor a reachable hub id "
                f"({str(error).splitlines()[0]}); expected the folder `model` of a `priorrg train` run"
            ) from error
        return cls(ModelFolder.load(folder, to_report=True), device)

    def save_pretrained(self, folder: str | Path) -> None:
        """Write the model folder, model card included."""
        self._folder.save(Path(folder))

    def push_to_hub(self, repo_id: str, *, private: bool = True, token: str | None = None) -> str:
        """Upload the model folder to the Hugging Face hub; return its address."""
        import tempfile

        api = HfApi(token=token)
        api.create_repo(repo_id, private=private, exist_ok=True)
        with tempfile.TemporaryDirectory() as temporary:
            folder = Path(temporary) / "model"
            self.save_pretrained(folder)
            return str(api.upload_folder(repo_id=repo_id, folder_path=folder))

    def report(
        self,
        current: ImageLike,
        prior: ImageLike | None = None,
        *,
        indication: str = "",
        history: str = "",
        view: str = "",
        prior_view: str = "",
    ) -> Draft:
        """Draft the report of one radiograph.

        ``current`` and ``prior`` are files (PNG, JPEG, DICOM) or grey arrays (H, W); ``current`` may be
        a folder of one patient's DICOM files, of which current and prior are then picked. Views are
        taken from DICOM where not given, else ``unk``; one that the model was not trained with (see
        ``views``) is read as ``unk``, and a remark says so. Raises ImageError, DataError, UsageError.
        """
        if not isinstance(current, np.ndarray) and Path(current).is_dir():
            if prior is not None:
                raise UsageError(
                    f"{current}: a folder picks its own prior; got --prior too, leave one out"
                )
            if view or prior_view:
                raise UsageError(
                    f"{current}: the files of a folder say their own views; got --view or --prior-view too, "
                    "leave it out"
                )
            return self._report_folder(Path(current), indication, history)
        if prior is None and prior_view:
            raise UsageError(
                f"prior view {prior_view!r}: there is no prior image; give one, or leave it out"
            )
        now, before = _header(current), None if prior is None else _header(prior)
        remarks = [] if prior is not None else ["no prior image was given"]
        if now is not None and before is not None:
            remarks += check_order(now, before)
        for name, header in (("current", now), ("prior", before)):
            if header is not None and (objection := header.objection()):
                remarks.append(f"the {name} image may be no chest radiograph: {objection}")
        return self._draft(
            _Film.of("current", current, now, view),
            None if prior is None else _Film.of("prior", prior, before, prior_view),
            *_context(now, indication, history),
            remarks,
        )

    def _report_folder(self, folder: Path, indication: str, history: str) -> Draft:
        choice = choose(folder)
        now, before = choice.current, choice.prior
        return self._draft(
            _Film.of("current", now.path, now, ""),
            None if before is None else _Film.of("prior", before.path, before, ""),
            *_context(now, indication, history),
            [choice.reason],
        )

    def _draft(
        self,
        current: "_Film",
        prior: "_Film | None",
        context: ClinicalContext,
        sources: list[str],
        remarks: list[str],
    ) -> Draft:
        settings = self._folder.settings
        films = {f.name: f for f in (current, prior) if f is not None}
        image = settings.image
        squares = {n: to_square(f.grey, image.size, image.fit) for n, f in films.items()}
        study = Study(
            patient_id="",
            study_id="",
            current=Radiograph(image_id="current", view=current.view),
            prior=None if prior is None else Radiograph(image_id="prior", view=prior.view),
            context=context,
        )
        batcher = Batcher(
            settings=settings, tokenizers=self._folder.tokenizers, pixels=lambda r: squares[r.image_id]
        )
        ((_, text),) = generate_reports(self.network, batcher, [study], settings.generation)
        for film in films.values():
            if film.view not in self.views:
                remarks = [*remarks, f"view of the {film.name} image is {film.view!r}: read as unknown"]
        p = self.provenance
        return Draft(
            text=text,
            sentences=tuple(split_sentences(text)),
            notice=p.notice,
            current=current.source,
            prior="" if prior is None else prior.source,
            view=current.view,
            prior_view="" if prior is None else prior.view,
            indication=context.indication,
            history=context.history,
            remarks=(*remarks, *sources),
            model={
                "trained_on": p.trained_on,
                "preset": p.preset,
                "commit": p.commit,
                "decoding": "plain fp32",
            },
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Film:
    name: str
    source: str
    grey: UInt8[np.ndarray, "height width"]
    view: str

    @classmethod
    def of(cls, name: str, image: ImageLike, header: RadiographHeader | None, view: str) -> "_Film":
        found = view or (header.view if header is not None else UNKNOWN_VIEW)
        if isinstance(image, np.ndarray):
            if image.dtype != np.uint8 or image.ndim != 2 or image.size == 0:
                raise ImageError(
                    f"{name} image: got an array of {image.dtype} {image.shape}; expected grey values of "
                    "uint8 (height, width). Convert it first, or give the file"
                )
            return cls(name=name, source="array", grey=image, view=found)
        return cls(name=name, source=str(image), grey=read_grey(Path(image)), view=found)


def _header(image: ImageLike) -> RadiographHeader | None:
    if isinstance(image, np.ndarray) or not Path(image).is_file() or not is_dicom(Path(image)):
        return None
    return read_header(Path(image))


def _context(
    header: RadiographHeader | None, indication: str, history: str
) -> tuple[ClinicalContext, list[str]]:
    """Return the context: what the caller says, else what the DICOM file says, and where that stood."""
    if indication or history or header is None or not header.context:
        return ClinicalContext(indication=indication, history=history), []
    indications = [f for f in header.context if "History" not in f.source]
    histories = [f for f in header.context if "History" in f.source]
    context = ClinicalContext(
        indication=". ".join(dict.fromkeys(f.text for f in indications)),
        history=". ".join(dict.fromkeys(f.text for f in histories)),
    )
    return context, [f"clinical context from {', '.join(f.source for f in header.context)}"]
