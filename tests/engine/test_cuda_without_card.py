"""A whole step on a CUDA device that is not there: what a CUDA graph could not hold is found here.

Fake tensors have shapes, number types and devices but no values. The guard refuses what makes the
host wait and what touches its memory. Not seen: which kernels a GPU has, what cuDNN and cuBLAS do
inside, memory, speed and values. `scripts/gpu_day.sh` asks a GPU about those.
"""

from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field, replace
from typing import Any

import pytest
import torch
from PIL import Image
from torch import Tensor
from torch._subclasses.fake_tensor import FakeTensorMode
from torch.utils._pytree import tree_leaves

from engine import canvases as canvases_module
from engine import graph as graph_module
from engine.device import Device
from engine.features import normalisation
from engine.losses import Objective
from engine.memory import SMALLEST_HISTORY, Plan, estimate_bytes
from engine.presets import PRESETS, settle
from engine.request import PaintSettings, StylizeRequest
from engine.scales import plan_scales
from engine.step import FEWEST_STEPS_OF_A_GRAPH, WARM_UP_STEPS, Stepper
from engine.studio import Studio
from engine.vgg19 import Encoder
from engine.weights import CONVOLUTIONS
from tests.engine.operators import Arguments, Operator, Operators

GPU = torch.device("cuda:0")
WAITS = {"_local_scalar_dense", "nonzero", "masked_select", "equal", "is_nonzero", "_unique2"}
# Operators that only look at memory in another way: no kernel of a GPU runs for them.
VIEWS = {
    "alias", "detach", "diagonal", "expand", "permute", "select", "slice", "split_with_sizes", "t",
    "transpose", "unbind", "unsqueeze", "view",
}  # fmt: skip
COPIES = {"_to_copy", "clone", "copy_"}  # of number types too
WHOLE = 2**40  # bytes of memory
SHAPE = (608, 176)  # pixels; cut in blocks where the memory is short


class CaptureGuard(Operators):
    """Refuses what is illegal while a CUDA graph is captured, and counts the operators."""

    def __init__(self) -> None:
        super().__init__()
        self.operators = self.copies = 0

    def run(self, name: str, operator: Operator, args: Arguments, kwargs: Mapping[str, Any]) -> Any:  # noqa: ANN401
        """Run an operator, and look where its tensors are."""
        short = name.removeprefix("aten::")
        assert short not in WAITS, f"{name} makes the host wait"
        out = operator(*args, **kwargs)
        if name.startswith("prim::"):
            return out
        self.operators += short not in VIEWS
        self.copies += short in COPIES
        for tensor in tree_leaves((args, kwargs, out)):
            if isinstance(tensor, Tensor):
                assert tensor.device == GPU, f"{name} touches a tensor on {tensor.device}"
        return out


@dataclass
class FakeDriver:
    """What torch asks of a GPU that captures graphs, and what was asked, in order."""

    log: list[str] = field(default_factory=list)
    streams: list[object] = field(default_factory=list)  # that were captured on
    fault: Exception | None = None  # raised at the next replay

    def graph(self, graph: object, *, stream: object, **_: object) -> AbstractContextManager[None]:
        """Begin a capture."""
        assert isinstance(graph, FakeGraph)
        self.streams.append(stream)
        self.log.append("capture")
        return nullcontext()


@dataclass
class FakeGraph:
    """A CUDA graph."""

    driver: FakeDriver

    def replay(self) -> None:
        """Take a captured step."""
        if self.driver.fault:
            raise self.driver.fault
        self.driver.log.append("replay")


@pytest.fixture
def driver(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeDriver]:
    """A driver that captures whatever is asked of it."""
    driver = FakeDriver()
    graph_module._stream.cache_clear()
    monkeypatch.setattr(torch.cuda, "graph", driver.graph)
    monkeypatch.setattr(torch.cuda, "CUDAGraph", lambda: FakeGraph(driver))
    monkeypatch.setattr(torch.cuda, "Stream", lambda _: object())
    for name in ("stream", "device"):
        monkeypatch.setattr(torch.cuda, name, lambda _: nullcontext())
    take = Stepper._take

    def logged(self: Stepper, encoder: Encoder) -> Tensor:
        driver.log.append("step")
        return take(self, encoder)

    monkeypatch.setattr(Stepper, "_take", logged)
    yield driver
    graph_module._stream.cache_clear()


