"""Pictures that people send and nobody expects: tiny, long, flat, all alike. All are painted."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as configure
from hypothesis import strategies as st
from PIL import Image

from engine import scales
from engine.presets import PRESETS
from engine.request import BRUSHES, Brush, PaintSettings, StylizeRequest
from engine.scales import plan_scales
from engine.stylize import stylize
from engine.vgg19 import Encoder

MATCHING = [name for name, preset in PRESETS.items() if preset.recipe.matching]


def plain(width: int, height: int, color: str = "teal") -> Image.Image:
    """A picture of one colour."""
    return Image.new("RGB", (width, height), color)


def noisy(width: int, height: int, deviation: float = 80) -> Image.Image:
    """A picture with some colour and random light and dark."""
    return Image.blend(
        Image.effect_noise((width, height), deviation).convert("RGB"),
        plain(width, height, "orange"),
        0.4,
    )


def paint(
    encoder: Encoder,
    content: Image.Image,
    *styles: Image.Image,
    mask: Image.Image | None = None,
    **settings: Any,  # noqa: ANN401 - fields of PaintSettings
) -> Image.Image:
    """Paint, and check what must hold of every painting: its size, and losses that are finite."""
    weights = settings.pop("style_weights", (1.0,) * len(styles))
    request = StylizeRequest(
        content, styles, PaintSettings(style_weights=weights, **settings), mask
    )
    painting = stylize(request, encoder)
    assert painting.picture.size == plan_scales(request)[-1].size
    assert painting.picture.mode == "RGB"
    assert np.isfinite([loss for _, loss in painting.outcome.curve]).all()
    assert painting.outcome.repeated_steps == 0
    return painting.picture


@pytest.mark.parametrize("preset", list(PRESETS))
@pytest.mark.parametrize(
    ("content", "style"),
    [
        ((64, 48), (16, 16)),
        ((16, 16), (64, 48)),
        ((16, 16), (16, 16)),
        ((800, 16), (64, 48)),
        ((64, 48), (800, 16)),
        ((16, 800), (800, 16)),
        ((33, 47), (17, 61)),
    ],
)
def test_pictures_of_every_size(
    preset: str, content: tuple[int, int], style: tuple[int, int], encoder: Encoder
) -> None:
    """The smallest, the longest, and sides that nothing divides."""
    paint(encoder, noisy(*content), noisy(*style), preset=preset, size=32, steps=2)


@pytest.mark.parametrize("preset", list(PRESETS))
@pytest.mark.parametrize("color", ["black", "white", "teal"])
def test_pictures_of_one_colour(preset: str, color: str, encoder: Encoder) -> None:
    """A flag or a blank page, as content, as style and as both: no NaN, and no crash."""
    flat, other = plain(40, 40, color), noisy(40, 40)
    for content, style in ((flat, other), (other, flat), (flat, flat)):
        paint(encoder, content, style, preset=preset, size=32, steps=2)


@pytest.mark.parametrize("preset", MATCHING)
def test_a_flat_style_paints_in_its_colour(preset: str, encoder: Encoder) -> None:
    """Nothing else than a style's own colours comes into a picture, but for light and dark."""
    picture = paint(encoder, noisy(40, 40), plain(40, 40, "red"), preset=preset, size=32, steps=6)

    red, green, blue = np.moveaxis(np.asarray(picture).astype(int), 2, 0)
    assert red.mean() - green.mean() > 100
    assert red.mean() - blue.mean() > 100


@pytest.mark.parametrize("preset", MATCHING)
def test_a_content_in_its_own_style_stays(
    preset: str, encoder: Encoder, style: Image.Image
) -> None:
    """Every cell finds itself, so that little is left to change."""
    own = style.resize((48, 48))

    picture = paint(encoder, own, own, preset=preset, size=48, steps=6)

    difference = np.asarray(picture).astype(int) - np.asarray(own).astype(int)
    assert np.abs(difference).mean() < 20


def test_pixel_art_has_no_holes(encoder: Encoder) -> None:
    """Large squares of few colours, with one small thing on them: no pixel falls to black."""
    art = plain(32, 32, "skyblue")
    art.paste("gold", (0, 24, 32, 32))
    art.paste("crimson", (14, 14, 17, 17))

    picture = paint(encoder, art, art, size=32, steps=5)

    assert np.asarray(picture).max(axis=2).min() > 80


