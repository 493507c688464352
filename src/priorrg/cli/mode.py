"""The options that say how a network computes when it drafts."""

from typing import Annotated, Literal

import typer

from priorrg.errors import UsageError

ModeOption = Annotated[
    Literal["exact", "fp32", "bf16", "int8"] | None,
    typer.Option(
        help="How the network computes: exact (as the method says), fp32 (quickly, the same words but for "
        "ties), bf16, int8 (quicker, rounded); the model's own setting by default."
    ),
]
ExactOption = Annotated[bool, typer.Option("--exact", help="The same as --mode exact.")]


def chosen_mode(mode: ModeOption, *, exact: bool) -> ModeOption:
    """Return the mode that both options ask for; raise ``UsageError`` where they differ."""
    if exact and mode not in (None, "exact"):
        raise UsageError(f"--exact and --mode {mode}: got two modes; expected one of the options")
    return "exact" if exact else mode
