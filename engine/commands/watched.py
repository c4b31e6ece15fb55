"""Painting in front of a person: a bar on the terminal, and Ctrl-C."""

import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn
from rich.progress import Progress as Bar

from engine.motion.clip import FilmProgress
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
def frame_bar() -> Iterator[Callable[[FilmProgress], None]]:
    """A progress bar of frames on standard error, where that is a terminal."""
    shown = Bar(
        TextColumn("painting frames"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[left]} left"),
        console=Console(stderr=True),
        disable=not sys.stderr.isatty(),
        transient=True,
    )
    with shown:
        task = shown.add_task("painting", total=None, left="…")

        def show(progress: FilmProgress) -> None:
            shown.update(
                task,
                total=progress.total_frames,
                completed=progress.frame,
                left=_clock(progress.seconds_left),
            )

        yield show


def _clock(seconds: float) -> str:
    minutes, seconds = divmod(round(seconds), 60)
    return f"{minutes}:{seconds:02}"


@contextmanager
def bar() -> Iterator[Callable[[Progress], None]]:
    """A progress bar on standard error, where that is a terminal."""
    shown = Bar(
        TextColumn("painting"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("loss {task.fields[loss]}"),
        TextColumn("{task.fields[left]} left"),
        console=Console(stderr=True),
        disable=not sys.stderr.isatty(),
        transient=True,
    )
    with shown:
        task = shown.add_task("painting", total=None, loss="…", left="…")

        def show(progress: Progress) -> None:
            shown.update(
                task,
                total=progress.total_steps,
                completed=progress.step,
                loss=f"{progress.losses.total:.5g}",
                left=_clock(progress.seconds_left),
            )

        yield show
