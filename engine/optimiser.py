"""Adam and L-BFGS over one canvas, on the device alone.

torch.optim's L-BFGS reads numbers back to the host several times a step, and neither of its
optimisers can leave a step out without asking the host. Here a step takes `ok`, a 0-d tensor
that is 1.0 where the gradient is finite and 0.0 where it is not; with 0.0 nothing changes. All
state is of fixed shape and stays on the device, so that a CUDA graph can replay a step.
"""

from functools import reduce
from typing import Protocol

import torch
from torch import Tensor

from engine.blocks import MOST_ELEMENTS

BETA_1, BETA_2, EPSILON = 0.9, 0.999, 1e-8  # of Adam, as the paper suggests


class Optimiser(Protocol):
    """Moves a canvas, in place, against its gradient."""

    def step(self, gradient: Tensor, ok: Tensor) -> None:
        """Take one step, or none where `ok` is 0.0. May write over the gradient."""

    def state(self) -> dict[str, Tensor]:
        """All that a later step depends on, besides the canvas: to be read, and to be restored by
        copying into these very tensors.
        """

    def is_sound(self) -> bool:
        """Whether a state of finite numbers that was restored can be one of this optimiser's."""


class Adam:
    """Kingma and Ba, arXiv 1412.6980, algorithm 1."""

    def __init__(self, canvas: Tensor, rate: float) -> None:
        self._canvas = canvas
        self._rate = rate
        self._steps = canvas.new_zeros(())
        self._first = torch.zeros_like(canvas)
        self._second = torch.zeros_like(canvas)

    def step(self, gradient: Tensor, ok: Tensor) -> None:
        """Take one step, or none where `ok` is 0.0."""
        gradient = gradient.nan_to_num(0.0, 0.0, 0.0)
        self._steps += ok
        self._first.lerp_(gradient, (1 - BETA_1) * ok)
        self._second.lerp_(gradient.square(), (1 - BETA_2) * ok)
        rate = self._rate * ok / _unbias(BETA_1, self._steps)
        deviation = (self._second / _unbias(BETA_2, self._steps)).sqrt_().add_(EPSILON)
        self._canvas -= rate * self._first / deviation

    def state(self) -> dict[str, Tensor]:
        """The moments and the count of steps."""
        return {
            "steps": self._steps,
            "first": self._first,
            "second": self._second,
        }

    def is_sound(self) -> bool:
        """Whether no mean of squares is negative."""
        return bool(self._second.min() >= 0)


def _unbias(decay: float, steps: Tensor) -> Tensor:
    # At step 0, where every step so far was left out, nothing is divided by zero.
    return 1 - decay ** steps.clamp_min(1)


FIRST_MOVE, LONGEST_MOVE = 0.01, 0.05  # of `LBFGS`


