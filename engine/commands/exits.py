"""How commands end: their exit codes, and the one line that says why."""

import sys
from collections.abc import Sequence
from typing import NoReturn

import click

from engine.errors import EngineError, PaintingFailed, Stopped, TrainingFailed


def run(command: click.Command, name: str, arguments: Sequence[str] | None = None) -> NoReturn:
    """Run a command and exit: 0 done, 1 failed, 2 wrong input, 130 interrupted.

    Where it did not end well, one line on standard error says why, after the command's `name`.
    """
    try:
        result = command.main(arguments, name, standalone_mode=False)
        sys.exit(result if isinstance(result, int) else 0)
    except click.Abort:
        sys.exit(130)
    except click.ClickException as error:
        _complain(name, error.format_message(), error.exit_code)
    except Stopped as error:
        _complain(name, str(error), 130)
    except (PaintingFailed, TrainingFailed) as error:
        _complain(name, str(error), 1)
    except EngineError as error:
        _complain(name, str(error), 2)


def _complain(name: str, sentence: str, code: int) -> NoReturn:
    click.echo(f"{name}: {' '.join(sentence.split())}", err=True)
    sys.exit(code)
