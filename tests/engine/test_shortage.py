"""Memory that runs out: smaller blocks, another plan, and a size that fits where nothing does."""

import sys
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from torch import Tensor

from engine.device import Device
from engine.errors import OutOfMemory
from engine.memory import (
    SMALLEST_BLOCK,
    SMALLEST_HISTORY,
    Plan,
    budget_after,
    estimate_bytes,
    plan_memory,
)
from engine.motion.film import film_painter
from engine.presets import GATYS, settle
from engine.request import PaintSettings, StylizeRequest
from engine.scales import plan_scales
from engine.step import Stepper
from engine.studio import Studio
from engine.stylize import stylize
from engine.vgg19 import Encoder, Features
from tests.engine.half import HalfOnCpu
from tests.engine.motion_clips import as_picture, texture
from tests.engine.operators import Arguments, Operator, Operators
from tests.engine.paintings import pixels

FP32 = Device(torch.device("cpu"), "fp32")
FP16 = Device(torch.device("cpu"), "fp16")
WIDTH = 16
SHAPE = (624, WIDTH)  # pixels: two blocks of 320, or three of 256 and their borders


class SmallGpu(Encoder):
    """A VGG-19 on a GPU that holds the features of so many pixels, and of half of them in FP32."""

    def __init__(self, state: Mapping[str, Tensor], device: Device, pixels: int) -> None:
        super().__init__(state, device, "small")
        self.pixels = pixels
        self.error: RuntimeError = torch.OutOfMemoryError("CUDA out of memory.")
        self.seen: list[int] = []  # the longer side of each picture that was seen

    @property
    def in_fp32(self) -> "SmallGpu":
        """The same GPU in FP32."""
        if self.device == FP32:
            return self
        exact = SmallGpu(self._state, FP32, self.pixels // 2)
        exact.seen = self.seen
        return exact

    def __call__(self, picture: Tensor, *args: object, **options: object) -> Features:
        """Features, or torch's own error."""
        if picture[0, 0].numel() > self.pixels:
            raise self.error
        self.seen.append(max(picture.shape))
        return super().__call__(picture, *args, **options)  # type: ignore[arg-type]


class ShortOf(Operators):
    """A GPU with too little memory for one operator, the first times that it is called."""

    def __init__(self, operator: str, times: int) -> None:
        super().__init__()
        self.short_of = f"aten::{operator}"
        self.times = times

    def run(self, name: str, operator: Operator, args: Arguments, kwargs: Mapping[str, Any]) -> Any:  # noqa: ANN401
        """Run one operator, or raise torch's own error."""
        if name == self.short_of and self.times:
            self.times -= 1
            raise torch.OutOfMemoryError("CUDA out of memory.")
        return operator(*args, **kwargs)


@pytest.fixture
def wish() -> StylizeRequest:
    """A strip in the style of another."""
    content = Image.effect_noise(SHAPE, 60).convert("RGB")
    style = Image.effect_noise(SHAPE, 90).convert("RGB")
    return StylizeRequest(content, (style,), PaintSettings("gatys", max(SHAPE), 3))


def stepper(request: StylizeRequest, encoder: Encoder) -> Stepper:
    """A stepper that believes in plenty of memory."""
    recipe, _, _ = settle(request.settings)
    scale = plan_scales(request)[-1]
    studio = Studio(request, recipe, encoder, 2**40, scale)
    return studio.stepper(scale, studio.first_canvas(scale))


def test_a_step_that_does_not_fit_is_taken_in_smaller_blocks(
    wish: StylizeRequest, state: Mapping[str, Tensor], encoder: Encoder
) -> None:
    """Enough memory for the targets, and too little at the steps: the losses are a whole's."""
    gpu = SmallGpu(state, FP32, 10**6)
    found, whole = stepper(wish, gpu), stepper(wish, encoder)
    gpu.pixels, gpu.seen = 480 * WIDTH, []
    for _ in range(3):
        wanted, got = whole.take(1)[0].losses.total, found.take(1)[0].losses.total
        assert got == pytest.approx(wanted, rel=0.01)
    assert 0 < max(gpu.seen) <= 480


@pytest.mark.parametrize("words", [
    "CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling `cublasCreate(handle)`",
    "CUDA error: CUBLAS_STATUS_NOT_INITIALIZED when calling `cublasCreate(handle)`",
    "cuDNN error: CUDNN_STATUS_ALLOC_FAILED",
    "GET was unable to find an engine to execute this computation",
    "[enforce fail at alloc_cpu.cpp:1] DefaultCPUAllocator: can't allocate memory: you tried",
])  # fmt: skip
def test_libraries_that_lack_memory_count_too(
    words: str, wish: StylizeRequest, state: Mapping[str, Tensor]
) -> None:
    """cuBLAS and cuDNN have errors of their own: they are taken as torch's."""
    gpu = SmallGpu(state, FP32, 10**6)
    one = stepper(wish, gpu)
    gpu.pixels, gpu.error, gpu.seen = 480 * WIDTH, RuntimeError(words), []
    assert one.take(1)[0].finite
    assert 0 < max(gpu.seen) <= 480


def test_other_errors_are_not_taken_for_a_lack_of_memory(
    wish: StylizeRequest, state: Mapping[str, Tensor]
) -> None:
    """A fault of the device ends the painting, and says what it is."""
    gpu = SmallGpu(state, FP32, 10**6)
    one = stepper(wish, gpu)
    gpu.pixels, gpu.error = 0, RuntimeError("CUDA error: an illegal memory access")
    with pytest.raises(RuntimeError, match="illegal memory access"):
        one.take(1)


def test_targets_that_do_not_fit_are_planned_anew(
    wish: StylizeRequest, state: Mapping[str, Tensor], encoder: Encoder
) -> None:
    """What was planned as a whole is painted in blocks, from the targets on."""
    gpu = SmallGpu(state, FP32, 480 * WIDTH)
    painted, whole = stylize(wish, gpu).outcome, stylize(wish, encoder).outcome
    assert painted.losses.total == pytest.approx(whole.losses.total, rel=0.01)
    assert max(gpu.seen) <= 480


@pytest.mark.slow
def test_a_repeat_in_fp32_gets_smaller_blocks_of_its_own(
    wish: StylizeRequest, state: Mapping[str, Tensor]
) -> None:
    """FP32 takes twice the memory: its steps are cut, those in FP16 stay whole."""
    gpu = SmallGpu(state, FP16, 800 * WIDTH)
    with HalfOnCpu():
        one = stepper(wish, gpu)
        one._loss_scale.fill_(torch.inf)
        gpu.seen.clear()
        (reading,) = one.take(1)
        assert reading.repeated
        assert min(gpu.seen) <= 400
        one._loss_scale.fill_(1.0)
        gpu.seen.clear()
        assert not one.take(1)[0].repeated
        assert gpu.seen == [max(SHAPE)]


@pytest.mark.slow
def test_weights_in_fp32_that_do_not_fit_are_tried_again(
    wish: StylizeRequest, state: Mapping[str, Tensor]
) -> None:
    """A repeat in FP32 begins with a second set of weights, which takes memory as well."""

    class Full(SmallGpu):
        tries = 0

        @property
        def in_fp32(self) -> SmallGpu:
            if self.device == FP16:
                self.tries += 1
                if self.tries == 1:
                    raise self.error
            return super().in_fp32

    gpu = Full(state, FP16, 10**6)
    with HalfOnCpu():
        one = stepper(wish, gpu)
        one._loss_scale.fill_(torch.inf)
        assert one.take(1)[0].repeated
    assert gpu.tries == 2


# What the last touch and the picture need first, and what their canvas is clipped with.
@pytest.mark.parametrize("operator", ["im2col", "round_"])
def test_the_end_of_a_painting_is_made_elsewhere_where_it_does_not_fit(
    operator: str, content: Image.Image, style: Image.Image, encoder: Encoder
) -> None:
    """Last touch and picture are made anew on the CPU, and are the same there; see `ShortOf`."""
    asked = StylizeRequest(content, (style,), PaintSettings("draft", 64, 4, keep_colors=True))
    whole = stylize(asked, encoder).picture
    with ShortOf(operator, 1) as gpu:
        assert stylize(asked, encoder).picture.tobytes() == whole.tobytes()
    assert gpu.times == 0
    with (
        ShortOf(operator, 100),
        pytest.raises(OutOfMemory, match=r"size \d+ would fit|free some memory"),
    ):
        stylize(asked, encoder)


def test_a_frame_of_a_film_is_planned_anew_too(encoder: Encoder) -> None:
    """Its search for strokes is before any stepper: it is made by a smaller plan, and the same."""
    wide = texture(16, SHAPE[0] + 2)
    first, second = (as_picture(wide[..., n : n + SHAPE[0]]) for n in (0, 2))
    style = Image.effect_noise((96, 96), 90).convert("RGB")
    wish = StylizeRequest(first, (style,), PaintSettings("draft", SHAPE[0], 2))
    painter = film_painter(wish, encoder)
    _, before = painter.paint(first, None)
    wanted, _ = painter.paint(second, before)
    with ShortOf("argmax", 1) as gpu:
        found, _ = painter.paint(second, before)
    assert gpu.times == 0
    assert float(np.abs(pixels(found) - pixels(wanted)).mean()) < 2


def test_repeats_in_fp32_are_planned_within_the_memory(
    state: Mapping[str, Tensor], wish: StylizeRequest
) -> None:
    """A canvas that fits as a whole in FP16 alone is cut for FP32 before anything fails."""
    encoder = Encoder(state, FP16, "bundled")
    recipe, _, _ = settle(wish.settings)
    (scale,) = plan_scales(wish)
    budget = estimate_bytes(SHAPE, FP16, recipe, None, [SHAPE])
    studio = Studio(wish, recipe, encoder, budget, scale)
    with HalfOnCpu():
        one = studio.stepper(scale, studio.first_canvas(scale))
    assert len(one._blocks(FP16)) == 1
    assert len(one._blocks(FP32)) > 1


def test_where_nothing_fits_a_size_is_named(
    wish: StylizeRequest, state: Mapping[str, Tensor]
) -> None:
    """Not a word of torch's: the member is told what to ask for instead."""
    with pytest.raises(OutOfMemory, match=r"size \d+ would fit|free some memory"):
        stylize(wish, SmallGpu(state, FP32, 100 * WIDTH))
    gpu = SmallGpu(state, FP32, 10**6)
    one = stepper(wish, gpu)
    gpu.pixels = 100 * WIDTH
    with pytest.raises(OutOfMemory, match=r"size \d+ would fit|free some memory"):
        one.take(1)


def test_nothing_of_the_failed_try_is_kept(
    wish: StylizeRequest, state: Mapping[str, Tensor]
) -> None:
    """The second plan is made with the first one's tensors gone, not held by its error."""
    held: list[object] = []

    class Watched(SmallGpu):
        def __call__(self, picture: Tensor, *args: object, **options: object) -> Features:
            held.append(sys.exc_info()[1])
            return super().__call__(picture, *args, **options)

    stylize(wish, Watched(state, FP32, 480 * WIDTH))
    assert len(held) > 2
    assert set(held) == {None}


def test_a_smaller_plan_is_planned_from_what_was_planned() -> None:
    """Each plan that fails is followed by a smaller one, down to the smallest there is."""
    size, budget = (2048, 1536), 2**40
    seen: list[int] = []
    with suppress(OutOfMemory):
        while True:
            plan = plan_memory(size, FP32, GATYS, budget, [size])
            seen.append(estimate_bytes(size, FP32, GATYS, plan, [size]))
            budget = budget_after(size, FP32, GATYS, plan, [size])
    smallest = Plan(SMALLEST_BLOCK, SMALLEST_HISTORY, keeps_content=False)
    assert len(seen) > 3
    assert seen == sorted(set(seen), reverse=True)
    assert seen[-1] == estimate_bytes(size, FP32, GATYS, smallest, [size])
