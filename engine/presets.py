"""The presets: named ways to paint, as plain data free of torch.

What people choose from is the first half of each; the recipe is how it is painted.
"""

from dataclasses import dataclass, replace
from typing import Literal

from engine.errors import RequestRejected
from engine.request import PaintSettings


@dataclass(frozen=True)
class Recipe:
    """How a preset paints. Taps are named as in `engine.vgg19`."""

    content_taps: dict[str, float]  # tap -> weight of its mean squared difference
    style_taps: dict[str, float]  # tap -> weight of its difference of statistics
    content_weight: float
    style_weight: float
    statistic: Literal["raw gram", "gram", "moments"]  # see engine.losses
    relative: bool  # whether each layer's loss is divided by the energy of its target
    pooling: Literal["average", "max"]
    padding: Literal["replicate", "zeros"]
    canvas: Literal["rgb", "symmetric"]  # pixels in [0, 1] and ImageNet's normalisation, or [-1, 1]
    start: Literal["content", "recolored", "noise"]  # recolored: in the first style's colours
    optimiser: Literal["adam", "lbfgs"]
    learning_rate: float = 1.0  # of Adam, in the canvas's unit; L-BFGS takes unit steps
    history: int = 20  # pairs that L-BFGS remembers
    noise: float = 0.0  # deviation of what the seed adds to the start, of pixels in [0, 1]
    averaging: float = 0.0  # decay of the average over iterates that is shown; 0 shows the last
    smoothness: float = 0.0  # weight of the total variation, squared
    coarsest: int | None = None  # pixels on the long side of the first scale; None: one scale only
    keeps_aspect: bool = True  # False squeezes both pictures to a square
    resampling: Literal["lanczos", "bilinear"] = "lanczos"


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

# Chosen by looking and by `python -m tests.benchmarks pictures`: L-BFGS reaches a third of Adam's
# loss in the same time, and its strokes are cleaner. The lower content taps keep edges and faces,
# and cost next to nothing in style; the smoothness takes out the weave that is finer than a stroke;
# beginning at 144 pixels lays the large forms down first.
MURAL = Recipe(
    content_taps={"relu2_1": 0.2, "relu3_1": 0.3, "relu4_1": 0.5},
    style_taps=EVEN_STYLE,
    content_weight=1.0,
    style_weight=4.0,
    statistic="gram",
    relative=True,
    pooling="average",
    padding="replicate",
    canvas="rgb",
    start="recolored",
    noise=0.02,
    optimiser="lbfgs",
    history=10,
    smoothness=3.0,
    coarsest=144,
)

PRESETS = {
    preset.name: preset
    for preset in (
        Preset("mural", "the best picture: coarse to fine, aspect ratio kept", 512, 130, MURAL),
        Preset("draft", "what mural begins with, in seconds", 256, 30, MURAL),
        Preset("gatys", "the paper: one scale, five style layers, L-BFGS", 512, 300, GATYS),
        Preset(
            "seed",
            "the original Muralscape, number for number, at 256x256",
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
            f"There is no preset {settings.preset!r}: choose one of {', '.join(PRESETS)}."
        )
    if settings.fast and preset.fast is None:
        raise RequestRejected(f"The preset {preset.name} has no fast setting.")
    recipe = (preset.fast if settings.fast else None) or preset.recipe
    own_steps = (preset.fast_steps if settings.fast else None) or preset.steps
    size = preset.size if settings.size is None else settings.size
    steps = own_steps if settings.steps is None else settings.steps
    return recipe, size, steps
