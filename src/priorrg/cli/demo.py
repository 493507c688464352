"""``priorrg demo``: the whole way on a synthetic cohort."""

from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from priorrg.cli.terminal import bars, screen
from priorrg.errors import TargetMissedError

_CAPTION = (
    "finding F1 over finding × side, change F1 macro over five changes, question answered, "
    "false prior among studies given none"
)


def demo(
    out: Annotated[Path, typer.Option(help="Where everything goes.")] = Path("runs/demo"),
    patients: Annotated[int, typer.Option(help="Size of the cohort.")] = 2100,
    seed: Annotated[int, typer.Option(help="Seed of the cohort and of training.")] = 0,
    changes: Annotated[
        list[str], typer.Option("--set", help="Override a setting: key.path=value.")
    ] = [],  # noqa: B006  Typer reads the default, nothing mutates it
) -> None:
    """Make a phantom cohort, prepare it, pre-train, train, report on held-out patients, score, show.

    Example: `priorrg demo --out runs/demo`
    """
    from priorrg.demonstration import run_demo

    with bars() as progress:
        result = run_demo(out, patients=patients, seed=seed, overrides=changes, progress=progress)
    _show(result["rows"])
    screen.print(
        f"page     {out / 'index.html'}\nmodel    {out / 'model'}\nscores   {out / 'scores.json'}"
    )
    missed = [t for t in result["targets"] if not t["met"]]
    for target in missed:
        screen.print(
            f"[yellow]missed[/]  {target['row']}.{target['metric']} {target['relation']} {target['value']:.2f}: "
            f"got {target['got']:.3f}"
        )
    rows = result["rows"]
    if rows["full"]["finding_f1"] <= rows["majority"]["finding_f1"]:
        raise TargetMissedError(
            f"{out}: finding F1 of the full model is {rows['full']['finding_f1']:.3f}, of the majority row "
            f"{rows['majority']['finding_f1']:.3f}; expected more. Was training cut short?"
        )


def _show(rows: dict[str, dict[str, float | None]]) -> None:
    table = Table(title="Held-out phantom patients", caption=_CAPTION)
    table.add_column("row", no_wrap=True)
    for name in ("finding", "change", "question", "false prior", "BLEU-4", "n"):
        table.add_column(name, justify="right")
    for row, s in rows.items():
        numbers = (
            s[k] for k in ("finding_f1", "change_f1", "question_answered", "false_prior", "bleu_4")
        )
        shown = ("–" if x is None else f"{x:.3f}" for x in numbers)
        table.add_row(row, *shown, f"{s['studies'] or 0:.0f}")
    screen.print(table)
