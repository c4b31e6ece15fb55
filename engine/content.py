"""The features that a painting is compared with: the content's, or its neighbours' in the style."""

from collections.abc import Callable, Mapping
from typing import Protocol

import torch
from torch import Tensor

from engine.blocks import Block


class Content(Protocol):
    """The features to match at some taps, in the convolutions' number type."""

    @property
    def energies(self) -> Mapping[str, Tensor]:
        """Each tap's sum of squares over the whole picture, 0-d float32."""

    @property
    def counts(self) -> Mapping[str, int]:
        """How many features each tap has over the whole picture."""

    def of(self, block: Block) -> Mapping[str, Tensor]:
        """Those that a block answers for, (1, C, H, W)."""


class KeptContent:
    """Features of the whole picture, kept: 112 bytes a pixel for `mural` in 16 bits."""

    def __init__(self, features: Mapping[str, Tensor]) -> None:
        self._features = features
        self.energies = {tap: sum_of_squares(whole) for tap, whole in features.items()}
        self.counts = {tap: whole.numel() for tap, whole in features.items()}

    def of(self, block: Block) -> Mapping[str, Tensor]:
        """Views of what is kept."""
        return {tap: whole[block.core_in_picture(tap)] for tap, whole in self._features.items()}


class ContentSeenAgain:
    """Features that are computed whenever a block needs them: a third more time, no memory kept."""

    def __init__(self, see: Callable[[Block], Mapping[str, Tensor]], blocks: list[Block]) -> None:
        """`see` returns a block's own features; `blocks` are all of the picture's."""
        self._see = see
        self.energies: dict[str, Tensor] = {}
        self.counts: dict[str, int] = {}
        for block in blocks:
            for tap, core in see(block).items():
                energy = sum_of_squares(core)
                self.energies[tap] = self.energies[tap] + energy if tap in self.counts else energy
                self.counts[tap] = self.counts.get(tap, 0) + core.numel()

    def of(self, block: Block) -> Mapping[str, Tensor]:
        """What the network makes of the block now."""
        return self._see(block)


def sum_of_squares(features: Tensor) -> Tensor:
    """Of low-precision numbers, in FP32 without a copy in FP32; 0-d."""
    norm: Tensor = torch.linalg.vector_norm(features, dtype=torch.float32)
    return norm.square()
