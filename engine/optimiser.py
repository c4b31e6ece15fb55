"""Adam and L-BFGS over one canvas, on the device alone.

torch.optim's L-BFGS reads numbers back to the host several times a step, and neither of its
optimisers can leave a step out without asking the host. Here a step takes `ok`, a 0-d tensor
that is 1.0 where the gradient is finite and 0.0 where it is not; with 0.0 nothing changes. All
state is FP32 and of fixed shape, so that a CUDA graph can replay a step of Adam.
"""

from typing import Protocol

import torch
from torch import Tensor

Checkpoint = dict[str, Tensor | int]


class Optimiser(Protocol):
    """Moves a canvas, in place, against its gradient."""

    capturable: bool  # whether a CUDA graph may hold the step

    def step(self, gradient: Tensor, ok: Tensor) -> None:
        """Take one step, or none where `ok` is 0.0."""

    def result(self) -> Tensor:
        """The canvas to show, (1, 3, H, W) float32."""

    def state(self) -> Checkpoint:
        """Everything that a later step depends on, besides the canvas."""

    def restore(self, state: Checkpoint) -> None:
        """Go on from `state()`."""


class Adam:
    """Kingma and Ba, arXiv 1412.6980, algorithm 1, with averaged iterates on request.

    The average is an exponential one over the canvases, its bias removed as that of Adam's
    moments: it shows the middle of the iterates' jitter, which a constant rate never loses.
    """

    capturable = True

    def __init__(
        self,
        canvas: Tensor,
        rate: float,
        *,
        betas: tuple[float, float] = (0.9, 0.999),
        epsilon: float = 1e-8,
        averaging: float = 0.0,
    ) -> None:
        self._canvas = canvas
        self._rate = rate
        self._betas = betas
        self._epsilon = epsilon
        self._averaging = averaging
        self._steps = canvas.new_zeros(())
        self._first = torch.zeros_like(canvas)
        self._second = torch.zeros_like(canvas)
        self._average = torch.zeros_like(canvas)

    def step(self, gradient: Tensor, ok: Tensor) -> None:
        """Take one step, or none where `ok` is 0.0."""
        first, second = self._betas
        gradient = gradient.nan_to_num(0.0, 0.0, 0.0)
        self._steps += ok
        self._first.lerp_(gradient, (1 - first) * ok)
        self._second.lerp_(gradient.square(), (1 - second) * ok)
        rate = self._rate * ok / _unbias(first, self._steps)
        deviation = (self._second / _unbias(second, self._steps)).sqrt_().add_(self._epsilon)
        self._canvas -= rate * self._first / deviation
        if self._averaging:
            self._average.lerp_(self._canvas, (1 - self._averaging) * ok)

    def result(self) -> Tensor:
        """The average of the canvases, or the last one where there is no averaging."""
        if not self._averaging:
            return self._canvas
        return self._average / _unbias(self._averaging, self._steps)

    def state(self) -> Checkpoint:
        """The moments, the average and the count of steps."""
        return {
            "steps": self._steps,
            "first": self._first,
            "second": self._second,
            "average": self._average,
        }

    def restore(self, state: Checkpoint) -> None:
        """Go on from `state()`."""
        _copy_tensors(self.state(), state)


def _unbias(decay: float, steps: Tensor) -> Tensor:
    # At step 0, where every step so far was left out, nothing is divided by zero.
    return 1 - decay ** steps.clamp_min(1)


class LBFGS:
    """Limited-memory BFGS with unit steps: Nocedal and Wright, Numerical Optimization, 7.4 and 7.5.

    The first step, with no curvature known yet, moves by `1 / |g|₁` along the gradient as
    torch.optim's does. A pair whose curvature is not positive keeps its place in the history
    with a weight of zero.
    """

    capturable = False  # the history's place advances on the host

    def __init__(self, canvas: Tensor, *, history: int = 20) -> None:
        self._canvas = canvas
        self._history = history
        size = canvas.numel()
        self._moves = canvas.new_zeros(history, size)
        self._changes = canvas.new_zeros(history, size)
        self._inverses = canvas.new_zeros(history)  # 1 / (move · change), 0 for an unused pair
        self._scale = canvas.new_zeros(())  # of the initial inverse Hessian; 0 before any pair
        self._gradient = canvas.new_zeros(size)
        self._move = canvas.new_zeros(size)
        self._calls = 0

    def step(self, gradient: Tensor, ok: Tensor) -> None:
        """Take one step, or none where `ok` is 0.0."""
        flat = gradient.nan_to_num(0.0, 0.0, 0.0).view(-1)
        if self._calls:
            self._remember(flat, ok)
        direction = self._direction(flat)
        first = (1 / flat.abs().sum().clamp_min(1e-30)).clamp_max(1.0)
        direction *= torch.where(self._scale > 0, 1.0, first) * ok
        self._gradient.lerp_(flat, ok)
        self._move.lerp_(direction, ok)
        self._canvas += direction.view_as(self._canvas)
        self._calls += 1

    def _remember(self, gradient: Tensor, ok: Tensor) -> None:
        """Store the pair of the last move and the change of gradient that it brought."""
        place = (self._calls - 1) % self._history
        change = gradient - self._gradient
        curvature = change.dot(self._move)
        good = (curvature > 1e-10) * ok
        self._moves[place] = self._move
        self._changes[place] = change
        self._inverses[place] = good / curvature.clamp_min(1e-10)
        scale = curvature / change.dot(change).clamp_min(1e-30)
        self._scale.lerp_(scale.nan_to_num(0.0, 0.0, 0.0), good)

    def _direction(self, gradient: Tensor) -> Tensor:
        """The two loops of algorithm 7.4: minus the inverse Hessian times the gradient."""
        newest_first = [
            (self._calls - 1 - age) % self._history
            for age in range(min(self._calls, self._history))
        ]
        direction = -gradient
        weights: dict[int, Tensor] = {}
        for place in newest_first:
            weights[place] = self._inverses[place] * self._moves[place].dot(direction)
            direction -= weights[place] * self._changes[place]
        direction *= torch.where(self._scale > 0, self._scale, 1.0)
        for place in reversed(newest_first):
            back = self._inverses[place] * self._changes[place].dot(direction)
            direction += (weights[place] - back) * self._moves[place]
        return direction

    def result(self) -> Tensor:
        """The canvas as the last step left it."""
        return self._canvas

    def state(self) -> Checkpoint:
        """The history, the last move and gradient, and the count of calls."""
        return {
            "moves": self._moves,
            "changes": self._changes,
            "inverses": self._inverses,
            "scale": self._scale,
            "gradient": self._gradient,
            "move": self._move,
            "calls": self._calls,
        }

    def restore(self, state: Checkpoint) -> None:
        """Go on from `state()`."""
        _copy_tensors(self.state(), state)
        self._calls = int(state["calls"])


def _copy_tensors(own: Checkpoint, saved: Checkpoint) -> None:
    for name, value in own.items():
        if isinstance(value, Tensor):
            value.copy_(torch.as_tensor(saved[name]))
