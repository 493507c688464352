"""``priorrg demo``: the whole way on a synthetic cohort."""

from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from priorrg.cli.terminal import bars, screen, wrote
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
    missed = [t for t in result["targets"] if not t["met"]]
    for target in missed:
        screen.print(
            f"[yellow]missed[/]  {target['row']}.{target['metric']} {target['relation']} "
            f"{_number(target['value'])}: got {_number(target['got'])}"
        )
    wrote(
        out,
        said=f"page     {out / 'index.html'}\nmodel    {out / 'model'}\nscores   {out / 'scores.json'}",
    )
    for target in missed:
        if (target["row"], target["metric"], target["relation"]) == ("full", "finding_f1", ">"):
            raise TargetMissedError(
                f"{out}: finding F1 of the full model is {_number(target['got'])}, of the majority row "
                f"{_number(target['value'])}; expected more. Was training cut short?"
            )


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:.3f}"


def _show(rows: dict[str, dict[str, float | None]]) -> None:
    table = Table(title="Held-out phantom patients", caption=_CAPTION)
    table.add_column("row", no_wrap=True)
    for name in ("finding", "change", "question", "false prior", "BLEU-4", "n"):
        table.add_column(name, justify="right")
    for row, s in rows.items():
        numbers = (
            s[k] for k in ("finding_f1", "change_f1", "question_answered", "false_prior", "bleu_4")
        )
        table.add_row(row, *map(_number, numbers), f"{s['studies'] or 0:.0f}")
    screen.print(table)
