"""Films from the command line: `muralscape paint clip.gif style.jpg -o out.mp4`."""

import json
from collections.abc import Mapping
from pathlib import Path

import click

from engine import files
from engine.commands.exits import INTERRUPTED, remark
from engine.commands.report import film_as_json, film_in_words
from engine.commands.watched import frame_bar, interrupts_caught
from engine.decoding.pictures import picture_reader
from engine.errors import RequestRejected
from engine.presets import settle
from engine.request import PaintSettings
from engine.threads import wait_without_spinning

ENDINGS = (".mp4", ".gif", ".webp")
MOVING = (".gif", ".apng", ".mp4", ".m4v", ".mov", ".webm", ".mkv")


def is_wanted(content: Path, output: Path) -> bool:
    """Whether the output is a film: an MP4 or GIF, or a WebP of a file that moves by its ending."""
    ending = output.suffix.lower()
    return ending in (".mp4", ".gif") or (ending == ".webp" and content.suffix.lower() in MOVING)


def check(output: Path, beside: Mapping[str, object]) -> None:
    """Raise RequestRejected for options that go with a single picture alone.

    `beside` has their values by name. Raises OutputRejected where nothing can be written.
    """
    given = [name for name, value in beside.items() if value]
    if given:
        raise RequestRejected(f"{given[0]} goes with a single picture; leave it out for a film.")
    files.check_writable(output, ENDINGS)


def paint(
    content: Path,
    styles: tuple[Path, ...],
    settings: PaintSettings,
    output: Path,
    weights: str,
    device: str,
    precision: str,
    memory: int | None,
    as_json: bool,
) -> int:
    """Paint a film with a bar on the terminal; after Ctrl-C the frames that are done are kept.

    Returns the exit code.
    """
    _, size, _ = settle(settings)
    notes: list[str] = []
    with picture_reader() as pictures:
        clip = pictures.read_film(content, size, notes.append)
        pictures_of_styles = tuple(pictures.read(path, tell=notes.append) for path in styles)
    for note in notes:
        remark("muralscape", note)
    wait_without_spinning()
    from engine.motion.film import paint_film
    from engine.motion.writing import write_film
    from engine.vgg19 import load_encoder

    with interrupts_caught() as asked_to_stop, frame_bar() as show:
        painted = paint_film(
            clip,
            pictures_of_styles,
            settings,
            load_encoder(weights, device, precision),
            on_progress=show,
            should_stop=asked_to_stop,
            memory=memory,
        )
    write_film(painted, output)
    click.echo(
        json.dumps(film_as_json(painted, clip, output))
        if as_json
        else film_in_words(painted, clip, output)
    )
    return INTERRUPTED if len(painted.frames) < len(clip.frames) else 0
