"""VGG-19 up to conv5_1 as a classifier: batch normalisation while it learns, one linear head."""

from collections.abc import Iterable, Mapping
from typing import NamedTuple, cast

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from engine.vgg19 import POOLED, pool
from engine.weights import CONVOLUTIONS


class Start(NamedTuple):
    """Convolutions to begin with, by torchvision's names, and the pooling they learned with."""

    state: Mapping[str, Tensor]
    pooling: str  # "max" or "average"


class Block(nn.Module):
    """A convolution, its normalisation and the ReLU."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        # The normalisation has a bias of its own.
        self.convolution = nn.Conv2d(inputs, outputs, 3, padding=1, bias=False)
        self.norm = nn.BatchNorm2d(outputs)

    def forward(self, features: Tensor) -> Tensor:
        """(N, inputs, H, W) -> (N, outputs, H, W)."""
        return F.relu_(self.norm(self.convolution(features)))


class Classifier(nn.Module):
    """The 13 convolutions that paint, each normalised, and a head on the mean of relu5_1.

    Source: Simonyan and Zisserman, arXiv 1409.1556, configuration E; normalisation as in Ioffe
    and Szegedy, arXiv 1502.03167.
    """

    def __init__(self, classes: int, pooling: str = "max") -> None:
        """`pooling` is "max", as in torchvision's VGG-19, or "average"."""
        super().__init__()
        self.blocks = nn.ModuleList(
            Block(inputs, outputs) for _, inputs, outputs in CONVOLUTIONS.values()
        )
        self.head = nn.Linear(CONVOLUTIONS["5_1"].outputs, classes)
        self.pooling = pooling

    @property
    def layers(self) -> list[tuple[str, Block]]:
        """The blocks with the names of their convolutions, "1_1" to "5_1"."""
        return list(zip(CONVOLUTIONS, cast(Iterable[Block], self.blocks), strict=True))

    def initialise(self, generator: torch.Generator) -> None:
        """Draw the weights: He et al., arXiv 1502.01852, equation 14, for the convolutions."""
        for _, block in self.layers:
            nn.init.kaiming_normal_(
                block.convolution.weight,
                mode="fan_out",
                nonlinearity="relu",
                generator=generator,
            )
        nn.init.normal_(self.head.weight, std=0.01, generator=generator)
        nn.init.zeros_(self.head.bias)

    @torch.no_grad()
    def start_from(self, start: Start, pictures: Tensor) -> None:
        """Take over convolutions; the head stays as it is.

        Each channel gets the mean and deviation over `pictures`, (N, 3, H, W) normalised, that it
        had with the pooling with which it learned: max pooling is louder than average, so that with
        the other most channels of the upper layers would be dead, or far too loud. Filters get a
        length of 1, which normalisation undoes: learning rates suit that.
        """
        state = start.state
        theirs = ours = pictures
        for name, block in self.layers:
            weight, bias = (
                state[f"features.{CONVOLUTIONS[name].place}.{part}"] for part in ("weight", "bias")
            )
            theirs = F.conv2d(theirs, weight, bias, padding=1)
            length = weight.flatten(1).norm(dim=1).clamp_min(1e-6)
            block.convolution.weight.copy_(weight / length[:, None, None, None])
            answers = block.convolution(ours)
            variance, mean = torch.var_mean(answers, (0, 2, 3))
            cast(Tensor, block.norm.running_mean).copy_(mean)
            cast(Tensor, block.norm.running_var).copy_(variance)
            deviation, shift = torch.std_mean(theirs, (0, 2, 3))
            ratio = (variance + block.norm.eps) / variance.clamp_min(1e-12)
            block.norm.weight.copy_(deviation * ratio.sqrt())
            block.norm.bias.copy_(shift)
            ours = F.relu_(F.batch_norm(
                answers, mean, variance, block.norm.weight, block.norm.bias, eps=block.norm.eps
            ))  # fmt: skip
            theirs = F.relu_(theirs)
            if name in POOLED:
                theirs, ours = pool(theirs, start.pooling), pool(ours, self.pooling)

    def forward(self, pictures: Tensor) -> Tensor:
        """The classes' logits, (N, classes), of normalised pictures, (N, 3, H, W)."""
        logits: Tensor = self.head(self.features(pictures).mean((2, 3)))
        return logits

    def features(self, pictures: Tensor) -> Tensor:
        """relu5_1, (N, 512, H / 16, W / 16)."""
        current = pictures
        for name, block in self.layers:
            current = block(current)
            if name in POOLED:
                current = pool(current, self.pooling)
        return current
