"""The preset `seed` is the original Muralscape, step by step."""

from collections.abc import Mapping

import pytest
import torch
from PIL import Image

from engine import images
from engine.device import choose_device
from engine.request import PaintSettings, StylizeRequest
from engine.stylize import stylize
from engine.vgg19 import Encoder
from tests.engine.naive_seed import naive_losses
from tests.engine.shared import SHARED_PICTURES

SIZE, STEPS = 32, 20


@pytest.fixture(scope="module")
def pair(content: Image.Image, style: Image.Image) -> tuple[Image.Image, Image.Image]:
    """The original author's own pictures where they can be had, else the samples."""
    if not SHARED_PICTURES.is_dir():
        return content, style
    return images.read(SHARED_PICTURES / "jimi.jpeg"), images.read(SHARED_PICTURES / "psy.jpg")


@pytest.fixture(scope="module")
def naive(pair: tuple[Image.Image, Image.Image], state: Mapping[str, torch.Tensor]) -> list[float]:
    """The losses of the naive reading."""
    return list(naive_losses(*pair, state, SIZE, STEPS))


@pytest.mark.parametrize(("precision", "tolerance"), [("fp32", 1e-3), ("bf16", 5e-2)])
def test_losses_equal_the_naive_reading(
    precision: str,
    tolerance: float,
    pair: tuple[Image.Image, Image.Image],
    naive: list[float],
    state: Mapping[str, torch.Tensor],
) -> None:
    """Every step's loss is that of a naive FP32 reading of the formula, within rounding."""
    encoder = Encoder(state, choose_device("cpu", precision), "bundled")
    request = StylizeRequest(
        pair[0], (pair[1],), PaintSettings(preset="seed", size=SIZE, steps=STEPS)
    )

    painting = stylize(request, encoder)

    assert [step for step, _ in painting.outcome.curve] == list(range(1, STEPS + 1))
    assert [loss for _, loss in painting.outcome.curve] == pytest.approx(naive, rel=tolerance)
    assert painting.outcome.losses.total == painting.outcome.curve[-1][1]
    assert painting.picture.size == (SIZE, SIZE)


@pytest.mark.slow
def test_fast_setting_reaches_the_loss_sooner(
    pair: tuple[Image.Image, Image.Image], encoder: Encoder
) -> None:
    """`--fast` minimises the same objective, here in a fifth of the steps.

    At the original's own size and length it takes a nineteenth: `make bench` measures it.
    """
    slow = StylizeRequest(pair[0], (pair[1],), PaintSettings(preset="seed", size=32, steps=300))
    fast = StylizeRequest(
        pair[0], (pair[1],), PaintSettings(preset="seed", size=32, steps=60, fast=True)
    )

    assert (
        stylize(fast, encoder).outcome.losses.total <= stylize(slow, encoder).outcome.losses.total
    )
