"""The last touch: pixels of the styles in place of what was painted."""

import pytest
import torch
from torch import Tensor

from engine.touch import PaintSheet, blurred, touch

CELL = 4


def noise(height: int, width: int, seed: int = 0) -> Tensor:
    """A picture of random pixels, (1, 3, H, W) in [0, 1]."""
    return torch.rand(1, 3, height, width, generator=torch.Generator().manual_seed(seed))


def plain(height: int, width: int, *color: float) -> Tensor:
    """A picture of one colour."""
    return torch.tensor(color).view(1, 3, 1, 1).expand(1, 3, height, width).clone()


def touched(
    canvas: Tensor,
    *styles: Tensor,
    neighbours: Tensor | None = None,
    light: float = 0.0,
    style: int | None = None,
    seed: int = 0,
) -> Tensor:
    """The canvas after the last touch, each cell beginning at the first cell of the styles."""
    sheet = PaintSheet(styles, CELL)
    _, _, height, width = canvas.shape
    if neighbours is None:
        neighbours = torch.zeros(height * width // CELL**2, dtype=torch.int64)
    kept = torch.full((1, 1, height, width), light)
    return touch(canvas, sheet, sheet.corners[neighbours], CELL, kept, style=style, seed=seed)


def test_identical_pictures_begin_at_themselves() -> None:
    """With the right neighbours a canvas that is the style stays as it is, but for its edge."""
    picture = noise(48, 48)

    painted = touched(picture, picture, neighbours=torch.arange(144))

    inside = (slice(None), slice(None), slice(2, -2), slice(2, -2))
    close = (painted - picture)[inside].abs().amax(1) < 0.01
    assert float(close.float().mean()) > 0.97


def test_the_paint_is_the_styles() -> None:
    """Of a green canvas nothing is left in the paint of a style of reds and blues."""
    red, blue = plain(32, 32, 0.9, 0.1, 0.1), plain(32, 32, 0.1, 0.1, 0.9)
    style = torch.where(noise(32, 32)[:, :1] > 0.5, red, blue)

    painted = touched(plain(48, 32, 0.1, 0.9, 0.1), style)

    assert float(painted[:, 1].max()) < 0.11
    torch.testing.assert_close(painted[:, 0] + painted[:, 2], torch.ones(1, 48, 32))


def test_a_canvas_keeps_its_light_and_dark_where_it_is_asked_to() -> None:
    """With all light kept, a dark half stays dark in the paint of a grey style; with none not."""
    canvas = torch.cat([plain(32, 32, 0.1, 0.1, 0.1), plain(32, 32, 0.8, 0.8, 0.8)], 3)
    grey = plain(32, 32, 0.5, 0.5, 0.5)

    none, whole = touched(canvas, grey), touched(canvas, grey, light=1.0)

    torch.testing.assert_close(none, torch.full_like(canvas, 0.5))
    torch.testing.assert_close(whole[..., :24], canvas[..., :24], atol=0.01, rtol=0)
    torch.testing.assert_close(whole[..., 40:], canvas[..., 40:], atol=0.01, rtol=0)


@pytest.mark.parametrize("size", [(16, 16), (20, 44), (36, 24), (64, 256)])
def test_paint_reaches_every_edge(size: tuple[int, int]) -> None:
    """No pixel stays without a patch, at sizes that the steps of patches do not divide either."""
    painted = touched(noise(*size), plain(32, 32, 0.25, 0.5, 0.75))

    assert painted.shape == (1, 3, *size)
    torch.testing.assert_close(painted, plain(*size, 0.25, 0.5, 0.75))


@pytest.mark.parametrize("size", [(16, 16), (17, 16), (19, 33), (40, 24)])
def test_styles_of_any_size_give_whole_patches_only(size: tuple[int, int]) -> None:
    """Beside a narrower style the sheet is empty, and that emptiness is never painted with."""
    styles = plain(*size, 0.5, 0.5, 0.5), plain(24, 48, 0.4, 0.6, 0.5)

    painted = touched(torch.zeros(1, 3, 32, 32), *styles)

    assert float(painted.min()) > 0.39
    assert float(painted.max()) < 0.61


def test_it_is_deterministic() -> None:
    """The seed draws where to look: the same one paints the same, another one differently."""
    canvas, style = noise(32, 48, 1), noise(64, 48, 2)

    assert torch.equal(touched(canvas, style), touched(canvas, style))
    assert not torch.equal(touched(canvas, style), touched(canvas, style, seed=1))


@pytest.mark.parametrize("style", [0, 1])
def test_one_style_alone_can_be_allowed(style: int) -> None:
    """However far its paint is from the canvas, and wherever the search begins."""
    styles = plain(32, 32, 0.9, 0.1, 0.1), plain(24, 48, 0.1, 0.1, 0.9)
    canvas = styles[1 - style][:, :, :24, :32]

    painted = touched(canvas, *styles, style=style)

    torch.testing.assert_close(painted, styles[style][:, :, :1, :1].expand(1, 3, 24, 32))


def test_it_finds_better_patches_than_it_began_with() -> None:
    """Beginning everywhere at the same corner, most of a shifted picture is found again."""
    style = blurred(noise(64, 64)[0].unsqueeze(1), 2.0).view(1, 3, 64, 64)
    canvas = style[:, :, 13:61, 7:55].contiguous()

    painted = touched(canvas, style)

    assert float((painted - canvas).square().mean()) < 0.25 * float(canvas.var())


def test_a_patch_like_nothing_in_the_style_is_painted_too() -> None:
    """Among patches that match exactly one that does not is far away, and still no hole.

    Flat pictures, such as logos and pixel art, are of this kind.
    """
    style = plain(32, 32, 0.5, 0.5, 0.5)
    canvas = style.clone()
    canvas[:, :, 12:20, 12:20] = torch.tensor([1.0, 0.0, 0.0]).view(1, 3, 1, 1)

    torch.testing.assert_close(touched(canvas, style), style)
