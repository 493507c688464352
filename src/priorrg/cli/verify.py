"""``priorrg data verify``: is a prepared data set still what was written?"""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from priorrg.cli.terminal import bars, screen
from priorrg.errors import DataError


def verify(
    data: Annotated[Path, typer.Argument(help="A prepared data set.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Check tables, source tables and every shard of the stores; exit 1 if anything is damaged.

    Example: `priorrg data verify data/mimic`
    """
    from priorrg.data.manifest import PreparedData
    from priorrg.data.verification import verify as look

    with bars() as progress:
        verdict = look(PreparedData(data), progress.named("reading shards"))
    if as_json:
        typer.echo(json.dumps(asdict(verdict), indent=1, ensure_ascii=False, default=str))
    else:
        table = Table("what", "count", title=str(data))
        table.add_row("tables read", f"{verdict.tables}")
        table.add_row("source tables compared", f"{verdict.sources}")
        if verdict.absent:
            table.add_row("source tables that lie elsewhere now", f"{len(verdict.absent)}")
        table.add_row("shards read", f"{verdict.shards:,}")
        table.add_row("damaged", f"{len(verdict.damages)}")
        screen.print(table)
        for damage in verdict.damages[1:]:
            text = f"{damage.path}: {damage.what}; {damage.repair}"
            screen.print(text.replace("[", r"\["), soft_wrap=True, highlight=False)
    if verdict.damages:
        first = verdict.damages[0]
        more = f" (and {len(verdict.damages) - 1} more)" if len(verdict.damages) > 1 else ""
        raise DataError(f"{first.path}: {first.what}; {first.repair}{more}")
