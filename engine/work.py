"""How much work a painting is, in megapixels times steps of the canvas as it is at each scale.

What a painting costs follows its pixels, not the long side that a member chooses.
"""

from engine.presets import PRESETS
from engine.request import DEFAULT_PRESET, PaintSettings
from engine.scales import BRUSH_SCALES, scales_of

LATER_FRAME = 0.25  # of a still's work: a frame that is painted from the one before, as measured
FIXED_PIXELS = 64 * 64  # a step has a fixed cost, as much as that of so many pixels

Size = tuple[int, int]  # width and height in pixels


def work_of(settings: PaintSettings, content: Size | None = None) -> float:
    """Count the megapixels times steps of a painting, over all its scales.

    `content` is the size of the picture to repaint, or any of its shape; None takes a square. At
    each scale the content is seen once, and each style, at the canvas's area times the brush: half
    a step, which goes back too. A film's later frames are a part of that each. Raises
    RequestRejected for settings that nothing can be painted with.
    """
    preset = settings.preset if settings.preset in PRESETS else DEFAULT_PRESET
    known = PaintSettings(
        preset=preset,
        size=settings.size,
        steps=settings.steps,
        fast=settings.fast and PRESETS[preset].fast is not None,
    )
    seen = 1 + len(settings.style_weights) * BRUSH_SCALES[settings.brush] ** 2
    work = 0.0
    for scale in scales_of(known, content or (1, 1)):
        width, height = scale.canvas
        work += scale.steps * (width * height + FIXED_PIXELS) + 0.5 * seen * width * height
    later = settings.film.frames - 1 if settings.film else 0
    return work * (1 + LATER_FRAME * later) / 1e6
