"""The presets: named ways to paint, as plain data free of torch.

What people choose from is the first half of each; the recipe is how it is painted.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Literal

from engine.errors import RequestRejected, Sentence
from engine.request import Brush, PaintSettings, StylizeRequest


@dataclass(frozen=True)
class Matching:
    """How the cells of the canvas find their neighbours in the style (`engine.neighbours`).

    Two numbers are those of the coarsest and of the finest scale; the scales between lie between.
    """

    compared: tuple[str, ...]  # taps by which cells are compared
    fidelity: tuple[float, float]  # share of the content, against the canvas, in what is compared
    # Of the content's own features in the targets: where the content has detail, how much of that
    # in flat parts, and where the styles have nothing like it.
    content_share: tuple[float, float]
    flat_share: float
    unlike_share: float
    content_taps: tuple[str, ...]  # at which the content has a share
    crowding: float  # price of a cell of the style for each time that it is taken too often
    searches: int  # at each scale; later ones start from what was painted since
    light: float  # share of light and dark that the last touch keeps where there is detail
    colors: float = 1.0  # share of the styles' colours against the content's
    touch: float = 1.0  # share of the last touch against what was painted


@dataclass(frozen=True)
class Recipe:
    """How a preset paints. Taps are named as in `engine.vgg19`."""

    # tap -> weight of its mean squared difference from the content, or, with `matching`, from the
    # neighbours' features
    content_taps: dict[str, float]
    style_taps: dict[str, float]  # tap -> weight of its difference of statistics
    content_weight: float
    style_weight: float
    statistic: Literal["raw gram", "gram"]  # a Gram matrix as it is, or per pixel
    relative: bool  # whether each layer's loss is divided by the energy of its target
    pooling: Literal["average", "max"]
    padding: Literal["replicate", "zeros"]
    canvas: Literal["rgb", "symmetric"]  # pixels in [0, 1] and ImageNet's normalisation, or [-1, 1]
    start: Literal["content", "recolored", "noise"]  # recolored: in the styles' colours
    optimiser: Literal["adam", "lbfgs"]
    learning_rate: float = 1.0  # of Adam, in the canvas's unit; L-BFGS takes unit steps
    history: int = 20  # pairs that L-BFGS remembers
    noise: float = 0.0  # deviation of what the seed adds to the start, of pixels in [0, 1]
    smoothness: float = 0.0  # weight of the total variation, squared
    matching: Matching | None = None  # None: content and style are compared as wholes
    coarsest: int | None = None  # pixels on the long side of the first scale; None: one scale only
    keeps_aspect: bool = True  # False squeezes both pictures to a square
    resampling: Literal["lanczos", "bilinear"] = "lanczos"

    def __post_init__(self) -> None:
        if self.canvas != "rgb" and (self.matching or self.start == "recolored"):
            raise ValueError("colours and cells of the style are for pixels in [0, 1] alone")

    @property
    def pixel_range(self) -> tuple[float, float]:
        """The values of black and of white on the canvas."""
        return (0.0, 1.0) if self.canvas == "rgb" else (-1.0, 1.0)


@dataclass(frozen=True)
class Preset:
    """A named way to paint and what it does when nothing else is asked for."""

    name: str
    summary: str  # one line for help texts and choices
    size: int  # pixels on the long side
    steps: int  # optimisation steps over all scales
    recipe: Recipe
    fast: Recipe | None = None  # what `--fast` paints with, where the preset has it
    fast_steps: int | None = None


EVEN_STYLE = dict.fromkeys(("relu1_1", "relu2_1", "relu3_1", "relu4_1", "relu5_1"), 0.2)

SEED = Recipe(
    # Oddity: the sum runs over all five layers, for content too.
    content_taps=dict.fromkeys(("conv1_1", "conv2_1", "conv3_1", "conv4_1", "conv5_1"), 1.0),
    # Oddity: its loop overwrites the style loss, so that only the last layer counts.
    style_taps={"conv5_1": 1.0},
    content_weight=1.0,
    style_weight=0.04,
    statistic="raw gram",  # oddity: the Gram matrix is not divided by anything
    relative=False,
    pooling="max",
    padding="zeros",
    canvas="symmetric",  # oddity: normalised by 0.5/0.5, not as VGG-19 was trained
    start="content",
    optimiser="adam",
    learning_rate=0.002,
    keeps_aspect=False,  # oddity: both pictures are squeezed to a square
    resampling="bilinear",
)

GATYS = Recipe(
    content_taps={"relu4_2": 1.0},
    style_taps=EVEN_STYLE,
    content_weight=1.0,
    style_weight=0.3,
    statistic="gram",
    relative=True,
    pooling="average",  # section "Methods" of the paper prefers it to the maximum
    padding="zeros",
    canvas="rgb",
    start="noise",
    noise=0.1,
    optimiser="lbfgs",
)

MATCHING = Matching(
    compared=("relu2_1", "relu3_1", "relu4_1"),
    fidelity=(0.5, 0.9),
    content_share=(0.1, 0.8),
    flat_share=0.0,
    unlike_share=0.85,
    content_taps=("relu3_1", "relu4_1"),
    crowding=0.04,
    searches=2,
    light=1.0,
)

# Chosen by looking: docs/painting.md shows what was tried. Beginning at 64 pixels lays strokes as
# large as the painting's own; the Gram loss brings in all of the style; the content's share of the
# targets at the finer scales keeps faces.
MURAL = Recipe(
    content_taps={"relu2_1": 1.0, "relu3_1": 1.0, "relu4_1": 1.0},
    style_taps=dict.fromkeys(("relu1_1", "relu2_1", "relu3_1", "relu4_1"), 0.25),
    content_weight=1.0,
    style_weight=5.0,
    statistic="gram",
    relative=True,
    pooling="average",
    padding="replicate",
    canvas="rgb",
    start="recolored",
    noise=0.02,
    optimiser="lbfgs",
    history=10,
    smoothness=1.5,
    matching=MATCHING,
    coarsest=64,
)

PRESETS = {
    preset.name: preset
    for preset in (
        Preset(
            "mural",
            Sentence("the best picture: strokes of the style itself, coarse to fine"),
            512,
            105,
            MURAL,
        ),
        Preset("draft", Sentence("a small painting, in seconds"), 256, 50, MURAL),
        Preset(
            "gatys",
            Sentence("the paper: one scale, five style layers, L-BFGS"),
            512,
            300,
            GATYS,
        ),
        Preset(
            "seed",
            Sentence("the original Muralscape, number for number, at 256x256"),
            256,
            2000,
            SEED,
            fast=replace(SEED, optimiser="lbfgs"),
            fast_steps=200,
        ),
    )
}


def settle(settings: PaintSettings) -> tuple[Recipe, int, int]:
    """The recipe, the long side in pixels and the steps that settings come to.

    Raises RequestRejected for settings that nothing can be painted with.
    """
    settings.check()
    preset = PRESETS.get(settings.preset)
    if preset is None:
        raise RequestRejected(
            "There is no preset {preset}: choose one of {presets}.",
            preset=repr(settings.preset),
            presets=", ".join(PRESETS),
        )
    if settings.brush != PaintSettings.brush and preset.recipe.matching is None:
        raise RequestRejected(
            "The preset {preset} has no brush: leave it out, or choose one of {presets}.",
            preset=preset.name,
            presets=with_matching(),
        )
    if settings.fast and preset.fast is None:
        raise RequestRejected("The preset {preset} has no fast setting.", preset=preset.name)
    recipe = (preset.fast if settings.fast else None) or preset.recipe
    recipe = with_brush(with_strength(recipe, settings.strength), settings.brush)
    return recipe, *size_and_steps(preset, settings)


def size_and_steps(preset: Preset, settings: PaintSettings) -> tuple[int, int]:
    """Give the long side in pixels and the steps: those of the settings, else the preset's own."""
    own_steps = (preset.fast_steps if settings.fast else None) or preset.steps
    size = preset.size if settings.size is None else settings.size
    steps = own_steps if settings.steps is None else settings.steps
    return size, steps


