"""The public face: a model in hand, a radiograph in, a draft out."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any, Self

from huggingface_hub import HfApi

from priorrg.batching import Batcher
from priorrg.case import Case, Film, ImageLike, matching_view, read_case
from priorrg.data.pixels import to_square
from priorrg.evidence_map import EvidenceMap, Which, evidence_map
from priorrg.generation import write_reports
from priorrg.language.observations import Claim
from priorrg.model.device import pick_device
from priorrg.model.network import PriorRGNetwork
from priorrg.model.quick import check_mode, in_mode
from priorrg.model_folder import ModelFolder, said_of
from priorrg.model_source import locate
from priorrg.prior_cache import DEFAULT_GB, PriorCache
from priorrg.provenance import Provenance
from priorrg.reading_back import Grid, ReadSentence, claimed, read_back
from priorrg.seen_images import SeenImages
from priorrg.settings import Mode
from priorrg.study import FRONTAL_VIEWS, UNKNOWN_VIEW, ClinicalContext, Radiograph, Study
from priorrg.tokenization import context_cut

_LAST_WORDS = 6
"""Words quoted to show where the context was cut."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DraftSentence:
    """One sentence, what it claims, how sure it is and what it rests on.

    ``confidence`` is the chance, in 0..1, that all its claims are right; ``None`` without a calibration or
    where it claims nothing. ``evidence`` are maps over the images, if asked for.
    """

    text: str
    claims: tuple[Claim, ...]
    confidence: float | None
    evidence: tuple[EvidenceMap, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A report for a radiologist to correct, with what it rests on.

    ``notice`` must be shown with the text. ``current``, ``prior``, ``view`` and ``context`` say what the
    model was given and where that came from; ``remarks`` what a reader should know of them.
    """

    text: str
    sentences: tuple["DraftSentence", ...]
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

    def __init__(self, folder: ModelFolder, device: str = "auto", mode: Mode | None = None) -> None:
        self._folder = folder
        self._settings = folder.settings.drafting_in(mode)
        self.network = folder.network.eval().to(pick_device(device))
        self._drafting = in_mode(self.network, self._settings.generation.mode)
        self._drafts_on = next(self.network.parameters()).device
        self._priors: PriorCache | None = None

    @property
    def drafting(self) -> PriorRGNetwork:
        """The network in the mode of the drafts. After a change of weights, load the model anew."""
        device = next(self.network.parameters()).device
        if device != self._drafts_on:  # someone moved the network
            self._drafting, self._drafts_on = (
                in_mode(self.network, self._settings.generation.mode),
                device,
            )
        return self._drafting

    @property
    def provenance(self) -> Provenance:
        return self._folder.provenance

    @property
    def views(self) -> tuple[str, ...]:
        """The views that the model learnt to report on; a prior may have any of ``known_views``."""
        if self._folder.settings.data.views == "all":
            return self.known_views
        return tuple(view for view in self.known_views if view in FRONTAL_VIEWS)

    @property
    def known_views(self) -> tuple[str, ...]:
        """The views that the model has a row for: those that a caller may name."""
        return self._folder.settings.model.views

    @classmethod
    def from_pretrained(
        cls, source: str | Path, *, device: str = "auto", mode: Mode | None = None, **hub: Any
    ) -> Self:
        """Load a model folder, or a hub id (``hub``: revision, token, cache_dir, local_files_only).

        ``device`` is auto (a GPU where there is one), cpu, cuda or cuda:N. ``mode`` is how it computes
        when it drafts, exact, fp32, bf16 or int8 (docs/speed.md); the model's own setting if not given.
        Raises ``UsageError`` where this machine cannot.
        """
        computes_on = pick_device(device)  # one that is not there is said before anything is loaded
        if mode is not None:
            check_mode(mode, computes_on)
        return cls(ModelFolder.load(locate(source, **hub), to_report=True), device, mode)

    def keep_priors(self, place: str | Path | None = None, gb: float = DEFAULT_GB) -> PriorCache:
        """From now on keep on disk what the encoder sees in an image, so that a prior is not read twice.

        Off unless called: such features are **patient data** (docs/prior-cache.md). ``place`` is a folder,
        by default that of ``default_place``; ``gb`` bounds it, the least recently used go first. Raises
        ``UsageError`` and ``StorageError``.
        """
        weight = next(self.network.parameters())
        mode = f"{weight.device.type} {weight.dtype} {self.drafting.mode}"
        self._priors = PriorCache(self.network.study_encoder.vision, place, gb, mode=mode)
        return self._priors

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
        evidence: bool = True,
    ) -> Draft:
        """Draft the report of one radiograph.

        ``current`` and ``prior`` are files (PNG, JPEG, DICOM) or grey arrays (H, W); ``current`` may be
        a folder of one patient's DICOM files, of which current and prior are then picked. Views may be
        named in any case; one that is not among ``known_views`` is refused. Where not given they are taken
        from DICOM, else ``unk``; one that DICOM says and the model does not know is read as ``unk``. A
        remark says so, and so for a current image of a view that the model was not trained on (see
        ``views``). ``evidence``: also say where in the images each sentence's evidence lies, which takes
        about as long again as writing. Raises ImageError, DataError, UsageError.
        """
        case = read_case(
            current,
            prior,
            views=self.known_views,
            indication=indication,
            history=history,
            view=view,
            prior_view=prior_view,
        )
        return self.draft(case, evidence=evidence)

    def draft(self, case: Case, *, evidence: bool = True) -> Draft:
        """Draft the report of a case that was read before; ``evidence`` as in ``report``."""
        films = {film.name: self._named_as_known(film) for film in case.films}
        current, prior, context = films["current"], films.get("prior"), case.context
        settings = self._settings
        image = settings.image
        squares = {name: to_square(film.grey, image.size, image.fit) for name, film in films.items()}
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
        seen = SeenImages(self.drafting, batcher.images, self._priors)
        batcher = replace(batcher, features=seen)
        (written,) = write_reports(self.drafting, batcher, [study], settings.generation)
        p, calibration = self.provenance, self._folder.calibration
        if evidence or calibration is not None:
            read = read_back(self.network, batcher, written, settings.generation, with_evidence=evidence)
        else:  # the exact network once more would answer what nobody asks
            read = claimed(written)
        return Draft(
            text=written.text,
            sentences=tuple(self._sentence(sentence, films) for sentence in read),
            notice=p.notice,
            current=current.source,
            prior="" if prior is None else prior.source,
            view=current.view,
            prior_view="" if prior is None else prior.view,
            indication=context.indication,
            history=context.history,
            remarks=(
                *case.remarks,
                *(line for film in films.values() for line in self._said_of_view(film)),
                *self._said_of_confidence(),
                *self._said_of_context(context),
            ),
            model={
                "trained_on": p.trained_on,
                "preset": p.preset,
                "commit": p.commit,
                "mode": self.drafting.mode,
                "prior_features": "kept from before" if seen.kept else "computed",
                "confidence": None if calibration is None else said_of(calibration),
                "comparison_without_prior": (
                    "forbidden" if settings.generation.forbid_comparison else "allowed"
                ),
            },
        )

    def _sentence(self, read: ReadSentence, films: Mapping[str, Film]) -> DraftSentence:
        calibration, sure = self._folder.calibration, None
        if calibration is not None and read.signals is not None:
            sure = round(calibration.confidence(read.signals), 3)
        return DraftSentence(
            text=read.text,
            claims=read.claims,
            confidence=sure,
            evidence=tuple(self._maps(read, films)),
        )

    def _maps(self, read: ReadSentence, films: Mapping[str, Film]) -> Iterator[EvidenceMap]:
        image = self._folder.settings.image
        grids: tuple[tuple[Which, Grid | None], ...] = (("current", read.current), ("prior", read.prior))
        for name, grid in grids:
            if grid is None:
                continue
            height, width = films[name].grey.shape
            yield evidence_map(
                grid,
                image=name,
                explains=read.source,
                width=width,
                height=height,
                size=image.size,
                fit=image.fit,
            )

    def _said_of_confidence(self) -> Iterator[str]:
        calibration = self._folder.calibration
        if calibration is None:
            yield "no confidence is given: this model is not calibrated (`priorrg calibrate`)"
        elif _words(calibration.decoding) != _words(asdict(self._settings.generation)):
            yield "confidence was calibrated for other decoding settings than those of this draft"

    def _named_as_known(self, film: Film) -> Film:
        return replace(film, view=matching_view(film.view, self.known_views) or film.view)

    def _said_of_view(self, film: Film) -> Iterator[str]:
        known = film.view in self.known_views
        if not known:
            yield f"view of the {film.name} image is {film.view!r}: read as unknown"
        learnt = (film.view if known else UNKNOWN_VIEW) in self.views or film.view in FRONTAL_VIEWS
        if film.name == "current" and not learnt:
            said = "not known" if film.view == UNKNOWN_VIEW else f"{film.view!r}, never trained on"
            yield (
                f"view of the current image is {said}: this model learnt to report on "
                f"{', '.join(self.views)} alone"
            )

    def _said_of_context(self, context: ClinicalContext) -> Iterator[str]:
        settings = self._folder.settings
        cut = context_cut(self._folder.tokenizers.context, context, settings.context.max_tokens)
        if cut is None or not settings.method.use_context:
            return
        read, lost = (part.split() for part in cut)
        where = f'after "{" ".join(read[-_LAST_WORDS:])}"' if read else "before its first word"
        yield (
            f"the clinical context was cut {where}: the model reads {settings.context.max_tokens} tokens, "
            f"{len(lost):,} {'word was' if len(lost) == 1 else 'words were'} left out"
        )


def _words(decoding: Mapping[str, Any]) -> dict[str, Any]:
    """Return what decides on the words: fp32 writes those of exact, which was the only mode once."""
    mode = decoding.get("mode", "exact")
    return {**decoding, "mode": "exact" if mode == "fp32" else mode}
