"""The painters that are compared: `mural`, the state before it, G'MIC's `stylize`, a plain loop."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from PIL import Image

from engine.presets import GATYS, PRESETS, Preset
from engine.request import PaintSettings, StylizeRequest
from engine.stylize import stylize
from engine.vgg19 import Encoder

ROOT = Path(__file__).parents[2]
BEFORE = "f19b2b4"  # the last commit that painted by Gram matrices alone

# From the content, with relative losses, which serve a plain loop better than the paper's.
PLAIN = replace(
    GATYS, optimiser="adam", learning_rate=0.02, start="content", noise=0.0, style_weight=10.0
)


@dataclass(frozen=True)
class Painted:
    """A painting and the seconds that it took, less the loading of what it took."""

    picture: Image.Image
    seconds: float


def ours(
    encoder: Encoder, content: Image.Image, style: Image.Image, preset: str, size: int
) -> Painted:
    """Paint by a preset of this state."""
    settings = PaintSettings(preset=preset, size=size)
    painting = stylize(StylizeRequest(content, (style,), settings), encoder)
    return Painted(painting.picture, painting.outcome.seconds)


def plain_loop(
    encoder: Encoder, content: Image.Image, style: Image.Image, size: int, seconds: float
) -> Painted:
    """Paint by a plain Gatys loop for about so many seconds; a short run tells how many steps."""
    name = "a plain loop"
    PRESETS[name] = Preset(name, name, size, 10, PLAIN)
    try:
        request = StylizeRequest(content, (style,), PaintSettings(preset=name))
        short = stylize(request, encoder).outcome.seconds
        settings = PaintSettings(preset=name, steps=max(10, round(10 * seconds / short)))
        painting = stylize(replace(request, settings=settings), encoder)
    finally:
        del PRESETS[name]
    return Painted(painting.picture, painting.outcome.seconds)


@contextmanager
def state_before(kept_at: Path | None) -> Iterator[Path]:
    """The code of BEFORE: checked out at `kept_at` and left there, or in a folder for a while.

    Raises CalledProcessError where the repository's history does not hold it.
    """
    if kept_at is not None:
        if not kept_at.exists():
            _git("worktree", "add", "--detach", str(kept_at), BEFORE)
        yield kept_at
        return
    with tempfile.TemporaryDirectory() as folder:
        checkout = Path(folder) / "before"
        _git("worktree", "add", "--detach", str(checkout), BEFORE)
        try:
            yield checkout
        finally:
            _git("worktree", "remove", "--force", str(checkout))


def before(
    checkout: Path, content: Image.Image, style: Image.Image, preset: str, size: int
) -> Painted:
    """Paint by a preset as another state's own code paints it, in a process of its own."""
    with _files(content, style) as (content_file, style_file, output):
        command = ["-m", "bot", "paint", str(content_file), str(style_file), "-o", str(output)]
        options = ["--preset", preset, "--size", str(size), "--weights", "bundled", "--json"]
        done = subprocess.run(
            [sys.executable, *command, *options],
            cwd=checkout,
            env=os.environ | {"PYTHONPATH": str(checkout)},
            stdout=subprocess.PIPE,
            check=True,
        )
        seconds = json.loads(done.stdout.splitlines()[-1])["seconds"]
        return Painted(_loaded(output), seconds)


def gmic(content: Image.Image, style: Image.Image, size: int) -> Painted | None:
    """Paint by G'MIC's `stylize`, patches of pixels alone; None where it is not installed."""
    program = shutil.which("gmic")
    if program is None:
        return None
    with _files(_fitted(content, size), _fitted(style, size)) as (content_file, style_file, output):
        command = [str(style_file), str(content_file), "-stylize[1]", "[0]", "-o[1]", str(output)]
        began = time.perf_counter()
        subprocess.run([program, *command], check=True, capture_output=True)
        return Painted(_loaded(output), time.perf_counter() - began)


def _fitted(picture: Image.Image, size: int) -> Image.Image:
    scale = size / max(picture.size)
    width, height = (max(1, round(side * scale)) for side in picture.size)
    return picture.resize((width, height), Image.Resampling.LANCZOS)


@contextmanager
def _files(content: Image.Image, style: Image.Image) -> Iterator[tuple[Path, Path, Path]]:
    """Both pictures as files, and where the painting goes."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        content.save(folder / "content.png")
        style.save(folder / "style.png")
        yield folder / "content.png", folder / "style.png", folder / "painting.png"


def _loaded(path: Path) -> Image.Image:
    with Image.open(path) as picture:
        return picture.convert("RGB")


def _git(*arguments: str) -> None:
    subprocess.run(["git", "-C", str(ROOT), *arguments], check=True, capture_output=True)
