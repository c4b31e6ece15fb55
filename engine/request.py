"""What goes into the engine and what comes out: plain data, free of torch and of Pillow.

`PaintSettings` and `PaintOutcome` are carried whole, as values or as JSON, by everything between a
member's command and the engine: an option is named here, in its command, and where it acts.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Any, ClassVar, Literal, get_args

from engine.errors import RequestRejected, Sentence, Wording
from engine.motion.clip import MOST_FRAMES, MOST_SECONDS

if TYPE_CHECKING:
    from PIL.Image import Image
    from pydantic import TypeAdapter

DEFAULT_PRESET = "mural"
SMALLEST_SIDE = 16  # pixels; VGG-19's four poolings leave one feature of it
LARGEST_SIDE = 16384  # pixels
LARGEST_STEPS = 100_000
LARGEST_STRENGTH = 100.0
LARGEST_WEIGHT = 1_000_000  # of a style
SEEDS = 2**63  # of each sign: what every random number generator and database takes
MOST_MASKED_STYLES = 2  # one where a mask is white, one where it is black

Brush = Literal["fine", "medium", "bold"]
BRUSHES: tuple[Brush, ...] = get_args(Brush)


@dataclass(frozen=True)
class FilmSettings:
    """How much of a moving content is painted."""

    frames: int  # at most, evenly over the seconds
    seconds: float  # from the beginning of the content


@dataclass(frozen=True)
class PaintSettings:
    """How to paint: all that is asked for beside the pictures."""

    # Unknown keys are refused by `from_dict`: an option must not be dropped on the way.
    __pydantic_config__: ClassVar[dict[str, str]] = {"extra": "forbid"}

    preset: str = DEFAULT_PRESET
    size: int | None = None  # pixels on the long side; None takes the preset's own
    steps: int | None = None  # optimisation steps over all scales; None takes the preset's own
    strength: float = 1.0  # of the style against the content; 1 is the preset's own
    keep_colors: bool = False  # the content's colours, the style's strokes
    fast: bool = False  # the preset's documented fast setting, where it has one
    seed: int = 0
    style_weights: tuple[float, ...] = (1.0,)  # one per style; only their proportions count
    brush: Brush = "medium"  # how coarse the strokes are
    # Whether the painting is transparent where the content is; None: for emoji and stickers.
    keep_alpha: bool | None = None
    film: FilmSettings | None = None  # None: a still, of the content's first frame

    def check(self) -> None:
        """Raise RequestRejected where a value is out of its range, whatever the preset."""
        size, steps, strength, weights = self.size, self.steps, self.strength, self.style_weights
        if size is not None and not SMALLEST_SIDE <= size <= LARGEST_SIDE:
            raise RequestRejected(
                "The size must be {least} to {most} pixels, not {size}.",
                least=SMALLEST_SIDE,
                most=LARGEST_SIDE,
                size=size,
            )
        if steps is not None and not 1 <= steps <= LARGEST_STEPS:
            raise RequestRejected(
                "The steps must be 1 to {most}, not {steps}.", most=LARGEST_STEPS, steps=steps
            )
        if not 0 < strength <= LARGEST_STRENGTH:  # false for NaN
            raise RequestRejected(
                "The strength must be above 0 and at most {most}, not {strength}.",
                most=LARGEST_STRENGTH,
                strength=strength,
            )
        if not all(0 <= weight <= LARGEST_WEIGHT for weight in weights) or not sum(weights):
            raise RequestRejected(
                "The styles' weights must be between 0 and {most}, and not all zero.",
                most=LARGEST_WEIGHT,
            )
        if not -SEEDS <= self.seed < SEEDS:
            raise RequestRejected("The seed must be between -2^63 and 2^63 - 1.")
        film = self.film
        if film and not (1 <= film.frames <= MOST_FRAMES and 0 < film.seconds <= MOST_SECONDS):
            raise RequestRejected(
                "A film has 1 to {frames} frames and at most {seconds} seconds.",
                frames=MOST_FRAMES,
                seconds=MOST_SECONDS,
            )
        if self.brush not in BRUSHES:
            raise RequestRejected(
                "There is no brush {brush}: choose one of {brushes}.",
                brush=repr(self.brush),
                brushes=", ".join(BRUSHES),
            )

    def to_dict(self) -> dict[str, Any]:
        """Give all fields as JSON values."""
        values: dict[str, Any] = _settings().dump_python(self, mode="json")
        return values

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> "PaintSettings":
        """Read what `to_dict` gave, of this version or an older one: absent fields get defaults.

        Raises ValueError for a field that there is not, or a value that is not one of its type's.
        """
        return _settings().validate_python(values)


@dataclass(frozen=True)
class Surroundings:
    """What lies around a picture that is a part of a larger one, and is to flow into it.

    `paint` and `paint_mask` cover the content, at any size; `whole` is all of the larger picture.
    """

    paint: "Image"  # mode RGB: finished paint, wherever the mask is not black
    # white where the paint stays as it is, grey where the painting fades into it
    paint_mask: "Image"
    whole: "Image"  # mode RGB: its colours are matched to the styles', rather than the part's


@dataclass(frozen=True)
class StylizeRequest:
    """One painting to make.

    Pictures are upright sRGB images in mode RGB, as `engine.images.decode` returns them; those of
    other modes raise ValueError. Raises RequestRejected where there is no style, or not one weight
    for each, or a mask for more than two.
    """

    content: "Image"
    styles: "tuple[Image, ...]"
    settings: PaintSettings = PaintSettings()
    # White where the first style paints, black where the second does or, with one style, where
    # the content stays; of any size and mode.
    mask: "Image | None" = None
    alpha: "Image | None" = None  # the opacity of the painting, mode L, of any size
    surroundings: Surroundings | None = None

    def __post_init__(self) -> None:
        if not self.styles or len(self.settings.style_weights) != len(self.styles):
            raise RequestRejected("Give at least one style, and one weight for each.")
        if self.mask is not None and len(self.styles) > MOST_MASKED_STYLES:
            raise RequestRejected(
                "A mask divides the canvas between {most} styles at most, not {styles}.",
                most=MOST_MASKED_STYLES,
                styles=len(self.styles),
            )
        around = (self.surroundings.paint, self.surroundings.whole) if self.surroundings else ()
        modes = {picture.mode for picture in (self.content, *self.styles, *around)}
        if modes != {"RGB"}:
            raise ValueError(f"pictures must be in mode RGB, not {', '.join(sorted(modes))}")
        if self.alpha is not None and self.alpha.mode != "L":
            raise ValueError(f"alpha must be in mode L, not {self.alpha.mode}")


@dataclass(frozen=True)
class Losses:
    """The preset's own loss at one step and the two parts that add up to it."""

    total: float
    content: float
    style: float


