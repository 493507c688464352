"""The command line: one verb, one file; here they are put together.

Errors meant for the user leave as one line on standard error and an exit code: 0 done, 1 failed,
2 wrong use, 130 interrupted.
"""

import errno
import logging
import os
import sys
import warnings

import typer

from priorrg.cli.terminal import errors
from priorrg.errors import PriorRGError

_INTERRUPTED = 130

app = typer.Typer(
    name="priorrg",
    help="Drafts chest X-ray reports from the current image, the prior image and the clinical question.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="markdown",
)


def _register() -> None:
    from priorrg.cli import (
        calibrate,
        data,
        demo,
        doctor,
        evaluate,
        generate,
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
    app.command()(weights.import_weights)
    app.command()(weights.export_weights)


_register()


def main() -> None:
    """Run the command line; the entry point of ``priorrg``."""
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    logging.getLogger("lightning.pytorch").setLevel(logging.ERROR)
    logging.getLogger("lightning.fabric").setLevel(logging.ERROR)
    logging.getLogger("huggingface_hub").setLevel(logging.ERROR)  # its retries; the error says it once
    warnings.filterwarnings("ignore", module="lightning")
    warnings.filterwarnings("ignore", message="This DataLoader will create")  # fewer cores than workers
    try:
        app()
    except PriorRGError as error:
        _fail(str(error), error.exit_code)
    except SystemExit as stop:
        if stop.code != _INTERRUPTED:  # Typer turns Ctrl-C into a silent exit
            raise
        _fail(
            f"interrupted; nothing is half-written, and the same command {_again()}",
            _INTERRUPTED,
        )
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES, errno.EPERM):
            raise
        where = error.filename or "the output"
        _fail(
            f"{where}: {error.strerror}; free space or choose another place, then run the same command again",
            1,
        )


def _again() -> str:
    goes_on = sys.argv[1:2] and sys.argv[1] in ("demo", "pretrain", "train", "generate")
    return "goes on where it stopped" if goes_on else "starts anew"


def _fail(message: str, code: int) -> None:
    errors.print(
        f"[bold red]error:[/] {_escaped(' '.join(message.split()))}", soft_wrap=True, highlight=False
    )
    sys.exit(code)


def _escaped(text: str) -> str:
    return text.replace("[", r"\[")
