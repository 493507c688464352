"""Score reports against a phantom's truth: findings, changes, the question, priors that are not there.

A report counts by what it claims (``language.claims``), not by its words. Possible findings count as
claimed. Knows strings and plain rows only.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence

from priorrg.errors import DataError
from priorrg.language.claims import mentions_prior, read_claims, summarize
from priorrg.language.observations import DEVICES, FINDINGS, Change, Claim, Observation, Polarity, Slot
from priorrg.metrics.counts import Counts, mean, share
from priorrg.truth import TruthRow

Claims = Mapping[Slot, Claim]


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
    rows = _rows_by_id(ids, truth)
    texts = {i: reports.get(i, "") for i in ids}
    claims = {i: summarize(read_claims(text)) for i, text in texts.items()}
    priorless = [
        i for i in ids if (not _has_prior(rows[i]) if without_prior is None else i in without_prior)
    ]
    return {
        **_finding_scores(claims, rows),
        **_change_scores(claims, rows),
        **_question_scores(claims, rows),
        "false_prior": share(
            sum(_speaks_of_prior(texts[i], claims[i]) for i in priorless), len(priorless)
        ),
        "studies": float(len(ids)),
        "studies_with_prior": float(sum(_has_prior(rows[i]) for i in ids)),
        "studies_without_prior": float(len(priorless)),
        "missing": float(sum(not text.strip() for text in texts.values())),
    }


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


def _finding_scores(
    claims: Mapping[str, Claims], rows: Mapping[str, Sequence[TruthRow]]
) -> dict[str, float]:
    """A lateral finding without a side matches no slot: it is a false alarm and misses the true side."""
    each: dict[Observation, Counts] = {o: Counts() for o in Observation}
    for i, said_claims in claims.items():
        said = _affirmed(said_claims)
        true = {(row.observation, row.side) for row in rows[i] if row.present}
        for slot in said | true:
            each[slot[0]].add(slot in said, slot in true)
    findings, devices = _sum(each[o] for o in FINDINGS), _sum(each[o] for o in DEVICES)
    result = {
        "finding_f1": findings.f1,
        "finding_precision": findings.precision,
        "finding_recall": findings.recall,
        "device_f1": devices.f1,
        "device_precision": devices.precision,
        "device_recall": devices.recall,
    }
    for observation, counts in each.items():
        name = observation.replace(" ", "_")
        kind = "device" if observation in DEVICES else "finding"
        result[f"{kind}_f1_{name}"] = counts.f1
        result[f"{kind}_precision_{name}"] = counts.precision
        result[f"{kind}_recall_{name}"] = counts.recall
    return result


def _change_scores(
    claims: Mapping[str, Claims], rows: Mapping[str, Sequence[TruthRow]]
) -> dict[str, float]:
    """Matched exactly on finding, side and change, over the studies that truly have a prior."""
    findings = {change: Counts() for change in Change}
    devices = {change: Counts() for change in Change}
    for i, said_claims in claims.items():
        if not _has_prior(rows[i]):
            continue
        said = {(slot, c.change) for slot, c in said_claims.items() if c.change is not None}
        true = {((r.observation, r.side), r.change) for r in rows[i] if r.change is not None}
        for slot, change in said | true:
            counts = devices if slot[0] in DEVICES else findings
            counts[change].add((slot, change) in said, (slot, change) in true)
    micro, device_micro = _sum(findings.values()), _sum(devices.values())
    return {
        "change_f1": mean([counts.f1 for counts in findings.values()]),
        "change_f1_micro": micro.f1,
        "change_precision": micro.precision,
        "change_recall": micro.recall,
        **{f"change_f1_{change}": counts.f1 for change, counts in findings.items()},
        **{f"change_precision_{change}": counts.precision for change, counts in findings.items()},
        **{f"change_recall_{change}": counts.recall for change, counts in findings.items()},
        "device_change_f1": mean([counts.f1 for counts in devices.values()]),
        "device_change_f1_micro": device_micro.f1,
    }


def _question_scores(
    claims: Mapping[str, Claims], rows: Mapping[str, Sequence[TruthRow]]
) -> dict[str, float]:
    """Present: affirmed on any side. Absent: denied or resolved, and nowhere affirmed."""
    answers: dict[bool, list[bool]] = {True: [], False: []}
    unasked = 0
    for i, said in claims.items():
        asked = {row.observation for row in rows[i] if row.asked}
        affirmed = {observation for observation, _ in _affirmed(said)}
        denied = {o for (o, _), c in said.items() if c.polarity is Polarity.ABSENT} - affirmed
        for observation in asked:
            present = any(row.present for row in rows[i] if row.observation is observation)
            answers[present].append(observation in (affirmed if present else denied))
        plain = {
            o
            for (o, _), c in said.items()
            if c.polarity is Polarity.ABSENT and c.change is not Change.RESOLVED and o not in DEVICES
        }
        unasked += len(plain - asked)
    present_rate = share(sum(answers[True]), len(answers[True]))
    absent_rate = share(sum(answers[False]), len(answers[False]))
    return {
        "question_answered": mean([present_rate, absent_rate]),
        "question_answered_present": present_rate,
        "question_answered_absent": absent_rate,
        "asked": float(len(answers[True]) + len(answers[False])),
        "unasked_denials": share(unasked, len(claims)),
    }


def _sum(parts: Iterable[Counts]) -> Counts:
    total = Counts()
    for part in parts:
        total.hits += part.hits
        total.alarms += part.alarms
        total.misses += part.misses
    return total
