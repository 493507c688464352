"""``priorrg doctor``: what a folder is, what it lacks, what to type next."""

import json
import shlex
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from priorrg.cli.terminal import bars, screen

if TYPE_CHECKING:
    from priorrg.data.diagnosis import Diagnosis

_MOST_PLACES = 20
_PHI_NOTE = (
    "A net with holes, not a de-identification: what it finds is to be looked at, what it does not find may "
    "still be there. Pixels are not looked at; PatientID, UIDs and dates of studies are not judged."
)


def doctor(
    root: Annotated[Path, typer.Argument(help="A folder of data.")],
    every: Annotated[
        bool, typer.Option("--every-file", help="Look for every listed file, not for a sample of 2,000.")
    ] = False,
    phi: Annotated[
        bool,
        typer.Option(
            "--phi", help="Look for names, dates, numbers and addresses that may tell who a patient is."
        ),
    ] = False,
    clear_paths: Annotated[
        bool, typer.Option("--clear-paths", help="With --phi: paths as they are; they may hold names.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Say which data set a folder holds, what is missing and where to get it, and what to type next.

    Ends with 1 if the folder is not known or lacks something that is needed. `--phi` instead looks through
    texts, tables and DICOM headers for what may tell who a patient is, and says where, never what; it ends
    with 1 if it finds anything. It is a net with holes, not a de-identification.

    Example: `priorrg doctor mimic-cxr-jpg-2.1.0` or `priorrg doctor our_data --phi`
    """
    if phi:
        _look_for_phi(root, clear_paths, as_json)
        return
    from priorrg.data.diagnosis import diagnose, inside, looked_for

    found = diagnose(root, every)
    if as_json:
        rows = [{**asdict(one), "complete": one.complete} for one in found]
        typer.echo(json.dumps(rows, indent=1, ensure_ascii=False))
    elif found:
        for one in found:
            _show(root, one)
    else:
        _say_unknown(root, looked_for(), *inside(root))
    if not found or not all(one.complete for one in found):
        raise typer.Exit(1)


def _show(root: Path, found: "Diagnosis") -> None:
    _line(f"{root}: {found.title}")
    for mark, lines in (
        ("there", found.there),
        ("wrong", found.wrong),
        ("missing", [f"{m.what}; {_where(m.obtain)}" for m in found.missing if m.needed]),
        ("not there", [f"{m.what}; {_where(m.obtain)}" for m in found.missing if not m.needed]),
        ("terms", [found.licence] * bool(found.licence)),
        ("next" if found.complete else "then", [found.command]),
    ):
        for line in lines:
            _line(f"  {mark + ':':<11}{line}")


def _where(obtain: str) -> str:
    return (
        f"get it: {obtain}" if obtain and not obtain.startswith("unpack") else obtain or "get it again"
    )


def _say_unknown(
    root: Path, looked_for: list[str], known_inside: list[str], files: dict[str, int]
) -> None:
    held = ", ".join(f"{count:,} {ending}" for ending, count in files.items()) or "no file"
    _line(f"{root}: holds no data set that is known ({held} directly in it)")
    for folder in known_inside:
        _line(f"  {folder} does: priorrg doctor {shlex.quote(folder)}")
    _line("  looked for:")
    for line in looked_for:
        _line(f"    {line}")
    _line("  a table of your own needs the columns patient and study, and image for images")


def _look_for_phi(root: Path, clear_paths: bool, as_json: bool) -> None:
    from priorrg.data.phi_scan import scan

    with bars() as progress:
        found = scan(root, progress.named("files"), clear_paths)
    if as_json:
        typer.echo(json.dumps({"note": _PHI_NOTE, "counts": found.counts, **asdict(found)}, indent=1))
    else:
        _line(_PHI_NOTE)
        for title, counts in (
            ("found", found.counts),
            ("looked at", found.looked_at),
            ("passed over", found.passed_over),
            ("writing in the pixels", found.burned_in),
        ):
            told = "; ".join(f"{what}: {count:,}" for what, count in counts.items())
            _line(f"  {title}: {told or 'nothing'}")
        for place in found.places[:_MOST_PLACES]:
            _line(f"    {place.kind}: file {place.file:,}, {place.path}, {place.where}")
        if (more := len(found.places) - _MOST_PLACES) > 0:
            _line(f"    and {more:,} more; --json lists them all")
        for file in found.unreadable[:_MOST_PLACES]:
            _line(f"    not readable: {file}")
        if (found.places or found.unreadable) and not clear_paths:
            _line("  paths are masked, for they may hold names: --clear-paths shows them as they are")
    if found.places or found.unreadable:
        raise typer.Exit(1)


def _line(text: str) -> None:
    screen.print(text, markup=False, highlight=False, soft_wrap=True)
