"""Whole paintings on a GPU that computes on the processor: what they are on the CPU.

Here values are real, and tensors that are on the wrong device are found. `test_cuda_without_card`
has every number type; `scripts/gpu_day.sh` asks a GPU itself.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from PIL import Image
from torch import Tensor

from engine.device import Device
from engine.errors import Stopped
from engine.memory import SMALLEST_BLOCK, SMALLEST_HISTORY, Plan, estimate_bytes, plan_memory
from engine.motion.clip import Clip
from engine.motion.film import paint_film
from engine.presets import GATYS, settle
from engine.request import Painting, PaintSettings, Progress, StylizeRequest, Surroundings
from engine.scales import plan_scales
from engine.step import Stepper
from engine.studio import Studio
from engine.stylize import stylize
from engine.vgg19 import Encoder
from tests.engine.half import HalfOnCpu
from tests.engine.motion_clips import pan
from tests.engine.paintings import having
from tests.engine.pretend_gpu import GPU, PretendGpu, present

CPU = torch.device("cpu")


@pytest.fixture
def gpu(monkeypatch: pytest.MonkeyPatch) -> Iterator[PretendGpu]:
    """The GPU; it is gone after the test."""
    with present(monkeypatch) as gpu:
        yield gpu


@pytest.fixture
def wish(content: Image.Image, style: Image.Image) -> StylizeRequest:
    """A painting of one scale of 32 pixels, whose sides are not on the grid."""
    settings = PaintSettings("mural", 44, 24)
    return StylizeRequest(content.resize((60, 40)), (style.resize((50, 60)),), settings)


def halves() -> Image.Image:
    """A mask: white on the left, black on the right."""
    mask = Image.new("L", (60, 40))
    mask.paste(255, (0, 0, 30, 40))
    return mask


def two_styles(wish: StylizeRequest) -> StylizeRequest:
    """The request with a second style, of which there is to be less."""
    other = Image.effect_noise((40, 64), 90).convert("RGB")
    settings = replace(wish.settings, style_weights=(2.0, 1.0))
    return replace(wish, styles=(*wish.styles, other), settings=settings)


def tile(wish: StylizeRequest) -> StylizeRequest:
    """The request as a tile of a mural, with finished paint on its left."""
    paint = Image.effect_noise((60, 40), 90).convert("RGB")
    return replace(wish, surroundings=Surroundings(paint, halves(), wish.content))


CASES: dict[str, Callable[[StylizeRequest], StylizeRequest]] = {
    "mural": lambda wish: wish,
    "gatys": lambda wish: having(wish, preset="gatys"),
    "seed": lambda wish: having(wish, preset="seed"),
    "keep_colors": lambda wish: having(wish, keep_colors=True),
    "two styles": two_styles,
    "two styles and a mask": lambda wish: replace(two_styles(wish), mask=halves()),
    "a mask": lambda wish: replace(wish, mask=halves()),
    "a tile": tile,
}


def encoders(state: Mapping[str, Tensor], precision: str) -> tuple[Encoder, Encoder]:
    """The same weights on the CPU and on the GPU."""
    on_cpu, on_gpu = (Encoder(state, Device(one, precision), "bundled") for one in (CPU, GPU))
    return on_cpu, on_gpu


@pytest.mark.parametrize(
    "case", [pytest.param(one, marks=[] if one == "mural" else pytest.mark.slow) for one in CASES]
)
def test_a_painting_is_the_cpus(
    case: str, wish: StylizeRequest, state: Mapping[str, Tensor], gpu: PretendGpu
) -> None:
    """Bit for bit, by a graph that is replayed, and in the last touch."""
    on_cpu, on_gpu = encoders(state, "fp32")
    request = CASES[case](wish)
    found = stylize(request, on_gpu)
    assert gpu.replays
    assert_same(found, stylize(request, on_cpu))


def assert_same(found: Painting, wanted: Painting) -> None:
    """Two paintings have the same losses all along, and the same pixels."""
    assert found.outcome.curve == wanted.outcome.curve
    assert found.picture.tobytes() == wanted.picture.tobytes()


@pytest.mark.parametrize("preset", ["mural", pytest.param("seed", marks=pytest.mark.slow)])
def test_fp16_is_the_cpus_too(
    preset: str, wish: StylizeRequest, state: Mapping[str, Tensor], gpu: PretendGpu
) -> None:
    """With a GPU's sums in FP32 of products in FP16, and no step repeated."""
    on_cpu, on_gpu = encoders(state, "fp16")
    request = having(wish, preset=preset)
    with HalfOnCpu():
        found = stylize(request, on_gpu)
        assert gpu.replays
        assert found.outcome.repeated_steps == 0
        assert_same(found, stylize(request, on_cpu))


def test_a_canvas_in_blocks_has_the_loss_of_a_whole_one(
    state: Mapping[str, Tensor], gpu: PretendGpu
) -> None:
    """Without a graph, where only blocks of it fit into the memory."""
    on_cpu, on_gpu = encoders(state, "fp32")
    content, style = (Image.effect_noise((624, 16), 90).convert("RGB") for _ in range(2))
    request = StylizeRequest(content, (style,), PaintSettings("gatys", 624, 2))
    size, smallest = content.size, Plan(SMALLEST_BLOCK, SMALLEST_HISTORY, keeps_content=False)
    memory = estimate_bytes(size, on_gpu.device, GATYS, smallest, [size])
    plan = plan_memory(size, on_gpu.device, GATYS, memory, [size])
    assert plan.block_side < max(size)
    found = stylize(request, on_gpu, memory=memory).outcome.losses.total
    assert found == pytest.approx(stylize(request, on_cpu).outcome.losses.total, rel=0.001)


