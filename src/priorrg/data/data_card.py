"""``DATA_CARD.md``: what a prepared data set holds, as a page for a person.

Reads the tables that were just written, so that the page cannot say anything else than they do. The same
tables give the same bytes: no clock, no path of this machine. Knows the manifest; no source format.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import polars as pl

from priorrg.data.interval_picture import count_intervals, interval_picture
from priorrg.data.manifest import SPLITS, PreparedData
from priorrg.data.patient_facts import unknown_views
from priorrg.data.priors import PriorReason
from priorrg.language.claims import read_claims, summarize
from priorrg.language.observations import Change, Observation, Polarity

CARD = "DATA_CARD.md"
PICTURE = "days-since-prior.svg"
CLAIM_SAMPLE = 2000
"""Reports that are read for observations where the source brings no labels: a few seconds' worth."""
_TEXTS = ("findings", "impression", "indication", "history", "comparison")
_QUANTILES = {"5 %": 0.05, "25 %": 0.25, "median": 0.5, "75 %": 0.75, "95 %": 0.95, "longest": 1.0}
REASONS: Mapping[str, str] = {
    PriorReason.LINKED: "the most recent study of the patient that is strictly earlier",
    PriorReason.FIRST_STUDY: "no dated study of the patient is earlier",
    PriorReason.NO_DATE: "the study itself has no date",
    PriorReason.SAME_TIME: "another study of the patient bears the same date and time",
    PriorReason.PRIOR_AMBIGUOUS: "two studies share the nearest earlier date and time",
    PriorReason.PRIOR_HAS_NO_IMAGE: "the nearest earlier study has no image on hand",
    PriorReason.GIVEN: "named by the source, date not checked",
    PriorReason.PRIOR_ALONE: "no report is asked of it: it is there as another study's prior",
    PriorReason.ORDER_UNSURE: "what orders the patient's studies is not to be trusted here",
    PriorReason.BY_STUDY_ID: "the study of the next smaller id, as released; its date may be later",
}


def write_data_card(folder: Path) -> None:
    """Write ``DATA_CARD.md`` and its picture into a prepared data set whose tables are there.

    Raises ``DataError`` if they are not what they should be.
    """
    prepared = PreparedData(folder)
    counts = count_intervals(prepared.study_table["days_since_prior"])
    (folder / PICTURE).write_text(interval_picture(counts), encoding="utf-8")
    (folder / CARD).write_text(_page(prepared), encoding="utf-8")


def _page(prepared: PreparedData) -> str:
    studies, images = prepared.study_table, prepared.image_table
    parts = [
        _head(prepared, studies, images),
        "## Splits\n",
        _splits(studies, images),
        "## What the studies have\n\nShare of the studies of a split in which it is not empty.\n",
        _coverage(studies),
        "## Views\n",
        _views(images),
        "## Priors\n\nThe prior is looked for before anything is left out by split, view or report.\n",
        _priors(studies),
        f"![Histogram of the days between a study and its prior]({PICTURE})\n",
        _days(studies["days_since_prior"]),
        "## Lengths of the texts\n\nIn words, of the studies that have the section.\n",
        _lengths(studies),
        "## Observations\n",
        _observations(prepared),
        "## Left out or incomplete\n",
        _dropped(prepared.card.get("dropped") or {}),
        "## Made from\n",
        _sources(prepared),
        "## Terms\n",
        _terms(prepared),
    ]
    return "\n".join(parts)


def _head(prepared: PreparedData, studies: pl.DataFrame, images: pl.DataFrame) -> str:
    card = prepared.card
    kind = "Synthetic patients. " if prepared.synthetic else ""
    return (
        f"# Data card: {prepared.name}\n\n{kind}{studies['patient_id'].n_unique():,} patients, "
        f"{len(studies):,} studies, {len(images):,} images. Prepared by the reader "
        f"`{card.get('reader', 'unknown')}`; split: {card.get('split', 'unknown')}; priors: "
        f"{card.get('priors', 'by date and time')}; version {card.get('schema_version')} of the tables.\n"
    )


