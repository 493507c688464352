"""Score reports against a phantom's truth: findings, changes, the question, priors that are not there.

A report counts by what it claims (``language.claims``), not by its words. Possible findings count as
claimed. Knows strings and plain rows only.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from priorrg.errors import DataError
from priorrg.language.claims import mentions_prior, read_claims, summarize
from priorrg.language.observations import DEVICES, Change, Claim, Observation, Polarity, Slot
from priorrg.metrics.tallies import Numbers, Tallies, mean_of_known, ratio
from priorrg.truth import TruthRow

Claims = Mapping[Slot, Claim]
_OBSERVATIONS, _CHANGES = tuple(Observation), tuple(Change)
_FINDING = np.array([observation not in DEVICES for observation in _OBSERVATIONS])
_HITS, _ALARMS, _MISSES = range(3)
_PRESENCE = 3 * len(_OBSERVATIONS)
_CHANGE = _PRESENCE + 2 * 3 * len(_CHANGES)
"""Where these columns of a report end: hits, alarms and misses by observation; by change, of findings and then of
devices."""
_PRESENT, _ABSENT, _UNASKED, _PRIOR, _COLUMNS = range(_CHANGE, _CHANGE + 9, 2)
"""Pairs of columns: answered and asked of what is present, of what is absent; needless denials and reports;
speaking of a prior and given none."""


def keyed(pairs: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Return reports by id; raise DataError if an id comes twice."""
    reports: dict[str, str] = {}
    for study_id, text in pairs:
        if study_id in reports:
            raise DataError(
                f"reports: {study_id} has two reports; expected one report per study or image"
            )
        reports[study_id] = text
    return reports


def score(
    reports: Mapping[str, str],
    truth: Mapping[str, Sequence[TruthRow]],
    *,
    without_prior: Collection[str] | None = None,
    expected: Collection[str] | None = None,
) -> dict[str, float]:
    """Return all scores of ``reports`` (text by study or image id) against ``truth``.

    ``expected`` are the ids that should have a report (default: those that have); one without is scored
    as empty and counted in ``missing``. ``without_prior`` are the ids whose writer was given no prior
    (default: the truth's own), over which ``false_prior`` is taken. Change is scored over the studies
    that truly have a prior, whatever the writer was given. A score without any case is not a number.
    Raises DataError for an id that the truth does not know.

    Keys: ``finding_f1``, ``_precision``, ``_recall`` (micro over finding and side) and
    ``finding_f1_NAME`` …; ``change_f1`` (macro over the five changes), ``change_f1_micro``,
    ``change_f1_new`` …; ``question_answered`` with its two rates; ``unasked_denials`` (mean number per
    report); ``false_prior``; ``device_f1``, ``device_change_f1``; counts ``studies``,
    ``studies_with_prior``, ``studies_without_prior``, ``asked``, ``missing``.
    """
    ids = list(dict.fromkeys([*reports, *(expected or ())]))
    texts = {i: reports.get(i, "") for i in ids}
    tallies = phantom_tallies(texts, truth, without_prior=without_prior)
    scores = dict(zip(tallies.names, map(float, tallies.scores), strict=True))
    return {**scores, **phantom_counts(texts, truth, without_prior=without_prior)}


def phantom_tallies(
    reports: Mapping[str, str],
    truth: Mapping[str, Sequence[TruthRow]],
    *,
    without_prior: Collection[str] | None = None,
) -> Tallies:
    """Return what ``score`` counts in each report, in the order of ``reports``; arguments as there."""
    known = _rows_by_id(list(reports), truth)
    rows = np.zeros((len(reports), _COLUMNS))
    for row, (i, text) in zip(rows, reports.items(), strict=True):
        claims = summarize(read_claims(text))
        _count_presence(row[:_PRESENCE].reshape(-1, 3), claims, known[i])
        if _has_prior(known[i]):
            _count_changes(row[_PRESENCE:_CHANGE].reshape(2, -1, 3), claims, known[i])
        _count_answers(row, claims, known[i])
        if _priorless(i, known[i], without_prior):
            row[_PRIOR : _PRIOR + 2] = _speaks_of_prior(text, claims), 1
    with_prior = np.array([_has_prior(known[i]) for i in reports], dtype=np.bool_)
    counted = np.stack([_counted(name, rows, with_prior) for name in _HOW], axis=1)
    return Tallies(how=_HOW, rows=rows, score=_score, counted=counted)


