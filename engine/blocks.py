"""A large picture cut into blocks, so that the network's memory is that of one block.

A block answers for its core, and sees a border around it that is wider than VGG-19's receptive
field: its core's features, and the gradient of a loss on them, are those of the whole picture.
"""

from dataclasses import dataclass
from itertools import pairwise

from torch import Tensor

# A feature of conv5_1 covers 16x16 pixels and is touched by 70 more on each side of them: one at
# every convolution, times its stride: 2·1 + 2·2 + 4·4 + 4·8 + 1·16. Rounded up to the grid.
STRIDE = 16
BORDER = 80
MOST_ELEMENTS = 2**31 - 1  # of one tensor; kernels that count with 32 bits go wrong beyond

Region = tuple[slice, slice, slice, slice]  # of (1, C, H, W)


@dataclass(frozen=True)
class Span:
    """What a block sees and answers for along one side of the picture, in pixels."""

    seen: tuple[int, int]
    core: tuple[int, int]

    def core_in_block(self, stride: int) -> slice:
        """The core among the features of the block alone."""
        start = self.seen[0] // stride
        return slice(self.core[0] // stride - start, self.core[1] // stride - start)

    def core_in_picture(self, stride: int) -> slice:
        """The core among the features of the whole picture."""
        return slice(self.core[0] // stride, self.core[1] // stride)


@dataclass(frozen=True)
class Block:
    """A rectangle of the picture, and the core of it that is answered for."""

    down: Span
    across: Span

    @property
    def is_whole(self) -> bool:
        """Whether all that is seen is answered for: a picture that was not cut."""
        return self.down.seen == self.down.core and self.across.seen == self.across.core

    def of(self, canvas: Tensor) -> Tensor:
        """View the part of a (1, 3, H, W) canvas that the block sees."""
        return canvas[:, :, slice(*self.down.seen), slice(*self.across.seen)]

    def core_in_block(self, tap: str) -> Region:
        """Where the core is in the block's own features at a tap."""
        stride = stride_of(tap)
        down, across = self.down.core_in_block(stride), self.across.core_in_block(stride)
        return slice(None), slice(None), down, across

    def core_in_picture(self, tap: str) -> Region:
        """Where the core is in the whole picture's features at a tap."""
        stride = stride_of(tap)
        down, across = self.down.core_in_picture(stride), self.across.core_in_picture(stride)
        return slice(None), slice(None), down, across


def stride_of(tap: str) -> int:
    """Pixels between two features of a tap, such as 4 for `relu3_1`."""
    return 1 << (int(tap[4]) - 1)


def cut(height: int, width: int, side: int) -> list[Block]:
    """Cut a picture into blocks, with cores of about `side` pixels at most on each side."""
    return [Block(down, across) for down in _spans(height, side) for across in _spans(width, side)]


def _spans(length: int, side: int) -> list[Span]:
    count = min(-(-length // side), max(1, length // STRIDE))
    # Cuts lie on the grid of the deepest features; what is left over goes to the last.
    cuts = [length * n // count // STRIDE * STRIDE for n in range(count)] + [length]
    return [
        Span((max(0, start - BORDER), min(length, end + BORDER)), (start, end))
        for start, end in pairwise(cuts)
    ]