def _splits(studies: pl.DataFrame, images: pl.DataFrame) -> str:
    per_study = images.group_by("study_id").len("images")
    joined = studies.join(per_study, on="study_id", how="left")
    rows = []
    for name, some in _by_split(joined):
        with_prior = int(some["prior_study_id"].is_not_null().sum())
        rows.append(
            (
                name,
                _count(some["patient_id"].n_unique()),
                _count(len(some)),
                _count(int(some["images"].sum())),
                f"{with_prior:,} ({_share(with_prior, len(some))})",
            )
        )
    return _table(("split", "patients", "studies", "images", "studies with a prior"), rows)


def _coverage(studies: pl.DataFrame) -> str:
    groups = _by_split(studies)
    facts = {name: pl.col(name).str.len_bytes() > 0 for name in _TEXTS}
    facts |= {
        "indication or history": facts["indication"] | facts["history"],
        "prior": pl.col("prior_study_id").is_not_null(),
        "date": pl.col("taken_at").is_not_null(),
        "sex": pl.col("sex").str.len_bytes() > 0,
        "age": pl.col("age").is_not_null(),
    }
    rows = []
    for name, fact in facts.items():
        held = [int(some.select(fact.sum()).item() or 0) for _, some in groups]
        rows.append((name, *(_share(n, len(some)) for n, (_, some) in zip(held, groups, strict=True))))
    return _table(("", *(name for name, _ in groups)), rows)


def _views(images: pl.DataFrame) -> str:
    counts = images["view"].value_counts().sort(["count", "view"], descending=[True, False])
    rows = [
        (view or "not said", _count(n), _share(n, len(images)), "yes" if view in ("PA", "AP") else "")
        for view, n in counts.iter_rows()
    ]
    return _table(("view", "images", "share", "frontal"), rows) + _strange(images)


def _strange(images: pl.DataFrame) -> str:
    """Say which views are none that is known: they may be another column, or a spelling to mend."""
    strange = unknown_views(images["view"])
    if not strange:
        return ""
    some = ", ".join(f"`{view.replace('|', '/')}` ({n:,})" for view, n in list(strange.items())[:5])
    return (
        f"\n{sum(strange.values()):,} images have a view that is not known, such as {some}: they count as not "
        "frontal, and a model reads them as of unknown view.\n"
    )


def _priors(studies: pl.DataFrame) -> str:
    counts = Counter(studies["prior_reason"].to_list())
    rows = [
        (f"`{code}`", REASONS.get(code, "told by the source"), _count(n), _share(n, len(studies)))
        for code, n in sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    ]
    return _table(("reason code", "meaning", "studies", "share"), rows)


def _days(days: pl.Series) -> str:
    known = days.drop_nulls()
    if not len(known):
        return "No interval between a study and its prior is known.\n"
    row = [f"{known.quantile(q):,.1f}" for q in _QUANTILES.values()]
    return _table(("", *_QUANTILES), [("days since prior", *row)])


def _lengths(studies: pl.DataFrame) -> str:
    counts = studies.select(pl.col(_TEXTS).replace("", None).str.count_matches(r"\S+"))
    rows = []
    for name in _TEXTS:
        words = counts[name].drop_nulls()
        if len(words):
            values = [f"{words.quantile(q, 'nearest'):,.0f}" for q in _QUANTILES.values()]
            rows.append((name, _count(len(words)), *values))
    return _table(("section", "studies", *_QUANTILES), rows)


def _observations(prepared: PreparedData) -> str:
    path = prepared.folder / "labels.parquet"
    if path.is_file():
        table = pl.read_parquet(path).drop("study_id")
        said = f"Labels of the source (`labels.parquet`), {len(table):,} studies."
        rows = [
            (name, *(_share(int((table[name] == v).sum()), len(table)) for v in (1.0, -1.0, 0.0)))
            for name in table.columns
        ]
    else:
        texts = _sample(prepared.study_table)
        said = (
            "The source brings no labels. Read by rule from the findings, else the impression, of "
            f"{len(texts):,} reports (all, or a fixed sample of at most {CLAIM_SAMPLE:,}): an estimate."
        )
        rows = _claimed(texts)
    return f"{said}\n\n" + _table(("observation", "present", "uncertain", "absent"), rows)


