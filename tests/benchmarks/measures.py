"""Measures of a painting that no recipe optimises: of its content, its style and its strokes."""

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image
from torch import Tensor

from engine.tensors import luma, to_tensor

DIRECTIONS = 64  # that patches are projected on
QUANTILES = 256
LEVELS = 4  # of the band pyramid
SIZES = 3  # of both pictures, at which strokes are looked for
STROKE = 7  # pixels along a side of a patch
FLAT = 0.02  # deviation of the pixels of a patch below which it counts as flat
SPOT, STEP = 24, 8  # pixels along a side of the squares that may be flat, and between them
SAMPLED = 1000  # patches that others are looked for
AT_ONCE = 16384  # patches that are compared with them in one product
CPU = torch.device("cpu")


def content_kept(painting: Image.Image, content: Image.Image) -> float:
    """The correlation of the edges of both pictures' luma: 1 where every edge is kept."""
    edges = [_edges(to_tensor(picture, painting.size, CPU)) for picture in (painting, content)]
    return float(torch.corrcoef(torch.stack([edge.flatten() for edge in edges]))[0, 1])


def style_missed(painting: Image.Image, style: Image.Image) -> float:
    """The sliced Wasserstein distance of 3x3 patches, in bands of a pyramid, and of colours.

    0 where the painting's patches are distributed as the style's at the same size. Source:
    Heitz et al., A Sliced Wasserstein Loss for Neural Texture Synthesis, CVPR 2021, equation 3.
    """
    one, other = _at_one_size(painting, style)
    distance = _sliced(one.flatten(2)[0], other.flatten(2)[0])
    for _ in range(LEVELS):
        smaller, smaller_other = F.avg_pool2d(one, 2), F.avg_pool2d(other, 2)
        distance += _sliced(_patches(_band(one, smaller)), _patches(_band(other, smaller_other)))
        one, other = smaller, smaller_other
    return distance / (LEVELS + 1)


def coherence(painting: Image.Image, style: Image.Image) -> float:
    """How far the painting is made of the style's patches, and holds all of them; at most 1.

    The mean of the best correlation of every patch of the painting with a patch of the style,
    and of every patch of the style with one of the painting, over three sizes of both pictures.
    The style is taken at the painting's size. Source: Simakov, Caspi, Shechtman and Irani,
    Summarizing Visual Data Using Bidirectional Similarity, CVPR 2008, equation 1, with
    correlations for distances, so that a stroke counts in whatever colour it is.
    """
    one, other = _at_one_size(painting, style)
    generator = torch.Generator().manual_seed(1)
    found = []
    for _ in range(SIZES):
        ours, theirs = _strokes(one), _strokes(other)
        found += [_best(ours, theirs, generator), _best(theirs, ours, generator)]
        one, other = F.avg_pool2d(one, 2), F.avg_pool2d(other, 2)
    return sum(found) / len(found)


def grain(painting: Image.Image) -> float:
    """The deviation of the finest detail where a painting is flattest, of pixels in [0, 1].

    Finest is what a blur of 3x3 pixels takes away: a weave, a canvas, a paper.
    """
    light = luma(to_tensor(painting, painting.size, CPU))
    kernel = torch.tensor([0.25, 0.5, 0.25])
    smooth = F.conv2d(light, (kernel[:, None] * kernel).view(1, 1, 3, 3))
    fine = light[:, :, 1:-1, 1:-1] - smooth
    within = F.avg_pool2d(fine.square(), SPOT, STEP).flatten()
    coarse = _unevenness(smooth, SPOT).flatten()
    return float(within[coarse.argsort()[: max(1, len(coarse) // 10)]].mean().sqrt())


def flattest(painting: Image.Image, side: int) -> tuple[int, int, int, int]:
    """The box of a painting's flattest square, `side` pixels wide."""
    uneven = _unevenness(luma(to_tensor(painting, painting.size, CPU)), side)[0, 0]
    down, across = divmod(int(uneven.argmin()), uneven.shape[1])
    left, top = across * STEP, down * STEP
    return left, top, left + side, top + side


def _unevenness(light: Tensor, side: int) -> Tensor:
    """How much means over 5x5 pixels vary within squares, one every STEP pixels."""
    smooth = F.avg_pool2d(light, 5, 1, 2, count_include_pad=False)
    mean, square = F.avg_pool2d(smooth, side, STEP), F.avg_pool2d(smooth.square(), side, STEP)
    return square - mean.square()


def _strokes(picture: Tensor) -> Tensor:
    """All patches, (D, N), less their mean colour and of length 1.

    Each has a constant beside its pixels: flat patches are then like one another, and unlike
    those with strokes.
    """
    patches: Tensor = F.unfold(picture, STROKE)[0].view(3, STROKE**2, -1)
    patches = (patches - patches.mean(1, keepdim=True)).flatten(0, 1)
    constant = patches.new_full((1, patches.shape[1]), FLAT * len(patches) ** 0.5)
    return F.normalize(torch.cat([patches, constant]), dim=0)


def _best(patches: Tensor, candidates: Tensor, generator: torch.Generator) -> float:
    """The mean over some of the patches of their best correlation with any of the candidates."""
    chosen = torch.randperm(patches.shape[1], generator=generator)[:SAMPLED]
    queries = patches[:, chosen].t().contiguous()
    best = torch.full((len(queries),), -1.0)
    for first in range(0, candidates.shape[1], AT_ONCE):
        block = candidates[:, first : first + AT_ONCE]
        best = torch.maximum(best, (queries @ block).amax(1))
    return float(best.mean())


def _at_one_size(painting: Image.Image, style: Image.Image) -> tuple[Tensor, Tensor]:
    """Both as tensors, the style with the painting's long side."""
    scale = max(painting.size) / max(style.size)
    size = (round(style.width * scale), round(style.height * scale))
    return to_tensor(painting, painting.size, CPU), to_tensor(style, size, CPU)


def _edges(picture: Tensor) -> Tensor:
    light = F.avg_pool2d(luma(picture), 3, 1, 1)  # a stroke's own grain is no edge of the content
    sobel = torch.tensor([[1.0, 0.0, -1.0], [2.0, 0.0, -2.0], [1.0, 0.0, -1.0]]).view(1, 1, 3, 3)
    across, down = F.conv2d(light, sobel), F.conv2d(light, sobel.transpose(2, 3))
    return (across.square() + down.square()).sqrt()


def _band(picture: Tensor, smaller: Tensor) -> Tensor:
    """What a picture has that its half does not."""
    return picture - F.interpolate(smaller, picture.shape[2:], mode="bilinear", align_corners=False)


def _patches(band: Tensor) -> Tensor:
    """All 3x3 patches, (27, N)."""
    patches: Tensor = F.unfold(band, 3)[0]
    return patches


def _sliced(one: Tensor, other: Tensor) -> float:
    """Between two clouds of (D, N) points; the same directions every time."""
    generator = torch.Generator().manual_seed(1)
    directions = F.normalize(torch.randn(DIRECTIONS, len(one), generator=generator), dim=1)
    places = (torch.arange(QUANTILES) + 0.5) / QUANTILES
    first, second = (_quantiles(directions @ cloud, places) for cloud in (one, other))
    return float((first - second).square().mean().sqrt())


def _quantiles(values: Tensor, places: Tensor) -> Tensor:
    ordered = np.sort(values.numpy(), axis=1)  # ten times as fast as torch's, which keeps indices
    return torch.from_numpy(ordered)[:, (places * values.shape[1]).long()]