def phantom_counts(
    reports: Mapping[str, str],
    truth: Mapping[str, Sequence[TruthRow]],
    *,
    without_prior: Collection[str] | None = None,
) -> dict[str, float]:
    """Return how many reports, priors and questions the scores rest on; arguments as of ``score``."""
    rows = _rows_by_id(list(reports), truth)
    return {
        "studies": float(len(rows)),
        "studies_with_prior": float(sum(map(_has_prior, rows.values()))),
        "studies_without_prior": float(sum(_priorless(i, rows[i], without_prior) for i in rows)),
        "asked": float(sum(len({r.observation for r in study if r.asked}) for study in rows.values())),
        "missing": float(sum(not text.strip() for text in reports.values())),
    }


def _priorless(i: str, rows: Sequence[TruthRow], without_prior: Collection[str] | None) -> bool:
    return not _has_prior(rows) if without_prior is None else i in without_prior


def _rows_by_id(
    ids: Sequence[str], truth: Mapping[str, Sequence[TruthRow]]
) -> dict[str, Sequence[TruthRow]]:
    """Return the truth of each id, which may be that of a study or of its image."""
    if all(i in truth for i in ids):
        return {i: truth[i] for i in ids}
    by_image = {rows[0].image_id: rows for rows in truth.values() if rows}
    found = {i: truth[i] if i in truth else by_image[i] for i in ids if i in truth or i in by_image}
    unknown = [i for i in ids if i not in found]
    if unknown:
        raise DataError(
            f"reports: {len(unknown)} of {len(ids)} ids, such as {unknown[0]!r}, are not in the truth "
            f"({len(truth)} studies); were both made from the same phantom?"
        )
    return found


def _has_prior(rows: Sequence[TruthRow]) -> bool:
    return any(row.has_prior for row in rows)


def _speaks_of_prior(text: str, claims: Claims) -> bool:
    return mentions_prior(text) or any(claim.change is not None for claim in claims.values())


def _affirmed(claims: Claims) -> set[Slot]:
    return {slot for slot, claim in claims.items() if claim.polarity is not Polarity.ABSENT}


def _count_presence(counts: Numbers, claims: Claims, rows: Sequence[TruthRow]) -> None:
    """A lateral finding without a side matches no slot: it is a false alarm and misses the true side."""
    said = _affirmed(claims)
    true = {(row.observation, row.side) for row in rows if row.present}
    for slot in said | true:
        counts[_OBSERVATIONS.index(slot[0]), _verdict(slot in said, slot in true)] += 1


def _count_changes(counts: Numbers, claims: Claims, rows: Sequence[TruthRow]) -> None:
    """Matched exactly on finding, side and change."""
    said = {(slot, claim.change) for slot, claim in claims.items() if claim.change is not None}
    true = {((row.observation, row.side), row.change) for row in rows if row.change is not None}
    for stated in said | true:
        (observation, _), change = stated
        kind, line = int(observation in DEVICES), _CHANGES.index(change)
        counts[kind, line, _verdict(stated in said, stated in true)] += 1


def _count_answers(row: Numbers, claims: Claims, rows: Sequence[TruthRow]) -> None:
    """Present: affirmed on any side. Absent: denied or resolved, and nowhere affirmed."""
    asked = {truth.observation for truth in rows if truth.asked}
    affirmed = {observation for observation, _ in _affirmed(claims)}
    denied = {o for (o, _), c in claims.items() if c.polarity is Polarity.ABSENT} - affirmed
    for observation in asked:
        present = any(truth.present for truth in rows if truth.observation is observation)
        at = _PRESENT if present else _ABSENT
        row[at : at + 2] += observation in (affirmed if present else denied), 1
    plain = {
        o
        for (o, _), c in claims.items()
        if c.polarity is Polarity.ABSENT and c.change is not Change.RESOLVED and o not in DEVICES
    }
    row[_UNASKED : _UNASKED + 2] = len(plain - asked), 1


