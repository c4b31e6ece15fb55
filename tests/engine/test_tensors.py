"""Pictures as tensors, and what is done to their colours."""

import numpy as np
import torch
from PIL import Image

from engine.tensors import enlarge, recolored, to_picture, to_tensor

CPU = torch.device("cpu")


def test_a_picture_comes_back_as_it_went() -> None:
    """Eight bits a channel survive the way to floats and back."""
    pixels = np.random.default_rng(1).integers(0, 256, (9, 7, 3), dtype=np.uint8)
    picture = Image.fromarray(pixels)

    there = to_tensor(picture, (7, 9), CPU)

    assert there.shape == (1, 3, 9, 7)
    assert to_picture(there).tobytes() == picture.tobytes()


def test_values_outside_are_clipped() -> None:
    """A canvas may leave [0, 1]; a picture does not wrap around."""
    assert to_picture(torch.full((1, 3, 1, 1), 1.5)).getpixel((0, 0)) == (255, 255, 255)
    assert to_picture(torch.full((1, 3, 1, 1), -0.5)).getpixel((0, 0)) == (0, 0, 0)


def test_enlarging_keeps_what_there_is() -> None:
    """A flat canvas stays flat at another size."""
    assert torch.allclose(enlarge(torch.full((1, 3, 8, 8), 0.3), (24, 16)), torch.tensor(0.3))


def test_recolored_content_has_the_styles_colors() -> None:
    """Mean and covariance of the colours become the style's."""
    generator = torch.Generator().manual_seed(2)
    content = 0.5 + 0.05 * torch.randn(1, 3, 40, 40, generator=generator)
    mix = torch.tensor([[0.1, 0.02, 0.0], [0.0, 0.05, 0.03], [0.0, 0.0, 0.08]])
    noise = torch.randn(1, 3, 30, 50, generator=generator)
    style = torch.tensor([0.6, 0.4, 0.5]).view(1, 3, 1, 1) + torch.einsum(
        "ij,bjhw->bihw", mix, noise
    )

    result = recolored(content, style)[0].flatten(1)

    wanted = style[0].flatten(1)
    torch.testing.assert_close(result.mean(1), wanted.mean(1), atol=2e-3, rtol=0)
    torch.testing.assert_close(torch.cov(result), torch.cov(wanted), atol=3e-4, rtol=0.03)


def test_a_grey_picture_can_be_recolored() -> None:
    """Colours without spread in some direction give numbers, not infinities."""
    grey = torch.rand(1, 1, 8, 8, generator=torch.Generator().manual_seed(3)).expand(1, 3, 8, 8)

    assert recolored(grey, grey).isfinite().all()
    assert recolored(grey, torch.full((1, 3, 4, 4), 0.5)).isfinite().all()


def test_pixel_art_is_enlarged_with_sharp_squares() -> None:
    """Few colours on few pixels stay those colours; a photograph and `seed` are smooth as ever."""
    art = Image.new("RGB", (32, 32), "skyblue")
    art.paste("crimson", (8, 8, 24, 24))
    for size in ((128, 128), (100, 100)):
        large = to_picture(to_tensor(art, size, CPU))
        colors = {color: count for count, color in large.getcolors(16_384) or []}
        own = sum(colors[color] for color in ((135, 206, 235), (220, 20, 60)))
        assert own >= (1.0 if size == (128, 128) else 0.9) * size[0] * size[1]
    smooth = to_picture(to_tensor(art, (128, 128), CPU, "bilinear"))
    assert len(smooth.getcolors(16_384) or []) > 2
