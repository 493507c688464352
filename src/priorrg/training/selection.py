"""Which studies of a split a run learns from, and how many are left out by which rule.

Knows studies and settings; opens no image. A study here is one image with its report: of several images of
one study each counts.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from hashlib import sha256

from priorrg.batching import target_text
from priorrg.data.store import ImageStore
from priorrg.settings import DataSettings
from priorrg.study import Study
from priorrg.training.dropping import lacks_its_prior

_HAS: dict[str, Callable[[Study], bool]] = {
    "indication": lambda study: bool(study.context.indication),
    "history": lambda study: bool(study.context.history),
    "context": lambda study: bool(study.context),
    "prior": lambda study: study.prior is not None,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """The studies that are kept, in their order, and by rule how many images were left out."""

    studies: list[Study]
    left_out: dict[str, int]


def select(studies: Sequence[Study], store: ImageStore | None, data: DataSettings) -> Selection:
    """Return the studies of one split that ``data`` admits, each rule applied to what the ones before left.

    Without a store every image counts as readable.
    """
    kept, left_out = list(studies), dict[str, int]()

    def keep(rule: str, admitted: list[Study]) -> None:
        nonlocal kept
        if len(admitted) < len(kept):
            left_out[rule] = len(kept) - len(admitted)
        kept = admitted

    if data.views == "frontal":
        keep("not frontal", [s for s in kept if s.current.is_frontal])
    if store is not None:
        keep("image not readable", store.readable(kept))
    keep(f"no {data.target} to learn", [s for s in kept if target_text(s, data.target)])
    keep("speaks of a prior that is not there", [s for s in kept if not lacks_its_prior(s)])
    for name in sorted(data.require):
        keep(f"no {name}", [s for s in kept if _HAS[name](s)])
    return Selection(studies=kept, left_out=left_out)


def limit(selection: Selection, most: int, seed: int) -> Selection:
    """Return the selection cut to at most ``most`` studies (0: all), always whole patients.

    Patients come in the order of the SHA-256 of seed and id, until the next one would be too many: the order
    of the data plays no part, and a larger limit keeps all that a smaller one kept.
    """
    if most == 0:
        return selection
    kept = _first_patients(selection.studies, most, seed)
    admitted = [study for study in selection.studies if study.patient_id in kept]
    out = len(selection.studies) - len(admitted)
    left_out = {**selection.left_out, **({f"beyond {most:,} studies": out} if out else {})}
    return Selection(studies=admitted, left_out=left_out)


def _first_patients(studies: Iterable[Study], most: int, seed: int) -> set[str]:
    ids: dict[str, set[str]] = {}
    for study in studies:
        ids.setdefault(study.patient_id, set()).add(study.study_id)
    kept, count = set[str](), 0
    for patient in sorted(ids, key=lambda patient: sha256(f"{seed}:{patient}".encode()).digest()):
        count += len(ids[patient])
        if count > most:
            break
        kept.add(patient)
    return kept
