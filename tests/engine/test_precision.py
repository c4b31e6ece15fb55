"""FP16 as a GPU computes it, against FP32: losses, the loss scale, and steps taken again."""

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest
import torch
from PIL import Image
from torch import Tensor

from engine.device import Device
from engine.errors import Stopped
from engine.presets import PRESETS, settle
from engine.request import PaintSettings, Progress, StylizeRequest
from engine.scales import plan_scales
from engine.step import FAILURES_IN_A_ROW, Stepper, compare, loss_scale
from engine.studio import Studio
from engine.stylize import stylize
from engine.vgg19 import Encoder, Features
from tests.engine.half import HalfOnCpu

CPU = torch.device("cpu")
FP16 = Device(CPU, "fp16")


@pytest.fixture(scope="module")
def half(state: Mapping[str, Tensor]) -> Encoder:
    """The bundled VGG-19 in FP16."""
    return Encoder(state, FP16, "bundled")


@pytest.fixture(autouse=True)
def as_on_a_gpu() -> Iterator[None]:
    """Products of FP16 numbers are those of a GPU."""
    with HalfOnCpu():
        yield


class Trouble(Encoder):
    """A VGG-19 whose features, or their gradient alone, are infinite in FP16 on request."""

    features = gradient = False  # whether they are

    def __call__(self, *args: object, **options: object) -> Features:
        """Features; see the class."""
        seen = super().__call__(*args, **options)  # type: ignore[arg-type]
        if self.features:
            for features in seen._taps.values():
                features.fill_(torch.inf)
        if self.gradient:
            backward = seen.backward
            seen.backward = lambda gradients: backward(gradients) * torch.inf  # type: ignore[method-assign]
        return seen


def stepper(encoder: Encoder, request: StylizeRequest) -> Stepper:
    """A stepper at the last scale of a request, before its first step."""
    recipe, _, _ = settle(request.settings)
    scale = plan_scales(request)[-1]
    studio = Studio(request, recipe, encoder, 2**40, scale)
    return studio.stepper(scale, studio.first_canvas(scale))


@pytest.fixture
def wish(content: Image.Image, style: Image.Image) -> Callable[..., StylizeRequest]:
    """Makes requests of the sample pictures."""
    return lambda **settings: StylizeRequest(content, (style,), PaintSettings(**settings))


@pytest.mark.parametrize(("side", "steps"), [
    (64, 5), pytest.param(64, 30, marks=pytest.mark.slow),
    pytest.param(128, 30, marks=pytest.mark.slow),
])  # fmt: skip
@pytest.mark.parametrize("preset", list(PRESETS))
def test_every_step_in_fp16_has_the_loss_of_fp32(
    preset: str,
    side: int,
    steps: int,
    wish: Callable[..., StylizeRequest],
    encoder: Encoder,
    half: Encoder,
) -> None:
    """Within 2 % at every step, and no step is taken again.

    On the same canvas: from there on L-BFGS enlarges what is rounded for a while.
    """
    request = wish(preset=preset, size=side)
    exact, rough = stepper(encoder, request), stepper(half, request)
    for _ in range(steps):
        rough.restore(exact.state())
        (wanted,), (found,) = exact.take(1), rough.take(1)
        assert not found.repeated
        assert found.losses.total == pytest.approx(wanted.losses.total, rel=0.02)


@pytest.mark.slow
@pytest.mark.parametrize("preset", list(PRESETS))
def test_fp16_ends_where_fp32_does(
    preset: str, wish: Callable[..., StylizeRequest], encoder: Encoder, half: Encoder
) -> None:
    """A painting of its own in FP16 comes to the loss of FP32 within 2 %.

    On the way its losses are within 1 % on average: at single steps L-BFGS is ahead or behind.
    """
    request = wish(preset=preset, size=64, steps=30)
    exact, rough = stylize(request, encoder).outcome, stylize(request, half).outcome
    assert rough.repeated_steps == 0
    assert rough.losses.total == pytest.approx(exact.losses.total, rel=0.02)
    pairs = list(zip(rough.curve, exact.curve, strict=True))
    assert sum(abs(one / other - 1) for (_, one), (_, other) in pairs) / len(pairs) < 0.01


@pytest.mark.parametrize("preset", list(PRESETS))
@pytest.mark.parametrize("side", [64, pytest.param(256, marks=pytest.mark.slow)])
def test_the_loss_scale_leaves_room_on_both_sides(
    preset: str, side: int, wish: Callable[..., StylizeRequest], half: Encoder
) -> None:
    """Four times as much overflows nowhere, and a sixteenth loses nothing of the gradient."""
    taken = stepper(half, wish(preset=preset, size=side))

    def gradient(factor: float) -> Tensor:
        scale = taken._loss_scale * factor
        blocks = taken._blocks(FP16)
        with torch.no_grad():
            *_, found = compare(half, taken._recipe, taken._objective, taken.canvas, blocks, scale)
        return found / scale

    own = gradient(1.0)
    for factor in (4.0, 1 / 16):
        difference = (gradient(factor) - own).norm() / own.norm()
        assert float(difference) < 0.01


