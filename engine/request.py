"""What goes into the engine and what comes out: plain data, free of torch."""

from collections.abc import Callable
from dataclasses import dataclass

from PIL.Image import Image


@dataclass(frozen=True)
class StylizeRequest:
    """One painting to make.

    Pictures are upright sRGB images in mode RGB, as `engine.images.decode` returns them.
    """

    content: Image
    styles: tuple[Image, ...]
    style_weights: tuple[float, ...] = (1.0,)  # one per style; only their proportions count
    preset: str = "mural"
    size: int | None = None  # pixels on the long side; None takes the preset's own
    steps: int | None = None  # optimisation steps over all scales; None takes the preset's own
    strength: float = 1.0  # of the style against the content, by its square; 1 is the preset's own
    keep_colors: bool = False  # the content's colours, the style's strokes
    fast: bool = False  # the preset's documented fast setting, where it has one
    seed: int = 0


@dataclass(frozen=True)
class Losses:
    """The preset's own loss at one step and the two parts that add up to it."""

    total: float
    content: float
    style: float


@dataclass(frozen=True)
class Progress:
    """Where a painting stands. `preview` fetches the picture of this moment when it is called."""

    step: int  # steps done, 1 to total_steps
    total_steps: int
    losses: Losses
    seconds: float  # since the first step
    seconds_left: float  # predicted
    preview: Callable[[], Image]


@dataclass(frozen=True)
class Painting:
    """A finished painting and how it was made."""

    picture: Image
    preset: str
    steps: int
    losses: Losses  # of the last step
    curve: tuple[tuple[int, float], ...]  # (step, total loss), thinned to at most 1,000 points
    scale_starts: tuple[int, ...]  # the steps at which a scale began; losses jump there
    seconds: float
    device: str  # such as "cpu" or "cuda:0 (NVIDIA H100)"
    precision: str  # of the convolutions: "fp16", "bf16" or "fp32"
    weights: str  # in words for people, such as "bundled VGG-19 (Tiny ImageNet)"
    repeated_steps: int  # steps that were not finite and were done again in FP32
    seed: int
