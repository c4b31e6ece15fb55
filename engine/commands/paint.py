"""`muralscape paint`: one picture from the command line."""

import json
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import FrameType

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn
from rich.progress import Progress as Bar

from engine import images
from engine.decoding.pictures import picture_reader
from engine.errors import RequestRejected
from engine.files import check_writable, written_whole
from engine.presets import PRESETS, check_mask
from engine.request import (
    BRUSHES,
    DEFAULT_PRESET,
    Brush,
    Painting,
    PaintOutcome,
    PaintSettings,
    Progress,
    StylizeRequest,
)
from engine.scales import pixels_wanted
from engine.threads import wait_without_spinning

DEFAULT_CHECKPOINT = Path("model/nst_model.pth")


@click.command(name="paint")
@click.argument("content", type=click.Path(path_type=Path))
@click.argument("styles", metavar="STYLE...", nargs=-1, required=True)
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    required=True,
    help="Where the painting goes; its ending chooses the format.",
)
@click.option(
    "--preset",
    default=DEFAULT_PRESET,
    show_default=True,
    help="; ".join(f"{preset.name}: {preset.summary}" for preset in PRESETS.values()),
)
@click.option("--size", type=int, help="Pixels on the long side (default: the preset's own).")
@click.option("--steps", type=int, help="Optimisation steps (default: the preset's own).")
@click.option(
    "--strength",
    type=float,
    default=1.0,
    show_default=True,
    help="Of the style against the content.",
)
@click.option(
    "--brush",
    default=PaintSettings.brush,
    show_default=True,
    help=f"How coarse the strokes are: {', '.join(BRUSHES)}.",
)
@click.option(
    "--mask",
    type=click.Path(path_type=Path),
    help="A picture: where it is white the first style paints, where it is black the second or, "
    "with one style, CONTENT stays.",
)
@click.option("--keep-colors", is_flag=True, help="Keep the content's colours.")
@click.option("--fast", is_flag=True, help="The preset's fast setting (seed has one).")
@click.option(
    "--weights",
    default="auto",
    show_default=True,
    help="VGG-19 weights: auto, bundled, imagenet or a file.",
)
@click.option("--device", default="auto", show_default=True, help="auto, cpu or cuda:N.")
@click.option(
    "--precision",
    default="auto",
    show_default=True,
    help="Of the convolutions: auto, fp16, bf16, fp32 or tf32.",
)
@click.option(
    "--memory",
    type=click.FloatRange(min=0.1),
    metavar="GIB",
    help="Stay within this much memory (default: what is free); large pictures are then painted "
    "in blocks.",
)
@click.option(
    "--seed",
    type=int,
    default=0,
    show_default=True,
    help="Of the noise that the painting starts from; the original's preset has none.",
)
@click.option(
    "--timelapse", type=click.Path(path_type=Path), help="Write an MP4 of it being painted."
)
@click.option("--loss-plot", type=click.Path(path_type=Path), help="Write a PNG of the loss curve.")
@click.option(
    "--checkpoint",
    type=click.Path(path_type=Path),
    is_flag=False,
    flag_value=DEFAULT_CHECKPOINT,
    help=f"Keep the state here while painting [{DEFAULT_CHECKPOINT} if no file is named].",
)
@click.option(
    "--resume",
    type=click.Path(path_type=Path),
    is_flag=False,
    flag_value=DEFAULT_CHECKPOINT,
    help="Go on from a checkpoint of the same painting.",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object, last.")
def command(
    content: Path,
    styles: tuple[str, ...],
    output: Path,
    preset: str,
    size: int | None,
    steps: int | None,
    strength: float,
    brush: Brush,
    mask: Path | None,
    keep_colors: bool,
    fast: bool,
    weights: str,
    device: str,
    precision: str,
    memory: float | None,
    seed: int,
    timelapse: Path | None,
    loss_plot: Path | None,
    checkpoint: Path | None,
    resume: Path | None,
    as_json: bool,
) -> int:
    """Repaint CONTENT in the style of STYLE.

    Several styles are blended; STYLE=0.7 weighs one.
    """
    paths, style_weights = zip(*(_style(text) for text in styles), strict=True)
    if checkpoint == DEFAULT_CHECKPOINT:
        checkpoint.parent.mkdir(exist_ok=True)
    images.check_writable(output)
    for path in (timelapse, loss_plot, checkpoint):
        if path is not None:
            check_writable(path)
    settings = PaintSettings(
        preset=preset,
        size=size,
        steps=steps,
        strength=strength,
        brush=brush,
        keep_colors=keep_colors,
        fast=fast,
        seed=seed,
        style_weights=style_weights,
    )
    enough = pixels_wanted(settings)  # refuses before torch is loaded, which takes seconds
    with picture_reader() as pictures:
        request = StylizeRequest(
            pictures.read(content, enough=enough),
            tuple(pictures.read(path, enough=enough) for path in paths),
            settings,
            pictures.read(mask, enough=enough) if mask is not None else None,
        )
    check_mask(request)
    painting = paint(
        request, weights, device, precision, timelapse, checkpoint, resume, _bytes(memory)
    )
    images.save(painting.picture, output)
    outcome = painting.outcome
    if loss_plot is not None:
        from engine.loss_plot import draw

        with written_whole(loss_plot) as partial:
            partial.write_bytes(draw(outcome.curve, outcome.scale_starts, output.name))
    click.echo(json.dumps(describe(outcome, output)) if as_json else _sentence(outcome, output))
    return 0


def paint(
    request: StylizeRequest,
    weights: str,
    device: str,
    precision: str,
    timelapse: Path | None,
    checkpoint: Path | None,
    resume: Path | None,
    memory: int | None,
) -> Painting:
    """Paint with a bar on the terminal; Ctrl-C stops after the step being taken."""
    wait_without_spinning()
    from engine.stylize import stylize
    from engine.vgg19 import load_encoder

    with ExitStack() as stack:
        asked_to_stop = stack.enter_context(_interrupts_caught())
        encoder = load_encoder(weights, device, precision)
        watchers = [stack.enter_context(_bar())]
        if timelapse is not None:
            from engine.timelapse import film

            watchers.append(stack.enter_context(film(timelapse, request)))

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
        )


