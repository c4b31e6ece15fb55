"""How commands end: their exit codes, and the one line that says why."""

import contextlib
import os
import sys
from collections.abc import Sequence
from typing import NoReturn

import click

from engine.errors import EngineError, PaintingFailed, Stopped, TrainingFailed


def run(command: click.Command, name: str, arguments: Sequence[str] | None = None) -> NoReturn:
    """Run a command and exit: 0 done, 1 failed, 2 wrong input, 130 interrupted.

    Where it did not end well, one line on standard error says why, after the command's `name`. A
    group of commands without one of them shows its help there.
    """
    _open_what_is_closed()
    try:
        result = command.main(arguments, name, standalone_mode=False)
        sys.stdout.flush()
        sys.exit(result if isinstance(result, int) else 0)
    except click.Abort:
        sys.exit(130)
    except click.exceptions.NoArgsIsHelpError as error:  # `muralscape weights` alone
        click.echo(error.format_message(), err=True)
        sys.exit(error.exit_code)
    except click.ClickException as error:
        _complain(name, error.format_message(), error.exit_code)
    except Stopped as error:
        _complain(name, str(error), 130)
    except (PaintingFailed, TrainingFailed) as error:
        _complain(name, str(error), 1)
    except EngineError as error:
        _complain(name, str(error), 2)
    except OSError as error:
        if _can_write():
            raise
        _write_to_nowhere(1)  # what is still buffered
        _complain(name, f"Standard output cannot be written ({error.strerror}).", 1)


def remark(name: str, sentence: str) -> None:
    """Say something on standard error, in one line, where that can be written."""
    with contextlib.suppress(OSError):
        click.echo(f"{name}: {' '.join(sentence.split())}", err=True)


def _complain(name: str, sentence: str, code: int) -> NoReturn:
    remark(name, sentence)
    with contextlib.suppress(OSError):
        sys.stderr.flush()
    sys.exit(code)


def _can_write() -> bool:
    """Whether standard output takes another line."""
    try:
        sys.stdout.flush()
        os.write(1, b"\n")
    except OSError:
        return False
    return True


def _open_what_is_closed() -> None:
    """Open standard streams that the shell closed (`2>&-`), so that no file gets their number."""
    for number in (0, 1, 2):
        try:
            os.fstat(number)
        except OSError:
            _write_to_nowhere(number)
    if sys.stdout is None:
        sys.stdout = open(1, "w", closefd=False)  # noqa: SIM115 - as long as the process
    if sys.stderr is None:
        sys.stderr = open(2, "w", closefd=False)  # noqa: SIM115


def _write_to_nowhere(number: int) -> None:
    nowhere = os.open(os.devnull, os.O_RDWR)
    if nowhere != number:
        os.dup2(nowhere, number)
        os.close(nowhere)
