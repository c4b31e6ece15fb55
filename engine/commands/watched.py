"""Painting in front of a person: a bar on the terminal, and Ctrl-C."""

import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import FrameType

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn
from rich.progress import Progress as Bar

from engine.request import Painting, Progress, StylizeRequest
from engine.threads import wait_without_spinning


def paint(
    request: StylizeRequest,
    weights: str,
    device: str,
    precision: str,
    timelapse: Path | None,
    checkpoint: Path | None,
    resume: Path | None,
    memory: int | None,
    on_fault: Callable[[str], None],
) -> Painting:
    """Paint with a bar on the terminal; Ctrl-C stops after the step being taken.

    `on_fault` is told what could not be written beside the painting.
    """
    wait_without_spinning()
    from engine.stylize import stylize
    from engine.vgg19 import load_encoder

    with ExitStack() as stack:
        asked_to_stop = stack.enter_context(_interrupts_caught())
        encoder = load_encoder(weights, device, precision)
        watchers = [stack.enter_context(_bar())]
        if timelapse is not None:
            from engine.beside import filmed

            watchers.append(stack.enter_context(filmed(timelapse, request, on_fault)))

        def watch(progress: Progress) -> None:
            for watcher in watchers:
                watcher(progress)

        return stylize(
            request,
            encoder,
            on_progress=watch,
            should_stop=asked_to_stop,
            checkpoint=checkpoint,
            resume=resume,
            memory=memory,
            on_fault=on_fault,
        )


@contextmanager
def _interrupts_caught() -> Iterator[Callable[[], bool]]:
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
def _bar() -> Iterator[Callable[[Progress], None]]:
    """A progress bar on standard error, where that is a terminal."""
    bar = Bar(
        TextColumn("painting"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("loss {task.fields[loss]:.5g}"),
        TextColumn("{task.fields[left]} left"),
        console=Console(stderr=True),
        disable=not sys.stderr.isatty(),
        transient=True,
    )
    with bar:
        task = bar.add_task("painting", total=None, loss=float("nan"), left="…")

        def show(progress: Progress) -> None:
            minutes, seconds = divmod(round(progress.seconds_left), 60)
            bar.update(
                task,
                total=progress.total_steps,
                completed=progress.step,
                loss=progress.losses.total,
                left=f"{minutes}:{seconds:02}",
            )

        yield show
