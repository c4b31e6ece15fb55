"""The pictures of a request as tensors: sizes, masks, colours and shares."""

from dataclasses import replace

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from torch import Tensor

from engine.canvases import Canvases, filled_up
from engine.presets import PRESETS, settle
from engine.request import BRUSHES, PaintSettings, StylizeRequest
from engine.scales import Scale, plan_scales, style_sizes
from engine.tensors import to_tensor

CPU = torch.device("cpu")
RED, BLUE = (Image.new("RGB", (48, 32), color) for color in ("red", "blue"))


def canvases(request: StylizeRequest) -> tuple[Canvases, Scale]:
    """The canvases of a request, and the finest scale."""
    recipe, _, _ = settle(request.settings)
    finest = plan_scales(request)[-1]
    return Canvases(request, recipe, finest, CPU), finest


def noise(width: int, height: int) -> Image.Image:
    """A grey picture of random pixels."""
    return Image.effect_noise((width, height), 80).convert("RGB")


def halves(left: str, right: str, size: tuple[int, int] = (50, 30)) -> Image.Image:
    """A mask of two greys side by side."""
    mask = Image.new("L", size, right)
    mask.paste(left, (0, 0, size[0] // 2, size[1]))
    return mask


@given(
    st.sampled_from(list(PRESETS)),
    st.tuples(st.integers(16, 90), st.integers(16, 90)),
    st.tuples(st.integers(16, 90), st.integers(16, 90)),
    st.integers(16, 90),
    st.sampled_from(BRUSHES),
)
def test_all_that_is_seen_lies_on_the_grid(
    preset: str, content: tuple[int, int], style: tuple[int, int], size: int, brush: str
) -> None:
    """Canvas and styles have sides that cells and poolings divide; only the seed squeezes."""
    if not PRESETS[preset].recipe.matching:
        brush = "medium"
    settings = PaintSettings(preset, size, brush=brush)  # type: ignore[arg-type]
    request = StylizeRequest(
        Image.new("RGB", content, "red"), (Image.new("RGB", style, "blue"),), settings
    )
    seen, _ = canvases(request)
    for scale in plan_scales(request):
        whole = seen.content(scale)
        (painted,) = seen.styles(scale)
        assert whole.shape == (1, 3, *scale.canvas[::-1])
        assert painted.shape == (1, 3, *style_sizes(request, scale)[0][::-1])
        assert seen.mask(scale).shape == (1, 1, *scale.canvas[::-1])
        if preset != "seed":
            assert all(side % scale.grid == 0 for side in (*whole.shape[2:], *painted.shape[2:]))
        else:
            assert whole.shape[2:] == painted.shape[2:] == (scale.height, scale.width)


@pytest.mark.parametrize("size", [16, 47, 64, 90])
def test_the_canvas_begins_with_the_picture(size: int) -> None:
    """The picture's own pixels are kept, and what fills the canvas up mirrors them."""
    content = noise(90, 61)
    seen, scale = canvases(StylizeRequest(content, (RED,), PaintSettings(size=size)))

    whole = seen.content(scale)

    picture = to_tensor(content, scale.size, CPU)
    assert torch.equal(whole[:, :, : scale.height, : scale.width], picture)
    for column in range(scale.width, scale.canvas[0]):
        mirrored = whole[:, :, :, 2 * scale.width - 2 - column]
        assert torch.equal(whole[:, :, :, column], mirrored)


def test_nothing_is_filled_up_where_nothing_is_missing() -> None:
    """A picture on the grid is its own canvas."""
    picture = torch.rand(1, 3, 32, 48)
    assert filled_up(picture, (48, 32)) is picture


@pytest.mark.parametrize("brush", BRUSHES)
def test_a_brush_is_the_size_at_which_a_style_is_seen(brush: str) -> None:
    """Finer strokes come of a smaller style, coarser ones of a larger; the canvas stays."""
    settings = PaintSettings(size=128)
    plain = StylizeRequest(RED, (BLUE,), settings)
    other = replace(plain, settings=replace(settings, brush=brush))  # type: ignore[arg-type]

    (_, scale), (seen, same) = canvases(plain), canvases(other)

    assert same == scale
    ((usual, _),), ((width, _),) = style_sizes(plain, scale), style_sizes(other, scale)
    assert seen.styles(scale)[0].shape[3] == width
    assert (width > usual) - (width < usual) == BRUSHES.index(brush) - 1


@pytest.mark.parametrize("weights", [(1.0, 1.0), (3.0, 1.0), (0.0, 2.0)])
def test_weights_are_shares(weights: tuple[float, float]) -> None:
    """They add up to one; and so do the colours of the styles in the recoloured content."""
    settings = PaintSettings(size=32, style_weights=weights)
    seen, scale = canvases(StylizeRequest(noise(32, 32), (RED, BLUE), settings))

    shares = seen.style_shares(scale)

    assert shares == pytest.approx([weight / sum(weights) for weight in weights])
    colors = seen.recolored(scale).mean((0, 2, 3))
    assert not seen.is_divided
    assert not seen.keeps_content
    assert (colors[0] - colors[2]) * (shares[0] - shares[1]) >= 0


def test_a_mask_divides_the_canvas() -> None:
    """Two styles share the canvas by the mask's area, whatever their weights."""
    settings = PaintSettings(size=64, style_weights=(5.0, 1.0))
    mask = halves("white", "black")
    request = StylizeRequest(noise(64, 32), (RED, BLUE), settings, mask)
    seen, scale = canvases(request)

    assert seen.is_divided
    assert not seen.keeps_content
    assert seen.style_shares(scale) == pytest.approx([0.5, 0.5], abs=0.02)
    cells = seen.cells_of_first(scale, 8)
    assert cells is not None
    assert torch.equal(cells.view(4, 8), (torch.arange(8) < 4).expand(4, 8))
    left, right = torch.split(seen.recolored(scale), 32, 3)
    assert float((left[:, 0] - left[:, 2]).min()) > 0
    assert float((right[:, 2] - right[:, 0]).min()) > 0


@pytest.mark.parametrize("mode", ["L", "RGB", "1"])
def test_a_mask_may_be_of_any_mode_and_size(mode: str) -> None:
    """White is 1 and black is 0; grey lies between where the mode has it."""
    mask = halves("black", "white", (7, 300)).convert(mode)
    request = StylizeRequest(noise(64, 48), (RED,), PaintSettings(size=64), mask)
    seen, scale = canvases(request)

    found: Tensor = seen.mask(scale)

    assert seen.keeps_content
    assert not seen.is_divided
    assert seen.cells_of_first(scale, 8) is None
    assert float(found[..., :20].max()) == 0
    assert float(found[..., 40:].min()) == 1


def test_the_original_sees_the_whole_picture_resampled_once() -> None:
    """Bit for bit, however large it is."""
    content, style = noise(900, 700), noise(800, 600)
    seen, scale = canvases(StylizeRequest(content, (style,), PaintSettings("seed", 64)))
    pairs = ((content, seen.content(scale)), (style, seen.styles(scale)[0]))
    for picture, shown in pairs:
        once = to_tensor(picture, (64, 64), CPU, "bilinear")
        assert torch.equal(shown, once * 2 - 1)


def test_large_pictures_are_shrunk_once() -> None:
    """Coarser scales are made of the finest scale's picture, of the same size as if asked alone."""
    content = noise(200, 160)
    request = StylizeRequest(content.copy(), (noise(300, 200),), PaintSettings(size=96))
    seen, _ = canvases(request)
    request.content.paste("black", (0, 0, 200, 160))  # which is not looked at again

    for scale in plan_scales(request):
        assert seen.content(scale).shape == (1, 3, *scale.canvas[::-1])
        fresh = to_tensor(content, scale.size, CPU)
        shown = seen.content(scale)[:, :, : scale.height, : scale.width]
        assert float((shown - fresh).abs().mean()) < 0.03
