"""Adam and L-BFGS against torch.optim's, and the steps that are left out."""

from collections.abc import Callable

import pytest
import torch
from torch import Tensor

from engine import optimiser
from engine.optimiser import LBFGS, Adam, Optimiser

OK, BAD = torch.tensor(1.0), torch.tensor(0.0)


def bowl(canvas: Tensor) -> Tensor:
    """A convex function with curvatures from 1 to 30 and its lowest point at 0.5."""
    curvature = torch.linspace(1, 30, canvas.numel()).view_as(canvas)
    return (curvature * (canvas - 0.5).square()).sum() + 0.1 * (canvas - 0.5).pow(4).sum()


def slope(canvas: Tensor) -> Tensor:
    """The gradient of `bowl`."""
    leaf = canvas.detach().clone().requires_grad_()
    (gradient,) = torch.autograd.grad(bowl(leaf), leaf)
    return gradient


def start() -> Tensor:
    """A canvas away from the lowest point."""
    return torch.rand(1, 3, 4, 5, generator=torch.Generator().manual_seed(1))


def adam(canvas: Tensor) -> Optimiser:
    """Adam at the rate of these tests."""
    return Adam(canvas, 0.01)


BOTH = pytest.mark.parametrize("make", [adam, LBFGS])


def test_adam_equals_torchs() -> None:
    """Every iterate is torch.optim.Adam's."""
    canvas, theirs = start(), start().requires_grad_()
    ours, reference = Adam(canvas, 0.05), torch.optim.Adam([theirs], lr=0.05)
    for _ in range(50):
        ours.step(slope(canvas), OK)
        theirs.grad = slope(theirs)
        reference.step()
        torch.testing.assert_close(canvas, theirs.detach())


@pytest.mark.parametrize("most", [2**31, 1])
def test_lbfgs_equals_torchs(most: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every iterate is that of torch.optim.LBFGS with unit steps and no line search.

    Given its first move, which is 1 / |g|₁ along the gradient, and moves of any length.
    """
    canvas, theirs = start().double(), start().double().requires_grad_()
    gradient = slope(canvas)
    first = float(gradient.norm() / gradient.abs().sum() / gradient.numel() ** 0.5)
    monkeypatch.setattr(optimiser, "MOST_ELEMENTS", most)  # of a product: in one, or in parts
    ours = LBFGS(canvas, history=5, first_move=first, longest_move=torch.inf)
    reference = torch.optim.LBFGS(
        [theirs], lr=1, max_iter=20, history_size=5, tolerance_grad=0, tolerance_change=0
    )

    def closure() -> Tensor:
        theirs.grad = slope(theirs)
        return bowl(theirs)

    for _ in range(20):
        ours.step(slope(canvas), OK.double())
    reference.step(closure)  # type: ignore[no-untyped-call]

    torch.testing.assert_close(canvas, theirs.detach(), rtol=1e-6, atol=1e-8)
    assert float(bowl(canvas)) < 0.1 * float(bowl(start()))


def test_lbfgs_moves_neither_too_little_nor_too_far() -> None:
    """The first move has the length it was given; no later one is longer than the longest."""
    generator = torch.Generator().manual_seed(2)
    canvas = start()
    lbfgs = LBFGS(canvas, first_move=0.01, longest_move=0.05)
    lengths = []
    for _ in range(20):  # gradients that no function has: curvatures of any size
        before = canvas.clone()
        lbfgs.step(torch.randn(canvas.shape, generator=generator) * 1e-4, OK)
        lengths.append(float((canvas - before).square().mean().sqrt()))

    assert lengths[0] == pytest.approx(0.01, rel=1e-3)
    assert max(lengths) == pytest.approx(0.05, rel=1e-3)


@BOTH
def test_a_step_that_is_not_finite_changes_nothing(make: Callable[[Tensor], Optimiser]) -> None:
    """With `ok` at 0.0 and a gradient of NaNs, what follows is as if the step had not been."""
    disturbed, plain = start(), start()
    first, second = make(disturbed), make(plain)
    for number in range(12):
        if number in (0, 4, 5):
            before = disturbed.clone()
            first.step(torch.full_like(disturbed, float("nan")), BAD)
            assert torch.equal(disturbed, before)
        first.step(slope(disturbed), OK)
        second.step(slope(plain), OK)
    torch.testing.assert_close(disturbed, plain)


@BOTH
def test_state_restores_every_later_step(make: Callable[[Tensor], Optimiser]) -> None:
    """A second optimiser given the state takes the same steps, bit for bit."""
    canvas = start()
    first = make(canvas)
    for _ in range(7):
        first.step(slope(canvas), OK)
    copy = canvas.clone()
    second = make(copy)
    for name, value in second.state().items():
        value.copy_(first.state()[name])
    for _ in range(7):
        first.step(slope(canvas), OK)
        second.step(slope(copy), OK)
    assert torch.equal(canvas, copy)
