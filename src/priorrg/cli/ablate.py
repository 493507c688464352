"""``priorrg ablate``: does the model use what it is given?"""

import math
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.box import SIMPLE_HEAD
from rich.table import Table

from priorrg.cli.mode import ExactOption, ModeOption, chosen_mode
from priorrg.cli.pretrain import DataArgument
from priorrg.cli.report import DeviceOption
from priorrg.cli.terminal import bars, screen, wrote

if TYPE_CHECKING:
    from priorrg.input_use import InputUse, Row

_ROWS = "full,without_prior,wrong_prior,without_context,wrong_context"


def ablate(
    model: Annotated[Path, typer.Argument(help="A model folder.")],
    data: DataArgument,
    out: Annotated[
        Path, typer.Option(help="A folder for the reports of each row and ablation.json; goes on there.")
    ],
    rows: Annotated[
        str,
        typer.Option(help="Names with commas; also self_prior, swapped and shuffled_image."),
    ] = _ROWS,
    split: Annotated[str, typer.Option(help="train, validate or test.")] = "test",
    most: Annotated[
        int, typer.Option("--studies", min=0, help="At most so many images, by whole patients; 0: all.")
    ] = 0,
    device: DeviceOption = "auto",
    mode: ModeOption = None,
    exact: ExactOption = False,
) -> None:
    """Report with prior and context as they are, withheld, and a stranger's; score and compare it all.

    Example: `priorrg ablate runs/stage2/model data/phantom --out runs/ablation`
    """
    how = chosen_mode(mode, exact=exact)
    from priorrg.input_use import input_use

    with bars() as progress:
        found = input_use(
            model,
            data,
            out,
            rows=[name.strip() for name in rows.split(",")],
            split=split,
            most=most,
            device=device,
            mode=how,
            progress=progress,
            tell=progress.tell,
        )
    _show(found)
    wrote(out / "ablation.json")


def _show(found: "InputUse") -> None:
    from priorrg.metrics.metric import label

    reports = int(found.rows[0].scores["reports"].value)
    table = Table(
        title=f"{reports:,} reports each",
        caption="* differs from full (p ≤ 0.05 by patients, after Holm)",
        box=SIMPLE_HEAD,
        pad_edge=False,
    )
    table.add_column("score", overflow="fold")
    for row in found.rows:
        table.add_column(row.name.replace("_", "\n"), justify="right", overflow="fold")
    for name in found.headlines:
        table.add_row(label(name), *(_cell(row, name) for row in found.rows))
    screen.print(table)
    for verdict in found.verdicts:
        screen.print(verdict, markup=False, highlight=False, soft_wrap=True)


def _cell(row: "Row", name: str) -> str:
    if name not in row.scores or math.isnan(value := row.scores[name].value):
        return "–"
    differences = () if row.comparison is None else row.comparison.differences
    real = any(difference.real for difference in differences if difference.name == name)
    return f"{value:.3f}" + ("*" if real else " ")
