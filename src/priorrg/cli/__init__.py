"""The command line: one verb, one file; here they are put together.

Errors meant for the user leave as one line on standard error and an exit code: 0 done, 1 failed,
2 wrong use, 130 interrupted.
"""

import errno
import logging
import os
import sys
import warnings
from importlib.metadata import version
from typing import Annotated, Any, cast

import typer
from pydantic import ValidationError

from priorrg.cli.terminal import errors
from priorrg.errors import PriorRGError

_INTERRUPTED = 130
_MISUSE = cast(type[Exception], typer.BadParameter.__mro__[2])
"""Typer's error of a command line that cannot be read: unknown verbs, options and values."""

app = typer.Typer(
    name="priorrg",
    help="Drafts chest X-ray reports from the current image, the prior image and the clinical question.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="markdown",
)


def _say_version(asked: bool) -> None:
    if asked:
        typer.echo(f"priorrg {version('priorrg')}")
        raise typer.Exit


@app.callback()
def _whole(
    _: Annotated[
        bool,
        typer.Option("--version", help="Say the version.", callback=_say_version, is_eager=True),
    ] = False,
) -> None:
    """Drafts chest X-ray reports from the current image, the prior image and the clinical question."""


def _register() -> None:
    from priorrg.cli import (
        ablate,
        calibrate,
        changes,
        data,
        demo,
        doctor,
        evaluate,
        generate,
        label,
        phantom,
        prepare,
        pretrain,
        report,
        train,
        weights,
    )

    app.command()(demo.demo)
    app.command()(phantom.phantom)
    app.add_typer(prepare.app, name="prepare")
    app.add_typer(data.app, name="data")
    app.command()(doctor.doctor)
    app.command()(pretrain.pretrain)
    app.command()(train.train)
    app.command()(generate.generate)
    app.command()(report.report)
    app.command()(calibrate.calibrate)
    app.command()(evaluate.evaluate)
    app.command()(ablate.ablate)
    app.command()(changes.changes)
    app.command()(label.label)
    app.command()(weights.import_weights)
    app.command()(weights.export_weights)


_register()


def main() -> None:
    """Run the command line; the entry point of ``priorrg``."""
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    os.environ.setdefault("HF_HUB_VERBOSITY", "error")  # not its retries; the error says it once
    logging.getLogger("lightning.pytorch").setLevel(logging.ERROR)
    logging.getLogger("lightning.fabric").setLevel(logging.ERROR)
    warnings.filterwarnings("ignore", module="lightning")
    warnings.filterwarnings("ignore", message="This DataLoader will create")  # fewer cores than workers
    code = 0
    try:
        code = app(prog_name="priorrg", standalone_mode=False) or 0
    except PriorRGError as error:
        _fail(str(error), error.exit_code)
    except _MISUSE as error:
        _misused(error)
    except typer.Abort:
        code = _INTERRUPTED
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES, errno.EPERM):
            raise
        where = error.filename or "the output"
        _fail(
            f"{where}: {error.strerror}; free space or choose another place, then run the same command again",
            1,
        )
    if code == _INTERRUPTED:
        _fail(f"interrupted; nothing is half-written, and the same command {_again()}", code)
    sys.exit(code)


def _misused(error: Any) -> None:
    """Say in one line what is wrong with the words of the command; without any words, show the help."""
    if type(error).__name__ == "NoArgsIsHelpError":
        error.show()
        sys.exit(error.exit_code)
    verb = error.ctx.command_path if getattr(error, "ctx", None) else "priorrg"
    said = error.format_message().strip().rstrip(".").replace("Value error, ", "") + _given(error)
    more = " See" if said.endswith("?") else "; see"
    _fail(f"{verb}: {said[:1].lower()}{said[1:]}{more} `{verb} --help`", error.exit_code)


def _given(error: Any) -> str:
    """Return what was given for the value that was refused, where the message leaves that out."""
    refused = error.__cause__
    if not isinstance(refused, ValidationError):
        return ""
    given = repr(refused.errors()[0]["input"])
    return "" if given in error.format_message() else f", got {given}"


def _again() -> str:
    goes_on = sys.argv[1:2] and sys.argv[1] in ("demo", "pretrain", "train", "generate", "ablate")
    return "goes on where it stopped" if goes_on else "starts anew"


def _fail(message: str, code: int) -> None:
    errors.print(
        f"[bold red]error:[/] {_escaped(' '.join(message.split()))}", soft_wrap=True, highlight=False
    )
    sys.exit(code)


def _escaped(text: str) -> str:
    return text.replace("[", r"\[")