class LBFGS:
    """Limited-memory BFGS with unit steps, in its compact form.

    `first_move` and `longest_move` are root mean squares over the canvas, in its unit. The first
    step, with no curvature known yet, moves so far along the gradient. torch.optim's moves by
    `1 / |g|₁`, which is next to nothing: in FP16 the change of gradient that it brings is rounding
    alone. A longer move than the longest comes of a curvature that is off, and is shortened: usual
    ones are 0.002 to 0.03, and one of 4 was seen to raise a loss by five orders.

    The history is a ring: row `place` is the oldest pair, to be written over next. A pair of a move
    and the change of gradient that it brought is left out where its curvature is not positive; an
    empty row is all zeros.
    Source: Byrd, Nocedal and Schnabel, Representations of quasi-Newton matrices, 1994, eq. 2.7.
    """

    def __init__(
        self,
        canvas: Tensor,
        *,
        history: int = 20,
        first_move: float = FIRST_MOVE,
        longest_move: float = LONGEST_MOVE,
    ) -> None:
        self._canvas = canvas
        self._history = history
        self._first_length = first_move * canvas.numel() ** 0.5
        self._longest_length = longest_move * canvas.numel() ** 0.5
        size = canvas.numel()
        # One table, so that a product with both reads a vector once.
        self._pairs = canvas.new_zeros(2 * history, size)
        self._moves = self._pairs[:history]  # S, a row each
        self._changes = self._pairs[history:]  # Y, of the gradient along each move
        # What one product may read: see MOST_ELEMENTS.
        whole = self._pairs.numel() <= MOST_ELEMENTS
        self._tables = [self._pairs] if whole else [self._moves, self._changes]
        self._moves_changes = canvas.new_zeros(history, history, dtype=torch.float64)  # S Yᵀ
        self._changes_changes = torch.zeros_like(self._moves_changes)  # Y Yᵀ
        self._place = torch.zeros(1, dtype=torch.int64, device=canvas.device)
        self._scale = canvas.new_zeros(())  # of the initial inverse Hessian; 0 without a pair
        self._gradient = canvas.new_zeros(size)  # of the last step
        self._move = canvas.new_zeros(size)  # that it made
        self._moved = canvas.new_zeros(())  # 1 once there is a last step

    def step(self, gradient: Tensor, ok: Tensor) -> None:
        """Take one step, or none where `ok` is 0.0."""
        flat = gradient.nan_to_num_(0.0, 0.0, 0.0).view(-1)
        self._remember(flat, ok)
        direction = self._direction(flat)
        length = torch.linalg.vector_norm(direction)
        direction *= (self._longest_length / length.clamp_min(1e-30)).clamp_max(1.0) * ok
        self._gradient.lerp_(flat, ok)
        self._move.lerp_(direction, ok)
        self._moved.clamp_(min=ok)
        self._canvas += direction.view_as(self._canvas)

    def _remember(self, gradient: Tensor, ok: Tensor) -> None:
        """Store the last move and the change of gradient that it brought."""
        change = gradient - self._gradient
        curvature = change.dot(self._move)
        good = (curvature > 1e-10) * ok * self._moved
        self._moves.index_copy_(0, self._place, (self._move * good).unsqueeze(0))
        squared = change.dot(change)
        change *= good  # large pictures need the memory of a copy
        self._changes.index_copy_(0, self._place, change.unsqueeze(0))
        # Products of newer moves with older changes are never read: they stay as they were.
        along = self._along(change).double().unsqueeze(1)
        along_moves, along_changes = along[: self._history], along[self._history :]
        self._moves_changes.index_copy_(1, self._place, along_moves)
        self._changes_changes.index_copy_(1, self._place, along_changes)
        self._changes_changes.index_copy_(0, self._place, along_changes.t())
        self._place.add_(good.long()).remainder_(self._history)
        scale = curvature / squared.clamp_min(1e-30)
        self._scale.lerp_(scale.nan_to_num(0.0, 0.0, 0.0), good)

    def _along(self, vector: Tensor) -> Tensor:
        """The products of all moves, then of all changes, with a vector."""
        parts = [table @ vector for table in self._tables]
        return parts[0] if len(parts) == 1 else torch.cat(parts)

    def _direction(self, gradient: Tensor) -> Tensor:
        """Minus the inverse Hessian times the gradient."""
        first = self._first_length / torch.linalg.vector_norm(gradient).clamp_min(1e-30)
        scale = torch.where(self._scale > 0, self._scale, first)
        order = torch.arange(self._history, device=gradient.device)
        oldest_first = (order + self._place) % self._history
        products = self._moves_changes[oldest_first][:, oldest_first]
        squares = self._changes_changes[oldest_first][:, oldest_first]
        diagonal = products.diagonal()
        # A row without a pair is zero; one on its diagonal lets the others be solved for.
        triangle = products.triu() + (diagonal == 0).double().diag()

        along = self._along(gradient).double().view(2, self._history, 1)[:, oldest_first]
        along_moves, along_changes = along
        inner = torch.linalg.solve_triangular(triangle, along_moves, upper=True)
        outer = diagonal.unsqueeze(1) * inner + scale * (squares @ inner - along_changes)
        outer = torch.linalg.solve_triangular(triangle.t(), outer, upper=False)

        shares = torch.empty_like(along)
        shares[:, oldest_first] = torch.stack((-outer, scale * inner))
        parts = shares.to(gradient.dtype).view(len(self._tables), -1)
        pairs = zip(self._tables, parts, strict=True)
        direction: Tensor = reduce(torch.add, (table.t() @ part for table, part in pairs))
        return direction.addcmul_(gradient, scale, value=-1)

    def state(self) -> dict[str, Tensor]:
        """The history, and the last step's move and gradient."""
        return {
            "moves": self._moves,
            "changes": self._changes,
            "moves_changes": self._moves_changes,
            "changes_changes": self._changes_changes,
            "place": self._place,
            "scale": self._scale,
            "gradient": self._gradient,
            "move": self._move,
            "moved": self._moved,
        }

    def is_sound(self) -> bool:
        """Whether the place is one of the history's."""
        return 0 <= int(self._place) < self._history
