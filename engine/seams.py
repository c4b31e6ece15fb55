"""Blends a painting with the finished paint around it, so that no edge is seen between two styles.

Coarse and fine are blended separately (Burt and Adelson, A Multiresolution Spline With Application
to Image Mosaics, ACM Transactions on Graphics 2, 1983): colours pass into each other all the way,
while strokes stay whole. A stroke belongs to the paint in which it stands out more.
"""

import torch
from torch import Tensor

from engine.tensors import luma
from engine.touch import blurred

# Deviations of what is coarse, and of how far colours spread, as shares of the canvas's long side.
COARSE, SPREAD = 1 / 38, 1 / 18
CONTRAST, STROKE = 1 / 64, 1 / 512  # over what a stroke stands out, and what of one is seen
STANDING_OUT = 0.12  # how much that moves the edge, against the share of the paint
SOFTNESS = 0.15  # of the edges of strokes, likewise
ENDS = 0.12  # up to this mask the paint fades in; as close to 1 the canvas has faded out
FROZEN = 0.7  # from this value of the mask on, paint begins to be frozen


def blended(canvas: Tensor, paint: Tensor, mask: Tensor) -> Tensor:
    """The canvas with the paint laid on by a mask: where that is 1, exactly the paint.

    Canvas and paint are (1, 3, H, W) in [0, 1], the mask is (1, 1, H, W).
    """
    side = max(canvas.shape[2:])
    edge = (_by_strokes(canvas, paint, mask) - 0.5) / SOFTNESS + 0.5
    strokes = _ended(_smooth(edge), mask)
    colors = _ended((blurred(strokes, SPREAD * side) + _smooth(mask)) / 2, mask)
    own, other = _coarse(canvas), _coarse(paint)
    coarse = torch.lerp(own, other, colors)
    return (coarse + torch.lerp(canvas - own, paint - other, strokes)).clamp(0, 1)


def _coarse(picture: Tensor) -> Tensor:
    """What is coarse in a picture, channel by channel."""
    deviation = COARSE * max(picture.shape[2:])
    return blurred(picture.transpose(0, 1), deviation).transpose(0, 1)


def frozen(mask: Tensor) -> Tensor:
    """Where paint must not move while the canvas is painted: 1 only where the mask is.

    A smaller area than that of the mask, so that what lies between both is painted in full, and
    strokes go on from the paint.
    """
    return _smooth((mask - FROZEN) / (1 - FROZEN))


def _by_strokes(canvas: Tensor, paint: Tensor, mask: Tensor) -> Tensor:
    """The mask with its edge moved towards where strokes stand out less."""
    more = _standing_out(paint) - _standing_out(canvas)
    return mask + STANDING_OUT * 4 * mask * (1 - mask) * more


def _standing_out(picture: Tensor) -> Tensor:
    """How much strokes differ from what is around them: (1, 1, H, W), 1 on average."""
    side = max(picture.shape[2:])
    light = luma(picture)
    contrast = blurred((light - blurred(light, CONTRAST * side)).abs(), STROKE * side)
    return contrast / contrast.mean().clamp_min(1e-3)


def _ended(share: Tensor, mask: Tensor) -> Tensor:
    """A share of the paint that is 0 where the mask is, and 1 where the mask is."""
    fading_in, fading_out = _smooth(mask / ENDS), _smooth((1 - mask) / ENDS)
    return torch.where(mask < 0.5, share * fading_in, 1 - (1 - share) * fading_out)


def _smooth(values: Tensor) -> Tensor:
    """From 0 to 1 without a kink: 3t² - 2t³."""
    within = values.clamp(0, 1)
    return within * within * (3 - 2 * within)
