"""`muralscape paint`: one picture from the command line."""

import json
import math
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import click

from engine import saving
from engine.commands import film
from engine.commands.exits import remark
from engine.commands.inputs import read_request, weighted_style
from engine.commands.paths import (
    CHECKPOINT_SUFFIXES,
    DEFAULT_CHECKPOINT,
    CheckpointCommand,
    Role,
    check_roles,
)
from engine.commands.report import painting_as_json, painting_in_words
from engine.commands.watched import bar, interrupts_caught
from engine.files import check_writable, make_folder, written_whole
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
from engine.scales import pixels_wanted, plan_scales
from engine.threads import wait_without_spinning
from engine.weights import CHOICES


def _in_bytes(_: click.Context, __: click.Parameter, gibibytes: float | None) -> int | None:
    """What `--memory` says, in bytes."""
    if gibibytes is None:
        return None
    if math.isnan(gibibytes):  # which lies in every range
        raise click.BadParameter("nan is not a number of GiB.")
    return int(gibibytes * 2**30)


@click.command(name="paint", cls=CheckpointCommand)
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
@click.option(
    "--keep-alpha/--no-keep-alpha",
    default=None,
    help="Make the painting transparent where CONTENT is (default: for emoji and stickers).",
)
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
    type=click.FloatRange(0.1, 2**20),
    callback=_in_bytes,
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
    metavar="[FILE.pth]",
    help=f"Keep the state here while painting [{DEFAULT_CHECKPOINT} if no file is named].",
)
@click.option(
    "--resume",
    type=click.Path(path_type=Path),
    metavar="[FILE.pth]",
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
    keep_alpha: bool | None,
    fast: bool,
    weights: str,
    device: str,
    precision: str,
    memory: int | None,
    seed: int,
    timelapse: Path | None,
    loss_plot: Path | None,
    checkpoint: Path | None,
    resume: Path | None,
    as_json: bool,
) -> int:
    """Repaint CONTENT in the style of STYLE.

    Several styles are blended; STYLE=0.7 weighs one. A GIF or a short clip becomes a film, where
    OUTPUT ends in .mp4 or .gif, or in .webp.
    """
    paths, style_weights = zip(*(weighted_style(text) for text in styles), strict=True)
    check_roles(
        [
            Role("CONTENT", content),
            *(Role("STYLE", path) for path in paths),
            *([Role("--mask", mask)] if mask else []),
            *([Role("--resume", resume)] if resume else []),
            *([Role("--weights", Path(weights))] if weights not in CHOICES else []),
            Role("--output", output, is_written=True),
            *([Role("--timelapse", timelapse, is_written=True)] if timelapse else []),
            *([Role("--loss-plot", loss_plot, is_written=True)] if loss_plot else []),
            *([Role("--checkpoint", checkpoint, is_written=True)] if checkpoint else []),
        ]
    )
    is_film = film.is_wanted(content, output)
    if is_film:
        beside: dict[str, object] = {"--mask": mask, "--timelapse": timelapse}
        beside |= {"--loss-plot": loss_plot, "--checkpoint": checkpoint, "--resume": resume}
        beside["--keep-alpha"] = keep_alpha
        film.check(output, beside)
    else:
        saving.check_writable(output, with_alpha=keep_alpha is True)
    for path, suffixes in ((timelapse, (".mp4",)), (loss_plot, (".png",))):
        if path is not None:
            check_writable(path, suffixes)
    settings = PaintSettings(
        preset=preset,
        size=size,
        steps=steps,
        strength=strength,
        brush=brush,
        keep_colors=keep_colors,
        keep_alpha=keep_alpha,
        fast=fast,
        seed=seed,
        style_weights=style_weights,
    )
    pixels_wanted(settings)  # refuses before torch is loaded, which takes seconds
    if is_film:
        return film.paint(
            content,
            paths,
            settings,
            output,
            weights,
            device,
            precision,
            memory,
            as_json,
        )
    notes: list[str] = []
    request = read_request(content, paths, mask, settings, notes.append)
    check_mask(request)
    saving.check_size(output, plan_scales(request)[-1].size)
    if checkpoint is not None:
        if checkpoint == DEFAULT_CHECKPOINT:
            make_folder(checkpoint.parent)
        check_writable(checkpoint, CHECKPOINT_SUFFIXES)
    for note in notes:
        remark("muralscape", note)
    faults: list[str] = []
    painting = paint(
        request,
        weights,
        device,
        precision,
        timelapse,
        checkpoint,
        resume,
        memory,
        faults.append,
    )
    saving.save(painting.picture, output)
    outcome = replace(painting.outcome, notes=tuple(notes))
    if loss_plot is not None:
        from engine.beside import attempted

        with attempted(faults.append, str(loss_plot)):
            plot(outcome, loss_plot, output.name)
    click.echo(
        json.dumps(painting_as_json(outcome, output))
        if as_json
        else painting_in_words(outcome, output)
    )
    for fault in faults:
        remark("muralscape", fault)
    return 1 if faults else 0


def plot(outcome: PaintOutcome, path: Path, title: str) -> None:
    """Write the loss curve as PNG. Raises OutputRejected."""
    from engine.loss_plot import draw

    with written_whole(path) as partial:
        partial.write_bytes(draw(outcome.curve, outcome.scale_starts, title))


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
        asked_to_stop = stack.enter_context(interrupts_caught())
        encoder = load_encoder(weights, device, precision)
        watchers = [stack.enter_context(bar())]
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