def _verdict(said: bool, true: bool) -> int:
    if said and true:
        return _HITS
    return _ALARMS if said else _MISSES


def _named(sums: Numbers) -> dict[str, Numbers]:
    """Return the scores by name, from sums of reports' columns (…, columns)."""
    each = sums[..., :_PRESENCE].reshape(*sums.shape[:-1], -1, 3)
    both = sums[..., _PRESENCE:_CHANGE].reshape(*sums.shape[:-1], 2, -1, 3)
    changes, devices = both[..., 0, :, :], both[..., 1, :, :]
    answered = [ratio(sums[..., at], sums[..., at + 1]) for at in (_PRESENT, _ABSENT)]
    result = _rates("finding", each[..., _FINDING, :].sum(axis=-2))
    result |= _rates("device", each[..., ~_FINDING, :].sum(axis=-2))
    for number, observation in enumerate(_OBSERVATIONS):
        kind = "finding" if _FINDING[number] else "device"
        result |= _rates(kind, each[..., number, :], f"_{observation.replace(' ', '_')}")
    micro = _rates("change", changes.sum(axis=-2))
    by_change: dict[str, Numbers] = {}
    for number, change in enumerate(_CHANGES):
        by_change |= _rates("change", changes[..., number, :], f"_{change}")
    result["change_f1"] = mean_of_known(_f1(changes))
    result["change_f1_micro"] = micro.pop("change_f1")
    result |= micro | by_change
    result["device_change_f1"] = mean_of_known(_f1(devices))
    result["device_change_f1_micro"] = _f1(devices.sum(axis=-2))
    result["question_answered"] = mean_of_known(np.stack(answered, axis=-1))
    result["question_answered_present"], result["question_answered_absent"] = answered
    result["unasked_denials"] = ratio(sums[..., _UNASKED], sums[..., _UNASKED + 1])
    result["false_prior"] = ratio(sums[..., _PRIOR], sums[..., _PRIOR + 1])
    return result


def _rates(kind: str, counts: Numbers, name: str = "") -> dict[str, Numbers]:
    hits = counts[..., _HITS]
    return {
        f"{kind}_f1{name}": _f1(counts),
        f"{kind}_precision{name}": ratio(hits, hits + counts[..., _ALARMS]),
        f"{kind}_recall{name}": ratio(hits, hits + counts[..., _MISSES]),
    }


def _f1(counts: Numbers) -> Numbers:
    hits = 2 * counts[..., _HITS]
    return ratio(hits, hits + counts[..., _ALARMS] + counts[..., _MISSES])


def _counted(name: str, rows: Numbers, with_prior: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return which reports a score rests on."""
    if "change" in name:
        return with_prior
    present, absent, given_none = (rows[:, at + 1] > 0 for at in (_PRESENT, _ABSENT, _PRIOR))
    by_name = {
        "question_answered": present | absent,
        "question_answered_present": present,
        "question_answered_absent": absent,
        "false_prior": given_none,
    }
    return by_name.get(name, np.ones(len(rows), dtype=np.bool_))


def _score(sums: Numbers) -> Numbers:
    return np.stack(list(_named(sums).values()), axis=-1)


def _how(name: str) -> str:
    said = {
        "question_answered": "mean of the rates of asked findings that are present and absent",
        "question_answered_present": "asked findings that are there: share affirmed, on either side",
        "question_answered_absent": "asked findings that are not there: share denied, nowhere affirmed",
        "unasked_denials": "findings denied that nobody asked for, mean per report",
        "false_prior": "share that speaks of a prior or a change among reports given no prior",
        "change_f1": "mean over the five changes of F1 of finding, side and change; studies with a prior",
    }
    if name in said:
        return said[name]
    what = "finding, side and change" if "change" in name else "finding and side"
    return f"micro over {what}, possible counts as claimed, against the phantom's truth"


_HOW = {name: _how(name) for name in _named(np.zeros(_COLUMNS))}