def check_mask(request: StylizeRequest) -> None:
    """Raise RequestRejected where the preset cannot keep two styles apart by a mask."""
    recipe, _, _ = settle(request.settings)
    if request.mask is not None and len(request.styles) > 1 and recipe.matching is None:
        raise RequestRejected(
            "The preset {preset} takes a mask with one style only: leave one out, or choose one "
            "of {presets}.",
            preset=request.settings.preset,
            presets=with_matching(),
        )


def with_matching() -> str:
    """Name the presets that take strokes from cells of the style."""
    return ", ".join(name for name, preset in PRESETS.items() if preset.recipe.matching)


def with_strength(recipe: Recipe, strength: float) -> Recipe:
    """The recipe with more of the style than its own (above 1), or less (under 1).

    The style's weight grows with the square of `strength`: at twice the weight a painting is
    hardly another. With neighbours it grows with `strength`, and the content's shares shrink; at
    less strength flat parts and colours stay more like the content's too.
    """
    if recipe.matching is None:
        return replace(recipe, style_weight=recipe.style_weight * strength**2)
    octaves = max(-2.0, min(2.0, math.log2(strength)))
    more, less = max(0.0, octaves) / 2, max(0.0, -octaves) / 2  # 0 to 1
    matching = recipe.matching
    matching = replace(
        matching,
        fidelity=_ends(matching.fidelity, lambda share: _turned(share, 0.5 * more, 0.6 * less)),
        content_share=_ends(
            matching.content_share, lambda share: _turned(share, 0.5 * more, 0.6 * less)
        ),
        unlike_share=_turned(matching.unlike_share, 0.7 * more, 0.5 * less),
        flat_share=_turned(matching.flat_share, 0.0, 0.8 * less),
        colors=matching.colors * (1 - 0.5 * less),
        touch=matching.touch * (1 - 0.6 * less),
    )
    return replace(recipe, style_weight=recipe.style_weight * strength, matching=matching)


def with_brush(recipe: Recipe, brush: Brush) -> Recipe:
    """The recipe for strokes of another size: a bold brush leaves the finest detail out."""
    matching = recipe.matching
    if matching is None or brush == "medium":
        return recipe
    first, last = matching.fidelity
    if brush == "bold":
        matching = replace(
            matching,
            fidelity=(first * 0.9, last * 0.77),
            content_share=_ends(matching.content_share, lambda share: share * 0.4),
            light=matching.light * 0.4,
        )
    else:
        matching = replace(matching, fidelity=(first, _turned(last, 0.0, 0.3)))
    return replace(recipe, matching=matching)


def _turned(share: float, down: float, up: float) -> float:
    """A share, a part `down` of it less and a part `up` of what it lacks to 1 more."""
    return share * (1 - down) + (1 - share) * up


def _ends(shares: tuple[float, float], change: Callable[[float], float]) -> tuple[float, float]:
    first, last = shares
    return change(first), change(last)
