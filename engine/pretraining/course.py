"""How a classifier is taught, and what its epochs come to."""

import math
from dataclasses import dataclass

from engine.errors import RequestRejected
from engine.pretraining.shards import MIN_SIDE


@dataclass(frozen=True)
class Course:
    """How a classifier is taught; with the same data and seed it ends the same (on one CPU)."""

    epochs: int = 60
    minutes: float = math.inf  # that it ends after at the latest, with the whole cycle
    batch: int = 256  # pictures in a step
    size: int = 96  # pixels, at the end
    first_size: int = 64  # pixels, at the beginning, where steps are cheaper
    first_share: float = 2 / 3  # of the training that is at `first_size`
    rate: float = 0.1  # the learning rate's peak
    warm_up: float = 0.1  # of all steps until that peak; then a cosine down to nothing
    momentum: float = 0.9  # Nesterov's
    weight_decay: float = 5e-4
    label_smoothing: float = 0.1
    average: float = 0.999  # of the averaged weights that stay at each step
    pooling: str = "max"
    start: str = ""  # the weights it begins with, as `engine.weights.find` knows them; else random
    seed: int = 0

    def check(self) -> None:
        """Raise RequestRejected where a value makes no sense."""
        if min(self.epochs, self.batch) < 1:
            raise RequestRejected("Epochs and batch must be at least 1.")
        if not self.minutes > 0:
            raise RequestRejected("A training takes more than 0 minutes.")
        if min(self.size, self.first_size) < MIN_SIDE:
            raise RequestRejected(f"Pictures must have at least {MIN_SIDE} pixels a side.")
        if not (self.rate > 0 and math.isfinite(self.rate)):
            raise RequestRejected("The learning rate must be a number above 0.")
        if self.pooling not in ("max", "average"):
            raise RequestRejected(f"There is no pooling {self.pooling!r}: say max or average.")

    def share_done(self, epochs: float, seconds: float) -> float:
        """How much of the training is done after so much, 0 to 1: by epochs or by the clock."""
        return min(1.0, max(epochs / self.epochs, seconds / (60 * self.minutes)))

    def size_at(self, share: float) -> int:
        """The pictures' side when `share` of the training is done, in pixels."""
        return self.first_size if share < self.first_share else self.size

    def average_at(self, step: int) -> float:
        """Of the averaged weights, what stays at a step: little at first, `average` in the end."""
        return min(self.average, (1 + step) / (10 + step))

    def rate_at(self, share: float) -> float:
        """The learning rate when `share` of it is done: one cycle (arXiv 1708.07120)."""
        if share < self.warm_up:
            return self.rate * share / self.warm_up
        return self.rate * (1 + math.cos(math.pi * (share - self.warm_up) / (1 - self.warm_up))) / 2


@dataclass(frozen=True)
class Epoch:
    """What an epoch came to, or the part of one that there was time for."""

    number: int  # from 1
    size: int  # pixels, at its end
    loss: float  # the mean over its steps since the start or the last stop
    accuracy: float | None  # of the averaged weights on the validation pictures, at their own size
    seconds: float  # of the whole training so far