@pytest.mark.slow
def test_a_checkpoint_of_a_cpu_goes_on_in_fp16(
    wish: Callable[..., StylizeRequest], encoder: Encoder, half: Encoder, tmp_path: Path
) -> None:
    """The loss scale is the number type's own: resumed in FP16, the loss falls as in FP32."""
    request, file, done = wish(preset="mural", size=64, steps=16), tmp_path / "state.pth", 0

    def count(progress: Progress) -> None:
        nonlocal done
        done = progress.step

    with pytest.raises(Stopped):
        stylize(request, encoder, on_progress=count, should_stop=lambda: done == 8, checkpoint=file)
    resumed, whole = stylize(request, half, resume=file), stylize(request, encoder)
    assert resumed.outcome.losses.total == pytest.approx(whole.outcome.losses.total, rel=0.02)


@pytest.mark.parametrize("side", [64, 128])
def test_fp16_finds_the_neighbours_of_fp32(
    side: int, wish: Callable[..., StylizeRequest], encoder: Encoder, half: Encoder
) -> None:
    """Cells are compared in FP32: rounded features change the choice between near equals alone."""
    request = wish(preset="mural", size=side)
    exact, rough = stepper(encoder, request).neighbours, stepper(half, request).neighbours
    assert exact is not None
    assert rough is not None
    assert float((exact == rough).float().mean()) > 0.95


def test_the_loss_scale_is_no_part_of_the_state(
    wish: Callable[..., StylizeRequest], encoder: Encoder, half: Encoder
) -> None:
    """A state of FP32 leaves the gradients of FP16 as they were."""
    request = wish(preset="mural", size=64)
    one = stepper(half, request)
    before = float(one._loss_scale)
    one.restore(stepper(encoder, request).state() | {"loss_scale": torch.tensor(1.0)})
    assert float(one._loss_scale) == before == 64 * 64


def test_a_gradient_that_overflows_is_taken_again_in_fp16(
    wish: Callable[..., StylizeRequest], half: Encoder
) -> None:
    """With half the loss scale, as often as it takes; what is returned was taken in FP16."""
    one = stepper(half, wish(preset="seed", size=64))
    one._loss_scale.mul_(2.0**10)
    before = float(one._loss_scale)
    (reading,) = one.take(1)
    assert reading.finite
    assert not reading.repeated
    assert 0 < float(one._loss_scale) < before / 8


def test_steps_in_fp32_have_no_loss_scale(
    wish: Callable[..., StylizeRequest], state: Mapping[str, Tensor]
) -> None:
    """Where features overflow, no loss scale is to blame: it stays, however many steps fail.

    After a few failures in a row, FP16 is no longer tried.
    """
    loud = Trouble(state, FP16, "loud")
    loud.features = True
    one = stepper(Encoder(state, FP16, "bundled"), wish(preset="draft", size=32))
    one._encoder = loud
    before = float(one._loss_scale)
    readings = [one.take(1)[0] for _ in range(20)]
    assert all(reading.finite and reading.repeated for reading in readings)
    assert float(one._loss_scale) == before
    assert one._encoder is loud.in_fp32


def test_a_loss_scale_that_has_run_out_is_nothing_to_fp32(
    wish: Callable[..., StylizeRequest], half: Encoder
) -> None:
    """It may have been halved down to 0: a step in FP32 is finite all the same."""
    one = stepper(half, wish(preset="draft", size=32))
    one._loss_scale.fill_(0.0)
    (reading,) = one.take(1)
    assert reading.finite
    assert reading.repeated


def test_fp16_is_kept_after_a_single_failure(
    wish: Callable[..., StylizeRequest], state: Mapping[str, Tensor]
) -> None:
    """Failures with good steps in between are repeated in FP32 each; FP16 goes on."""
    moody = Trouble(state, FP16, "moody")
    one = stepper(moody, wish(preset="draft", size=32))
    for _ in range(FAILURES_IN_A_ROW + 1):
        moody.features = True
        assert one.take(1)[0].repeated
        moody.features = False
        assert not one.take(1)[0].repeated


def test_a_gradient_that_no_scale_helps_is_taken_in_fp32(
    wish: Callable[..., StylizeRequest], state: Mapping[str, Tensor]
) -> None:
    """The tries in FP16 come to an end."""
    steep = Trouble(state, FP16, "steep")
    one = stepper(steep, wish(preset="draft", size=32))
    steep.gradient = True
    assert one.take(1)[0].repeated


@pytest.mark.parametrize(("precision", "preset", "expected"), [
    ("fp16", "mural", 4096.0), ("fp16", "seed", 1 / 8),
    ("fp32", "mural", 1.0), ("bf16", "seed", 1.0),
])  # fmt: skip
def test_loss_scales(precision: str, preset: str, expected: float) -> None:
    """FP16 alone needs one; it grows with the pixels, or falls where gradients grow with them."""
    canvas = torch.zeros(1, 3, 64, 64)
    recipe = PRESETS[preset].recipe
    assert loss_scale(recipe, canvas, Device(CPU, precision)) == expected
