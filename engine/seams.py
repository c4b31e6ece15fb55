"""Joins a painting to the finished paint around it, so that no edge is seen between two styles.

Coarse and fine are joined apart (Burt and Adelson, A Multiresolution Spline With Application to
Image Mosaics, ACM Transactions on Graphics 2, 1983): colours pass into each other over all of the
way, while strokes stay whole. A stroke belongs to the paint in which it stands out more.
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
ENDS = 0.12  # from here on the paint stays, and up to here the canvas
FIXED = 0.7  # from here on the paint is not painted over at all


def joined(canvas: Tensor, paint: Tensor, held: Tensor) -> Tensor:
    """The canvas with as much of the paint as is held: where that is 1, exactly the paint.

    Canvas and paint are (1, 3, H, W) in [0, 1], `held` is (1, 1, H, W).
    """
    side = max(canvas.shape[2:])
    strokes = _ended(_smooth((_by_strokes(canvas, paint, held) - 0.5) / SOFTNESS + 0.5), held)
    colors = _ended((blurred(strokes, SPREAD * side) + _smooth(held)) / 2, held)
    own, other = _coarse(canvas), _coarse(paint)
    coarse = torch.lerp(own, other, colors)
    return (coarse + torch.lerp(canvas - own, paint - other, strokes)).clamp(0, 1)


def _coarse(picture: Tensor) -> Tensor:
    """What is coarse in a picture, channel by channel."""
    deviation = COARSE * max(picture.shape[2:])
    return blurred(picture.transpose(0, 1), deviation).transpose(0, 1)


def fixed(held: Tensor) -> Tensor:
    """Where paint stays while the canvas is painted: less than is held in the end.

    So what lies between both is painted in full, and strokes go on from the paint.
    """
    return _smooth((held - FIXED) / (1 - FIXED))


def _by_strokes(canvas: Tensor, paint: Tensor, held: Tensor) -> Tensor:
    more = _standing_out(paint) - _standing_out(canvas)
    return held + STANDING_OUT * 4 * held * (1 - held) * more


def _standing_out(picture: Tensor) -> Tensor:
    """How much strokes differ from what is around them: (1, 1, H, W), 1 on average."""
    side = max(picture.shape[2:])
    light = luma(picture)
    contrast = blurred((light - blurred(light, CONTRAST * side)).abs(), STROKE * side)
    return contrast / contrast.mean().clamp_min(1e-3)


def _ended(share: Tensor, held: Tensor) -> Tensor:
    """A share that is 0 where nothing is held, and 1 where all is."""
    begun, left = _smooth(held / ENDS), _smooth((1 - held) / ENDS)
    return torch.where(held < 0.5, share * begun, 1 - (1 - share) * left)


def _smooth(values: Tensor) -> Tensor:
    """From 0 to 1 without a kink: 3t² - 2t³."""
    within = values.clamp(0, 1)
    return within * within * (3 - 2 * within)
