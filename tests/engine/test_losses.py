"""The losses' values and gradients, against autograd through the features themselves."""

import gc
import weakref
from collections.abc import Callable

import pytest
import torch
from torch import Tensor

from engine.blocks import cut
from engine.content import KeptContent
from engine.losses import Objective, add_smoothness, style_grams, style_sums
from engine.presets import MURAL, SEED, Recipe
from engine.statistics import blend, statistics_of
from engine.vgg19 import Features

SHAPES = {"relu1_1": (1, 8, 12, 10), "relu2_1": (1, 6, 5, 4)}


def features(seed: int, dtype: torch.dtype = torch.float32) -> Features:
    """Made-up features of two taps, in channels-last memory."""
    generator = torch.Generator().manual_seed(seed)
    taps = {
        tap: torch.rand(shape, generator=generator)
        .to(dtype)
        .contiguous(memory_format=torch.channels_last)
        for tap, shape in SHAPES.items()
    }
    return Features(taps, [], "average")


WHOLE = cut(12, 10, 12)[0]


def numbers(chosen: Recipe, style: Features) -> dict[str, Tensor]:
    """What a recipe compares of a style."""
    return style_grams(chosen, style_sums(chosen, style, WHOLE))


def recipe(**changes: object) -> Recipe:
    """A recipe over the made-up taps; one of them is watched for content and for style."""
    from dataclasses import replace

    return replace(
        MURAL,
        content_taps={"relu2_1": 0.5},
        style_taps={"relu1_1": 0.7, "relu2_1": 0.3},
        content_weight=2.0,
        style_weight=3.0,
        **changes,  # type: ignore[arg-type]
    )


def plain_gram(f: Tensor) -> Tensor:
    """The Gram matrix, from (1, C, H, W)."""
    flat = f[0].flatten(1)
    return flat @ flat.t()


def gram_per_pixel(f: Tensor) -> Tensor:
    """The same per pixel."""
    return plain_gram(f) / f[0, 0].numel()


@pytest.mark.parametrize(
    ("statistic", "plain"), [("gram", gram_per_pixel), ("raw gram", plain_gram)]
)
@pytest.mark.parametrize("relative", [True, False])
def test_losses_and_gradients_equal_autograds(
    statistic: str, plain: Callable[[Tensor], Tensor], relative: bool
) -> None:
    """The loss is the weighted sum of its parts, and its gradient is what autograd finds."""
    chosen = recipe(statistic=statistic, relative=relative)
    content, style, seen = features(1), features(2), features(3)

    def distance(found: Tensor, wanted: Tensor) -> Tensor:
        squares = (found - wanted).square().mean()
        return squares / wanted.square().mean() if relative else squares

    leaves = {tap: seen[tap].clone().requires_grad_() for tap in SHAPES}
    expected_content = 2.0 * 0.5 * distance(leaves["relu2_1"], content["relu2_1"])
    expected_style = torch.zeros(())
    for tap, weight in chosen.style_taps.items():
        one = distance(plain(leaves[tap]), plain(style[tap]))
        expected_style = expected_style + 3.0 * weight * one
    total = expected_content + expected_style
    expected = dict(zip(leaves, torch.autograd.grad(total, list(leaves.values())), strict=True))

    targets = blend([numbers(chosen, style)], [1.0])
    objective = Objective(chosen, KeptContent({"relu2_1": content["relu2_1"]}), targets)
    look = objective.look(seen, WHOLE)
    found_content = objective.content_loss(look.content_sums())
    found_style, slopes = objective.style_loss(look.style_sums(), torch.tensor(8.0))
    gradients = look.gradients(slopes)

    torch.testing.assert_close(found_content, expected_content.detach())
    torch.testing.assert_close(found_style, expected_style.detach(), rtol=1e-4, atol=1e-6)
    for tap, gradient in expected.items():
        above = torch.ones(SHAPES[tap]).contiguous(memory_format=torch.channels_last)
        torch.testing.assert_close(gradients[tap](above) - 1, gradient * 8, rtol=1e-3, atol=1e-5)


def test_bf16_statistics_are_summed_in_fp32() -> None:
    """The sums over many BF16 features keep FP32's accuracy, not BF16's eight bits."""
    generator = torch.Generator().manual_seed(4)
    exact = torch.rand(1, 16, 256, 256, generator=generator).bfloat16()
    exact = exact.contiguous(memory_format=torch.channels_last)

    low, high = statistics_of(exact), statistics_of(exact.float())

    torch.testing.assert_close(low.gram, high.gram, rtol=2e-3, atol=0)
    assert low.gram.dtype == torch.float32


def test_several_styles_are_averaged_by_weight() -> None:
    """Two styles at weights 3 and 1 pull towards three quarters of the one's numbers."""
    first, second = features(5), features(6)

    targets = blend([numbers(SEED_LIKE, first), numbers(SEED_LIKE, second)], [3.0, 1.0])

    expected = 0.75 * statistics_of(first["relu1_1"]).gram
    expected += 0.25 * statistics_of(second["relu1_1"]).gram
    torch.testing.assert_close(targets["relu1_1"], expected)


SEED_LIKE = recipe(statistic="raw gram", relative=False)


def test_the_seeds_gram_matrix_is_not_divided() -> None:
    """The original's oddity: the raw Gram matrix grows with the picture."""
    assert SEED.statistic == "raw gram"
    flat = features(7)["relu1_1"][0].flatten(1)
    targets = blend([numbers(SEED_LIKE, features(7))], [1.0])

    torch.testing.assert_close(targets["relu1_1"], flat @ flat.t())


def test_smoothness_and_its_gradient() -> None:
    """The squared total variation, and the gradient that autograd finds for it."""
    canvas = torch.rand(1, 3, 7, 9, generator=torch.Generator().manual_seed(8)).requires_grad_()
    across = (canvas[..., 1:] - canvas[..., :-1]).square().sum()
    down = (canvas[..., 1:, :] - canvas[..., :-1, :]).square().sum()
    expected = 5.0 * (across + down) / canvas.numel()
    (wanted,) = torch.autograd.grad(expected, canvas)

    gradient = torch.ones_like(canvas)
    loss = add_smoothness(canvas.detach(), 5.0, gradient)
    gradient -= 1

    torch.testing.assert_close(loss, expected.detach())
    torch.testing.assert_close(gradient, wanted)


def test_targets_are_let_go_of() -> None:
    """With the last step of a scale its objective is gone, gigabytes of targets with it."""
    chosen = recipe()
    content = KeptContent({"relu2_1": features(1)["relu2_1"]})
    objective = Objective(chosen, content, numbers(chosen, features(2)))
    objective.style_loss(objective.look(features(3), WHOLE).style_sums(), torch.tensor(8.0))
    kept = weakref.ref(objective)

    del objective
    gc.collect()

    assert kept() is None
