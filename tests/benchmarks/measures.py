"""Two measures of a painting that no recipe optimises: one of its content, one of its style."""

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image
from torch import Tensor

from engine.tensors import LUMA, to_tensor

DIRECTIONS = 64  # that patches are projected on
QUANTILES = 256
LEVELS = 4  # of the band pyramid
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
    scale = max(painting.size) / max(style.size)
    size = (round(style.width * scale), round(style.height * scale))
    one, other = to_tensor(painting, painting.size, CPU), to_tensor(style, size, CPU)
    distance = _sliced(one.flatten(2)[0], other.flatten(2)[0])
    for _ in range(LEVELS):
        smaller, smaller_other = F.avg_pool2d(one, 2), F.avg_pool2d(other, 2)
        distance += _sliced(_patches(_band(one, smaller)), _patches(_band(other, smaller_other)))
        one, other = smaller, smaller_other
    return distance / (LEVELS + 1)


def _edges(picture: Tensor) -> Tensor:
    luma = (picture * torch.tensor(LUMA).view(1, 3, 1, 1)).sum(1, keepdim=True)
    luma = F.avg_pool2d(luma, 3, 1, 1)  # a stroke's own grain is no edge of the content
    sobel = torch.tensor([[1.0, 0.0, -1.0], [2.0, 0.0, -2.0], [1.0, 0.0, -1.0]]).view(1, 1, 3, 3)
    across, down = F.conv2d(luma, sobel), F.conv2d(luma, sobel.transpose(2, 3))
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
