"""How a classifier is taught, and what its epochs come to."""

import math
from dataclasses import dataclass

from engine.errors import RequestRejected
from engine.pretraining.shards import MIN_SIDE


@dataclass(frozen=True)
class Course:
    """How a classifier is taught; with the same data and seed it ends the same (on one CPU)."""

    epochs: int = 60
    batch: int = 256  # pictures in a step
    size: int = 64  # pixels, at the end
    first_size: int = 48  # pixels, at the beginning, where steps are cheaper
    first_share: float = 0.5  # of the epochs that are at `first_size`
    rate: float = 0.1  # the learning rate's peak
    warm_up: float = 0.1  # of all steps until that peak; then a cosine down to nothing
    momentum: float = 0.9  # Nesterov's
    weight_decay: float = 5e-4
    label_smoothing: float = 0.1
    pooling: str = "max"
    seed: int = 0

    def check(self) -> None:
        """Raise RequestRejected where a value makes no sense."""
        if min(self.epochs, self.batch) < 1:
            raise RequestRejected("Epochs and batch must be at least 1.")
        if min(self.size, self.first_size) < MIN_SIDE:
            raise RequestRejected(f"Pictures must have at least {MIN_SIDE} pixels a side.")
        if not (self.rate > 0 and math.isfinite(self.rate)):
            raise RequestRejected("The learning rate must be a number above 0.")
        if self.pooling not in ("max", "average"):
            raise RequestRejected(f"There is no pooling {self.pooling!r}: say max or average.")

    def size_in(self, epoch: int) -> int:
        """The pictures' side in an epoch, in pixels."""
        return self.first_size if epoch < self.first_share * self.epochs else self.size

    def rate_at(self, share: float) -> float:
        """The learning rate when `share` of the steps is done: one cycle (arXiv 1708.07120)."""
        if share < self.warm_up:
            return self.rate * share / self.warm_up
        return self.rate * (1 + math.cos(math.pi * (share - self.warm_up) / (1 - self.warm_up))) / 2


@dataclass(frozen=True)
class Epoch:
    """What an epoch came to."""

    number: int  # from 1
    size: int  # pixels
    loss: float  # the mean over its steps since the start or the last stop
    accuracy: float | None  # on the validation pictures, where there are some
    seconds: float  # of the whole training so far
