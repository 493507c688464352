"""``priorrg evaluate``: a table of reports of any system, scored."""

import math
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.box import SIMPLE_HEAD
from rich.table import Table

from priorrg.cli.terminal import NamedBar, OverwriteOption, bars, errors, screen, wrote
from priorrg.errors import UsageError
from priorrg.storage import refuse_existing

if TYPE_CHECKING:
    from priorrg.evaluation import Evaluation
    from priorrg.metrics.chexbert import Reader
    from priorrg.metrics.comparison import Comparison
    from priorrg.metrics.estimates import Estimate
    from priorrg.metrics.metric import Cut

_WEIGHTS = "Models by name: chexbert=PATH,bert=PATH."
_MODELS = ("chexbert", "bert")
_TOKENS = 100
_NAME = 22
"""Columns of a name of a score: longer ones fold, so that what they say has room."""


def evaluate(
    reports: Annotated[Path, typer.Argument(help="Table of reports: .csv, .jsonl or .parquet.")],
    reference: Annotated[str | None, typer.Option(help="Column of the reference texts.")] = None,
    generated: Annotated[str, typer.Option(help="Column of the generated texts.")] = "generated",
    id_column: Annotated[
        str | None, typer.Option("--id", help="Column that names a report: image_id, else study_id.")
    ] = None,
    patient: Annotated[str | None, typer.Option(help="Column of the patient: patient_id.")] = None,
    has_prior: Annotated[
        str | None, typer.Option(help="Column: the writer had a prior, 0 or 1.")
    ] = None,
    indication: Annotated[str | None, typer.Option(help="Column of the clinical question.")] = None,
    references: Annotated[
        Path | None,
        typer.Option(help="Table of what should be reported; reports not in REPORTS count as empty."),
    ] = None,
    metrics: Annotated[str, typer.Option(help="all, or names with commas.")] = "all",
    lower: Annotated[bool, typer.Option("--lower", help="Overlap of words lower-cased, too.")] = False,
    max_words: Annotated[
        int, typer.Option(min=0, help="Overlap with references cut to so many words, too; 0: no.")
    ] = 100,
    tokenizer: Annotated[
        Path | None,
        typer.Option(
            help=f"Cut references to {_TOKENS} tokens of this tokenizer instead, as published."
        ),
    ] = None,
    unit: Annotated[
        str, typer.Option(help="image, or study: the first frontal image of each.")
    ] = "image",
    weights: Annotated[str, typer.Option(help=_WEIGHTS)] = "",
    imports: Annotated[
        list[str] | None, typer.Option("--import", help="Scores by report of another tool: NAME=FILE.")
    ] = None,
    baseline_imports: Annotated[
        list[str] | None, typer.Option("--baseline-import", help="The same for the baseline.")
    ] = None,
    truth: Annotated[
        Path | None, typer.Option(help="phantom-truth.csv of the phantom the reports are of.")
    ] = None,
    training: Annotated[
        Path | None, typer.Option(help="Table of training reports: how many are copied whole?")
    ] = None,
    baseline: Annotated[
        Path | None, typer.Option(help="Table of another system: which differences are real?")
    ] = None,
    json_file: Annotated[Path | None, typer.Option("--json", help="Write all scores here.")] = None,
    html_file: Annotated[Path | None, typer.Option("--html", help="Write a page to read here.")] = None,
    overwrite: OverwriteOption = False,
) -> None:
    """Score the generated reports of a table, of any system.

    Example: `priorrg evaluate reports.csv --baseline other.csv --json scores.json --html scores.html`
    """
    from priorrg.evaluation import evaluate_reports, write_document, write_html
    from priorrg.metrics.material import read_material, read_training
    from priorrg.metrics.metric import Options
    from priorrg.metrics.report_columns import Columns
    from priorrg.truth import read_truth

    files = [file for file in (json_file, html_file) if file is not None]
    for file in files:
        refuse_existing(file, overwrite=overwrite)
    columns = Columns(
        generated=generated,
        reference=reference,
        id=id_column,
        patient=patient,
        has_prior=has_prior,
        indication=indication,
    )
    known = None if truth is None else read_truth(truth)
    material = read_material(reports, columns, references=references, truth=known, unit=unit)
    if training is not None:
        material = replace(material, training=read_training(training, columns))
    other = None
    if baseline is not None:
        theirs = columns if references is not None else columns.that_are_in(baseline)
        read = read_material(
            baseline, theirs, references=references, truth=known, unit=unit, patients_known=True
        )
        other = (baseline, read)
    with bars() as show:
        options = Options(
            lower=lower,
            cut=_cut(max_words, tokenizer),
            chexbert=_chexbert(_paths("--weights", [weights]), show.named("CheXbert")),
        )
        evaluation = evaluate_reports(
            reports,
            material,
            None if metrics == "all" else [name.strip() for name in metrics.split(",")],
            options,
            unit=unit,
            baseline=other,
            imports=_paths("--import", imports),
            baseline_imports=_paths("--baseline-import", baseline_imports),
            by_group=bool(files),
            progress=show.named("scoring"),
        )
    if json_file is not None:
        write_document(json_file, evaluation)
    if html_file is not None:
        write_html(html_file, evaluation)
    _show(evaluation)
    for file in files:
        wrote(file)


