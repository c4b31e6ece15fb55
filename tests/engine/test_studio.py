"""What each scale begins from, whatever the range of the canvas's pixels."""

from dataclasses import replace

import pytest
from PIL import Image, ImageChops, ImageStat

from engine.presets import SEED, Recipe
from engine.request import PaintSettings, StylizeRequest
from engine.scales import Scale
from engine.studio import Studio
from engine.vgg19 import Encoder

COARSE, FINE = (Scale(side, side, steps=1, squeezed=True) for side in (32, 64))
# Pixels in [-1, 1] as those of `seed`, which itself has neither noise nor a coarser scale.
FROM_NOISE = replace(SEED, start="noise", noise=0.1)


@pytest.fixture
def half_black() -> StylizeRequest:
    """A picture, black on the left and white on the right, in its own style."""
    picture = Image.new("RGB", (64, 64), "black")
    picture.paste("white", (32, 0, 64, 64))
    return StylizeRequest(picture, (picture,), PaintSettings("seed", 64))


def studio(request: StylizeRequest, recipe: Recipe, encoder: Encoder) -> Studio:
    """A studio with plenty of memory."""
    return Studio(request, recipe, encoder, 2**40, FINE)


def test_noise_on_a_symmetric_canvas_lies_around_grey(
    half_black: StylizeRequest, encoder: Encoder
) -> None:
    """The picture begins at middle grey, with the recipe's deviation of pixels in [0, 1]."""
    noise = studio(half_black, FROM_NOISE, encoder)
    seen = ImageStat.Stat(noise.picture(noise.first_canvas(FINE), FINE))

    assert seen.mean == pytest.approx([127.5] * 3, abs=3)
    assert seen.stddev == pytest.approx([25.5] * 3, abs=2)


def test_dark_pixels_of_a_symmetric_canvas_stay_dark_at_the_next_scale(
    half_black: StylizeRequest, encoder: Encoder
) -> None:
    """Between two scales the canvas is clipped to its own range, in which black is -1."""
    painter = studio(half_black, SEED, encoder)
    coarse = painter.stepper(COARSE, painter.first_canvas(COARSE)).canvas
    fine = painter.stepper(FINE, painter.clip_and_crop(coarse, COARSE)).canvas

    off = ImageChops.difference(painter.picture(fine, FINE), half_black.content)
    assert max(ImageStat.Stat(off).mean) < 5


def test_cells_of_the_style_are_for_pixels_in_0_to_1() -> None:
    """A recipe that would take them to a symmetric canvas is refused where it is written."""
    with pytest.raises(ValueError, match="alone"):
        replace(SEED, start="recolored")
