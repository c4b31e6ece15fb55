"""The best picture per second: `mural` against a plain Gatys loop (one scale, Adam) and against
other ways to paint, by measures that none of them optimises, over eight pairs and over time."""

import os
from collections.abc import Callable
from dataclasses import dataclass, replace

from PIL import Image

from engine import images
from engine.device import Device
from engine.presets import GATYS, MURAL, PRESETS, Preset, Recipe
from engine.request import Progress, StylizeRequest
from engine.samples import CONTENTS, STYLES
from engine.stylize import stylize
from engine.vgg19 import Encoder
from engine.weights import bundled, load
from tests.benchmarks.measures import content_kept, style_missed

SIZE = int(os.environ.get("BENCHMARK_SIZE", "512"))  # pixels
PAIRS = int(os.environ.get("BENCHMARK_PAIRS", "8"))
MOMENTS = 12  # at which a painting is measured on its way

PLAIN = replace(
    GATYS, optimiser="adam", learning_rate=0.02, start="content", noise=0.0, style_weight=10.0
)
CANDIDATES: dict[str, Recipe] = {
    "mural": MURAL,
    "plain Gatys": PLAIN,
    "mural with Adam": replace(MURAL, optimiser="adam", learning_rate=0.02, averaging=0.9),
    "mural with moments": replace(MURAL, statistic="moments"),
    "mural in one scale": replace(MURAL, coarsest=None),
}


@dataclass(frozen=True)
class Point:
    """A painting on its way."""

    seconds: float
    content: float  # higher is better
    style: float  # lower is better


def run(device: Device) -> dict[str, float]:
    """pairs_won_of_8, and each candidate's measures at its end."""
    encoder = Encoder(load(bundled()), device, "bundled")
    curves: dict[str, list[list[Point]]] = {name: [] for name in CANDIDATES}
    for content, style in pairs():
        seconds = 0.0
        for name, recipe in CANDIDATES.items():
            points = paint(encoder, content, style, name, recipe, seconds)
            seconds = seconds or points[-1].seconds  # all get what mural takes
            curves[name].append(points)
            print(
                f"{name:20} {points[-1].seconds:6.1f} s  "
                f"content {points[-1].content:.3f}  style {points[-1].style:.4f}"
            )
        print()
    figures: dict[str, float] = {"pictures_size": SIZE, "pictures_pairs": len(curves["mural"])}
    for name, all_points in curves.items():
        key = name.replace(" ", "_")
        for measure in ("content", "style"):
            ends = [getattr(points[-1], measure) for points in all_points]
            figures[f"pictures_{measure}_{key}"] = sum(ends) / len(ends)
    figures["pairs_won_of_8"] = sum(
        wins(ours, theirs)
        for ours, theirs in zip(curves["mural"], curves["plain Gatys"], strict=True)
    )
    print(f"mural is better on both measures on {figures['pairs_won_of_8']:.0f} of {PAIRS} pairs")
    return figures


def pairs() -> list[tuple[Image.Image, Image.Image]]:
    """The samples, each content met by two or so styles."""
    names = [(CONTENTS[n % len(CONTENTS)], STYLES[n % len(STYLES)]) for n in range(PAIRS)]
    return [(images.read(content.path), images.read(style.path)) for content, style in names]


def paint(
    encoder: Encoder,
    content: Image.Image,
    style: Image.Image,
    name: str,
    recipe: Recipe,
    seconds: float,
) -> list[Point]:
    """Paint for about `seconds`, or the preset's own steps where that is 0, and measure."""
    name = f"candidate: {name}"
    PRESETS[name] = Preset(name, "painted for this benchmark", SIZE, PRESETS["mural"].steps, recipe)
    steps = None
    if seconds:  # a short run tells how many steps fit
        trial = StylizeRequest(content, (style,), preset=name, steps=10)
        steps = max(10, round(10 * seconds / stylize(trial, encoder).seconds))
    seen: list[tuple[float, Image.Image]] = []
    request = StylizeRequest(content, (style,), preset=name, steps=steps)
    stylize(request, encoder, on_progress=_watch(seen))
    del PRESETS[name]
    return [Point(at, content_kept(p, content), style_missed(p, style)) for at, p in seen]


def wins(ours: list[Point], theirs: list[Point]) -> bool:
    """Whether from 10 s on, or from a third of the time, each moment of ours is better on both."""
    start = min(10.0, ours[-1].seconds / 3)
    later = [point for point in ours if point.seconds >= start]
    rivals = [_at(theirs, point.seconds) for point in later]
    return all(
        point.content > rival.content and point.style < rival.style
        for point, rival in zip(later, rivals, strict=True)
    )


def _at(points: list[Point], seconds: float) -> Point:
    return max(
        (p for p in points if p.seconds <= seconds), key=lambda p: p.seconds, default=points[0]
    )


def _watch(seen: list[tuple[float, Image.Image]]) -> Callable[[Progress], None]:
    def watch(progress: Progress) -> None:
        if progress.step * MOMENTS // progress.total_steps > len(seen):
            picture = progress.preview()
            scale = SIZE / max(picture.size)
            size = (round(picture.width * scale), round(picture.height * scale))
            seen.append((progress.seconds, picture.resize(size, Image.Resampling.BICUBIC)))

    return watch
