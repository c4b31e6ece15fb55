"""The choice of device and arithmetic, and the memory a painting takes."""

from dataclasses import replace
from pathlib import Path

import pytest
import torch

from engine.device import Device, choose_device, cpu_has_bf16, has_kernels
from engine.errors import OutOfMemory, RequestRejected
from engine.memory import SMALLEST_BLOCK, budget_for, estimate_bytes, plan_memory
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
        ("cpu:7", "auto", "no device 'cpu:7'"),
        ("cuda:", "auto", "no device 'cuda:'"),
        ("cpu", "int4", "no precision 'int4'"),
        ("cpu", "tf32", "tf32 is for graphics cards"),
    ],
)
def test_unknown_devices_are_refused_in_words(device: str, precision: str, words: str) -> None:
    """A device or precision that is not there is named, with what could be said instead."""
    with pytest.raises(RequestRejected, match=words):
        choose_device(device, precision)


WHEELS = ["sm_75", "sm_80", "sm_86", "sm_90", "sm_100", "sm_120"]  # of torch 2.11 for CUDA 13


@pytest.mark.parametrize(
    ("capability", "architectures", "expected"),
    [
        ((6, 1), WHEELS, False),  # GTX 1080
        ((7, 0), WHEELS, False),  # V100
        ((7, 5), WHEELS, True),  # T4, and GTX 1660
        ((8, 9), WHEELS, True),  # RTX 4090, by sm_86
        ((9, 0), WHEELS, True),
        ((11, 0), WHEELS, False),  # another major version has other machine code
        ((12, 1), WHEELS, True),
        ((8, 0), ["sm_86"], False),
        ((12, 0), ["sm_75", "compute_90"], True),  # translated from PTX
        ((7, 0), ["sm_50", "sm_70"], True),
        ((9, 4), ["gfx942"], True),  # another maker's
    ],
)
def test_kernels_are_told_by_capability(
    capability: tuple[int, int], architectures: list[str], expected: bool
) -> None:
    """A build's machine code runs on its own major version, from its minor version on."""
    assert has_kernels(capability, architectures) is expected


@pytest.mark.parametrize(
    ("name", "capability", "expected"),
    [
        ("NVIDIA GeForce GTX 1080 Ti", (6, 1), "fp32"),
        ("Tesla V100-SXM2-16GB", (7, 0), "fp16"),
        ("NVIDIA GeForce GTX 1660 SUPER", (7, 5), "fp32"),
        ("NVIDIA GeForce MX450", (7, 5), "fp32"),
        ("NVIDIA T1000 8GB", (7, 5), "fp32"),
        ("Tesla T4", (7, 5), "fp16"),
        ("NVIDIA GeForce RTX 2060", (7, 5), "fp16"),
        ("NVIDIA H100 80GB HBM3", (9, 0), "fp16"),
    ],
)
def test_fp16_is_for_tensor_cores(
    name: str, capability: tuple[int, int], expected: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """GPUs without them are faster in FP32, and GTX 16xx give NaN in FP16.

    No TF32 unless asked for, and no sums in FP16.
    """
    monkeypatch.setattr(torch.cuda, "get_arch_list", lambda: ["sm_60", "sm_70", "sm_75", "sm_90"])
    torch.backends.cuda.matmul.allow_fp16_reduced_precision_reduction = True
    chosen = insert(monkeypatch, (name, capability))
    found = {}
    for precision in ("auto", "tf32", "fp32"):
        device = choose_device("cuda:0", precision)
        found[precision] = device.precision, torch.backends.cudnn.allow_tf32
    assert found == {"auto": (expected, False), "tf32": ("tf32", True), "fp32": ("fp32", False)}
    assert chosen == [0, 0, 0]
    assert not torch.backends.cuda.matmul.allow_fp16_reduced_precision_reduction


def test_a_card_without_kernels_is_named_and_left(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """`auto` goes on to the next GPU, or to the processor, and says why; by name it is refused."""
    monkeypatch.setattr(torch.cuda, "get_arch_list", lambda: WHEELS)
    old, new = ("NVIDIA GeForce GTX 1080", (6, 1)), ("NVIDIA GeForce RTX 3060", (8, 6))
    chosen = insert(monkeypatch, old, new)
    assert choose_device() == Device(torch.device("cuda:1"), "fp16")
    assert chosen == [1]  # what names no GPU runs there too
    assert "GTX 1080 (compute capability 6.1)" in caplog.text

    insert(monkeypatch, old)
    assert choose_device().torch_device == torch.device("cpu")
    with pytest.raises(RequestRejected, match=r"no kernels for NVIDIA GeForce GTX 1080"):
        choose_device("cuda:0")


def insert(monkeypatch: pytest.MonkeyPatch, *gpus: tuple[str, tuple[int, int]]) -> list[int]:
    """Have torch find these GPUs; returns the list of those that it is then set to."""
    chosen: list[int] = []
    for name, answer in {
        "is_available": lambda: True,
        "device_count": lambda: len(gpus),
        "get_device_name": lambda index: gpus[index][0],
        "get_device_capability": lambda index: gpus[index][1],
        "set_device": chosen.append,
    }.items():
        monkeypatch.setattr(torch.cuda, name, answer)
    monkeypatch.setattr(torch.backends.cudnn, "allow_tf32", True)
    return chosen


def test_a_painting_that_does_not_fit_is_told_a_size_that_does() -> None:
    """Where not even small blocks fit, the sentence names a smaller size, and that one fits."""
    device = choose_device("cpu", "fp32")
    budget = 2**30

    with pytest.raises(OutOfMemory, match=r"size (\d+) would fit") as caught:
        plan_memory((8192, 6144), device, MURAL, budget)

    fits = int(str(caught.value).split("size ")[1].split()[0])
    assert fits > SMALLEST_BLOCK
    assert plan_memory((fits, fits * 3 // 4), device, MURAL, budget)


def test_a_limit_counts_what_the_process_has_taken() -> None:
    """On the CPU the limit is the whole process's, program and weights included."""
    device = choose_device("cpu", "fp32")
    assert 0 < budget_for(device, 64 * 2**30) < 64 * 2**30
    with pytest.raises(OutOfMemory, match=r"program alone takes .* allow it at least"):
        budget_for(device, 1)


def test_lbfgs_counts_its_history() -> None:
    """L-BFGS keeps forty more pictures in FP32 than Adam does."""
    device = choose_device("cpu", "fp32")
    adam = replace(GATYS, optimiser="adam")
    extra = estimate_bytes((64, 64), device, GATYS) - estimate_bytes((64, 64), device, adam)
    assert extra == 40 * 64 * 64 * 3 * 4
