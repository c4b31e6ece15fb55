"""Plans for GPUs of any size, asked of a GPU that is not there: what it would answer is given."""

from dataclasses import dataclass
from types import SimpleNamespace
from uuid import uuid4

import pytest
import torch

from engine.blocks import MOST_ELEMENTS
from engine.device import Device
from engine.memory import (
    SHARE,
    WIDEST,
    budget_for,
    estimate_bytes,
    pixels_at_a_time,
    plan_memory,
)
from engine.presets import GATYS, MURAL, PRESETS
from engine.sharing import painters_on
from tests.engine.another_painter import another_painter

GPU = Device(torch.device("cuda:0"), "fp16")
GIB = 2**30


@dataclass
class FakeGpu:
    """What torch says of a GPU's memory, in bytes."""

    total: int
    used: int
    cached: int  # of the used, what torch's allocator keeps although nothing is in it
    uuid: str = "none"

    def empty_cache(self) -> None:
        """Give back what is kept."""
        self.used -= self.cached
        self.cached = 0

    def mem_get_info(self, _: torch.device) -> tuple[int, int]:
        """Free and total, as the driver sees them."""
        return self.total - self.used, self.total


@pytest.fixture
def gpu(monkeypatch: pytest.MonkeyPatch) -> FakeGpu:
    """A GPU of 24 GiB, alone, of which torch keeps 10 GiB from an earlier painting."""
    gpu = FakeGpu(24 * GIB, 12 * GIB, 10 * GIB, uuid=uuid4().hex)
    monkeypatch.setattr(torch.cuda, "empty_cache", gpu.empty_cache)
    monkeypatch.setattr(torch.cuda, "mem_get_info", gpu.mem_get_info)
    monkeypatch.setattr(
        torch.cuda, "get_device_properties", lambda _: SimpleNamespace(uuid=gpu.uuid)
    )
    return gpu


def test_what_torch_keeps_is_given_back_before_asking(gpu: FakeGpu) -> None:
    """A later painting gets the room of the first: idle memory of torch's is not taken."""
    assert budget_for(GPU) == int(SHARE * 22 * GIB)


def test_a_limit_is_within_what_is_free(gpu: FakeGpu) -> None:
    """More than there is cannot be allowed."""
    assert budget_for(GPU, 4 * GIB) == 4 * GIB
    assert budget_for(GPU, 40 * GIB) == int(SHARE * 22 * GIB)


def test_two_processes_on_one_gpu_share_it(gpu: FakeGpu) -> None:
    """Each plans with half of it; when one has ended, however it did, the other has it all."""
    assert painters_on(gpu.uuid) == painters_on(gpu.uuid) == 1
    with another_painter(gpu.uuid) as painters:
        assert painters == painters_on(gpu.uuid) == 2
        assert painters_on(f"not {gpu.uuid}") == 1
        assert budget_for(GPU) == int(SHARE * 12 * GIB)
    assert budget_for(GPU) == int(SHARE * 22 * GIB)


@pytest.mark.parametrize("preset", ["mural", "gatys"])
def test_the_shape_of_the_style_counts(preset: str) -> None:
    """A square style beside a strip of content is seen as a whole only where it fits."""
    recipe, strip, square = PRESETS[preset].recipe, (3072, 512), (3072, 3072)
    seen = 3072**2 * 2 * 320  # bytes of the style's features that are there at once, at least
    assert estimate_bytes(strip, GPU, recipe) < seen
    assert estimate_bytes(strip, GPU, recipe, None, [square]) > seen
    assert plan_memory(strip, GPU, recipe, seen).block_side == 3072
    plan = plan_memory(strip, GPU, recipe, seen, [square])
    assert plan.block_side < 3072
    assert estimate_bytes(strip, GPU, recipe, plan, [square]) <= seen


def test_a_short_history_comes_before_small_blocks() -> None:
    """On a GPU of 8 GiB a picture of 4096 pixels has at most twice the work of a whole one."""
    budget = int(SHARE * 7.4 * GIB)
    plan = plan_memory((4096, 4096), GPU, GATYS, budget, [(4096, 4096)])
    assert plan.block_side >= 1024
    assert plan.history >= 2


def test_the_least_work_is_planned() -> None:
    """With less and less room, blocks and history shrink in turns; the plan always fits."""
    sides, budgets = [], [40, 30, 20, 12, 8, 6]
    for budget in budgets:
        plan = plan_memory((4096, 4096), GPU, GATYS, budget * GIB, [(4096, 4096)])
        assert estimate_bytes((4096, 4096), GPU, GATYS, plan, [(4096, 4096)]) <= budget * GIB
        sides.append((plan.block_side, plan.history))
    assert sides[0] == (4096, 20)
    assert any(side == 4096 and history < 20 for side, history in sides)
    assert min(side for side, _ in sides) > 256


@pytest.mark.parametrize("shape", [(8192, 8192), (16384, 16384), (6144, 6144)])
def test_no_tensor_is_larger_than_kernels_can_count(shape: tuple[int, int]) -> None:
    """However much memory there is, a picture is cut before its first features pass 2^31."""
    for styles in ([], [shape]):
        plan = plan_memory(shape, GPU, MURAL, 2**50, styles)
        assert pixels_at_a_time(shape, plan.block_side) * WIDEST <= MOST_ELEMENTS
    strip = (shape[0], 512)
    assert plan_memory(strip, GPU, MURAL, 2**50).block_side == shape[0]
    assert plan_memory(strip, GPU, MURAL, 2**50, [shape]).block_side < shape[0]


@pytest.mark.parametrize(("side", "history"), [(4096, 20), (8192, 10), (16384, 2)])
def test_the_history_is_no_larger_than_products_can_count(side: int, history: int) -> None:
    """Whatever the memory: L-BFGS reads all its moves in one product."""
    assert plan_memory((side, side), GPU, GATYS, 2**50).history == history


def test_targets_of_neighbours_are_always_kept() -> None:
    """The content's features can be computed again for each block; the styles' cannot."""
    for budget in (24, 12, 8, 7):
        assert plan_memory((4096, 4096), GPU, MURAL, budget * GIB, [(4096, 4096)]).keeps_content