@pytest.mark.slow
def test_a_film_is_the_cpus(state: Mapping[str, Tensor], gpu: PretendGpu) -> None:
    """Frames are painted from those before, and a loop is closed."""
    frames = pan(4, side=32)
    clip = Clip(frames, (0.1,) * len(frames), loops=True)
    styles, settings = (
        (Image.effect_noise((48, 32), 90).convert("RGB"),),
        PaintSettings("draft", 32, 4),
    )
    wanted, found = (
        paint_film(clip, styles, settings, encoder) for encoder in encoders(state, "fp32")
    )
    for one, other in zip(found.frames, wanted.frames, strict=True):
        assert one.tobytes() == other.tobytes()


@pytest.mark.slow
@pytest.mark.parametrize("begins_on", [0, 1])
def test_a_painting_goes_on_elsewhere(
    begins_on: int,
    wish: StylizeRequest,
    state: Mapping[str, Tensor],
    gpu: PretendGpu,
    tmp_path: Path,
) -> None:
    """From the GPU's checkpoint on the CPU and the other way round, to the same picture."""
    both = encoders(state, "fp32")
    file, done = tmp_path / "state.pth", 0

    def count(progress: Progress) -> None:
        nonlocal done
        done = progress.step

    with suppress(Stopped):
        stylize(
            wish,
            both[begins_on],
            on_progress=count,
            should_stop=lambda: done >= 16,
            checkpoint=file,
        )
    assert 16 <= done < 24
    resumed = stylize(wish, both[1 - begins_on], resume=file)
    assert_same(resumed, stylize(wish, both[0]))


@pytest.fixture
def steppers(
    wish: StylizeRequest, state: Mapping[str, Tensor], gpu: PretendGpu
) -> Iterator[Callable[[str], tuple[Stepper, Stepper]]]:
    """Make two steppers in FP16 of one request by its preset: the second never has a graph."""

    def make(preset: str) -> tuple[Stepper, Stepper]:
        request = having(wish, preset=preset)
        recipe, _, _ = settle(request.settings)
        scale = replace(plan_scales(request)[-1], steps=100)
        studio = Studio(request, recipe, encoders(state, "fp16")[1], 2**40, scale)
        one, plain = (studio.stepper(scale, studio.first_canvas(scale)) for _ in range(2))
        plain._may_capture = False
        return one, plain

    with HalfOnCpu():
        yield make


def same(one: Stepper, other: Stepper) -> bool:
    """Whether two steppers are in the same state."""
    pairs = zip(one.state().values(), other.state().values(), strict=True)
    return all(torch.equal(a.cpu(), b.cpu()) for a, b in pairs)


def test_steps_in_fp32_may_lie_between_replays(
    steppers: Callable[[str], tuple[Stepper, Stepper]], gpu: PretendGpu
) -> None:
    """A graph goes on from whatever has been done to the memory that it works on."""
    replayed, plain = steppers("mural")
    saved = {name: tensor.cpu() for name, tensor in plain.state().items()}
    for one in (replayed, plain):
        one.take(2)
        one.take(2)
        one._take(one._encoder.in_fp32)
        one.take(2)
        one.restore(saved)
        one.take(2)
    assert gpu.replays == 7
    assert same(replayed, plain)


def test_a_replay_that_overflows_halves_the_scale(
    steppers: Callable[[str], tuple[Stepper, Stepper]], gpu: PretendGpu
) -> None:
    """And is taken again by the same graph, until it is finite."""
    replayed, plain = steppers("seed")
    for one in (replayed, plain):
        one.take(2)
        one._loss_scale.mul_(2.0**14)
        before = float(one._loss_scale)
        readings = one.take(2)
        assert all(reading.finite and not reading.repeated for reading in readings)
        assert 0 < float(one._loss_scale) < before / 8
    assert gpu.replays > 6
    assert same(replayed, plain)


def test_a_capture_that_fails_leaves_its_stream(
    steppers: Callable[[str], tuple[Stepper, Stepper]], gpu: PretendGpu
) -> None:
    """And the painting goes on where it was: nothing has been done to its memory."""
    failing, plain = steppers("mural")
    gpu.fault = RuntimeError("CUDA error: operation failed due to a previous error during capture")
    for one in (failing, plain):
        one.take(2)
        one.take(2)
    assert gpu.stream is None
    assert not gpu.replays
    assert same(failing, plain)


FAULTS: dict[str, tuple[str, Callable[[Stepper], object]]] = {
    "waits": ("host wait", lambda stepper: float(stepper.canvas.sum())),
    "chooses": ("host wait", lambda stepper: stepper.canvas[stepper.canvas > 0]),
    "copies in": ("from the host", lambda stepper: stepper.canvas.new_tensor([1.0, 2.0])),
    "copies out": ("to the host", lambda stepper: stepper.canvas.cpu()),
    "mixes": ("on the CPU", lambda stepper: stepper.canvas + torch.ones(stepper.canvas.shape)),
    "draws": (
        "generator of the CPU",
        lambda stepper: torch.rand(3, device=GPU, generator=torch.Generator()),
    ),
}


@pytest.mark.parametrize("fault", list(FAULTS))
def test_faults_are_found(
    fault: str,
    steppers: Callable[[str], tuple[Stepper, Stepper]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The tests above see what they should."""
    words, do = FAULTS[fault]
    one, _ = steppers("draft")
    one.take(1)
    take = Stepper._take

    def faulty(self: Stepper, encoder: Encoder) -> Tensor:
        do(self)
        return take(self, encoder)

    monkeypatch.setattr(Stepper, "_take", faulty)
    with pytest.raises(AssertionError, match=words):
        one.take(1)
