"""Painting in front of a person: a bar on the terminal, and Ctrl-C."""

import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn
from rich.progress import Progress as Bar

from engine.request import Progress


@contextmanager
def interrupts_caught() -> Iterator[Callable[[], bool]]:
    """Yield a question that is answered yes after the first Ctrl-C; a second one ends at once."""
    interrupted = False
    before = signal.getsignal(signal.SIGINT)

    def on_interrupt(_number: int, _frame: FrameType | None) -> None:
        nonlocal interrupted
        interrupted = True
        signal.signal(signal.SIGINT, before)

    signal.signal(signal.SIGINT, on_interrupt)
    try:
        yield lambda: interrupted
    finally:
        signal.signal(signal.SIGINT, before)


@contextmanager
def bar() -> Iterator[Callable[[Progress], None]]:
    """A progress bar on standard error, where that is a terminal."""
    shown = Bar(
        TextColumn("painting"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("loss {task.fields[loss]:.5g}"),
        TextColumn("{task.fields[left]} left"),
        console=Console(stderr=True),
        disable=not sys.stderr.isatty(),
        transient=True,
    )
    with shown:
        task = shown.add_task("painting", total=None, loss=float("nan"), left="…")

        def show(progress: Progress) -> None:
            minutes, seconds = divmod(round(progress.seconds_left), 60)
            shown.update(
                task,
                total=progress.total_steps,
                completed=progress.step,
                loss=progress.losses.total,
                left=f"{minutes}:{seconds:02}",
            )

        yield show