@contextmanager
def fake_stepper(
    preset: str,
    memory: int,
    precision: str,
    patch: pytest.MonkeyPatch,
    steps: int = FEWEST_STEPS_OF_A_GRAPH,
) -> Iterator[tuple[Stepper, Encoder]]:
    """A stepper of fake tensors, as it stands before its first step."""
    # These two read values, before any graph.
    patch.setattr(Objective, "is_finite", lambda _: True)
    patch.setattr(canvases_module, "recolored", lambda content, style, whole: content)
    normalisation.cache_clear()
    picture = Image.new("RGB", SHAPE, (200, 40, 90))
    settings = PaintSettings(preset, max(SHAPE))
    request = StylizeRequest(picture, (picture,), settings)
    recipe, _, _ = settle(settings)
    scale = replace(plan_scales(request)[-1], steps=steps)
    try:
        with FakeTensorMode(allow_non_fake_inputs=False):
            state = {}
            for place, inputs, outputs in CONVOLUTIONS.values():
                state[f"features.{place}.weight"] = torch.empty(outputs, inputs, 3, 3)
                state[f"features.{place}.bias"] = torch.empty(outputs)
            encoder = Encoder(state, Device(GPU, precision), "fake")
            studio = Studio(request, recipe, encoder, memory, scale)
            width, height = scale.canvas
            canvas = torch.empty(1, 3, height, width, device=GPU)
            cells = (width // scale.cell) * (height // scale.cell)
            # Looking for neighbours is before any graph, and chooses by value.
            neighbours = torch.zeros(cells, dtype=torch.int64, device=GPU)
            # What a painting starts from takes nothing of the GPU's memory.
            assert studio.first_canvas(scale).device.type == "cpu"
            yield studio.stepper(scale, canvas, neighbours), encoder
    finally:
        normalisation.cache_clear()  # it holds fake tensors


@pytest.mark.parametrize("precision", ["fp16", "bf16", "fp32", "tf32"])
@pytest.mark.parametrize("preset", list(PRESETS))
def test_a_step_can_be_captured(
    preset: str, precision: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The host is not in it, and what a replay works on is the very same memory afterwards."""
    with fake_stepper(preset, WHOLE, precision, monkeypatch) as (stepper, encoder):
        before = memory_of(stepper)
        with CaptureGuard():
            row = stepper._take(encoder)
        assert (row.shape, row.device, row.dtype) == ((4,), GPU, torch.float32)
        assert memory_of(stepper) == before
        assert stepper._take(encoder.in_fp32).device == GPU  # not captured, but on the GPU


def test_a_step_has_few_operators(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each is a kernel that a GPU has to launch: those of docs/measured.md, and none more."""
    with fake_stepper("mural", WHOLE, "fp16", monkeypatch) as (stepper, encoder):
        stepper._take(encoder)
        with CaptureGuard() as guard:
            stepper._take(encoder)
    assert guard.operators <= 204
    assert guard.copies <= 19


@pytest.mark.parametrize("preset", list(PRESETS))
def test_a_step_in_blocks_stays_on_the_card(
    preset: str, monkeypatch: pytest.MonkeyPatch, driver: FakeDriver
) -> None:
    """Where a canvas is cut, the host waits for nothing all the same, and nothing is captured."""
    with fake_stepper(preset, room_for_blocks(preset), "fp16", monkeypatch) as (stepper, encoder):
        assert len(stepper._blocks(encoder.device)) > 1
        with CaptureGuard():
            for _ in range(WARM_UP_STEPS + 2):
                stepper._launch()
    assert driver.log == ["step"] * (WARM_UP_STEPS + 2)


def test_a_capture_that_fails_is_done_without(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Steps go on without a CUDA graph, and the log says so once: here there is no driver."""
    if torch.cuda.is_available():
        pytest.skip("fake tensors cannot be captured by a GPU that is there")
    with fake_stepper("mural", WHOLE, "fp16", monkeypatch) as (stepper, _):
        rows = [stepper._launch() for _ in range(WARM_UP_STEPS + 3)]
    assert all(row.device == GPU for row in rows)
    assert [record.levelname for record in caplog.records] == ["WARNING"]
    assert "without a CUDA graph" in caplog.text


def test_one_step_warms_up_before_a_capture(
    monkeypatch: pytest.MonkeyPatch, driver: FakeDriver
) -> None:
    """Libraries have chosen their kernels after one; the second is captured, then replayed."""
    with fake_stepper("mural", WHOLE, "fp16", monkeypatch) as (stepper, _):
        rows = [stepper._launch() for _ in range(4)]
    assert driver.log == ["step", "capture", "step", "replay", "replay", "replay"]
    assert len({id(row) for row in rows}) == 4  # a replay writes over none that was not read


def test_all_captures_are_on_one_stream(
    monkeypatch: pytest.MonkeyPatch, driver: FakeDriver
) -> None:
    """torch keeps a workspace for each stream for ever: every scale would take another one."""
    for _ in range(2):
        with fake_stepper("draft", WHOLE, "fp16", monkeypatch) as (stepper, _):
            for _ in range(3):
                stepper._launch()
    first, second = driver.streams
    assert first is second


def test_a_replay_without_memory_goes_on_in_steps(
    monkeypatch: pytest.MonkeyPatch, driver: FakeDriver
) -> None:
    """The graph's memory is given back, and none is captured again: it would end as this one."""
    with fake_stepper("mural", WHOLE, "fp16", monkeypatch) as (stepper, _):
        for _ in range(2):
            stepper._launch()
        driver.fault, driver.log = torch.OutOfMemoryError("CUDA out of memory."), []
        for _ in range(3):
            stepper._launch()
    assert driver.log == ["step"] * 3
    assert stepper._graph is None


def test_a_few_steps_are_not_captured(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """A scale of ten steps is over before a graph of it would have paid off."""
    with fake_stepper("mural", WHOLE, "fp16", monkeypatch, steps=10) as (stepper, _):
        for _ in range(10):
            stepper._launch()
    assert stepper._graph is None
    assert not caplog.records


@pytest.mark.parametrize("fault", ["item", "host copy", "choice by value", "new memory"])
def test_faults_are_found(fault: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The tests above see what they should."""
    take = Stepper._take

    def faulty(self: Stepper, encoder: Encoder) -> Tensor:
        row = take(self, encoder)
        if fault == "item":
            row = row * float(row[0])
        elif fault == "host copy":
            row = row * row.new_tensor([1.0, 2.0, 3.0, 4.0])
        elif fault == "choice by value":
            row = torch.stack([row[row > 0].sum()] * 4)
        else:
            self._loss_scale = self._loss_scale * 1.0
        return row

    monkeypatch.setattr(Stepper, "_take", faulty)
    with pytest.raises(Exception):  # noqa: B017, PT011 - each fault has its own
        test_a_step_can_be_captured("mural", "fp16", monkeypatch)


def memory_of(stepper: Stepper) -> dict[str, int]:
    """What later steps depend on, by the identity of its tensors."""
    return {name: id(one) for name, one in stepper.state().items()} | {
        "loss scale": id(stepper._loss_scale)
    }


def room_for_blocks(preset: str) -> int:
    """Bytes that are too few for the whole picture, and enough for blocks of 256 pixels."""
    recipe = PRESETS[preset].recipe
    size = SHAPE if recipe.keeps_aspect else (max(SHAPE), max(SHAPE))
    plan = Plan(256, min(recipe.history, SMALLEST_HISTORY))
    return estimate_bytes(size, Device(GPU, "fp16"), recipe, plan, [size])
