"""The pictures of a request as tensors, at the size that a scale needs."""

from copy import copy

import torch
import torch.nn.functional as F
from PIL import Image
from torch import Tensor

from engine.presets import Recipe
from engine.request import StylizeRequest
from engine.scales import REDUCING_GAP, Scale, fit, style_sizes
from engine.seams import frozen
from engine.tensors import recolored, to_mask, to_tensor

Size = tuple[int, int]  # width and height in pixels
WHOLE_SIDE = 512  # pixels: enough of a larger picture to know its colours


class Canvases:
    """Tensors are (1, 3, H, W) float32 in the recipe's range, a mask (1, 1, H, W) in [0, 1].

    A canvas has sides on the grid of its scale; beyond the picture it shows the picture's
    reflection.
    """

    def __init__(
        self, request: StylizeRequest, recipe: Recipe, finest: Scale, device: torch.device
    ) -> None:
        """Shrink the pictures to the finest scale: large photographs take long to resample."""
        self._recipe = recipe
        self._device = device
        self._weights = request.settings.style_weights
        self._sizes = style_sizes(request, finest)
        # Two styles with a mask divide the canvas between them; with one, the content stays
        # where the mask is black.
        self.is_divided = request.mask is not None and len(request.styles) > 1
        self.keeps_content = request.mask is not None and not self.is_divided
        self._content = self._shrunk(request.content, finest.size)
        self._styles = [
            self._shrunk(style, size)
            for style, size in zip(request.styles, self._sizes, strict=True)
        ]
        self._mask = None if request.mask is None else shrunk_mask(request.mask, finest.size)
        self._around = request.surroundings
        self._request = request

    def on(self, device: torch.device) -> "Canvases":
        """The same, with the tensors on another device."""
        other = copy(self)
        other._device = device
        return other

    def content(self, scale: Scale) -> Tensor:
        """The content."""
        return filled_up(self._tensor(self._content, scale.size), scale.canvas)

    def styles(self, scale: Scale) -> list[Tensor]:
        """The styles, as large as their strokes should be."""
        sizes = style_sizes(self._request, scale)
        return [self._tensor(style, size) for style, size in zip(self._styles, sizes, strict=True)]

    def recolored(self, scale: Scale) -> Tensor:
        """The content in the colours of the styles."""
        content, matching = self.content(scale), self._recipe.matching
        parts = [recolored(content, style, self._whole()) for style in self.styles(scale)]
        if self.is_divided:
            mixed = torch.lerp(parts[1], parts[0], self.mask(scale))
        else:
            shares = self.style_shares(scale)
            mixed = sum(
                (share * one for share, one in zip(shares, parts, strict=True)), content * 0
            )
        return torch.lerp(content, mixed, matching.colors) if matching else mixed

    def with_frozen_paint(self, canvas: Tensor, scale: Scale) -> Tensor:
        """A canvas with the finished paint of its surroundings laid on, where that is frozen."""
        mask = self.paint_mask(scale)
        return canvas if mask is None else torch.lerp(canvas, self.paint(scale), frozen(mask))

    def paint(self, scale: Scale) -> Tensor:
        """The finished paint of the surroundings; without them, the content."""
        if self._around is None:
            return self.content(scale)
        return filled_up(self._tensor(self._around.paint, scale.size), scale.canvas)

    def paint_mask(self, scale: Scale) -> Tensor | None:
        """Where that paint stays, (1, 1, H, W): 1 as it is, 0 not at all; None without it."""
        if self._around is None:
            return None
        mask = to_mask(self._around.paint_mask.convert("L"), scale.size, self._device)
        return filled_up(mask, scale.canvas)

    def _whole(self) -> Tensor | None:
        """The larger picture that the content is a part of, small; None without one."""
        if self._around is None:
            return None
        whole = self._around.whole
        return self._tensor(whole, fit(whole.size, min(WHOLE_SIDE, max(whole.size))))

    def style_shares(self, scale: Scale) -> list[float]:
        """How much of the canvas each style is to have; they add up to one."""
        if self.is_divided:
            first = float(self.mask(scale).mean())
            return [first, 1 - first]
        return [weight / sum(self._weights) for weight in self._weights]

    def mask(self, scale: Scale) -> Tensor:
        """The mask: 1 where it is white. Without one, 1 everywhere."""
        if self._mask is None:
            return torch.ones(1, 1, *scale.canvas[::-1], device=self._device)
        return filled_up(to_mask(self._mask, scale.size, self._device), scale.canvas)

    def cells_of_first(self, scale: Scale, cell: int) -> Tensor | None:
        """Which cells of a divided canvas the first style paints: (cells,) bool."""
        if not self.is_divided:
            return None
        return (F.avg_pool2d(self.mask(scale), cell) >= 0.5).flatten()

    def _shrunk(self, picture: Image.Image, size: Size) -> Image.Image:
        if size[0] >= picture.width or size[1] >= picture.height:
            return picture
        # `seed` is bilinear, and keeps the original's numbers.
        gap = REDUCING_GAP if self._recipe.resampling == "lanczos" else None
        resampling = Image.Resampling[self._recipe.resampling.upper()]
        return picture.resize(size, resampling, reducing_gap=gap)

    def _tensor(self, picture: Image.Image, size: Size) -> Tensor:
        pixels = to_tensor(picture, size, self._device, self._recipe.resampling)
        return pixels if self._recipe.canvas == "rgb" else pixels * 2 - 1


def shrunk_mask(mask: Image.Image, size: Size) -> Image.Image:
    """A mask in grey, at `size` where it is larger."""
    grey = mask.convert("L")
    if size[0] >= mask.width or size[1] >= mask.height:
        return grey
    return grey.resize(size, Image.Resampling.BOX)


def filled_up(picture: Tensor, size: Size) -> Tensor:
    """(1, C, H, W) filled up to (width, height) with its reflection."""
    _, _, height, width = picture.shape
    missing = (0, size[0] - width, 0, size[1] - height)
    return F.pad(picture, missing, mode="reflect") if any(missing) else picture
