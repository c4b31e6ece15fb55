"""Pictures as a classifier is shown them, a whole batch at a time, on the device."""

import math
from functools import cache

import torch
import torch.nn.functional as F
from torch import Tensor

from engine.tensors import IMAGENET_DEVIATION, IMAGENET_MEAN, LUMA

SMALLEST = 0.15  # of a picture's area that a crop may be: strokes seen close and from afar
STRETCH = 4 / 3  # of a crop's sides, at most
COLOUR = 0.2  # change of brightness, contrast and saturation, at most: hue tells materials apart
# Half of the pictures are blurred and half are noisy, each by its own amount, so that filters that
# answer to single pixels do not pay: they paint a weave where a picture is flat.
NOISE = 0.08  # deviation, at most, of pixels in [0, 1]
KERNEL = (0.25, 0.5, 0.25)  # of the strongest blur, along each axis


def augmented(pictures: Tensor, size: int, generator: torch.Generator) -> Tensor:
    """Random resized crops, flips, mild changes of colour, blur and noise.

    `pictures` are (N, 3, S, S) uint8; returns (N, 3, size, size) float32, normalised. Each picture
    draws its own, from `generator`, which is on the pictures' device.
    """
    shown = _recoloured(_cropped(pictures, size, generator), generator).clamp_(0, 1)
    return _normalised(_roughened(shown, generator))


def plain(pictures: Tensor, size: int) -> Tensor:
    """Whole pictures at `size`, for measuring: (N, 3, size, size) float32, normalised."""
    scaled = pictures.float().div_(255)
    if scaled.shape[-1] != size:
        scaled = F.interpolate(scaled, (size, size), mode="bilinear", antialias=True)
    return _normalised(scaled)


def _cropped(pictures: Tensor, size: int, generator: torch.Generator) -> Tensor:
    """Crops of SMALLEST to all of the area, half of them mirrored, in [0, 1]."""
    count = len(pictures)
    area, stretch, across, down, flip = torch.rand(
        5, count, generator=generator, device=pictures.device
    )
    area = SMALLEST + (1 - SMALLEST) * area
    stretch = ((2 * stretch - 1) * math.log(STRETCH)).exp()
    width, height = (area * stretch).sqrt().clamp_max(1), (area / stretch).sqrt().clamp_max(1)
    maps = torch.zeros(count, 2, 3, device=pictures.device)  # from the crop to the picture
    maps[:, 0, 0] = torch.where(flip < 0.5, width, -width)
    maps[:, 1, 1] = height
    maps[:, 0, 2] = (2 * across - 1) * (1 - width)
    maps[:, 1, 2] = (2 * down - 1) * (1 - height)
    # Reading more points than are needed, and averaging, keeps a shrunk picture free of aliasing.
    finer = max(1, math.ceil(pictures.shape[-1] / size))
    grid = F.affine_grid(maps, [count, 3, finer * size, finer * size], align_corners=False)
    crops = F.grid_sample(
        pictures.float().div_(255), grid, padding_mode="border", align_corners=False
    )
    return F.avg_pool2d(crops, finer) if finer > 1 else crops


def _recoloured(pictures: Tensor, generator: torch.Generator) -> Tensor:
    draws = torch.rand(3, len(pictures), 1, 1, 1, generator=generator, device=pictures.device)
    brightness, contrast, saturation = 1 + COLOUR * (2 * draws - 1)
    grey = (pictures * _constant(LUMA, pictures.device)).sum(1, keepdim=True)
    pictures = grey + saturation * (pictures - grey)
    mean = grey.mean((2, 3), keepdim=True)
    changed: Tensor = brightness * (mean + contrast * (pictures - mean))
    return changed


def _roughened(pictures: Tensor, generator: torch.Generator) -> Tensor:
    """Blur some and add noise to some, by amounts from nothing to the most."""
    draws = torch.rand(2, len(pictures), 1, 1, 1, generator=generator, device=pictures.device)
    blur, noise = (2 * draws - 1).clamp_min(0)
    row = _constant(KERNEL, pictures.device)
    kernel = (row.view(3, 1) * row.view(1, 3)).view(1, 1, 3, 3).expand(3, 1, 3, 3)
    smooth = F.conv2d(F.pad(pictures, (1, 1, 1, 1), mode="replicate"), kernel, groups=3)
    grain = torch.randn(pictures.shape, generator=generator, device=pictures.device)
    rough: Tensor = torch.lerp(pictures, smooth, blur) + NOISE * noise * grain
    return rough


def _normalised(pictures: Tensor) -> Tensor:
    mean, deviation = (
        _constant(values, pictures.device) for values in (IMAGENET_MEAN, IMAGENET_DEVIATION)
    )
    return ((pictures - mean) / deviation).contiguous(memory_format=torch.channels_last)


@cache
def _constant(values: tuple[float, float, float], device: torch.device) -> Tensor:
    """Three numbers as (1, 3, 1, 1); taken to a GPU once, as that makes the GPU wait."""
    return torch.tensor(values, device=device).view(1, 3, 1, 1)
