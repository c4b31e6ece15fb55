"""Where each pixel of a frame was in the frame before, and where that is sure.

Flow is Dense Inverse Search's (Kroeger et al., Fast Optical Flow using Dense Inverse Search,
arXiv 1603.03590), as OpenCV has it. Where it is sure follows Ruder, Dosovitskiy and Brox,
Artistic Style Transfer for Videos, arXiv 1604.08610, equations 5 and 6.
"""

from dataclasses import dataclass

import cv2
import torch
import torch.nn.functional as F
from torch import Tensor

from engine.tensors import luma

UNMOVED = 0.012  # largest mean change of a colour around a pixel that counts as none at all
CHANGED = 0.08  # mean change against the frame before, moved along: more is another thing
EDGE = 0.1  # squared change of the flow from pixel to pixel, beside a hundredth of its square
CUT = 0.35  # of all pixels: where fewer are sure, another shot begins


@dataclass(frozen=True)
class Motion:
    """Between a frame and the one before, both (1, 3, H, W)."""

    back: Tensor  # (1, 2, H, W) pixels, right and down: from a pixel to where it was
    sure: Tensor  # (1, 1, H, W) float32, 1 where it is known to have been there, else 0

    @property
    def is_cut(self) -> bool:
        """Whether so little is sure that the frame belongs to another shot."""
        return float(self.sure.mean()) < CUT

    def carry(self, before: Tensor) -> Tensor:
        """The values (1, C, H, W) of the frame before, moved to where they are now."""
        return moved(before, self.back, "bicubic")


def motion_between(before: Tensor, after: Tensor) -> Motion:
    """Find the motion from one frame to the next, (1, 3, H, W) float32 in [0, 1] on the CPU."""
    forth, back = _flow(before, after), _flow(after, before)
    # Flat parts have no flow of their own: where nothing changes, nothing has moved.
    change = _around((after - before).abs().amax(1, keepdim=True))
    unmoved = (change < UNMOVED).float()
    back, forth = back * (1 - unmoved), forth * (1 - unmoved)
    changed = _around((after - moved(before, back)).abs().mean(1, keepdim=True)) > CHANGED
    sure = torch.maximum(_is_consistent(forth, back), unmoved) * ~changed
    return Motion(back, sure)


def moved(values: Tensor, flow: Tensor, how: str = "bilinear") -> Tensor:
    """(1, C, H, W) read at each pixel's place plus `flow`; beyond the border, the border."""
    _, _, height, width = values.shape
    down, across = _places(height, width)
    grid = torch.stack(
        (2 * (across + flow[0, 0]) / (width - 1) - 1, 2 * (down + flow[0, 1]) / (height - 1) - 1),
        -1,
    )
    return F.grid_sample(
        values, grid.unsqueeze(0), mode=how, padding_mode="border", align_corners=True
    )


def _flow(start: Tensor, end: Tensor) -> Tensor:
    """For each pixel of `start`, where it is in `end`: (1, 2, H, W)."""
    search = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM)
    grey = [
        luma(frame)[0, 0].clamp(0, 1).mul(255).to(torch.uint8).numpy() for frame in (start, end)
    ]
    # None: no flow is given to begin with, which OpenCV's types forget
    flow = search.calc(grey[0], grey[1], None)  # type: ignore[call-overload]
    return torch.from_numpy(flow).permute(2, 0, 1).unsqueeze(0).contiguous()


def _is_consistent(forth: Tensor, back: Tensor) -> Tensor:
    """1 where the way back and forth again ends where it began, away from edges of motion."""
    there = moved(forth, back)
    squares = _square(there) + _square(back)
    comes_back = _square(there + back) <= 0.01 * squares + 0.5
    along = [F.pad(back.diff(dim=3), (0, 1)), F.pad(back.diff(dim=2), (0, 0, 0, 1))]
    on_edge = _square(along[0]) + _square(along[1]) > 0.01 * _square(back) + EDGE
    _, _, height, width = back.shape
    down, across = _places(height, width)
    column, row = across + back[0, 0], down + back[0, 1]
    inside = (column >= -0.5) & (column <= width - 0.5) & (row >= -0.5) & (row <= height - 0.5)
    return (comes_back & ~on_edge & inside).float()


def _square(flow: Tensor) -> Tensor:
    return flow.square().sum(1, keepdim=True)


def _around(values: Tensor) -> Tensor:
    return F.avg_pool2d(values, 5, 1, 2, count_include_pad=False)


def _places(height: int, width: int) -> tuple[Tensor, Tensor]:
    """Each pixel's row and column, (H, W) float32 both."""
    down, across = torch.meshgrid(
        torch.arange(height, dtype=torch.float32),
        torch.arange(width, dtype=torch.float32),
        indexing="ij",
    )
    return down, across
