"""The best picture per second: `mural` against a plain Gatys loop (one scale, Adam, from the
content) given five times as long, by measures that neither optimises, over eight pairs."""

import json
import os
from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path

from PIL import Image

from engine import images
from engine.device import Device
from engine.presets import GATYS, MURAL, PRESETS, Preset, Recipe
from engine.request import PaintSettings, Progress, StylizeRequest
from engine.samples import CONTENTS, STYLES
from engine.stylize import stylize
from engine.vgg19 import Encoder
from engine.weights import bundled, load
from tests.benchmarks.curves import draw
from tests.benchmarks.measures import content_kept, style_missed
from tests.benchmarks.race import Point, Race, at

SIZE = int(os.environ.get("BENCHMARK_SIZE", "512"))  # pixels
PAIRS = int(os.environ.get("BENCHMARK_PAIRS", "8"))
MOMENTS = 12  # at which a painting is measured, in the time that `mural` takes
LONGER = 5  # times as long as `mural` is what the plain loop gets in the end
PLOT = Path("build/pictures.png")
POINTS = Path("build/pictures.json")

# The relative losses of `mural`, so that both mean the same by their weights.
PLAIN = replace(
    GATYS, optimiser="adam", learning_rate=0.02, start="content", noise=0.0, style_weight=10.0
)


def run(device: Device) -> dict[str, float]:
    """pairs_won_of_8, pairs_won_against_longer and the measures at the end of each."""
    encoder = Encoder(load(bundled()), device, "bundled")
    races = []
    for content, style in pairs():
        mural = paint(encoder, content, style, MURAL, PRESETS["mural"].steps, MOMENTS)
        seconds = LONGER * mural[-1].seconds
        steps = steps_within(encoder, content, style, PLAIN, seconds)
        plain = paint(encoder, content, style, PLAIN, steps, LONGER * MOMENTS)
        races.append(Race(mural, plain))
        _print(races[-1])
    PLOT.parent.mkdir(exist_ok=True)
    PLOT.write_bytes(draw(races))
    POINTS.write_text(json.dumps([asdict(race) for race in races], indent=1) + "\n")
    print(f"The curves are in {PLOT}, their points in {POINTS}.")
    return {
        "pictures_size": SIZE,
        "pictures_pairs": len(races),
        "pairs_won_of_8": sum(race.won() for race in races),
        "pairs_won_against_longer": sum(race.won_against_longer() for race in races),
    } | ends(races)


def ends(races: list[Race]) -> dict[str, float]:
    """The mean over the pairs of both measures, at the end of `mural`, and of the plain loop."""
    figures: dict[str, float] = {}
    for measure in ("content", "style"):
        points = {
            "mural": [race.mural[-1] for race in races],
            "plain": [at(race.plain, race.mural[-1].seconds) for race in races],
            "plain_longer": [race.plain[-1] for race in races],
        }
        for name, all_of_them in points.items():
            values = [getattr(point, measure) for point in all_of_them]
            figures[f"pictures_{measure}_{name}"] = sum(values) / len(values)
    return figures


def pairs() -> list[tuple[Image.Image, Image.Image]]:
    """The samples, each content met by two or so styles."""
    names = [(CONTENTS[n % len(CONTENTS)], STYLES[n % len(STYLES)]) for n in range(PAIRS)]
    return [(images.read(content.path), images.read(style.path)) for content, style in names]


def paint(
    encoder: Encoder,
    content: Image.Image,
    style: Image.Image,
    recipe: Recipe,
    steps: int,
    moments: int,
) -> list[Point]:
    """Paint, and measure at so many moments on the way."""
    seen: list[tuple[float, Image.Image]] = []
    _stylize(encoder, content, style, recipe, steps, _watch(seen, moments))
    return [Point(at, content_kept(p, content), style_missed(p, style)) for at, p in seen]


def steps_within(
    encoder: Encoder, content: Image.Image, style: Image.Image, recipe: Recipe, seconds: float
) -> int:
    """How many steps fit, told by a short run."""
    return max(10, round(10 * seconds / _stylize(encoder, content, style, recipe, 10)))


def _stylize(
    encoder: Encoder,
    content: Image.Image,
    style: Image.Image,
    recipe: Recipe,
    steps: int,
    watch: Callable[[Progress], None] | None = None,
) -> float:
    """Paint by a recipe that is no preset; returns the seconds."""
    name = "painted for a benchmark"
    PRESETS[name] = Preset(name, name, SIZE, steps, recipe)
    try:
        request = StylizeRequest(content, (style,), PaintSettings(preset=name, steps=steps))
        return stylize(request, encoder, on_progress=watch).outcome.seconds
    finally:
        del PRESETS[name]


def _watch(seen: list[tuple[float, Image.Image]], moments: int) -> Callable[[Progress], None]:
    def watch(progress: Progress) -> None:
        if progress.step * moments // progress.total_steps > len(seen):
            picture = progress.preview()
            scale = SIZE / max(picture.size)
            size = (round(picture.width * scale), round(picture.height * scale))
            seen.append((progress.seconds, picture.resize(size, Image.Resampling.BICUBIC)))

    return watch


def _print(race: Race) -> None:
    started = next(point for point in race.mural if point.seconds >= race.start)
    rows = {
        "mural": started,
        "plain": at(race.plain, started.seconds),
        "mural, end": race.mural[-1],
        "plain, then": at(race.plain, race.mural[-1].seconds),
        "plain, longer": race.plain[-1],
    }
    for name, point in rows.items():
        print(
            f"{name:14} {point.seconds:6.1f} s  "
            f"content {point.content:.3f}  style {point.style:.4f}"
        )
    print(f"better at every moment: {race.won()}, at the end: {race.won_against_longer()}\n")
