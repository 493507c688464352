"""Which earlier study is the prior, and which of its images is shown.

Knows patients, studies, dates and views; opens no file. Linking comes before any filtering by split or
report, so that a study's prior does not depend on what somebody wants to train on.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol, TypeVar

from priorrg.errors import DataError
from priorrg.study import FRONTAL_VIEWS, Radiograph


class PriorReason(StrEnum):
    """Why a study has the prior it has, or has none."""

    LINKED = "linked"
    FIRST_STUDY = "first_study"
    """No dated study of the patient is earlier."""
    NO_DATE = "no_date"
    """The study itself has no date."""
    SAME_TIME = "same_time"
    """Another study of the patient bears exactly the same date and time."""
    PRIOR_AMBIGUOUS = "prior_ambiguous"
    """Two studies share the nearest earlier date and time."""
    PRIOR_HAS_NO_IMAGE = "prior_has_no_image"
    """The nearest earlier study is known, but no image of it is on hand."""
    GIVEN = "given"
    """The source itself names the prior; nobody checked its date."""
    PRIOR_ALONE = "prior_alone"
    """The study is there as another's prior alone; nothing is asked of it."""
    ORDER_UNSURE = "order_unsure"
    """What the source says of the order of the patient's studies contradicts itself."""
    BY_STUDY_ID = "by_study_id"
    """The study before it in the order of ``study_id``, which is no order of time; for comparison only."""


class PriorOrder(StrEnum):
    """What orders a patient's studies. ``STUDY_ID`` repeats the released annotation, for comparison only."""

    DATE = "date"
    STUDY_ID = "study-id"


class Datable(Protocol):
    """What linking needs to know of one study. ``images`` are those on hand; there may be none."""

    @property
    def patient_id(self) -> str: ...
    @property
    def study_id(self) -> str: ...
    @property
    def taken_at(self) -> datetime | None: ...
    @property
    def images(self) -> Sequence[object]: ...


class Viewed(Protocol):
    """What choosing an image needs to know of one."""

    @property
    def image_id(self) -> str: ...
    @property
    def view(self) -> str: ...


Image = TypeVar("Image", bound=Viewed)


@dataclass(frozen=True, slots=True, kw_only=True)
class StudyRecord:
    """The least that can be linked."""

    patient_id: str
    study_id: str
    taken_at: datetime | None = None
    images: Sequence[Radiograph] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class PriorLink:
    """The prior of one study. ``days_since_prior`` is in days, with the fraction of the day.

    ``prior_study_id`` is ``None`` unless the reason is ``linked``, ``given`` or ``by_study_id``;
    ``days_since_prior`` unless it is ``linked``.
    """

    prior_study_id: str | None
    reason: PriorReason
    days_since_prior: float | None


def link(records: Iterable[Datable], order: PriorOrder = PriorOrder.DATE) -> dict[str, PriorLink]:
    """Return the prior of every study, by study_id: the patient's most recent strictly earlier study.

    The order of ``records`` and of the ids plays no part. Where date and time do not decide (missing,
    or shared by two studies) there is no prior, and the reason says so. ``PriorOrder.STUDY_ID`` takes the
    study with the next smaller id that has an image instead. Raises ``DataError`` if a study_id occurs
    twice.
    """
    patients: defaultdict[str, list[Datable]] = defaultdict(list)
    seen: dict[str, str] = {}
    for record in records:
        if record.study_id in seen:
            raise DataError(
                f"study {record.study_id!r} occurs twice (patients {seen[record.study_id]!r} and "
                f"{record.patient_id!r}); expected one record a study. Are the identifiers unique?"
            )
        seen[record.study_id] = record.patient_id
        patients[record.patient_id].append(record)
    links: dict[str, PriorLink] = {}
    link_patient = _link_patient if order is PriorOrder.DATE else _link_by_id
    for studies in patients.values():
        links.update(link_patient(studies))
    return links


_WITHOUT = {
    reason: PriorLink(prior_study_id=None, reason=reason, days_since_prior=None)
    for reason in PriorReason
}


def _link_patient(studies: Sequence[Datable]) -> dict[str, PriorLink]:
    at: defaultdict[datetime, list[Datable]] = defaultdict(list)
    for study in studies:
        if study.taken_at is not None:
            at[study.taken_at].append(study)
    times = sorted(at)
    earlier = dict(zip(times[1:], times[:-1], strict=True))
    links = {}
    for study in studies:
        if study.taken_at is None:
            reason = PriorReason.NO_DATE
        elif len(at[study.taken_at]) > 1:
            reason = PriorReason.SAME_TIME
        elif study.taken_at not in earlier:
            reason = PriorReason.FIRST_STUDY
        elif len(at[earlier[study.taken_at]]) > 1:
            reason = PriorReason.PRIOR_AMBIGUOUS
        else:
            links[study.study_id] = _link_pair(study.taken_at, at[earlier[study.taken_at]][0])
            continue
        links[study.study_id] = _WITHOUT[reason]
    return links


def _link_by_id(studies: Sequence[Datable]) -> dict[str, PriorLink]:
    links, before = {}, None
    for study in sorted(studies, key=lambda study: (len(study.study_id), study.study_id)):
        reason = PriorReason.FIRST_STUDY if before is None else PriorReason.BY_STUDY_ID
        links[study.study_id] = PriorLink(prior_study_id=before, reason=reason, days_since_prior=None)
        before = study.study_id if study.images else before
    return links


def _link_pair(taken_at: datetime, prior: Datable) -> PriorLink:
    if not prior.images or prior.taken_at is None:
        return _WITHOUT[PriorReason.PRIOR_HAS_NO_IMAGE]
    days = (taken_at - prior.taken_at) / timedelta(days=1)
    return PriorLink(prior_study_id=prior.study_id, reason=PriorReason.LINKED, days_since_prior=days)


def prior_image(current_view: str, candidates: Collection[Image]) -> Image | None:
    """Return the image of the prior study to lay beside an image of ``current_view``.

    The same view if there is one, else PA, then AP, another frontal, any other; the smallest image_id
    settles a tie. ``None`` only without candidates.
    """
    if len(candidates) < 2:
        return next(iter(candidates), None)
    wanted = (current_view, *FRONTAL_VIEWS)

    def rank(image: Image) -> tuple[int, str]:
        return (wanted.index(image.view) if image.view in wanted else len(wanted), image.image_id)

    return min(candidates, key=rank)
