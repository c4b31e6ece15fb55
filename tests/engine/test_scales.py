"""Sizes on the way from coarse to fine, and the steps they get."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from engine.presets import MURAL, PRESETS
from engine.request import BRUSHES, SMALLEST_SIDE, PaintSettings, StylizeRequest
from engine.scales import (
    FEWEST_STEPS,
    GRID,
    MOST_CELLS,
    Scale,
    fit,
    pixels_wanted,
    plan_scales,
    style_size,
    style_sizes,
)


def wish(shape: tuple[int, int], **options: object) -> StylizeRequest:
    """A request whose content has a (width, height)."""
    picture = Image.new("RGB", shape)
    return StylizeRequest(picture, (picture,), PaintSettings(**options))  # type: ignore[arg-type]


@given(
    st.sampled_from(list(PRESETS)),
    st.tuples(st.integers(16, 200), st.integers(16, 200)),
    st.integers(16, 2048),
    st.integers(1, 500),
)
def test_scales_grow_to_the_size_and_share_all_steps(
    preset: str, picture: tuple[int, int], size: int, steps: int
) -> None:
    """The last scale is the size asked for, no scale is empty, and no step is lost.

    A strip is as long as its short side needs.
    """
    aspect = max(picture) / min(picture) if PRESETS[preset].recipe.keeps_aspect else 1
    scales = plan_scales(wish(picture, preset=preset, size=size, steps=steps))

    sides = [scale.long_side for scale in scales]
    assert sides == sorted(sides)
    assert sides[-1] == max(size, round(SMALLEST_SIDE * aspect))
    assert sum(scale.steps for scale in scales) == steps
    assert all(scale.steps >= 1 for scale in scales)
    assert all(min(scale.size) >= SMALLEST_SIDE for scale in scales)


def test_one_scale_presets_have_one() -> None:
    """The paper's and the original's presets paint at the last size only."""
    for preset in ("gatys", "seed"):
        assert len(plan_scales(wish((640, 480), preset=preset))) == 1
    assert len(plan_scales(wish((640, 480), preset="mural"))) > 2


@pytest.mark.parametrize(
    ("picture", "expected"),
    [((640, 480), (512, 384)), ((480, 640), (384, 512)), ((100, 100), (512, 512))],
)
def test_fit_keeps_the_shape(picture: tuple[int, int], expected: tuple[int, int]) -> None:
    """The long side becomes the size, the other follows."""
    assert fit(picture, 512) == expected


def test_fit_never_goes_under_what_the_network_sees() -> None:
    """A long strip keeps its shape, and a short side that four poolings leave something of."""
    assert fit((1600, 100), 64) == (256, SMALLEST_SIDE)
    assert fit((200, 3000), 96) == (SMALLEST_SIDE, 240)


@given(
    st.sampled_from([name for name, preset in PRESETS.items() if preset.recipe.keeps_aspect]),
    st.tuples(st.integers(16, 4000), st.integers(16, 4000)),
    st.tuples(st.integers(16, 4000), st.integers(16, 4000)),
    st.integers(16, 16384),
)
def test_cells_are_few_and_lie_on_the_grid(
    preset: str, content: tuple[int, int], style: tuple[int, int], size: int
) -> None:
    """Whatever the size, the search has no more cells to look for, and every cell is whole."""
    request = replace(
        wish((16, 16), preset=preset, size=size), content=Blank(content), styles=(Blank(style),)
    )
    for scale in plan_scales(request):
        width, height = scale.canvas
        assert width % scale.grid == height % scale.grid == 0
        assert scale.grid % scale.cell == 0
        assert scale.grid >= GRID
        assert 0 <= width - scale.width < scale.grid
        assert 0 <= height - scale.height < scale.grid
        assert -(-scale.width // scale.cell) * -(-scale.height // scale.cell) <= MOST_CELLS
        # Filled up with its reflection, which is no larger than the picture.
        assert width < 2 * scale.width
        assert height < 2 * scale.height
        for sides in style_sizes(request, scale):
            assert min(sides) >= scale.grid
            assert all(side % scale.grid == 0 for side in sides)


class Blank(Image.Image):
    """A picture of a size, without its pixels."""

    def __init__(self, size: tuple[int, int]) -> None:
        super().__init__()
        self._size, self._mode = size, "RGB"


@pytest.mark.parametrize(("side", "cell"), [(64, 4), (512, 4), (513, 8), (1024, 8), (4096, 32)])
def test_larger_pictures_have_larger_cells(side: int, cell: int) -> None:
    """As many cells at every size, so that the search costs the same."""
    assert Scale(side, side, 1).cell == cell


def test_neighbours_are_looked_for_again_where_steps_allow() -> None:
    """A scale with enough steps comes twice, of the same size and place, and shares its steps."""
    searches = MURAL.matching.searches if MURAL.matching else 0
    assert searches > 1
    scales = plan_scales(wish((640, 480), size=256, steps=40 * FEWEST_STEPS))
    places = [(scale.size, scale.place) for scale in scales]
    assert all(places.count(one) == searches for one in places)
    assert scales[0].place == 0
    assert scales[-1].place == 1

    few = plan_scales(wish((640, 480), size=256, steps=3))
    assert len({scale.size for scale in few}) == len(few) == 3


def test_places_are_those_of_all_sizes() -> None:
    """With too few steps for the coarse sizes, the fine ones keep their places."""
    many, few = (plan_scales(wish((640, 480), size=256, steps=steps)) for steps in (200, 2))
    places = {scale.size: scale.place for scale in many}
    assert [scale.place for scale in few] == [places[scale.size] for scale in few]


@given(st.tuples(st.integers(16, 2000), st.integers(16, 2000)), st.integers(64, 1024))
def test_a_style_is_seen_with_as_many_pixels_as_the_canvas(
    style: tuple[int, int], side: int
) -> None:
    """A square and a panorama come to equal areas, their shapes kept, up to the grid."""
    scale = Scale(side, side, 1)
    width, height = style_size(style, scale, "medium")
    ratio = (scale.width * scale.height / (style[0] * style[1])) ** 0.5
    assert abs(width - style[0] * ratio) <= scale.grid
    assert abs(height - style[1] * ratio) <= scale.grid


@pytest.mark.parametrize("style", [(640, 480), (2000, 16)])
def test_brushes_see_the_style_smaller_or_larger(style: tuple[int, int]) -> None:
    """Fine strokes come of a small style, bold ones of a large."""
    scale = Scale(256, 192, 1)
    fine, medium, bold = (style_size(style, scale, brush)[0] for brush in BRUSHES)
    assert fine < medium < bold


@pytest.mark.parametrize("brush", BRUSHES)
@pytest.mark.parametrize("style", [(4000, 3000), (8000, 1000)])
def test_pictures_are_decoded_larger_than_they_are_seen(brush: str, style: tuple[int, int]) -> None:
    """Three times as large on each side, so that what is resampled twice is not told from once."""
    request = replace(
        wish((16, 16), brush=brush), content=Blank((4000, 3000)), styles=(Blank(style),)
    )
    wanted, finest = pixels_wanted(request.settings), plan_scales(request)[-1]
    assert wanted is not None
    for width, height in (finest.size, *style_sizes(request, finest)):
        assert wanted >= 8.9 * width * height


def test_every_pixel_counts_for_the_original() -> None:
    """Its numbers are those of whole pictures, resampled once."""
    assert pixels_wanted(PaintSettings("seed")) is None
