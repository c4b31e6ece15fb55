"""Closes a loop: the last frames lead back to the first, without a jump of the paint."""

from collections.abc import Sequence

import torch
from torch import Tensor

from engine.motion.flow import motion_between, moved

MOST_FRAMES = 8  # before the end that are led back


def frames_led_back(total: int) -> int:
    """How many of the last frames of a loop are led back to its first."""
    return min(MOST_FRAMES, total // 2)


def closed(
    first: tuple[Tensor, Tensor], contents: Sequence[Tensor], paintings: Sequence[Tensor]
) -> list[Tensor]:
    """The last paintings (1, 3, H, W) of a loop, led back to the first.

    From the end backwards, the first painting is carried along the motion and mixed in where that
    is sure, less and less. `contents` are the frames that were painted, of the same size; `first`
    is the first of them and its painting.
    """
    later, ahead = first
    result, count = list(paintings), len(paintings)
    known = torch.ones_like(ahead[:, :1])
    for step in range(1, count + 1):
        number = count - step
        motion = motion_between(later, contents[number])  # from this frame to the one after it
        ahead = motion.carry(ahead).clamp(0, 1)
        known = moved(known, motion.back) * motion.sure
        share = 1 - step / (count + 1)
        result[number] = torch.lerp(paintings[number], ahead, share * known)
        later = contents[number]
    return result
