"""Films: flicker and time of frames painted from the ones before, against each painted alone.

Flicker is the mean difference between neighbouring frames, the earlier moved along the flow of the
source, where that is sure. Frames of 256 pixels; both ways are written to build/films to look at.
"""

import time
from pathlib import Path

import torch
from PIL import Image

from engine.device import Device
from engine.motion.film import film_painter
from engine.motion.flow import motion_between
from engine.motion.painter import FilmPainter
from engine.motion.strokes import Painted
from engine.request import PaintSettings, StylizeRequest
from engine.samples import STYLES
from engine.tensors import to_tensor
from engine.vgg19 import Encoder
from engine.weights import bundled, load
from scripts.film_clips import CLIPS

FRAMES = 8
STYLES_OF = {
    "pan": "whirling_night",
    "walk": "burning_bay",
    "turn": "loud_poster",
    "cut": "burning_bay",
}
OUTPUT = Path("build/films")


def run(device: Device) -> dict[str, float]:
    """Flicker of both ways, over that of the source, and the seconds of a later frame."""
    encoder = Encoder(load(bundled()), device, "bundled")
    paths = {style.name: style.path for style in STYLES}
    figures: dict[str, float] = {}
    OUTPUT.mkdir(parents=True, exist_ok=True)
    print("clip   flicker held   alone   of alone   later frame of a picture's time")
    for name, draw in CLIPS.items():
        frames = list(draw(FRAMES))
        with Image.open(paths[STYLES_OF[name]]) as style:
            request = StylizeRequest(
                frames[0], (style.convert("RGB"),), PaintSettings(preset="draft", size=256)
            )
        held, held_seconds = paint(film_painter(request, encoder), frames, from_before=True)
        alone, alone_seconds = paint(film_painter(request, encoder), frames, from_before=False)
        sheet([frames, held, alone]).save(OUTPUT / f"{name}.png")
        source = flicker(frames, frames)
        ratio = flicker(held, frames) / flicker(alone, frames)
        share = sorted(held_seconds[1:])[FRAMES // 2 - 1] / sorted(alone_seconds)[FRAMES // 2]
        over_source = [flicker(way, frames) / source for way in (held, alone)]
        print(f"{name:6} {over_source[0]:12.1f} {over_source[1]:7.1f} {ratio:10.2f} {share:10.2f}")
        figures |= {f"flicker_{name}": ratio, f"later_frame_{name}": share}
    return figures


def paint(
    painter: FilmPainter, frames: list[Image.Image], *, from_before: bool
) -> tuple[list[Image.Image], list[float]]:
    """Paint the frames; also give the seconds that each took."""
    before: Painted | None = None
    pictures, seconds = [], []
    for frame in frames:
        began = time.perf_counter()
        picture, painted = painter.paint(frame, before)
        before = painted if from_before else None
        pictures.append(picture)
        seconds.append(time.perf_counter() - began)
    return pictures, seconds


def flicker(paintings: list[Image.Image], frames: list[Image.Image]) -> float:
    """How much paintings differ from the ones before, moved along, where that is sure."""
    cpu = torch.device("cpu")
    shown = [to_tensor(one, frames[0].size, cpu) for one in paintings]
    seen = [to_tensor(one, frames[0].size, cpu) for one in frames]
    differences = []
    for number in range(1, len(frames)):
        motion = motion_between(seen[number - 1], seen[number])
        if not motion.is_cut:
            change = (shown[number] - motion.carry(shown[number - 1])).abs().mean(1, keepdim=True)
            differences.append(float((change * motion.sure).sum() / motion.sure.sum()))
    return sum(differences) / len(differences)


def sheet(rows: list[list[Image.Image]]) -> Image.Image:
    """Lay frames out in rows, one below the other."""
    width, height = rows[1][0].size
    result = Image.new("RGB", (width * len(rows[0]), height * len(rows)))
    for row, pictures in enumerate(rows):
        for column, picture in enumerate(pictures):
            result.paste(picture.resize((width, height)), (column * width, row * height))
    return result
