"""A canvas as VGG-19 sees it."""

from collections.abc import Collection
from functools import cache

import torch
from torch import Tensor

from engine.presets import Recipe
from engine.tensors import IMAGENET_DEVIATION, IMAGENET_MEAN
from engine.vgg19 import Encoder, Features


def see(
    encoder: Encoder, recipe: Recipe, canvas: Tensor, taps: Collection[str] | None = None
) -> Features:
    """The features that a recipe compares, or those at `taps`, of a canvas in its own range."""
    mean, deviation = normalisation(recipe.canvas, canvas.device)
    picture = (canvas - mean) / deviation
    if taps is None:
        taps = recipe.content_taps.keys() | recipe.style_taps.keys()
    return encoder(picture, taps, pooling=recipe.pooling, padding=recipe.padding)


@cache
def normalisation(space: str, device: torch.device) -> tuple[Tensor, Tensor]:
    """Mean and deviation of what VGG-19 is shown, both to broadcast with (1, 3, H, W).

    Made once, because a CUDA graph cannot copy numbers from the host.
    """
    if space == "symmetric":
        return torch.zeros((), device=device), torch.ones((), device=device)
    mean, deviation = (
        torch.tensor(v).view(1, 3, 1, 1) for v in (IMAGENET_MEAN, IMAGENET_DEVIATION)
    )
    return mean.to(device), deviation.to(device)