def describe(outcome: PaintOutcome, output: Path) -> dict[str, str | int | float]:
    """What `--json` prints of a painting."""
    return {
        "output": str(output),
        "width": outcome.width,
        "height": outcome.height,
        "preset": outcome.preset,
        "steps": outcome.steps,
        "final_loss": outcome.losses.total,
        "content_loss": outcome.losses.content,
        "style_loss": outcome.losses.style,
        "seconds": round(outcome.seconds, 3),
        "device": outcome.device,
        "precision": outcome.precision,
        "weights": outcome.weights,
        "repeated_steps": outcome.repeated_steps,
    }


def _sentence(outcome: PaintOutcome, output: Path) -> str:
    return (
        f"{output}: {outcome.width}x{outcome.height}, {outcome.preset}, "
        f"{outcome.steps} steps in {outcome.seconds:.1f} s, "
        f"final loss {outcome.losses.total:.6g} "
        f"({outcome.weights}; {outcome.device}, {outcome.precision})"
    )


def _bytes(gibibytes: float | None) -> int | None:
    return None if gibibytes is None else int(gibibytes * 2**30)


def _style(text: str) -> tuple[Path, float]:
    """Split STYLE=0.7 into a path and a weight; a file of that very name comes first."""
    name, equals, weight = text.rpartition("=")
    if not equals or Path(text).exists():
        return Path(text), 1.0
    try:
        return Path(name), float(weight)
    except ValueError as error:
        raise RequestRejected(f"The weight of {name} must be a number, not {weight!r}.") from error


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