def _cut(max_words: int, tokenizer: Path | None) -> "Cut | None":
    from priorrg.metrics.material import first_words
    from priorrg.metrics.metric import Cut

    if tokenizer is not None:
        from priorrg.tokenization import cut_as_published, load_tokenizer

        loaded = load_tokenizer(tokenizer)
        said = f"{_TOKENS} tokens of {tokenizer.name}"
        return Cut(said=said, shorten=lambda text: cut_as_published(loaded, text, _TOKENS))
    if max_words:
        return Cut(said=f"{max_words} words", shorten=lambda text: first_words(text, max_words))
    return None


def _chexbert(weights: dict[str, Path], progress: NamedBar) -> "Reader | None":
    """Load CheXbert if its files are given; all of them, or none."""
    from priorrg.metrics.chexbert import WEIGHTS_NEEDED

    unknown = [name for name in weights if name not in _MODELS]
    if unknown:
        raise UsageError(f"--weights: {unknown[0]!r} is unknown; expected {' and '.join(_MODELS)}")
    if not weights:
        return None
    if len(weights) < len(_MODELS):
        raise UsageError(WEIGHTS_NEEDED)
    from priorrg.chexbert_reader import load_chexbert

    return load_chexbert(weights["chexbert"], weights["bert"], progress=progress)


def _paths(option: str, given: list[str] | None) -> dict[str, Path]:
    paths = {}
    for part in ",".join(given or ()).split(","):
        name, sign, path = part.strip().partition("=")
        if not part.strip():
            continue
        if not sign or not path:
            raise UsageError(f"{option}: got {part.strip()!r}; expected NAME=PATH")
        paths[name.strip()] = Path(path).expanduser()
    return paths


def _show(evaluation: "Evaluation") -> None:
    head = evaluation.head
    title = f"{head['file']}: {head['reports']:,} reports, {head['patients']:,} patients"
    table = Table(title=title, box=SIMPLE_HEAD, pad_edge=False, title_justify="left")
    names = [name for measured in evaluation.measured for name in measured.shown]
    width = min(_NAME, max(map(len, names), default=0))
    table.add_column("score", min_width=width, max_width=_NAME, overflow="fold")
    table.add_column("value", justify="right", no_wrap=True)
    table.add_column("95 % interval", justify="center", no_wrap=True)
    table.add_column("n", justify="right", no_wrap=True)
    table.add_column("what it says")
    for measured, scores in zip(evaluation.measured, evaluation.scores, strict=True):
        says = measured.variant or measured.metric.says
        for name in measured.shown:
            table.add_row(name, *_cells(scores[name]), says)
            says = "〃"
    screen.print(table)
    reasons: dict[str, list[str]] = {}
    for measured in evaluation.measured:
        if measured.skipped:
            reasons.setdefault(measured.skipped, []).append(measured.metric.name)
    for reason, names in reasons.items():
        screen.print(
            f"{', '.join(names)}: skipped ({reason})", markup=False, highlight=False, style="dim"
        )
    screen.print(f"References: {head['references']}.", markup=False, highlight=False)
    for notice in head["notices"]:
        errors.print(f"note: {notice}", markup=False, highlight=False, soft_wrap=True)
    if evaluation.comparison is not None:
        _compare(evaluation.comparison, head["baseline"])


def _cells(score: "Estimate") -> tuple[str, str, str]:
    if math.isnan(score.value):
        return "–", "", f"{score.n:,}"
    value = f"{score.value:,}" if isinstance(score.value, int) else f"{score.value:.4f}"
    between = "" if math.isnan(score.low) else f"{score.low:.4f}–{score.high:.4f}"
    return value, between, f"{score.n:,}"


def _compare(comparison: "Comparison", baseline: str) -> None:
    screen.print(
        f"\nAgainst {baseline}, on the {comparison.pairs:,} reports of {comparison.patients:,} patients that both "
        f"have (only here: {comparison.alone[0]:,}, only there: {comparison.alone[1]:,}):",
        markup=False,
        highlight=False,
    )
    for difference in comparison.differences:
        screen.print(f"  {difference.words}", markup=False, highlight=False)
    for notice in comparison.notices:
        errors.print(f"note: {notice}", markup=False, highlight=False, soft_wrap=True)