@pytest.mark.parametrize(("most", "cell"), [(80, 8), (40, 16), (10, 32)])
@pytest.mark.parametrize("brush", BRUSHES)
def test_large_cells_paint_too(
    brush: Brush,
    most: int,
    cell: int,
    encoder: Encoder,
    monkeypatch: pytest.MonkeyPatch,
    content: Image.Image,
    style: Image.Image,
) -> None:
    """Cells of 8 to 32 pixels, which pictures from 513 pixels on have, on canvases off their grid.

    The limit of cells is lowered, because such pictures take minutes to paint.
    """
    monkeypatch.setattr(scales, "MOST_CELLS", most)
    strip = content.crop((0, 0, content.width, content.width * 2 // 3))
    request = StylizeRequest(strip, (style,), PaintSettings(size=75, steps=4))
    assert plan_scales(request)[-1].cell == cell

    picture = paint(encoder, strip, style, size=75, steps=4, brush=brush)

    assert picture.size == (75, 50)
    assert np.asarray(picture).std() > 10


SIDES = st.integers(16, 70)
SHAPES = st.tuples(SIDES, SIDES)
PICTURES = st.one_of(
    st.builds(lambda shape: noisy(*shape), SHAPES),
    st.builds(
        lambda shape, deviation: noisy(shape[0], shape[1], deviation), SHAPES, st.integers(0, 255)
    ),
    st.builds(
        lambda shape, color: plain(shape[0], shape[1], color),
        SHAPES,
        st.sampled_from(["black", "white", "red", "teal"]),
    ),
)
MASKS = st.builds(
    lambda shape, deviation: Image.effect_noise(shape, deviation),
    st.tuples(st.integers(1, 80), st.integers(1, 80)),
    st.integers(0, 255),
)
WEIGHTS = st.sampled_from([0.5, 1.0, 3.0])


@st.composite
def requests(draw: st.DrawFn) -> StylizeRequest:
    """Anything that can be asked for, of small pictures."""
    preset = draw(st.sampled_from(list(PRESETS)))
    matching = PRESETS[preset].recipe.matching is not None
    mask = draw(st.none() | MASKS)
    most = 3 if mask is None else 2 if matching else 1
    styles = tuple(draw(st.lists(PICTURES, min_size=1, max_size=most)))
    settings = PaintSettings(
        preset,
        size=draw(st.sampled_from([16, 17, 31, 32, 45, 64, 66, 80])),
        steps=draw(st.integers(1, 3)),
        strength=draw(st.sampled_from([0.1, 0.25, 1.0, 4.0, 10.0])),
        keep_colors=draw(st.booleans()),
        fast=draw(st.booleans()) if PRESETS[preset].fast else False,
        seed=draw(st.integers(0, 2**31)),
        style_weights=tuple(draw(WEIGHTS) for _ in styles),
        brush=draw(st.sampled_from(BRUSHES)) if matching else "medium",
    )
    return StylizeRequest(draw(PICTURES), styles, settings, mask)


@configure(max_examples=10, deadline=None)
@given(requests())
def test_whatever_is_asked_for_is_painted(encoder: Encoder, request: StylizeRequest) -> None:
    """No request crashes, comes out in another size, or has a loss that is not finite."""
    painting = stylize(request, encoder)

    assert painting.picture.size == plan_scales(request)[-1].size
    assert len(painting.outcome.curve) == request.settings.steps
    assert np.isfinite([loss for _, loss in painting.outcome.curve]).all()


@pytest.mark.parametrize("preset", ["mural", "gatys"])
def test_order_and_styles_of_no_weight_change_nothing(preset: str, encoder: Encoder) -> None:
    """The very same pixels, whichever style comes first, and whatever has no weight."""
    content, one, other = noisy(40, 40), noisy(48, 32), plain(40, 40, "red")

    def painted(*styles: Image.Image, weights: tuple[float, ...]) -> bytes:
        return paint(
            encoder, content, *styles, preset=preset, size=32, steps=4, style_weights=weights
        ).tobytes()

    assert painted(one, other, weights=(1, 3)) == painted(other, one, weights=(3, 1))
    assert painted(one, other, weights=(0, 1)) == painted(other, weights=(1,))