@dataclass(frozen=True)
class Reading:
    """What the host learns of one step."""

    finite: bool  # where not, the step changed nothing
    losses: Losses
    repeated: bool = False  # taken in FP32, because FP16 could not hold it


@dataclass(frozen=True)
class Progress:
    """Where a painting stands. `preview` fetches the picture of this moment when it is called."""

    step: int  # steps done, 1 to total_steps
    total_steps: int
    losses: Losses
    seconds: float  # since the first step
    seconds_left: float  # predicted
    preview: "Callable[[], Image]"


@dataclass(frozen=True)
class PaintOutcome:
    """How a painting was made."""

    width: int  # pixels
    height: int
    preset: str
    steps: int
    losses: Losses  # of the last step
    seconds: float
    device: str  # such as "cpu" or "cuda:0 (NVIDIA H100)"
    precision: str  # of the convolutions: "fp16", "bf16" or "fp32"
    weights: str  # in words for people, such as "bundled VGG-19 (Tiny ImageNet)"
    seed: int
    repeated_steps: int = 0  # steps that were not finite and were done again in FP32
    curve: tuple[tuple[int, float], ...] = field(default=(), repr=False)  # (step, total loss)
    scale_starts: tuple[int, ...] = ()  # the steps at which targets changed; losses jump there
    notes: tuple[str, ...] = ()  # sentences for people, such as of a picture that was cut off
    wordings: tuple[Wording, ...] = ()  # of each note; older workers send none
    frames: int = 0  # of a film; 0: a still
    frames_asked: int = 0  # more than `frames`, where the film was stopped

    @property
    def sentences(self) -> tuple[Sentence, ...]:
        """The notes, each with its wording where that is known."""
        wordings: tuple[Wording | None, ...] = self.wordings
        if len(wordings) != len(self.notes):
            wordings = (None,) * len(self.notes)
        return tuple(map(Sentence.received, self.notes, wordings))

    @property
    def is_cut_short(self) -> bool:
        """Whether it is a film that was stopped before its last frame."""
        return self.frames < self.frames_asked

    def to_dict(self) -> dict[str, Any]:
        """Give all fields as JSON values."""
        values: dict[str, Any] = _outcomes().dump_python(self, mode="json")
        return values

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> "PaintOutcome":
        """Read what `to_dict` gave, of this version or another. Raises ValueError if it did not."""
        return _outcomes().validate_python(values)


@dataclass(frozen=True)
class Painting:
    """A finished painting and how it was made."""

    picture: "Image"
    outcome: PaintOutcome


# Imported where JSON is read or written: painting needs no pydantic.
@cache
def _settings() -> "TypeAdapter[PaintSettings]":
    from pydantic import TypeAdapter

    return TypeAdapter(PaintSettings)


@cache
def _outcomes() -> "TypeAdapter[PaintOutcome]":
    from pydantic import TypeAdapter

    return TypeAdapter(PaintOutcome)
