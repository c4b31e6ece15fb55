"""Pictures as tensors, and what is done to them there. A canvas is (1, 3, H, W) float32."""

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image
from torch import Tensor

# Mean and deviation per channel of the pictures that torchvision's VGG-19 was trained on.
IMAGENET_MEAN = (0.485, 0.456, 0.406)
IMAGENET_DEVIATION = (0.229, 0.224, 0.225)
FULL_DETAIL = 0.1  # deviation of light and dark, of pixels in [0, 1]
PIXEL_ART_SIDE = 256  # pixels, at most
PIXEL_ART_COLORS = 64  # at most
LUMA = (0.299, 0.587, 0.114)  # ITU-R BT.601


def to_tensor(
    picture: Image.Image, size: tuple[int, int], device: torch.device, resampling: str = "lanczos"
) -> Tensor:
    """An RGB picture at `size` (width, height), as (1, 3, H, W) float32 in [0, 1]."""
    if picture.size != size:
        if resampling == "lanczos" and is_pixel_art(picture):
            picture = _with_sharp_pixels(picture, size)
        picture = picture.resize(size, Image.Resampling[resampling.upper()])
    pixels = torch.from_numpy(np.asarray(picture).copy()).to(device)
    return pixels.permute(2, 0, 1).unsqueeze(0).float().div_(255).contiguous()


def is_pixel_art(picture: Image.Image) -> bool:
    """Whether a picture is drawn pixel by pixel: small, and of few colours."""
    count = picture.width * picture.height
    most = min(PIXEL_ART_COLORS, count // 8)
    return max(picture.size) <= PIXEL_ART_SIDE and picture.getcolors(most) is not None


def _with_sharp_pixels(picture: Image.Image, size: tuple[int, int]) -> Image.Image:
    """Pixels made squares, by the whole number that brings a picture to `size` or just above."""
    factor = min(-(-wanted // side) for wanted, side in zip(size, picture.size, strict=True))
    if factor < 2:
        return picture
    sides = picture.width * factor, picture.height * factor
    return picture.resize(sides, Image.Resampling.NEAREST)


def to_mask(mask: Image.Image, size: tuple[int, int], device: torch.device) -> Tensor:
    """A grey picture at `size` (width, height), as (1, 1, H, W) float32: 1 where it is white."""
    grey = mask.resize(size, Image.Resampling.BOX)
    return torch.from_numpy(np.asarray(grey).copy()).to(device).float().div_(255)[None, None]


def to_picture(pixels: Tensor) -> Image.Image:
    """A picture of (1, 3, H, W) values; those outside [0, 1] are clipped."""
    rounded = pixels[0].clamp(0, 1).mul_(255).round_().to(torch.uint8)
    return Image.fromarray(rounded.permute(1, 2, 0).cpu().numpy())


def enlarge(pixels: Tensor, size: tuple[int, int]) -> Tensor:
    """The canvas at `size` (width, height) for the next scale; bicubic, so it may overshoot."""
    width, height = size
    return F.interpolate(pixels, (height, width), mode="bicubic", align_corners=False)


def per_channel(values: tuple[float, float, float], like: Tensor) -> Tensor:
    """Three numbers as (1, 3, 1, 1), to be applied to a canvas."""
    return like.new_tensor(values).view(1, 3, 1, 1)


def recolored(content: Tensor, style: Tensor, whole: Tensor | None = None) -> Tensor:
    """The content with the mean and covariance of the style's colours. All (1, 3, H, W).

    Of a content that is part of a larger picture, `whole` is that: the parts change alike.

    Source: Gatys et al., Controlling Perceptual Factors in Neural Style Transfer,
    arXiv 1611.07865, section 5.2, here from the content's colours to the style's.
    """
    mean, root = _spread(content if whole is None else whole)
    wanted_mean, wanted_root = _spread(style)
    matrix = (wanted_root @ torch.linalg.inv(root)).to(content.device)
    centred = content[0].flatten(1) - mean
    moved: Tensor = (matrix.float() @ centred).add_(wanted_mean)
    return moved.view_as(content).clamp_(0, 1)


def _spread(picture: Tensor) -> tuple[Tensor, Tensor]:
    """The mean (3, 1) of a picture's colours and the symmetric root (3, 3) of their covariance.

    The root is float64 and on the CPU, which is done with nine numbers before a GPU has begun.
    """
    colors = picture[0].flatten(1)
    mean = colors.mean(1, keepdim=True)
    values, vectors = torch.linalg.eigh(torch.cov(colors).cpu().double())
    # A grey picture has no spread in two directions: they stay where they are.
    return mean, vectors @ values.clamp_min(1e-5).sqrt().diag() @ vectors.t()


def with_colors_of(content: Tensor, painting: Tensor) -> Tensor:
    """The painting's luma with the content's chroma. Both (1, 3, H, W) in [0, 1].

    Source: Gatys et al., Controlling Perceptual Factors in Neural Style Transfer,
    arXiv 1611.07865, section 5.1, luminance-only transfer.
    """
    weights = per_channel(LUMA, painting)
    luma = (painting * weights).sum(1, keepdim=True)
    return content + luma - (content * weights).sum(1, keepdim=True)


def resized(values: Tensor, like: Tensor) -> Tensor:
    """(1, 1, h, w) at the height and width of another."""
    return F.interpolate(values, like.shape[2:], mode="bilinear", align_corners=False)


def luma(picture: Tensor) -> Tensor:
    """Light and dark of (1, 3, H, W): (1, 1, H, W)."""
    return (picture * per_channel(LUMA, picture)).sum(1, keepdim=True)


def detail_of(picture: Tensor, cell: int) -> Tensor:
    """Where a picture has something to lose: (1, 1, H / cell, W / cell), 0 flat to 1 detailed.

    The deviation of light and dark over five cells each way, against FULL_DETAIL.
    """
    light = F.avg_pool2d(luma(picture), cell)
    squares = F.avg_pool2d(luma(picture).square(), cell)

    def around(cells: Tensor) -> Tensor:
        wide = F.pad(cells, (2, 2, 2, 2), mode="replicate")
        return F.avg_pool2d(wide, 5, stride=1)

    deviation = (around(squares) - around(light).square()).clamp_min(0).sqrt()
    return (deviation / FULL_DETAIL).clamp(max=1)
