"""MIMIC-CXR → its abnormal sentences alone, by our rule: a stand-in for MIMIC-ABN, named apart.

The original kept the sentences that a classifier called abnormal; ours keeps those of
``language.abnormal``, which does on Indiana labels what ``benchmarks/results/abnormal.json`` says. Reads a
raw tree or one that was prepared. Knows the tables of a prepared data set.
"""

import json
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import polars as pl

from priorrg.data import mimic_cxr
from priorrg.data.manifest import PreparedData
from priorrg.data.preparing import (
    Progress,
    SourceImage,
    SourceStudy,
    check_folders,
    check_replaceable,
    write_prepared,
)
from priorrg.data.priors import PriorLink, PriorReason
from priorrg.data.sections import Sections
from priorrg.errors import UsageError
from priorrg.language.abnormal import abnormal_sentences
from priorrg.language.sentences import split_sentences

READER = "mimic-abn-derived"


def prepare(
    root: str | Path,
    out: str | Path,
    *,
    reports_root: str | Path | None = None,
    with_images: bool = True,
    progress: Progress | None = None,
) -> PreparedData:
    """Keep the abnormal sentences of the findings of a raw or prepared MIMIC-CXR ``root``; write ``out``.

    Studies left without a sentence are dropped and counted; those that are another's prior stay, without a
    split and a report. Priors are those of the whole data set. Raises ``UsageError``, ``DataError``,
    ``StorageError``.
    """
    root, out = Path(root).resolve(), Path(out).resolve()
    if (root / "data.json").is_file():
        whole = PreparedData(root)
        if whole.card.get("reader") != mimic_cxr.READER or whole.with_images < with_images:
            raise UsageError(
                f"{root}: was prepared by {whole.card.get('reader')}"
                f"{'' if whole.with_images else ' without images'}; expected MIMIC-CXR"
            )
        check_replaceable(out, READER, whole.root)
        return _derive(whole, out, with_images)
    root, out = check_folders(root, out, reader=READER, expected="a raw or prepared MIMIC-CXR")
    with TemporaryDirectory(prefix="priorrg-") as folder:
        whole = mimic_cxr.prepare(
            root,
            Path(folder) / "mimic-cxr",
            reports_root=reports_root,
            with_images=with_images,
            progress=progress,
        )
        return _derive(whole, out, with_images)


def _derive(whole: PreparedData, out: Path, with_images: bool) -> PreparedData:
    dropped = Counter[str](whole.card["dropped"])
    kept: dict[str, SourceStudy] = {}
    rows = {row["study_id"]: row for row in whole.study_table.iter_rows(named=True)}
    for name, row in rows.items():
        sentences = split_sentences(row["findings"])
        abnormal = abnormal_sentences(row["findings"])
        dropped["sentences_left_out"] += len(sentences) - len(abnormal)
        dropped["studies_without_findings"] += not sentences
        dropped["studies_without_abnormal_sentence"] += bool(sentences) and not abnormal
        if abnormal:
            kept[name] = _study(row, " ".join(abnormal))
    for row in [rows[name] for name in sorted(_priors_of(kept) - kept.keys())]:
        kept[row["study_id"]] = _prior_alone(row)
    _take_images(whole, kept)
    card = {
        **{key: whole.card[key] for key in ("synthetic", "root", "split", "priors", "sources")},
        "name": READER,
        "reader": READER,
        "derived_from": {"name": whole.name, "tables_sha256": whole.fingerprint},
        "rule": "sentences of the findings that affirm or doubt a finding, or name none and deny nothing",
    }
    return write_prepared(
        out,
        list(kept.values()),
        card=card,
        dropped=dropped,
        with_images=with_images,
        labels=_labels(whole, kept),
    )


def _study(row: Mapping[str, Any], findings: str) -> SourceStudy:
    headers = json.loads(row["section_headers"])
    texts = {name: row[name] for name in ("indication", "history", "comparison")} | {
        "findings": findings
    }
    return SourceStudy(
        patient_id=row["patient_id"],
        study_id=row["study_id"],
        taken_at=row["taken_at"],
        split=row["split"],
        sex=row["sex"],
        age=row["age"],
        report=Sections(**texts, headers={k: v for k, v in headers.items() if texts.get(k)}),
        prior=PriorLink(
            prior_study_id=row["prior_study_id"],
            reason=PriorReason(row["prior_reason"]),
            days_since_prior=row["days_since_prior"],
        ),
    )


def _priors_of(studies: Mapping[str, SourceStudy]) -> set[str]:
    links = (study.prior for study in studies.values())
    return {
        link.prior_study_id for link in links if link is not None and link.prior_study_id is not None
    }


def _prior_alone(row: Mapping[str, Any]) -> SourceStudy:
    return SourceStudy(
        patient_id=row["patient_id"],
        study_id=row["study_id"],
        taken_at=row["taken_at"],
        sex=row["sex"],
        age=row["age"],
        prior=PriorLink(prior_study_id=None, reason=PriorReason.PRIOR_ALONE, days_since_prior=None),
    )


def _take_images(whole: PreparedData, kept: Mapping[str, SourceStudy]) -> None:
    """Give every kept study its images; one that is a prior alone only those that are shown as such."""
    rows = whole.image_table.filter(pl.col("study_id").is_in(list(kept))).to_dicts()
    reported = {name for name, study in kept.items() if study.report.findings}
    shown = {row["prior_image_id"] for row in rows if row["study_id"] in reported}
    for row in rows:
        study = kept[row["study_id"]]
        if row["study_id"] not in reported and row["image_id"] not in shown:
            continue
        image = SourceImage(
            image_id=row["image_id"],
            path=row["path"],
            view=row["view"],
            width=row["width"],
            height=row["height"],
            prior_image_id=row["prior_image_id"] if row["study_id"] in reported else None,
        )
        study.images = [*study.images, image]


def _labels(whole: PreparedData, kept: Mapping[str, SourceStudy]) -> pl.DataFrame | None:
    table = whole.label_table.filter(pl.col("study_id").is_in(list(kept)))
    return table if len(table.columns) > 1 else None