def _sample(studies: pl.DataFrame) -> list[str]:
    """Return the reports of studies at even steps through their ids."""
    text = pl.when(pl.col("findings") != "").then("findings").otherwise("impression").alias("text")
    texts = studies.select("study_id", text).filter(pl.col("text") != "").sort("study_id")["text"]
    step = -(-len(texts) // CLAIM_SAMPLE)
    return texts.gather_every(step).to_list() if step else []


def _claimed(texts: Sequence[str]) -> list[tuple[str, ...]]:
    seen: Counter[tuple[Observation, Polarity]] = Counter()
    for text in texts:
        found: dict[Observation, Polarity] = {}
        for (observation, _), claim in summarize(read_claims(text)).items():
            polarity = Polarity.ABSENT if claim.change is Change.RESOLVED else claim.polarity
            known = found.setdefault(observation, polarity)
            found[observation] = min(known, polarity, key=list(Polarity).index)
        seen.update(found.items())
    return [
        (o.value, *(_share(seen[o, polarity], len(texts)) for polarity in Polarity)) for o in Observation
    ]


def _dropped(dropped: Mapping[str, int]) -> str:
    rows = [(what.replace("_", " "), _count(n)) for what, n in dropped.items() if n]
    table = _table(("what", "count"), rows) if rows else "Nothing.\n"
    return (
        f"{table}\nAn image that is there but cannot be decoded is found when images are packed for "
        "training; `store/*/quarantine.csv` then names it with the reason.\n"
    )


def _sources(prepared: PreparedData) -> str:
    sources: Iterable[Mapping[str, Any]] = prepared.card.get("sources") or []
    rows = [(f"`{s['file']}`", f"{s['bytes']:,}", f"`{s['sha256']}`") for s in sources]
    table = (
        _table(("file", "bytes", "SHA-256"), rows) if rows else "No file of the source is on record.\n"
    )
    return (
        f"{table}\nThe tables made of them, report texts included, have together the SHA-256 "
        f"`{prepared.fingerprint}`.\n"
    )


def _terms(prepared: PreparedData) -> str:
    from priorrg.data.sources import SOURCES  # the readers in that table write their data by this card

    if prepared.synthetic:
        return "Drawn by software: no patient stands behind it, no provider's terms apply.\n"
    row = SOURCES.get(str(prepared.card.get("reader")))
    if row is None:
        return "Not on record. Ask who gave you the data before you pass anything on.\n"
    return (
        f"{row.title}: {row.licence}. Where to get it: {row.obtain}. The tables beside this page hold the "
        "reports and stand under the same terms.\n"
    )


def _by_split(studies: pl.DataFrame) -> list[tuple[str, pl.DataFrame]]:
    """Return the studies of each split that has some, those of no split, and all of them."""
    groups = [(name, studies.filter(pl.col("split") == name)) for name in (*SPLITS, "")]
    return [*((name or "none", some) for name, some in groups if len(some)), ("all", studies)]


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a table in Markdown; columns of numbers stand to the right."""
    rows = [[cell.replace("|", "/") for cell in row] for row in rows]
    numeric = [
        all(cell[:1].isdigit() or cell == "–" for cell in column) for column in zip(*rows, strict=True)
    ]
    rule = ["---:" if right else "---" for right in numeric] or ["---"] * len(head)
    return "".join(f"| {' | '.join(line)} |\n" for line in (head, rule, *rows))


def _count(number: int) -> str:
    return f"{number:,}"


def _share(part: int, whole: int) -> str:
    return f"{100 * part / whole:.1f} %" if whole else "–"
