"""The choice of device and arithmetic, and the memory a painting takes."""

from dataclasses import replace
from pathlib import Path

import pytest
import torch

from engine.device import choose_device, cpu_has_bf16
from engine.errors import OutOfMemory, RequestRejected
from engine.memory import SMALLEST_BLOCK, Plan, estimate_bytes, free_bytes, plan_memory, room_for
from engine.presets import GATYS, MURAL


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("flags\t\t: fpu avx512f avx512_bf16", True),
        ("flags\t\t: fpu amx_tile amx_bf16", True),
        ("Features\t: fp asimd bf16 i8mm", True),  # ARM
        ("flags\t\t: fpu avx2 avx512f", False),
        ("model name\t: BF16 Turbo 9000 avx512_bf16", False),
    ],
)
def test_bf16_is_told_by_flags(line: str, expected: bool, tmp_path: Path) -> None:
    """The processor's flags decide, not its name."""
    cpuinfo = tmp_path / "cpuinfo"
    cpuinfo.write_text(f"processor\t: 0\n{line}\n")

    assert cpu_has_bf16(cpuinfo) is expected


def test_without_flags_there_is_no_bf16(tmp_path: Path) -> None:
    """Where the system tells nothing, FP32 is the safe choice."""
    assert not cpu_has_bf16(tmp_path / "missing")


def test_precision_can_be_chosen() -> None:
    """What is asked for is taken; `auto` on a CPU is BF16 exactly where it is in hardware."""
    assert choose_device("cpu", "fp32").dtype == torch.float32
    assert choose_device("cpu").precision == ("bf16" if cpu_has_bf16() else "fp32")


@pytest.mark.parametrize(
    ("device", "precision", "words"),
    [
        ("tpu", "auto", "no device 'tpu'"),
        ("cuda:x", "auto", "no device 'cuda:x'"),
        ("cuda:99", "auto", "CUDA devices found"),
        ("cpu", "int4", "no precision 'int4'"),
    ],
)
def test_unknown_devices_are_refused_in_words(device: str, precision: str, words: str) -> None:
    """A device or precision that is not there is named, with what could be said instead."""
    with pytest.raises(RequestRejected, match=words):
        choose_device(device, precision)


def test_what_does_not_fit_as_a_whole_is_planned_in_blocks() -> None:
    """Less room means smaller blocks first, then a shorter history; what is planned fits."""
    device = choose_device("cpu", "fp32")
    plans = [
        plan_memory((4096, 3072), device, MURAL, int(room * 2**30)) for room in (64, 16, 8, 4.5)
    ]

    assert plans[0] == Plan(4096, MURAL.history)
    assert plans == sorted(plans, key=lambda plan: (plan.block_side, plan.history), reverse=True)
    assert plans[-1].history < MURAL.history
    for plan, room in zip(plans, (64, 16, 8, 4.5), strict=True):
        assert estimate_bytes((4096, 3072), device, MURAL, plan) <= room * 2**30


def test_a_painting_that_does_not_fit_is_told_a_size_that_does() -> None:
    """Where not even small blocks fit, the sentence names a smaller size, and that one fits."""
    device = choose_device("cpu", "fp32")
    room = 2**30

    with pytest.raises(OutOfMemory, match=r"size (\d+) would fit") as caught:
        plan_memory((8192, 6144), device, MURAL, room)

    fits = int(str(caught.value).split("size ")[1].split()[0])
    assert fits > SMALLEST_BLOCK
    assert plan_memory((fits, fits * 3 // 4), device, MURAL, room)


def test_a_limit_counts_what_the_process_has_taken() -> None:
    """On the CPU the limit is the whole process's, program and weights included."""
    device = choose_device("cpu", "fp32")
    assert 0 < room_for(device, 64 * 2**30) < 64 * 2**30
    assert room_for(device, 1) == 0


def test_a_containers_limit_counts(tmp_path: Path) -> None:
    """Within a container the memory is what its limit leaves, not what the machine has."""
    device = choose_device("cpu", "fp32")
    (tmp_path / "memory.max").write_text("1000000\n")
    (tmp_path / "memory.current").write_text("400000\n")
    assert free_bytes(device, tmp_path) == 600_000

    (tmp_path / "memory.max").write_text("max\n")
    assert free_bytes(device, tmp_path) > 600_000


def test_lbfgs_counts_its_history() -> None:
    """L-BFGS keeps forty more pictures in FP32 than Adam does."""
    device = choose_device("cpu", "fp32")
    adam = replace(GATYS, optimiser="adam")
    extra = estimate_bytes((64, 64), device, GATYS) - estimate_bytes((64, 64), device, adam)
    assert extra == 40 * 64 * 64 * 3 * 4
